"""The budgets page as figures: groups with subtotals, the head, and how long each bar is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Q, Sum

from budget.books.models import Book
from budget.envelopes.models import EnvelopeTransfer
from budget.envelopes.queries import PlanLine, plan
from budget.ledger.models import Category, MonthlyTotal
from budget.months import Month

ZERO = Decimal("0.00")
UNGROUPED = "Other"


@dataclass(frozen=True, slots=True)
class Bar:
    """The parts of a line's bar, in percent of its width."""

    filled: str
    over: str
    pace: str
    """Where today is; empty where the month is not the current one or the tick would say nothing."""
    is_done: bool


@dataclass(frozen=True, slots=True)
class BoardLine:
    """One category's row."""

    plan: PlanLine
    bar: Bar
    is_general: bool
    """Whether it is a group's own row: what is filed under the group itself, not below it."""
    typed: str | None = None
    """A budget that was typed and refused, with `problem` saying why."""
    problem: str = ""

    @property
    def category(self) -> Category:
        """Whose row it is."""
        return self.plan.category

    @property
    def name(self) -> str:
        """What the row is called."""
        return f"{self.category}, general" if self.is_general else str(self.category)

    @property
    def is_over(self) -> bool:
        """Whether more was spent than there was."""
        return self.plan.available < 0

    @property
    def over(self) -> Decimal:
        """By how much it is overspent, above zero."""
        return -self.plan.available


class Mistake(NamedTuple):
    """What was typed as a budget, and what is wrong with it."""

    typed: str
    problem: str


@dataclass(frozen=True, slots=True)
class Sums:
    """What several lines add up to, in the book's currency."""

    allocated: Decimal
    rollover: Decimal
    spent: Decimal

    @classmethod
    def of(cls, lines: Iterable[PlanLine]) -> Sums:
        """Add up lines."""
        several = list(lines)
        return cls(
            sum((line.allocated for line in several), ZERO),
            sum((line.rollover for line in several), ZERO),
            sum((line.spent for line in several), ZERO),
        )

    @property
    def budget(self) -> Decimal:
        """What may be spent in the whole month: allocated and brought along."""
        return self.allocated + self.rollover

    @property
    def available(self) -> Decimal:
        """Allocated + rollover - spent."""
        return self.budget - self.spent


@dataclass(frozen=True, slots=True)
class Group:
    """A parent category with what is below it; `key` names its row."""

    key: int
    name: str
    lines: Sequence[BoardLine]
    sums: Sums


@dataclass(frozen=True, slots=True)
class Unfiled:
    """What has no category yet, in the book's currency; out is positive; more in than out counts as income."""

    count: int
    spent: Decimal
    is_income: bool
    """Whether it is counted as income; its list is then not among the expenses."""

    @property
    def budget(self) -> Decimal:
        """Nothing is planned for what has no category."""
        return ZERO

    @property
    def left(self) -> Decimal:
        """Below zero where something was spent."""
        return -self.spent


@dataclass(frozen=True, slots=True)
class Board:
    """One month's plan, as its page shows it."""

    month: Month
    today: date
    groups: Sequence[Group]
    sums: Sums
    """Of every spending category, those folded away included, and of what has no category."""
    unfiled: Unfiled
    income: Decimal
    hidden: int
    """How many categories are folded away."""
    choices: Sequence[PlanLine]
    """The categories that plan can be moved between, in the order of the rows; also those folded away."""

    @property
    def lines(self) -> list[BoardLine]:
        """All rows, in order."""
        return [line for group in self.groups for line in group.lines]

    @property
    def overspent(self) -> list[BoardLine]:
        """The rows that are over, the worst first."""
        return sorted((line for line in self.lines if line.is_over), key=lambda line: line.plan.available)

    @property
    def is_current(self) -> bool:
        """Whether today is in the month."""
        return self.today in self.month

    @property
    def has_plan(self) -> bool:
        """Whether any category was given a budget."""
        return any(line.plan.allocated for line in self.lines)

    @property
    def spent_percent(self) -> int | None:
        """How much of what was planned and brought along is spent, rounded; None without a plan."""
        budget = self.sums.budget
        return round(self.sums.spent / budget * 100) if budget > 0 else None

    @property
    def month_percent(self) -> int | None:
        """How much of the month has passed with today; None in any other month."""
        return round(self.today.day / self.month.days * 100) if self.is_current else None

    @property
    def richest(self) -> PlanLine | None:
        """The category with the most left."""
        return max(self.choices, key=lambda line: line.available, default=None)

    def group_of(self, category: Category) -> Group | None:
        """The group that a category's row is in."""
        for group in self.groups:
            if any(line.category.pk == category.pk for line in group.lines):
                return group
        return None


def board(
    book: Book,
    month: Month,
    today: date,
    *,
    everything: bool = False,
    mistakes: Mapping[int, Mistake] | None = None,
    keeping: Collection[int] = (),
) -> Board:
    """The month's plan for its page. Four queries, whatever the number of rows.

    Args:
        everything: whether categories without budget and spending are shown as well.
        mistakes: budgets that were refused, by category; shown with their rows.
        keeping: categories whose rows stay although they may have become empty just now.
    """
    wrong = mistakes or {}
    plans = plan(book, month)
    parents = {line.category.parent_id for line in plans}
    lines = [
        BoardLine(
            line,
            _bar(line, month, today),
            line.category.pk in parents,
            *wrong.get(line.category.pk, ()),
        )
        for line in plans
    ]
    shown = [
        line
        for line in lines
        if not line.plan.is_quiet
        or line.problem
        or line.category.pk in keeping
        or (everything and _is_offered(line.category, parents))
    ]
    offered = [line for line in lines if not line.plan.is_quiet or _is_offered(line.category, parents)]
    unfiled, income = _outside_of_the_plan(book, month)
    sums = Sums.of(plans)
    return Board(
        month=month,
        today=today,
        groups=_groups(shown, parents),
        sums=Sums(sums.allocated, sums.rollover, sums.spent + unfiled.spent),
        unfiled=unfiled,
        income=income,
        hidden=len([line for line in lines if line not in shown and _is_offered(line.category, parents)]),
        choices=[line.plan for group in _groups(offered, parents) for line in group.lines],
    )


def last_transfer(book: Book, month: Month) -> EnvelopeTransfer | None:
    """The newest move within a month. One query."""
    made = EnvelopeTransfer.objects.of(book).filter(outgoing__envelope__month=month.first)
    return (
        made.select_related("incoming", "outgoing__envelope__category", "incoming__envelope__category")
        .order_by("-pk")
        .first()
    )


def _outside_of_the_plan(book: Book, month: Month) -> tuple[Unfiled, Decimal]:
    """What has no category, and what was earned (above zero). One query."""
    totals = MonthlyTotal.objects.filter(
        book=book, month=month.first, is_transfer=False, account__currency=book.currency
    ).aggregate(
        count=Sum("count", filter=Q(category__isnull=True)),
        spent=Sum("total", filter=Q(category__isnull=True)),
        earned=Sum("total", filter=Q(category__is_income=True)),
    )
    unfiled = totals["spent"] or ZERO
    return Unfiled(totals["count"] or 0, max(unfiled, ZERO), unfiled < 0), max(-unfiled, ZERO) - (
        totals["earned"] or ZERO
    )


def _is_offered(category: Category, parents: set[int | None]) -> bool:
    """Whether a category without any figure is worth a row: in use, and not just the name of a group."""
    return not category.is_archived and category.pk not in parents


def _groups(lines: Sequence[BoardLine], parents: set[int | None]) -> list[Group]:
    """Rows below their parents, in the parents' order; a parent's own row ends its group; orphans are last."""
    grouped: dict[int, list[BoardLine]] = {}
    heads: dict[int, Category] = {}
    for line in lines:
        category = line.category
        head = category if category.pk in parents else category.parent
        key = head.pk if head else 0
        grouped.setdefault(key, []).append(line)
        if head:
            heads[key] = head
    for key, rows in grouped.items():
        rows.sort(key=lambda row: row.category.pk == key)
    order = sorted(grouped, key=lambda key: (key == 0, heads[key].position, heads[key].name) if key else (True, 0, ""))
    return [
        Group(key, str(heads[key]) if key else UNGROUPED, grouped[key], Sums.of(line.plan for line in grouped[key]))
        for key in order
    ]


def _bar(line: PlanLine, month: Month, today: date) -> Bar:
    budget, spent = max(line.budget, ZERO), max(line.spent, ZERO)
    is_over = line.available < 0
    whole = spent if is_over and spent > budget else budget
    filled = min(spent, budget) / whole * 100 if whole else ZERO
    is_done = budget > 0 and line.available == 0
    pace = f"{today.day / month.days * 100:.1f}" if today in month and not is_done and not is_over and budget else ""
    return Bar(f"{filled:.1f}", f"{100 - filled:.1f}" if is_over else "", pace, is_done)
