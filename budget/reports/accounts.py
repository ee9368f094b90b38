"""The accounts with their balances as the overview shows them; the sidebar of its page shares the reading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from budget.books.models import Book
from budget.ledger.directory import AccountName, held
from budget.money import format_amount
from budget.reports.queries import ZERO


@dataclass(frozen=True, slots=True)
class Balances:
    """All accounts of a book, closed ones included: their money still counts."""

    book: Book
    accounts: Sequence[AccountName]
    waiting: int = 0
    """How many rows of the book nobody has confirmed."""

    @property
    def total(self) -> Decimal:
        """The sum in the book's currency; accounts in other currencies are not in it."""
        return sum((each.amount for each in self.accounts if each.currency == self.book.currency), ZERO)

    @property
    def others(self) -> list[str]:
        """The sums in other currencies, as ``300.00 USD``."""
        sums: dict[str, Decimal] = {}
        for account in self.accounts:
            if account.currency != self.book.currency:
                sums[account.currency] = sums.get(account.currency, ZERO) + account.amount
        return [f"{format_amount(total, currency)} {currency}" for currency, total in sorted(sums.items())]

    @property
    def open_count(self) -> int:
        """How many are not closed."""
        return sum(1 for account in self.accounts if not account.is_archived)


def balances(book: Book) -> Balances:
    """The accounts of a book. One query."""
    found = held(book)
    return Balances(book, found, found.waiting)
