"""The figures of a month, of the one before and of the plan, read in one statement whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import CharField, Count, Q, QuerySet, Sum, Value

from budget.books.models import Book
from budget.envelopes.models import Allocation
from budget.envelopes.queries import PlanLine, line_of
from budget.ledger.models import Category, MonthlyTotal, Rollover
from budget.months import FIRST_YEAR, Month
from budget.reports.queries import ZERO

FIRST_MONTH = Month(FIRST_YEAR, 1)
PLAN = ""
"""What stands in the place of a currency in the rows of the plan."""

SHOWN = ("id", "name", "label", "icon", "color", "is_income", "is_recurring", "rollover")
"""What pages show of a category, in the order of the columns read."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows, and their sum; out is positive, so income is negative."""

    count: int
    total: Decimal

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.count + other.count, self.total + other.total)


NOTHING = Tally(0, ZERO)


class Key(NamedTuple):
    """What is added up: a category (None where there is none), in one currency, in one month."""

    category: int | None
    currency: str
    month: Month


@dataclass
class Facts:
    """Everything that a month's pages are made of, for `month` and the two before it."""

    book: Book
    month: Month
    categories: dict[int, Category] = field(default_factory=dict)
    """Those with rows or a plan, and their parents."""

    tallies: dict[Key, Tally] = field(default_factory=dict)
    spent: dict[int, dict[Month, Decimal]] = field(default_factory=lambda: defaultdict(dict))
    """The tallies that count against a plan: those of categories, in the book's currency."""

    allocated: dict[int, dict[Month, Decimal]] = field(default_factory=lambda: defaultdict(dict))

    def tally(self, category: int | None, month: Month | None) -> Tally:
        """A category's month in the book's currency; nothing where there is no such month."""
        return self.tallies.get(Key(category, self.book.currency, month), NOTHING) if month else NOTHING

    def has_rows(self, month: Month) -> bool:
        """Whether the month has anything but transfers, in any currency."""
        return any(key.month == month for key in self.tallies)

    def plan_line(self, category: Category, month: Month) -> PlanLine:
        """What the category may spend in the month, as the page of budgets says it."""
        return line_of(category, month, self.allocated, self.spent)


def earlier(month: Month) -> Month | None:
    """The month before, or None before the first there is."""
    return month.previous if month > FIRST_MONTH else None


def month_facts(book: Book, month: Month) -> Facts:
    """The facts for `month` and the two before it. One SQL statement.

    Months further back are read only where a category carries something over.
    """
    facts = Facts(book, month)
    for row in _spent(book, month).union(_planned(book, month), all=True):
        *_, currency, first, count, total = row
        category = _category(book, facts.categories, row[: len(SHOWN)], row[len(SHOWN) : 2 * len(SHOWN)])
        if currency == PLAN:
            facts.allocated[category or 0][Month.of(first)] = total
        else:
            facts.tallies[Key(category, currency, Month.of(first))] = Tally(count, total)
            if category is not None and currency == book.currency:
                facts.spent[category][Month.of(first)] = total
    return facts


def _columns(before: str) -> list[str]:
    return [f"{before}category__{name}" for name in SHOWN] + [f"{before}category__parent__{name}" for name in SHOWN]


def _spent(book: Book, month: Month) -> QuerySet[MonthlyTotal, tuple[Any, ...]]:
    recent: date = max(FIRST_MONTH.first, _back(month, 2).first)
    carries = Q(category__isnull=False) & ~Q(category__rollover=Rollover.NONE)
    return (
        MonthlyTotal.objects.filter(book=book, month__lt=month.end, is_transfer=False)
        .filter(Q(month__gte=recent) | carries)
        .values_list(*_columns(""), "account__currency", "month")
        .annotate(rows=Sum("count"), sum=Sum("total"))
        .order_by()
    )


def _planned(book: Book, month: Month) -> QuerySet[Allocation, tuple[Any, ...]]:
    return (
        Allocation.objects.of(book)
        .filter(envelope__month__lt=month.end)
        .values_list(*_columns("envelope__"), Value(PLAN, output_field=CharField()), "envelope__month")
        .annotate(rows=Count("pk"), sum=Sum("amount"))
        .order_by()
    )


def _back(month: Month, months: int) -> Month:
    return month - months if month >= FIRST_MONTH + months else FIRST_MONTH


def _category(book: Book, known: dict[int, Category], own: tuple[Any, ...], parent: tuple[Any, ...]) -> int | None:
    """Note a category that the columns describe, with its parent; answers its id."""
    pk: int | None = own[0]
    if pk is None or (pk in known and (known[pk].parent_id or parent[0] is None)):
        return pk
    above = None
    if parent[0] is not None:
        above = known.setdefault(parent[0], Category(book=book, **dict(zip(SHOWN, parent, strict=True))))
    known[pk] = Category(book=book, parent=above, **dict(zip(SHOWN, own, strict=True)))
    return pk
