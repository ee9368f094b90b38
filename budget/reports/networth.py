"""What every account held at the end of each month, made of what it holds now and what it moved since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from budget.books.models import Book
from budget.ledger.directory import AccountName, Directory
from budget.money import from_units
from budget.months import Month
from budget.prepared import run
from budget.reports.flows import RECOUNTS, ZERO
from budget.reports.spans import Asked

MOVES = f"""{RECOUNTS} UNION ALL
    SELECT 'moved', CAST(t.month AS VARCHAR(10)), t.account_id, CAST(0 AS BIGINT), CAST(SUM(t.count) AS BIGINT),
        CAST(SUM(t.total) AS BIGINT), '' FROM budget_monthlytotal t
        WHERE t.book_id = %(book)s AND t.month >= %(since)s GROUP BY t.month, t.account_id
"""  # noqa: S608  # all parts are written here


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account at the end of the range and before its first month; None where a month is held back."""

    account: AccountName
    start: Decimal | None
    end: Decimal | None
    rows: int
    """How many rows it has in the months of the range."""


@dataclass(frozen=True)
class Worth:
    """Net worth by month in the book's currency, and each account; other currencies apart."""

    months: Sequence[Month]
    values: tuple[Decimal | None, ...]
    """At the end of each month; None before the first row of the book, and from a month on that is held back."""

    own: Sequence[AccountLine]
    foreign: Sequence[AccountLine]
    held: frozenset[Month]
    verified: frozenset[Month]
    filled: frozenset[Month]
    """Months of the range that have rows."""

    @property
    def start(self) -> Decimal | None:
        """What all accounts together had before the range."""
        return _total([line.start for line in self.own])

    @property
    def end(self) -> Decimal | None:
        """What they have at its end."""
        return _total([line.end for line in self.own])


def _total(amounts: Sequence[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, ZERO) if len(known) == len(amounts) else None


def worth(book: Book, names: Directory, asked: Asked) -> Worth:
    """Net worth in the months of a span. One statement; `names` has the balances of now."""
    months = asked.span.months
    moved: dict[int, dict[Month, Decimal]] = defaultdict(dict)
    rows: dict[int, int] = defaultdict(int)
    held: set[Month] = set()
    verified: set[Month] = set()
    filled: set[Month] = set()
    values = {"book": book.pk, "version": book.version, "since": asked.span.first.first.isoformat()}
    for kind, day, account, flag, count, units, status in run(MOVES, values):
        month = Month.parse(day[:7])
        if kind == "recount":
            (held if status == "blocked" else verified if flag else set()).add(month)
            continue
        moved[account][month] = from_units(units)
        if month in asked.span:
            rows[account] += count
            filled.add(month)
    lines = [_line(account, moved[account.pk], rows[account.pk], months, held) for account in names.accounts.values()]
    own = [line for line in lines if line.account.currency == book.currency]
    return Worth(
        months,
        tuple(_value(names, own, moved, month, held) for month in months),
        _sorted(own),
        _sorted([line for line in lines if line.account.currency != book.currency]),
        frozenset(held),
        frozenset(verified),
        frozenset(filled),
    )


def _line(
    account: AccountName, moved: Mapping[Month, Decimal], rows: int, months: Sequence[Month], held: set[Month]
) -> AccountLine:
    before = account.amount + sum(moved.values(), ZERO)
    after = account.amount + sum((amount for month, amount in moved.items() if month > months[-1]), ZERO)
    is_start_held = any(month < months[0] for month in held)
    is_end_held = any(month <= months[-1] for month in held)
    return AccountLine(account, None if is_start_held else before, None if is_end_held else after, rows)


def _value(
    names: Directory,
    own: Sequence[AccountLine],
    moved: Mapping[int, Mapping[Month, Decimal]],
    month: Month,
    held: set[Month],
) -> Decimal | None:
    if names.first is None or month < names.first or any(each <= month for each in held):
        return None
    later = sum(
        (amount for line in own for each, amount in moved.get(line.account.pk, {}).items() if each > month),
        ZERO,
    )
    return sum((line.account.amount for line in own), ZERO) + later


def _sorted(lines: Sequence[AccountLine]) -> list[AccountLine]:
    return sorted(lines, key=lambda line: (line.account.currency, -(line.end or ZERO), line.account.name))
