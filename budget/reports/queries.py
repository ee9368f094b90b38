"""What a month adds up to, per category; read from the monthly totals, so its cost does not depend on the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Sum

from budget.books.models import Book
from budget.ledger.models import MonthlyTotal, Transaction
from budget.months import Month

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class CategoryTotal:
    """One category's month: how many rows, and their sum in `currency`.

    `total` is as the ledger has it: out is positive, so income is negative. `category` and `name` are empty for rows
    without a category.
    """

    category: int | None
    name: str
    parent: int | None
    is_income: bool
    currency: str
    count: int
    total: Decimal


def category_totals(book: Book, month: Month) -> list[CategoryTotal]:
    """Everything but transfers, per category and currency, largest total first. One grouped, sorted query."""
    rows = (
        MonthlyTotal.objects.filter(book=book, month=month.first, is_transfer=False)
        .values_list("category_id", "category__name", "category__parent_id", "category__is_income", "account__currency")
        .annotate(rows=Sum("count"), spent=Sum("total"))
        .order_by(F("spent").desc(), "category__name", "account__currency")
    )
    return [
        CategoryTotal(pk, name or "", parent, bool(is_income), currency, count, total)
        for pk, name, parent, is_income, currency, count, total in rows
    ]


def month_summary(book: Book, month: Month) -> list[CategoryTotal]:
    """Spending per category in the book's currency, largest first; income and transfers are not in it.

    One SQL query, whatever the number of rows. A category whose refunds outweigh its purchases has a negative total.
    """
    return [total for total in category_totals(book, month) if not total.is_income and total.currency == book.currency]


def newest(book: Book, limit: int, *, until: Month) -> list[Transaction]:
    """The newest transactions up to and with the month `until`, transfers too, newest first. One query."""
    rows = Transaction.objects.of(book).filter(date__lt=until.end)
    return list(rows.select_related("account", "category").order_by("-date", "-pk")[:limit])


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """A month in three figures, in the book's currency, as people say them: earned and spent both positive."""

    income: Decimal
    spent: Decimal

    @property
    def kept(self) -> Decimal:
        """What is left of the income; below zero where more was spent."""
        return self.income - self.spent


def figures(totals: Sequence[CategoryTotal], currency: str) -> MonthFigures:
    """The month's figures from its category totals."""
    own = [total for total in totals if total.currency == currency]
    income = sum((-t.total for t in own if t.is_income), ZERO)
    spent = sum((t.total for t in own if not t.is_income), ZERO)
    return MonthFigures(income, spent)
