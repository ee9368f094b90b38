"""Reading the ledger: balances, the largest expenses, every category with its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan

from budget.books.models import Book
from budget.ledger.models import Account, Category, Expense, MonthlyTotal, Transaction
from budget.money import MoneyField, money_value
from budget.months import Month


def accounts_with_balance(book: Book, *, archived: bool = False) -> QuerySet[Account]:
    """The accounts of `book`, each with `balance`: opening balance less all that went out. One query."""
    moved = (
        MonthlyTotal.objects.filter(account=OuterRef("pk")).values("account").annotate(sum=Sum("total")).values("sum")
    )
    accounts = Account.objects.of(book).order_by("type", "name")
    if not archived:
        accounts = accounts.filter(is_archived=False)
    zero = Decimal(0)
    return accounts.annotate(
        moved=Coalesce(Subquery(moved, output_field=MoneyField()), zero, output_field=MoneyField())
    )


def balance(account: Account) -> Decimal:
    """What is on an account, in its currency; positive is money one has."""
    moved = MonthlyTotal.objects.filter(account=account).aggregate(sum=Sum("total"))["sum"]
    return account.opening_balance - (moved or Decimal(0))


def expenses(book: Book, category: Category | None = None) -> QuerySet[Transaction]:
    """The expenses of `book`, newest first; with `category`, those filed there or below."""
    rows = Expense.objects.of(book)
    if category is not None:
        rows = rows.in_category(category)
    return rows.select_related("category", "account").order_by("-date", "-pk")


def top_expenses(book: Book, limit: int = 10, month: Month | None = None) -> QuerySet[Transaction]:
    """The largest expenses first, at most `limit`; of one month where given."""
    rows = Expense.objects.of(book).select_related("category", "account")
    if month is None:
        return rows.filter(amount__gt=0).order_by("-amount", "-date", "-pk")[:limit]
    # An expression, so that the month's rows are read by date rather than the whole book's by amount.
    size = F("amount") + money_value(0)
    rows = rows.in_month(month).filter(GreaterThan(size, money_value(0)))
    return rows.order_by(size.desc(), "-date", "-pk")[:limit]


@dataclass
class CategoryRows:
    """One category with its expenses: how many, their sum (out is positive), and the newest of them."""

    category: Category
    count: int = 0
    total: Decimal = Decimal("0.00")
    rows: list[Transaction] = field(default_factory=list)


def expenses_by_category(book: Book, month: Month | None = None) -> Sequence[CategoryRows]:
    """Every spending category, also those without an expense, each with all its rows, newest first. Two queries."""
    spending = Category.objects.of(book).filter(is_income=False).select_related("parent").order_by("position", "name")
    found = {category.pk: CategoryRows(category) for category in spending}
    rows = Expense.objects.of(book).filter(category__isnull=False)
    if month is not None:
        rows = rows.in_month(month)
    grouped: dict[int, list[Transaction]] = defaultdict(list)
    for txn in rows.select_related("account").order_by("-date", "-pk"):
        grouped[txn.category_id or 0].append(txn)
    for pk, group in found.items():
        group.rows = grouped.get(pk, [])
        group.count = len(group.rows)
        group.total = sum((txn.amount for txn in group.rows), Decimal("0.00"))
    return list(found.values())
