"""One category's month in full: every allocation with who made it, and the budgets that its past suggests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Max, Subquery, Sum

from budget.books.models import Book
from budget.envelopes.models import Allocation, EnvelopeTransfer
from budget.envelopes.queries import PlanLine, allocations, plan_line
from budget.history import Change
from budget.ledger.models import Category, MonthlyTotal
from budget.money import round_amount
from budget.months import FIRST_YEAR, Month
from budget.prepared import ANY_BOOK, ANY_MONTH, Prepared

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """One signed change of an envelope, in the book's currency, with who made it."""

    category: Category
    amount: Decimal
    note: str
    at: datetime
    by_name: str
    change: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A budget that a category's past suggests, in the book's currency."""

    label: str
    amount: Decimal


def allocation_rows(book: Book, month: Month, category: Category | None = None) -> list[AllocationRow]:
    """Every allocation of the month, oldest first; of one category where given. Two queries."""
    rows = Allocation.objects.filter(envelope__book=book, envelope__month=month.first)
    if category is not None:
        rows = rows.filter(envelope__category=category)
    found = list(rows.select_related("envelope__category__parent").order_by("pk"))
    numbers = {row.version for row in found}
    names = dict(Change.objects.filter(book=book, number__in=numbers).values_list("number", "by_name"))
    return [
        AllocationRow(
            row.envelope.category, row.amount, row.note, row.created_at, names.get(row.version, ""), row.version
        )
        for row in found
    ]


def previous_line(book: Book, category: Category, month: Month) -> PlanLine | None:
    """The same category a month earlier; None before the first month there is. Two queries."""
    if (month.year, month.month) == (FIRST_YEAR, 1):
        return None
    return plan_line(book, category, month.previous)


def suggestions(book: Book, category: Category, month: Month) -> Sequence[Suggestion]:
    """Last month's budget, and what 3 and 12 months spent on average; only those above zero. Two queries.

    Months before the category's first spending do not count: a category that is two months old has an average of two.
    """
    if (month.year, month.month) == (FIRST_YEAR, 1):
        return []
    offered = []
    before = allocations(book, month.previous, category).get(category.pk, {}).get(month.previous, ZERO)
    if before > 0:
        offered.append(Suggestion(f"Same as {month.previous.name}", before))
    spent = _spent_before(book, category, month)
    age = max((_distance(earlier, month) for earlier in spent), default=0)
    for months in sorted({min(3, age), min(12, age)} - {0}):
        sum_of = sum((total for earlier, total in spent.items() if _distance(earlier, month) <= months), ZERO)
        average = round_amount(sum_of / months, book.currency)
        if average > 0:
            label = f"Spent in {month.previous.name}" if months == 1 else f"Average of {months} months"
            offered.append(Suggestion(label, average))
    return offered


def _spent_before(book: Book, category: Category, month: Month) -> dict[Month, Decimal]:
    """Spending per month in the book's currency, in the twelve months before `month`, itself not included."""
    first = month.first.replace(year=month.year - 1)
    rows = MonthlyTotal.objects.filter(
        book=book,
        category=category,
        month__gte=first,
        month__lt=month.first,
        is_transfer=False,
        account__currency=book.currency,
    )
    return {Month.of(day): total for day, total in rows.values_list("month").annotate(sum=Sum("total")).order_by()}


def _distance(earlier: Month, later: Month) -> int:
    return (later.year - earlier.year) * 12 + later.month - earlier.month


class Move(NamedTuple):
    """A move of budget from one category to another; `amount` is above zero, in the book's currency."""

    amount: Decimal
    source: str
    target: str
    at: datetime


def last_move(book: Book, month: Month) -> Move | None:
    """The newest move within a month. One query."""
    for amount, source, source_label, target, target_label, at in MOVES.read(book=book.pk, first=month.first):
        return Move(amount, source_label or source, target_label or target, at)
    return None


def _last_move() -> Any:
    """First which one, from the month's own envelopes on, then its names: each step by the one index that it needs.

    "The last of all joined rows, please" leaves the order of the joins to the planner, and one that takes the tables
    for empty may multiply them.
    """
    source, target = "outgoing__envelope__category__", "incoming__envelope__category__"
    of_month = EnvelopeTransfer.objects.filter(
        outgoing__envelope__book=ANY_BOOK, outgoing__envelope__month=ANY_MONTH.first
    )
    last = of_month.order_by().values("outgoing__envelope__month").annotate(last=Max("pk")).values("last")
    return EnvelopeTransfer.objects.filter(pk=Subquery(last)).values_list(
        "incoming__amount", f"{source}name", f"{source}label", f"{target}name", f"{target}label", "created_at"
    )


MOVES = Prepared(_last_move)
