"""The budgets page as figures: groups with subtotals, the head, and how long each bar is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple, TypeVar

from budget.books.models import Book
from budget.envelopes.facts import NOTHING, Facts, Key, Tally, earlier, month_facts
from budget.envelopes.queries import PlanLine
from budget.ledger.directory import AccountName
from budget.ledger.shapes import AnyCategory, CategoryShape
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
    def category(self) -> AnyCategory:
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
    spent_before: Decimal
    """What the month before spent in the book's currency, income and what has no category left out."""
    planned_before: bool
    """Whether the month before has budgets that can be copied."""
    accounts: Sequence[AccountName]
    waiting: int
    """Every account of the book with its balance, for the frame of the page."""

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


def board(
    book: Book,
    month: Month,
    today: date,
    *,
    everything: bool = False,
    mistakes: Mapping[int, Mistake] | None = None,
    keeping: Collection[int] = (),
) -> Board:
    """The month's plan for its page. One query, whatever the number of rows.

    Args:
        everything: whether categories without budget and spending are shown as well.
        mistakes: budgets that were refused, by category; shown with their rows.
        keeping: categories whose rows stay although they may have become empty just now.
    """
    wrong = mistakes or {}
    facts = month_facts(book, month)
    categories = [category for category in facts.taxonomy.values() if not category.is_income]
    plans = [facts.plan_line(category, month) for category in categories]
    parents = {category.parent_id for category in categories}
    offered = {category.pk for category in categories if not category.is_archived and category.pk not in parents}
    used = {line.category.pk for line in plans if not line.is_quiet}
    wanted = used | wrong.keys() | set(keeping) | (offered if everything else set())
    lines = [
        BoardLine(line, _bar(line, month, today), line.category.pk in parents, *wrong.get(line.category.pk, ()))
        for line in plans
        if line.category.pk in wanted
    ]
    unfiled, income = _outside_of_the_plan(facts)
    sums = Sums.of(plans)
    return Board(
        month=month,
        today=today,
        groups=[
            Group(key, name, rows, Sums.of(row.plan for row in rows))
            for key, name, rows in _grouped(lines, facts.taxonomy)
        ],
        sums=Sums(sums.allocated, sums.rollover, sums.spent + unfiled.spent),
        unfiled=unfiled,
        income=income,
        hidden=len(offered - wanted),
        choices=[
            line
            for _, _, rows in _grouped([line for line in plans if line.category.pk in used | offered], facts.taxonomy)
            for line in rows
        ],
        spent_before=_spent_before(facts),
        planned_before=_planned_before(facts),
        accounts=facts.accounts,
        waiting=facts.waiting,
    )


def _outside_of_the_plan(facts: Facts) -> tuple[Unfiled, Decimal]:
    """What has no category, and what was earned (above zero)."""
    own = {key.category: tally for key, tally in _own(facts, facts.month)}
    unfiled = own.pop(None, NOTHING)
    earned = sum((tally.total for pk, tally in own.items() if pk and facts.taxonomy[pk].is_income), ZERO)
    return (
        Unfiled(unfiled.count, max(unfiled.total, ZERO), unfiled.total < 0),
        max(-unfiled.total, ZERO) - earned,
    )


def _spent_before(facts: Facts) -> Decimal:
    before = earlier(facts.month)
    own = _own(facts, before) if before else ()
    return sum((t.total for key, t in own if key.category and not facts.taxonomy[key.category].is_income), ZERO)


def _planned_before(facts: Facts) -> bool:
    before = earlier(facts.month)
    return any(given.get(before, ZERO) > 0 for given in facts.allocated.values()) if before else False


def _own(facts: Facts, month: Month) -> list[tuple[Key, Tally]]:
    """A month's tallies in the book's currency."""
    return [(key, tally) for key, tally in facts.tallies[month].items() if key.currency == facts.book.currency]


Row = TypeVar("Row", PlanLine, BoardLine)


def _grouped(rows: Iterable[Row], taxonomy: Mapping[int, CategoryShape]) -> list[tuple[int, str, list[Row]]]:
    """Rows below their parents, in the parents' order; a parent's own row ends its group; orphans are last.

    Each group is its parent's id (0 of orphans), its name and its rows.
    """
    parents = {shape.parent_id for shape in taxonomy.values() if not shape.is_income}
    grouped: dict[int, list[Row]] = {}
    for row in rows:
        pk = row.category.pk
        grouped.setdefault(pk if pk in parents else row.category.parent_id or 0, []).append(row)
    found = []
    for head in sorted(grouped, key=lambda pk: (pk == 0, taxonomy[pk].place if pk else 0)):
        own_last = sorted(grouped[head], key=lambda row: row.category.pk == head)
        found.append((head, str(taxonomy[head]) if head else UNGROUPED, own_last))
    return found


def _bar(line: PlanLine, month: Month, today: date) -> Bar:
    budget, spent = max(line.budget, ZERO), max(line.spent, ZERO)
    is_over = line.available < 0
    whole = spent if is_over and spent > budget else budget
    filled = min(spent, budget) / whole * 100 if whole else ZERO
    is_done = budget > 0 and line.available == 0
    pace = f"{today.day / month.days * 100:.1f}" if today in month and not is_done and not is_over and budget else ""
    return Bar(f"{filled:.1f}", f"{100 - filled:.1f}" if is_over else "", pace, is_done)
