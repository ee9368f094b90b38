"""A year for one book: each category with what is below it, beside the year before, and what was earned and kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from budget.envelopes.facts import NOTHING, Tally
from budget.ledger.directory import CategoryName
from budget.months import Month
from budget.reports.flows import ZERO, Flows
from budget.reports.spans import Span


@dataclass(frozen=True, slots=True)
class YearLine:
    """A category's year; amounts as shown: spent positive, or earned positive.

    A line with `parts` is the sum of them; a parent's own rows are then the part with `is_rest`.
    """

    category: CategoryName | None
    count: int
    total: Decimal
    before: Decimal
    is_exact: bool
    """Whether one list of transactions has exactly its rows."""

    parts: tuple[YearLine, ...] = ()
    is_rest: bool = False


@dataclass(frozen=True, slots=True)
class Year:
    """A year on both sides; months that are held back are not in it."""

    span: Span
    currency: str
    income: Sequence[YearLine]
    spending: Sequence[YearLine]

    @property
    def earned(self) -> Decimal:
        """All income."""
        return sum((line.total for line in self.income), ZERO)

    @property
    def spent(self) -> Decimal:
        """All spending."""
        return sum((line.total for line in self.spending), ZERO)

    @property
    def net(self) -> Decimal:
        """What was earned less what was spent."""
        return self.earned - self.spent

    @property
    def is_empty(self) -> bool:
        """Whether neither this year nor the one before has rows."""
        return not (self.income or self.spending)


def year(read: Flows, span: Span, before: Span | None) -> Year:
    """The report of a year that was read, with the one before if there is one. No query."""
    here = read.shown(span.months)
    then = read.shown(before.months) if before else []
    return Year(span, read.currency, _side(read, here, then, is_income=True), _side(read, here, then, is_income=False))


def _side(read: Flows, here: Sequence[Month], then: Sequence[Month], *, is_income: bool) -> list[YearLine]:
    now, past = _tallies(read, here, is_income=is_income), _tallies(read, then, is_income=is_income)
    sign = -1 if is_income else 1
    groups: dict[int | None, list[YearLine]] = {}
    for pk in dict.fromkeys([*now, *past]):
        category = read.names.categories[pk] if pk is not None else None
        tally = now.get(pk, NOTHING)
        is_exact = category is not None or not any(
            read.tally(None, month).count and not read.counts_as(month, is_income=is_income).count for month in here
        )
        line = YearLine(category, tally.count, sign * tally.total, sign * past.get(pk, NOTHING).total, is_exact)
        groups.setdefault(read.top(category).pk if category else None, []).append(line)
    return _ranked([_group(read, pk, lines) for pk, lines in groups.items()])


def _tallies(read: Flows, months: Sequence[Month], *, is_income: bool) -> Mapping[int | None, Tally]:
    """What each category itself adds up to; rows without one in the months that have them on this side."""
    found: dict[int | None, Tally] = {}
    for month in months:
        for pk, tally in read.tallies.get(month, {}).items():
            if pk is None:
                tally = read.counts_as(month, is_income=is_income)  # that month's, or nothing
            elif read.names.categories[pk].is_income is not is_income:
                continue
            if tally.count:
                found[pk] = found.get(pk, NOTHING) + tally
    return found


def _group(read: Flows, pk: int | None, lines: list[YearLine]) -> YearLine:
    top = read.names.categories[pk] if pk is not None else None
    if len(lines) == 1 and lines[0].category == top:
        return lines[0]
    parts = [
        YearLine(line.category, line.count, line.total, line.before, line.category != top, is_rest=line.category == top)
        for line in lines
    ]
    return YearLine(
        top,
        sum(line.count for line in lines),
        sum((line.total for line in lines), ZERO),
        sum((line.before for line in lines), ZERO),
        is_exact=True,
        parts=tuple(_ranked(parts)),
    )


def _ranked(lines: Sequence[YearLine]) -> list[YearLine]:
    return sorted(lines, key=lambda line: (-line.total, -line.before, str(line.category or ""), line.is_rest))
