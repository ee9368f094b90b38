"""Reading the ledger: balances, expenses, the largest of them."""

from __future__ import annotations

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
    """The largest expenses in the book's currency first, at most `limit`; of one month where given.

    Other currencies are left out: which of 100 EUR and 12,000 JPY is more, no number says.
    """
    rows = Expense.objects.of(book).filter(account__currency=book.currency).select_related("category", "account")
    if month is None:
        return rows.filter(amount__gt=0).order_by("-amount", "-date", "-pk")[:limit]
    # An expression, so that the month's rows are read by date rather than the whole book's by amount.
    size = F("amount") + money_value(0)
    rows = rows.in_month(month).filter(GreaterThan(size, money_value(0)))
    return rows.order_by(size.desc(), "-date", "-pk")[:limit]
