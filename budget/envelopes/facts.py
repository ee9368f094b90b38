"""The figures of a month, of the two before it and of the plan, read in one statement whatever the number of rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    Count,
    DateField,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    Window,
)
from django.db.models.functions import Coalesce, RowNumber

from budget.books.models import Book
from budget.envelopes.models import Allocation
from budget.envelopes.queries import PlanLine, line_of
from budget.ledger.directory import AccountName, held_account
from budget.ledger.models import Account, Category, MonthlyTotal, Rollover, Transaction
from budget.ledger.shapes import CategoryShape
from budget.money import MoneyField, money_value
from budget.months import FIRST_YEAR, Month
from budget.prepared import Prepared, Slot

ZERO = Decimal("0.00")
FIRST_MONTH = Month(FIRST_YEAR, 1)
PLAN = ""
"""What stands in the place of a currency in the rows of the plan."""
OF_AN_ACCOUNT = -1
"""What stands in the place of a number of rows in the row of an account."""


@dataclass(frozen=True, slots=True)
class Tally:
    """How many rows, and their sum; out is positive, so income is negative."""

    count: int
    total: Decimal

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.count + other.count, self.total + other.total)


NOTHING = Tally(0, ZERO)


class Key(NamedTuple):
    """What is added up in a month: a category (None where there is none), in one currency."""

    category: int | None
    currency: str


@dataclass
class Facts:
    """Everything that a month's pages are made of, for `month` and the two before it."""

    book: Book
    month: Month
    tallies: dict[Month, dict[Key, Tally]] = field(default_factory=lambda: defaultdict(dict))
    spent: dict[int, dict[Month, Decimal]] = field(default_factory=lambda: defaultdict(dict))
    """The tallies that count against a plan: those of categories, in the book's currency."""

    allocated: dict[int, dict[Month, Decimal]] = field(default_factory=lambda: defaultdict(dict))
    accounts: list[AccountName] = field(default_factory=list)
    """Every account with its balance, closed ones included: the sidebar of the same page shows them."""

    waiting: int = 0
    """How many rows of the book nobody has confirmed, which the sidebar says too."""

    rows: dict[int, _Row] = field(default_factory=dict)
    """A row for each category of the book, as it was read."""

    _shapes: dict[int, CategoryShape] = field(default_factory=dict)
    _plan_lines: dict[tuple[int, Month], PlanLine] = field(default_factory=dict)

    def shape(self, pk: int) -> CategoryShape:
        """A category; only those that a page asks for are made."""
        if pk not in self._shapes:
            row = self.rows[pk]
            parent = self.shape(row.parent) if row.parent else None
            self._shapes[pk] = CategoryShape(
                pk,
                row.text,
                row.label,
                row.icon,
                row.color,
                row.rollover,
                row.is_income,
                row.is_archived,
                row.place,
                parent,
            )
        return self._shapes[pk]

    @cached_property
    def taxonomy(self) -> dict[int, CategoryShape]:
        """Every category of the book, in its order."""
        return {pk: self.shape(pk) for pk in sorted(self.rows, key=lambda pk: self.rows[pk].place)}

    @cached_property
    def categories(self) -> dict[int, CategoryShape]:
        """Those with rows or a plan, and their parents."""
        used = {key.category for tallies in self.tallies.values() for key in tallies} | set(self.allocated)
        shown = [self.shape(pk) for pk in used if pk is not None]
        return {each.pk: each for shape in shown for each in (shape.parent, shape) if each is not None}

    def tally(self, category: int | None, month: Month | None) -> Tally:
        """A category's month in the book's currency; nothing where there is no such month."""
        return self.tallies[month].get(Key(category, self.book.currency), NOTHING) if month else NOTHING

    def plan_line(self, category: CategoryShape, month: Month) -> PlanLine:
        """What the category may spend in the month, as the page of budgets says it."""
        key = category.pk, month
        if key not in self._plan_lines:
            self._plan_lines[key] = line_of(category, month, self.allocated, self.spent)
        return self._plan_lines[key]


def earlier(month: Month) -> Month | None:
    """The month before, or None before the first there is."""
    return month.previous if month > FIRST_MONTH else None


def month_facts(book: Book, month: Month) -> Facts:
    """The facts for `month` and the two before it. One SQL statement.

    Months further back are read only where a category carries something over.
    """
    facts = Facts(book, month)
    months: dict[date, Month] = {}
    for row in map(_Row._make, FACTS.read(book=book.pk, since=_back(month, 2).first, end=month.end)):
        pk = row.category
        if row.first is None and row.rows == OF_AN_ACCOUNT:
            facts.accounts.append(
                held_account(book, pk or 0, row.label, row.text, row.icon, row.is_archived, row.total)
            )
            facts.waiting = row.place
            continue
        if row.first is None:
            facts.rows[pk or 0] = row
            continue
        first = months.get(row.first) or months.setdefault(row.first, Month.of(row.first))
        if row.text == PLAN:
            facts.allocated[pk or 0][first] = row.total
        else:
            facts.tallies[first][Key(pk, row.text)] = Tally(row.rows, row.total)
            if pk is not None and row.text == book.currency:
                facts.spent[pk][first] = row.total
    return facts


class _Row(NamedTuple):
    """A row of any arm of the statement; a category's own row has no `first`, and its name as its `text`.

    Nor has an account's, whose `rows` are `OF_AN_ACCOUNT`: `text` is its currency, `total` what is on it, `label` its
    name, and `icon` its type; `place` is how many rows of the book nobody has confirmed.
    """

    category: int | None
    text: str
    first: date | None
    rows: int
    total: Decimal
    label: str
    icon: str
    color: str
    rollover: str
    is_income: bool
    is_archived: bool
    place: int
    parent: int | None


_NO_SHAPE = (
    *(Value("", CharField()) for _ in range(4)),
    *(Value(False, BooleanField()) for _ in range(2)),
    Value(0, IntegerField()),
    Value(0, BigIntegerField()),  # no NULL: PostgreSQL would take a column of nothing else for text
)
_BOOK = Slot("book", BigIntegerField())
_SINCE, _END = Slot("since", DateField()), Slot("end", DateField())


def _facts() -> QuerySet[MonthlyTotal, tuple[Any, ...]]:
    return _recent().union(_carried(), _planned(), _shown(), _held(), all=True)


def _recent() -> QuerySet[MonthlyTotal, tuple[Any, ...]]:
    return _summed(MonthlyTotal.objects.filter(book=_BOOK, month__gte=_SINCE, month__lt=_END))


def _carried() -> QuerySet[MonthlyTotal, tuple[Any, ...]]:
    return _summed(MonthlyTotal.objects.filter(category__in=_carrying(), month__lt=_SINCE))


def _carrying() -> QuerySet[Category, Any]:
    return Category.objects.filter(book=_BOOK).exclude(rollover=Rollover.NONE).values("pk")


def _summed(totals: QuerySet[MonthlyTotal]) -> QuerySet[MonthlyTotal, tuple[Any, ...]]:
    return (
        totals.filter(is_transfer=False)
        .order_by()
        .values("category_id", "account__currency", "month")
        .annotate(rows=Sum("count"), sum=Sum("total"))
        .values_list("category_id", "account__currency", "month", "rows", "sum", *_NO_SHAPE)
    )


def _planned() -> QuerySet[Allocation, tuple[Any, ...]]:
    # By the envelopes' book alone: a planner that takes the tables for empty can then only go from one to the other.
    counting = Q(envelope__month__gte=_SINCE) | Q(envelope__category__in=_carrying())
    return (
        Allocation.objects.filter(counting, envelope__book=_BOOK, envelope__month__lt=_END)
        .order_by()
        .values("envelope__category", "envelope__month")
        .annotate(rows=Count("pk"), sum=Sum("amount"))
        .values_list("envelope__category", Value(PLAN, CharField()), "envelope__month", "rows", "sum", *_NO_SHAPE)
    )


def _shown() -> QuerySet[Category, tuple[Any, ...]]:
    nothing = (Value(None, DateField()), Value(0), Value(0, BigIntegerField()))
    shape = ("label", "icon", "color", "rollover", "is_income", "is_archived")
    place = Window(RowNumber(), order_by=[F("position"), F("name"), F("pk")])
    return (
        Category.objects.filter(book=_BOOK).order_by().values_list("pk", "name", *nothing, *shape, place, "parent_id")
    )


def _held() -> QuerySet[Account, tuple[Any, ...]]:
    of_account = MonthlyTotal.objects.filter(account=OuterRef("pk")).order_by()
    moved = _one(of_account, Func(F("total"), function="SUM", output_field=MoneyField()))
    held = F("opening_balance") - Coalesce(moved, money_value(0))
    unsettled = Transaction.objects.filter(book=_BOOK).unsettled().order_by()
    waiting = _one(unsettled, Func(template="COUNT(*)", output_field=BigIntegerField()))
    nothing = (Value(False, BooleanField()), F("is_archived"), waiting, Value(0, BigIntegerField()))
    words = ("name", "type", Value("", CharField()), Value("", CharField()))
    what = ("pk", "currency", Value(None, DateField()), Value(OF_AN_ACCOUNT))
    balance = ExpressionWrapper(held, output_field=MoneyField())
    return Account.objects.filter(book=_BOOK).order_by().values_list(*what, balance, *words, *nothing)


def _one(rows: QuerySet[Any], of_all: Func) -> Subquery:
    """What all rows have together, without the GROUP BY of Django's aggregates: with it a count takes twice as long."""
    return Subquery(rows.values(one=of_all))


FACTS = Prepared(_facts)
"""The statement, with slots for the book, the first day that is read for every category, and the first that is not."""


def _back(month: Month, months: int) -> Month:
    return month - months if month >= FIRST_MONTH + months else FIRST_MONTH
