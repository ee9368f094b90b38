"""A month's report: every category with its count, total, share, budget and the month before, in two levels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from budget.envelopes.facts import NOTHING, Facts, Tally, earlier
from budget.ledger.shapes import CategoryShape
from budget.months import Month
from budget.reports.queries import ZERO, MonthFigures


@dataclass(frozen=True, slots=True)
class Line:
    """One category's month, in the book's currency; out is positive, so income is negative.

    `category` is None for rows without one. `budget` is None where nothing is planned. A line with `parts` is the sum
    of them; a parent's own rows are then the part with `is_rest`. A parent's own budget is in its line alone.
    """

    category: CategoryShape | None
    tally: Tally
    previous: Tally
    budget: Decimal | None
    parts: tuple[Line, ...] = ()
    is_rest: bool = False

    @property
    def left(self) -> Decimal | None:
        """Budget less what was spent; below zero where it is overspent."""
        return None if self.budget is None else self.budget - self.tally.total

    @property
    def change(self) -> Decimal:
        """How much more was spent than in the month before."""
        return self.tally.total - self.previous.total

    @property
    def is_empty(self) -> bool:
        """Whether neither month has rows and nothing is planned."""
        return not (self.tally.count or self.previous.count or self.budget)


@dataclass(frozen=True, slots=True)
class MonthReport:
    """A month beside the one before; all but `others` in the book's currency."""

    month: Month
    currency: str
    spending: Sequence[Line]
    income: Sequence[Line]
    others: Sequence[tuple[str, CategoryShape | None, Tally]]
    """Other currencies: code, category, rows."""

    figures: MonthFigures
    previous: MonthFigures
    budget: Decimal | None
    """All that may be spent in the month; None where nothing is planned."""

    over: int
    """How many categories are overspent, subcategories among them."""

    @property
    def is_mixed(self) -> bool:
        """Whether money in without a category counts as income, which no one list of transactions has."""
        return any(line.category is None and line.tally.count for line in self.income)

    @property
    def was_mixed(self) -> bool:
        """The same of the month before."""
        return any(line.category is None and line.previous.count for line in self.income)

    @property
    def all_spending(self) -> Line:
        """Everything spent as one line: the last row of its table."""
        return Line(None, _sum(self.spending), _sum_before(self.spending), self.budget)

    @property
    def all_income(self) -> Line:
        """Everything earned as one line."""
        return Line(None, _sum(self.income), _sum_before(self.income), None)

    @property
    def free(self) -> Decimal | None:
        """The budget less all that was spent, in planned categories or not."""
        return None if self.budget is None else self.budget - self.figures.spent

    @property
    def count(self) -> int:
        """How many expenses."""
        return sum(line.tally.count for line in self.spending)

    @property
    def income_count(self) -> int:
        """How many rows of income."""
        return sum(line.tally.count for line in self.income)

    @property
    def is_empty(self) -> bool:
        """Whether the month has no rows, in any currency."""
        return not (self.count or self.income_count or self.others)


def month_report(facts: Facts, month: Month) -> MonthReport:
    """The report of a month that the facts cover (theirs, or the one before). No query."""
    spending = _lines(facts, month, is_income=False)
    income = _lines(facts, month, is_income=True)
    budgets = [line.budget for line in spending if line.budget is not None]
    return MonthReport(
        month=month,
        currency=facts.book.currency,
        spending=spending,
        income=income,
        others=_others(facts, month),
        figures=MonthFigures(-_sum(income).total, _sum(spending).total),
        previous=MonthFigures(-_sum_before(income).total, _sum_before(spending).total),
        budget=sum(budgets, ZERO) if budgets else None,
        over=sum(1 for c in facts.categories.values() if not c.is_income and facts.plan_line(c, month).available < 0),
    )


def _lines(facts: Facts, month: Month, *, is_income: bool) -> list[Line]:
    """The top level, largest first (of spending or of income), each with its subcategories the same way."""
    groups: dict[int | None, list[Line]] = defaultdict(list)
    for category in facts.categories.values():
        if category.is_income is is_income:
            line = _line(facts, category, month)
            if not line.is_empty:
                groups[_top(category).pk].append(line)
    if not (unfiled := _unfiled(facts, month, is_income)).is_empty:
        groups[None].append(unfiled)
    tops = [_group(facts.categories.get(pk or 0), lines, is_income) for pk, lines in groups.items()]
    return _ranked(tops, is_income)


def _line(facts: Facts, category: CategoryShape | None, month: Month) -> Line:
    pk = category.pk if category else None
    budget = None
    if category is not None and not category.is_income:
        planned = facts.plan_line(category, month)
        budget = planned.budget if planned.is_planned else None
    return Line(category, facts.tally(pk, month), facts.tally(pk, earlier(month)), budget)


def _unfiled(facts: Facts, month: Month, is_income: bool) -> Line:
    """What has no category. A month in which more came in than went out has it among its income, not as spending."""
    here, before = (
        tally if (tally.total < 0) is is_income else NOTHING
        for tally in (facts.tally(None, month), facts.tally(None, earlier(month)))
    )
    return Line(None, here, before, None)


def _top(category: CategoryShape) -> CategoryShape:
    """The parent, if it is of the same kind: an income category below a spending one stands alone."""
    parent = category.parent
    return parent if parent is not None and parent.is_income == category.is_income else category


def _group(top: CategoryShape | None, lines: list[Line], is_income: bool) -> Line:
    if len(lines) == 1 and lines[0].category == top:
        return lines[0]
    parts = [
        Line(
            line.category,
            line.tally,
            line.previous,
            None if line.category == top else line.budget,
            is_rest=line.category == top,
        )
        for line in lines
        if line.category != top or line.tally.count or line.previous.count
    ]
    budgets = [line.budget for line in lines if line.budget is not None]
    return Line(
        category=top,
        tally=_sum(lines),
        previous=_sum_before(lines),
        budget=sum(budgets, ZERO) if budgets else None,
        parts=tuple(_ranked(parts, is_income)),
    )


def _ranked(lines: Iterable[Line], is_income: bool) -> list[Line]:
    sign = 1 if is_income else -1
    return sorted(lines, key=lambda line: (sign * line.tally.total, str(line.category or ""), line.is_rest))


def _sum(lines: Iterable[Line]) -> Tally:
    return _added(line.tally for line in lines)


def _sum_before(lines: Iterable[Line]) -> Tally:
    return _added(line.previous for line in lines)


def _added(tallies: Iterable[Tally]) -> Tally:
    total = NOTHING
    for tally in tallies:
        total += tally
    return total


def _others(facts: Facts, month: Month) -> list[tuple[str, CategoryShape | None, Tally]]:
    found = [
        (key.currency, facts.categories.get(key.category or 0), tally)
        for key, tally in facts.tallies[month].items()
        if key.currency != facts.book.currency
    ]
    return sorted(found, key=lambda other: (other[0], -other[2].total, str(other[1] or "")))
