"""The figures of a month, of the one before and of the plan, read in one statement whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, BooleanField, CharField, Count, DateField, QuerySet, Sum, Value

from budget.books.models import Book
from budget.envelopes.models import Allocation
from budget.envelopes.queries import PlanLine, line_of
from budget.ledger.models import Category, MonthlyTotal, Rollover
from budget.months import FIRST_YEAR, Month
from budget.reports.queries import ZERO

FIRST_MONTH = Month(FIRST_YEAR, 1)
PLAN = ""
"""What stands in the place of a currency in the rows of the plan."""


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
    facts, shown = Facts(book, month), {}
    arms = (_carried(book, month), _planned(book, month), _shown(book))
    for pk, text, first, count, total, *shape in _recent(book, month).union(*arms, all=True):
        if first is None:
            shown[pk] = _Shape(text, *shape)
        elif text == PLAN:
            facts.allocated[pk][Month.of(first)] = total
        else:
            facts.tallies[Key(pk, text, Month.of(first))] = Tally(count, total)
            if pk is not None and text == book.currency:
                facts.spent[pk][Month.of(first)] = total
    for pk in {key.category for key in facts.tallies} | set(facts.allocated):
        if pk is not None:
            _add_category(facts, shown, pk)
    return facts


class _Shape(NamedTuple):
    """A category's columns after its id, in the order that every arm of the statement has."""

    name: str
    label: str
    icon: str
    color: str
    rollover: str
    is_income: bool
    is_recurring: bool
    parent: int | None


_NO_SHAPE = (
    *(Value("", CharField()) for _ in range(4)),
    *(Value(False, BooleanField()) for _ in range(2)),
    Value(0, BigIntegerField()),  # no NULL: PostgreSQL would take a column of nothing else for text
)


def _recent(book: Book, month: Month) -> QuerySet[MonthlyTotal, tuple[Any, ...]]:
    return _summed(MonthlyTotal.objects.filter(book=book, month__gte=_back(month, 2).first, month__lt=month.end))


def _carried(book: Book, month: Month) -> QuerySet[MonthlyTotal, tuple[Any, ...]]:
    carrying = Category.objects.of(book).exclude(rollover=Rollover.NONE).values("pk")
    return _summed(MonthlyTotal.objects.filter(category__in=carrying, month__lt=_back(month, 2).first))


def _summed(totals: QuerySet[MonthlyTotal]) -> QuerySet[MonthlyTotal, tuple[Any, ...]]:
    return (
        totals.filter(is_transfer=False)
        .order_by()
        .values("category_id", "account__currency", "month")
        .annotate(rows=Sum("count"), sum=Sum("total"))
        .values_list("category_id", "account__currency", "month", "rows", "sum", *_NO_SHAPE)
    )


def _planned(book: Book, month: Month) -> QuerySet[Allocation, tuple[Any, ...]]:
    return (
        Allocation.objects.of(book)
        .filter(envelope__month__lt=month.end)
        .order_by()
        .values("envelope__category", "envelope__month")
        .annotate(rows=Count("pk"), sum=Sum("amount"))
        .values_list("envelope__category", Value(PLAN, CharField()), "envelope__month", "rows", "sum", *_NO_SHAPE)
    )


def _shown(book: Book) -> QuerySet[Category, tuple[Any, ...]]:
    nothing = (Value(None, DateField()), Value(0), Value(0, BigIntegerField()))
    return (
        Category.objects.of(book)
        .order_by()
        .values_list(
            "pk", "name", *nothing, "label", "icon", "color", "rollover", "is_income", "is_recurring", "parent_id"
        )
    )


def _back(month: Month, months: int) -> Month:
    return month - months if month >= FIRST_MONTH + months else FIRST_MONTH


def _add_category(facts: Facts, shown: Mapping[int, _Shape], pk: int) -> Category:
    if pk not in facts.categories:
        shape = shown[pk]
        facts.categories[pk] = Category(
            pk=pk,
            book=facts.book,
            parent=_add_category(facts, shown, shape.parent) if shape.parent else None,
            **{name: value for name, value in shape._asdict().items() if name != "parent"},
        )
    return facts.categories[pk]
