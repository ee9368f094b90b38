"""The month's plan: what each category was given, brought along, spent, and has left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Min, QuerySet, Sum

from budget.books.models import Book
from budget.envelopes.models import Allocation
from budget.ledger.models import Category, MonthlyTotal, Rollover
from budget.ledger.shapes import AnyCategory
from budget.months import Month
from budget.prepared import ANY_BOOK, ANY_MONTH, Prepared

ZERO = Decimal("0.00")
ByMonth = Mapping[int, Mapping[Month, Decimal]]


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One category's month, in the book's currency; `available` is below zero where it is overspent."""

    category: AnyCategory
    allocated: Decimal
    rollover: Decimal
    spent: Decimal

    @property
    def budget(self) -> Decimal:
        """What may be spent in the whole month: allocated and brought along."""
        return self.allocated + self.rollover

    @property
    def available(self) -> Decimal:
        """Allocated + rollover - spent."""
        return self.budget - self.spent

    @property
    def taken(self) -> Decimal:
        """What spending does to the envelope: below zero, unless refunds outweigh it."""
        return -self.spent

    @property
    def is_planned(self) -> bool:
        """Whether the month has a budget or anything brought along."""
        return self.budget != 0

    @property
    def is_quiet(self) -> bool:
        """Neither planned, nor brought along, nor spent: folded away on the page."""
        return not (self.allocated or self.rollover or self.spent)


def plan(book: Book, month: Month) -> list[PlanLine]:
    """A line for every spending category, in the order of the taxonomy. Three queries, whatever the number of rows."""
    categories = Category.objects.of(book).filter(is_income=False).select_related("parent").order_by("position", "name")
    allocated = allocations(book, month)
    spent = spending(book, month)
    return [line_of(category, month, allocated, spent) for category in categories]


def plan_line(book: Book, category: Category, month: Month) -> PlanLine:
    """The line of one category."""
    return line_of(category, month, allocations(book, month, category), spending(book, month, category))


def available(book: Book, category: Category, month: Month) -> Decimal:
    """What the category may still spend in the month, in the book's currency."""
    return plan_line(book, category, month).available


def allocations(book: Book, month: Month, category: Category | None = None) -> ByMonth:
    """What categories were given per month, up to and with `month`. One query."""
    if category is None:
        return _by_month(_ALLOCATIONS.read(book=book.pk, end=month.end))
    return _by_month(_allocations(book, month).filter(envelope__category=category))


def _allocations(book: Book, month: Month) -> QuerySet[Allocation, Any]:
    rows = Allocation.objects.filter(book=book, envelope__month__lt=month.end)
    return rows.values_list("envelope__category", "envelope__month").annotate(sum=Sum("amount")).order_by()


_ALLOCATIONS = Prepared(lambda: _allocations(ANY_BOOK, ANY_MONTH))


def spending(book: Book, month: Month, category: Category | None = None) -> ByMonth:
    """What categories spent per month in the book's currency, up to and with `month`. One query.

    Earlier months are read only for categories that carry something over.
    """
    if category is None:
        return _by_month(_SPENDING.read(book=book.pk, currency=book.currency, first=month.first, end=month.end))
    return _by_month(_spending(book, month).filter(category=category))


def _spending(book: Book, month: Month) -> QuerySet[MonthlyTotal, Any]:
    rows = MonthlyTotal.objects.filter(
        book=book, month__lt=month.end, is_transfer=False, account__currency=book.currency, category__isnull=False
    )
    current = rows.filter(month=month.first)
    carried = rows.exclude(category__rollover=Rollover.NONE)
    return (current | carried).values_list("category_id", "month").annotate(sum=Sum("total")).order_by()


_SPENDING = Prepared(lambda: _spending(ANY_BOOK, ANY_MONTH))


def _by_month(grouped: Iterable[Sequence[Any]]) -> ByMonth:
    found: dict[int, dict[Month, Decimal]] = defaultdict(dict)
    for pk, first, total in grouped:
        found[pk or 0][Month.of(first)] = total
    return found


def first_planned_month(book: Book) -> Month | None:
    """The earliest month with an allocation."""
    first = Allocation.objects.of(book).aggregate(first=Min("envelope__month"))["first"]
    return Month.of(first) if first else None


def line_of(category: AnyCategory, month: Month, allocated: ByMonth, spent: ByMonth) -> PlanLine:
    """A category's line from what categories were given and spent per month, up to and with `month`. No query."""
    given, used = allocated.get(category.pk, {}), spent.get(category.pk, {})
    return PlanLine(
        category=category,
        allocated=given.get(month, ZERO),
        rollover=_rollover(category, month, given, used),
        spent=used.get(month, ZERO),
    )


def course(category: AnyCategory, month: Month, allocated: ByMonth, spent: ByMonth) -> dict[Month, Decimal]:
    """What is available in `month` and in each later one, up to the last that was planned or spent in. No query.

    Args:
        allocated, spent: what categories were given and spent per month, later months included.
    """
    given, used = allocated.get(category.pk, {}), spent.get(category.pk, {})
    left = line_of(category, month, allocated, spent).available
    start, found = _start(category, given), {month: left}
    for current in month.until(max([month, *given, *used])):
        carried = _carried(category, left) if start is not None and current >= start else ZERO
        left = carried + given.get(current.next, ZERO) - used.get(current.next, ZERO)
        found[current.next] = left
    return found


def _rollover(
    category: AnyCategory, month: Month, given: Mapping[Month, Decimal], used: Mapping[Month, Decimal]
) -> Decimal:
    """What the months before carry into `month`, counted from the first one with a budget."""
    carried, current = ZERO, _start(category, given)
    while current is not None and current < month:
        carried = _carried(category, carried + given.get(current, ZERO) - used.get(current, ZERO))
        current = current.next
    return carried


def _start(category: AnyCategory, given: Mapping[Month, Decimal]) -> Month | None:
    """The month from which on a category carries: its first budget; one that was set back to zero is none."""
    if category.rollover == Rollover.NONE:
        return None
    return min((month for month, amount in given.items() if amount), default=None)


def _carried(category: AnyCategory, left: Decimal) -> Decimal:
    return left if category.rollover == Rollover.BOTH else max(left, ZERO)
