"""Reading the ledger: balances, expenses, the largest of them."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan

from budget.books.models import Book
from budget.ledger.models import Account, Category, Expense, MonthlyTotal, Transaction, TransactionQuerySet
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
    """The largest expenses in the book's currency first, at most `limit`; of one month where given."""
    few = Expense.objects.of(book).filter(pk__in=largest_expenses(book, month).values("pk")[:limit])
    return few.select_related("category", "account").order_by("-amount", "-date", "-pk")


def largest_expenses(book: Book, month: Month | None = None) -> TransactionQuerySet:
    """The expenses in the book's currency, the largest first; of one month where given.

    Other currencies are left out: which of 100 EUR and 12,000 JPY is more, no number says. Joins nothing: a planner
    that took another table first, having heard nothing of its size, would read and sort the whole book.
    """
    income = Category.objects.of(book).filter(is_income=True)
    foreign = Account.objects.of(book).exclude(currency=book.currency)
    rows = Transaction.objects.of(book).filter(is_transfer=False)
    rows = rows.exclude(category__in=income.values("pk")).exclude(account__in=foreign.values("pk"))
    if month is None:
        return rows.filter(amount__gt=0).order_by("-amount", "-date", "-pk")
    # An expression, so that the month's rows are read by date rather than the whole book's by amount.
    size = F("amount") + money_value(0)
    return rows.in_month(month).filter(GreaterThan(size, money_value(0))).order_by(size.desc(), "-date", "-pk")
