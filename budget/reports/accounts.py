"""The accounts with their balances, as the sidebar and the overview show them; one query for a whole page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from budget.books.models import Book
from budget.ledger.models import Account
from budget.ledger.queries import accounts_with_balance
from budget.money import format_amount
from budget.reports.queries import ZERO


@dataclass(frozen=True, slots=True)
class NavAccount:
    """One account of the sidebar; `balance` is text, with the currency where it is not the book's."""

    pk: int
    name: str
    balance: str
    currency: str


@dataclass(frozen=True, slots=True)
class Balances:
    """All accounts of a book, closed ones included: their money still counts."""

    book: Book
    accounts: Sequence[Account]

    @property
    def total(self) -> Decimal:
        """The sum in the book's currency; accounts in other currencies are not in it."""
        return sum((each.balance for each in self.accounts if each.currency == self.book.currency), ZERO)

    @property
    def total_text(self) -> str:
        """The sum in the book's currency, as text."""
        return format_amount(self.total, self.book.currency)

    @property
    def others(self) -> list[str]:
        """The sums in other currencies, as ``300.00 USD``."""
        sums: dict[str, Decimal] = {}
        for account in self.accounts:
            if account.currency != self.book.currency:
                sums[account.currency] = sums.get(account.currency, ZERO) + account.balance
        return [f"{format_amount(total, currency)} {currency}" for currency, total in sorted(sums.items())]

    @property
    def shown(self) -> list[NavAccount]:
        """Those that are not closed."""
        return [_shown(account, self.book) for account in self.accounts if not account.is_archived]


def balances(book: Book) -> Balances:
    """The accounts of a book. One query."""
    return Balances(book, list(accounts_with_balance(book, archived=True)))


def _shown(account: Account, book: Book) -> NavAccount:
    text = format_amount(account.balance, account.currency)
    if account.currency != book.currency:
        text = f"{text} {account.currency}"
    return NavAccount(account.pk, account.name, text, account.currency)
