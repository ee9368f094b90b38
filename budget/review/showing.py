"""The queue in finished texts: titles, days, sums, and the ids that a form sends back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from budget.categorization.tiers import shown as named
from budget.ledger.directory import CategoryName, Directory
from budget.ledger.models import Transaction, today
from budget.ledger.rows import short_day
from budget.money import format_amount, format_in_book
from budget.review.groups import Group, Level
from budget.review.queries import WaitingRow
from budget.statements.transfers import Pair

ROWS_LISTED = 12
"""Of a group's rows, to leave some of them out; the others go with the rest."""
IDS = ","


@dataclass(frozen=True)
class RowShown:
    """A row as its group lists it."""

    pk: int
    day: str
    printed: str
    account: str
    amount: str


@dataclass(frozen=True)
class GroupShown:
    """A group as the queue shows it; `first` is the text of a single row."""

    pk: int
    title: str
    level: Level
    reason: str
    amount: str
    is_in: bool
    where: str
    printed: str
    best: CategoryName | None
    choices: Sequence[CategoryName]
    rows: Sequence[RowShown]
    more: Sequence[int]
    ids: str
    count: int

    @property
    def is_sure(self) -> bool:
        """Whether `A` takes it."""
        return self.level == Level.SURE

    @property
    def sure(self) -> str:
        """What `A` sends of it: its category and its rows."""
        return f"{self.best.pk}:{self.ids}" if self.is_sure and self.best else ""


@dataclass(frozen=True)
class SideShown:
    """One side of what may be a transfer."""

    pk: int
    title: str
    printed: str
    day: str
    account: str
    amount: str


@dataclass(frozen=True)
class PairShown:
    """Two rows that may be one transfer."""

    outgoing: SideShown
    incoming: SideShown
    is_certain: bool

    @property
    def sides(self) -> tuple[SideShown, SideShown]:
        """Where the money left, then where it came."""
        return self.outgoing, self.incoming

    @property
    def key(self) -> str:
        """Of its place on the page."""
        return f"{self.outgoing.pk}-{self.incoming.pk}"


@dataclass(frozen=True)
class StagedShown:
    """A kept choice."""

    pk: int
    title: str
    category: CategoryName | None
    day: str
    amount: str


def show_group(group: Group, names: Directory, own: str) -> GroupShown:
    """The group's texts; amounts without a sign, money in with a plus."""
    rows, best = group.rows, group.proposal.category
    days = sorted({row.date for row in rows})
    accounts = dict.fromkeys(names.accounts[row.account].name for row in rows)
    titles = {row.title for row in rows}
    title = rows[0].title if len(titles) == 1 else named(group.merchant)
    printed = rows[0].description if rows[0].description.casefold() != title.casefold() else ""
    count = len(rows)
    if count > 1:
        title = f"{title}, {count:,} {'payments in' if rows[0].amount < 0 else 'charges'}"
    return GroupShown(
        pk=group.pk,
        title=title,
        level=group.proposal.level,
        reason=group.proposal.reason,
        amount=format_in_book(group.total, group.currency, own=own, sign="income"),
        is_in=group.total < 0,
        where=f"{_days(days)}, {' and '.join(accounts) if len(accounts) < 3 else f'{len(accounts)} accounts'}",
        printed=printed,
        best=names.categories.get(best) if best is not None else None,
        choices=group.choices,
        rows=[_row(row, names, group.currency) for row in rows[:ROWS_LISTED]] if count > 1 else [],
        more=[row.pk for row in rows[ROWS_LISTED:]],
        ids=IDS.join(str(row.pk) for row in rows),
        count=count,
    )


def show_pair(pair: Pair, own: str) -> PairShown:
    """Both sides of what may be a transfer."""
    return PairShown(_side(pair.outgoing, own), _side(pair.incoming, own), pair.is_certain)


def show_staged(txn: Transaction, names: Directory, own: str) -> StagedShown:
    """A kept choice."""
    category = names.categories.get(txn.category_id or 0)
    amount = format_in_book(txn.amount, txn.account.currency, own=own, sign="income")
    return StagedShown(txn.pk, txn.title, category, short_day(txn.date), amount)


def _row(row: WaitingRow, names: Directory, currency: str) -> RowShown:
    amount = format_amount(row.amount, currency, sign="income")
    return RowShown(row.pk, short_day(row.date), row.description, names.accounts[row.account].name, amount)


def _side(txn: Transaction, own: str) -> SideShown:
    printed = txn.description if txn.description.casefold() != txn.title.casefold() else ""
    amount = format_in_book(txn.amount, txn.account.currency, own=own, sign="income")
    return SideShown(txn.pk, txn.title, printed, short_day(txn.date), str(txn.account), amount)


def _days(days: Sequence[dt.date]) -> str:
    """``Mon 2 Nov``, ``15 and 21 Nov``, ``28 Oct to 21 Nov``."""
    first, last = days[0], days[-1]
    year = "" if last.year == today().year else f" {last.year}"
    if len(days) == 1:
        return short_day(first)
    end = f"{last.day} {last:%b}{year}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} {'and' if len(days) == 2 else 'to'} {end}"
    start = f"{first.day} {first:%b}" + ("" if first.year == last.year else f" {first.year}")
    return f"{start} {'and' if len(days) == 2 else 'to'} {end}"
