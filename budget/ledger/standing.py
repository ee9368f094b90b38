"""How accounts stand: grouped as people think of them, added up per currency, one account's balance explained."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Min, Q, QuerySet, Sum

from budget.books.models import Book
from budget.ledger.models import Account, AccountTransfer, AccountType, Transaction
from budget.ledger.queries import accounts_with_balance

ZERO = Decimal("0.00")
NEWEST = 20
GROUPS: Sequence[tuple[str, frozenset[str]]] = (
    ("Checking and cash", frozenset({AccountType.CHECKING, AccountType.CASH})),
    ("Cards", frozenset({AccountType.CREDIT})),
    ("Savings", frozenset({AccountType.SAVINGS})),
    ("Loans", frozenset({AccountType.LOAN})),
    ("Investments", frozenset({AccountType.INVESTMENT})),
)

Sums = dict[str, Decimal]
"""Amounts by currency; positive is money one has."""


@dataclass(frozen=True)
class Group:
    """Accounts of one kind with their sums per currency."""

    title: str
    accounts: Sequence[Account]
    sums: Sums


@dataclass(frozen=True)
class Standing:
    """All accounts of a book. Closed ones stand apart, but their money counts in `sums`."""

    groups: Sequence[Group]
    closed: Sequence[Account]
    sums: Sums

    @property
    def is_empty(self) -> bool:
        """Whether the book has no account at all."""
        return not self.groups and not self.closed


def standing(book: Book) -> Standing:
    """The accounts of a book with what is on them. One query."""
    accounts = list(accounts_with_balance(book, archived=True))
    groups = []
    for title, types in GROUPS:
        own = [account for account in accounts if account.type in types and not account.is_archived]
        if own:
            groups.append(Group(title, own, _sums(own, book)))
    return Standing(groups, [account for account in accounts if account.is_archived], _sums(accounts, book))


def _sums(accounts: Iterable[Account], book: Book) -> Sums:
    """Added up per currency, the book's own first."""
    sums: Sums = {}
    for account in sorted(accounts, key=lambda each: (each.currency != book.currency, each.currency)):
        sums[account.currency] = sums.get(account.currency, ZERO) + account.balance
    return sums


@dataclass(frozen=True)
class Statement:
    """Why an account's balance is what it is: opening balance + what came in - what went out."""

    opening: Decimal
    came_in: Decimal
    went_out: Decimal
    count: int
    since: date | None

    @property
    def balance(self) -> Decimal:
        """What is on the account; positive is money one has."""
        return self.opening + self.came_in - self.went_out


def statement(account: Account) -> Statement:
    """What an account's transactions add up to; amounts are in its currency. One query."""
    found = Transaction.objects.filter(account=account).aggregate(
        out=Sum("amount", filter=Q(amount__gt=0)),
        into=Sum("amount", filter=Q(amount__lt=0)),
        count=Count("pk"),
        since=Min("date"),
    )
    return Statement(
        account.opening_balance, -(found["into"] or ZERO), found["out"] or ZERO, found["count"], found["since"]
    )


def newest(account: Account) -> QuerySet[Transaction]:
    """The account's newest transactions, at most twenty. One query."""
    found = Transaction.objects.filter(account=account).select_related("category__parent")
    return found.order_by("-date", "-pk")[:NEWEST]


def transfer_count(account: Account) -> int:
    """How many transfers have a side on this account; deleting it takes their other sides along."""
    sides = Q(outgoing__account=account) | Q(incoming__account=account)
    return AccountTransfer.objects.of(account.book).filter(sides).count()
