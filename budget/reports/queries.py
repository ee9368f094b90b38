"""What a month adds up to, per category; read from the monthly totals, so its cost does not depend on the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.expressions import RawSQL

from budget.books.models import Book
from budget.ledger.models import Account, MonthlyTotal, Transaction
from budget.ledger.queries import largest_expenses
from budget.months import Month
from budget.prepared import ANY_BOOK, ANY_MONTH, Prepared

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
    return [
        CategoryTotal(pk, name or "", parent, bool(is_income), currency, count, total)
        for pk, name, parent, is_income, currency, count, total in _TOTALS.read(book=book.pk, first=month.first)
    ]


_TOTALS = Prepared(
    lambda: (
        MonthlyTotal.objects.filter(book=ANY_BOOK, month=ANY_MONTH.first, is_transfer=False)
        .values_list("category_id", "category__name", "category__parent_id", "category__is_income", "account__currency")
        .annotate(rows=Sum("count"), spent=Sum("total"))
        .order_by(F("spent").desc(), "category__name", "account__currency")
    )
)


def month_summary(book: Book, month: Month) -> list[CategoryTotal]:
    """Spending per category in the book's currency, largest first; income and transfers are not in it.

    One SQL query, whatever the number of rows. A category whose refunds outweigh its purchases has a negative total.
    """
    return [total for total in category_totals(book, month) if not total.is_income and total.currency == book.currency]


class ListedTxn(NamedTuple):
    """A transaction as short lists show it; out is positive. Without a category, what is of one is None."""

    pk: int
    date: date
    amount: Decimal
    payee: str
    description: str
    is_transfer: bool
    account: str
    currency: str
    category: int | None
    name: str | None
    label: str | None
    icon: str | None
    color: str | None


ACCOUNT = Account.objects.filter(pk=OuterRef("account_id"))
LISTED = (
    "pk", "date", "amount", "payee", "description", "is_transfer",
    Subquery(ACCOUNT.values("name")), Subquery(ACCOUNT.values("currency")),
    "category_id", "category__name", "category__label", "category__icon", "category__color",
)  # fmt: skip
"""The columns of a `ListedTxn`, in its order.

The account is looked up for each row rather than joined: a planner that has heard nothing of the tables' sizes would
begin with the accounts, and read and sort the whole book for a few rows.
"""


def largest(book: Book, limit: int, month: Month | None = None) -> list[ListedTxn]:
    """The rows of `top_expenses` as tuples. One query."""
    asked = {} if month is None else {"first": month.first, "end": month.end}
    rows = _largest(limit, month is not None).read(book=book.pk, currency=book.currency, **asked)
    return [ListedTxn(*row) for row in rows]


def largest_between(book: Book, limit: int, first: Month, last: Month) -> list[ListedTxn]:
    """The same of the months from `first` to `last`, both included. One query."""
    asked = {"book": book.pk, "currency": book.currency, "first": first.first, "end": last.end}
    return [ListedTxn(*row) for row in _largest(limit, True).read(**asked)]


@lru_cache(maxsize=256)
def _largest(limit: int, in_month: bool) -> Prepared:
    if in_month:
        # By id alone: asked for the book as well, a planner that has counted nothing walks through all of its amounts.
        few = Transaction.objects.filter(pk__in=_largest_in_month(limit))
        return Prepared(lambda: few.order_by("-amount", "-date", "-pk").values_list(*LISTED))
    return Prepared(lambda: largest_expenses(ANY_BOOK)[:limit].values_list(*LISTED))


EXPENSE = """NOT t.is_transfer
    AND (t.category_id IS NULL
        OR t.category_id NOT IN (SELECT id FROM budget_category WHERE book_id = %s AND is_income))
    AND t.account_id NOT IN (SELECT id FROM budget_account WHERE book_id = %s AND currency <> %s)"""
WALKED = 2_000
"""Of a book's largest amounts, how many are looked at before a month is read as a whole. A month's five among ten
years of months alike are found with the first several hundred."""
IN_MONTH = f"""
WITH walked AS (
    SELECT id, date FROM budget_transaction WHERE book_id = %s AND amount > 0
    ORDER BY amount DESC, date DESC, id DESC LIMIT %s
), found AS (
    SELECT t.id FROM walked JOIN budget_transaction t ON t.id = walked.id
    WHERE walked.date >= %s AND walked.date < %s AND {EXPENSE}
    ORDER BY t.amount DESC, t.date DESC, t.id DESC LIMIT %s
), searched AS (
    SELECT t.id FROM budget_transaction t
    WHERE t.book_id = %s AND t.date >= CASE WHEN (SELECT COUNT(*) FROM found) < %s THEN %s ELSE %s END AND t.date < %s
        AND t.amount + 0 > 0 AND {EXPENSE}
    ORDER BY t.amount + 0 DESC, t.date DESC, t.id DESC LIMIT %s
)
SELECT id FROM found UNION SELECT id FROM searched
"""  # noqa: S608  # all parts are written here
"""A month's largest expenses, by their ids: from the book's largest, and only if these have too few from all of its
rows. What is `found` is complete as soon as it is enough: nothing behind it in the index is larger."""


def _largest_in_month(limit: int) -> RawSQL:
    book, first, end = ANY_BOOK, ANY_MONTH.first, ANY_MONTH.end
    expense = (book, book, book.currency)
    bound = (book, WALKED, first, end, *expense, limit, book, limit, first, end, end, *expense, limit)
    return RawSQL(IN_MONTH, bound)  # noqa: S611  # it binds its values  # nosec B611


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
