"""Every spending category with its newest expenses, also those without any; what it costs does not grow with a book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, QuerySet, Subquery, Sum

from budget.books.models import Book
from budget.ledger.directory import AccountName
from budget.ledger.models import Category, MonthlyTotal, Transaction
from budget.money import format_amount
from budget.months import Month
from budget.reports.links import category_url
from budget.reports.queries import ListedTxn
from budget.reports.showing import TxnRow, txn_rows
from budget.reports.wording import counted

NEWEST = 10
"""How many rows of each category are shown; its count and total are of all."""


OWN_COLUMNS = ("pk", "date", "amount", "payee", "description", "is_transfer")
"""What a `ListedTxn` begins with."""
ROW = "row_"
"""What the annotations with their ids begin with."""


@dataclass(frozen=True, slots=True)
class CategoryGroup:
    """One category: how many expenses, their sums as text (one for each currency), and the newest of them."""

    category: Category | None
    name: str
    count: int
    totals: tuple[str, ...]
    rows: tuple[TxnRow, ...]
    url: str
    has_parts: bool = False
    """Whether the list that `url` opens has its subcategories' rows as well."""

    @property
    def count_text(self) -> str:
        """``3 expenses``."""
        return counted(self.count, "expense")

    @property
    def total(self) -> str:
        """The sums beside one another."""
        return ", ".join(self.totals)

    @property
    def has_more(self) -> bool:
        """Whether it has more rows than are shown."""
        return self.count > len(self.rows)


@dataclass(frozen=True, slots=True)
class _Sums:
    count: int
    totals: tuple[str, ...]


def category_groups(
    book: Book, month: Month | None, today: date, accounts: Iterable[AccountName]
) -> list[CategoryGroup]:
    """The spending categories in the order of the taxonomy, then what has none. Three queries, whatever the rows.

    A category's rows are its own, without those of its subcategories, which are groups of their own.
    """
    sums = _sums(book, month)
    categories = sorted(_with_newest(book, month), key=_place)
    rows = _newest(book, categories, accounts, today)
    parents = {category.parent_id for category in categories if category.pk in sums}
    none = _Sums(0, (format_amount(Decimal(0), book.currency),))
    groups = [
        CategoryGroup(
            category=category,
            name=f"{category.parent}: {category}" if category.parent else str(category),
            count=sums.get(category.pk, none).count,
            totals=sums.get(category.pk, none).totals,
            rows=tuple(rows.get(category.pk, ())),
            url=category_url(month, category),
            has_parts=category.pk in parents,
        )
        for category in categories
    ]
    if None in sums:
        unfiled = sums[None]
        groups.append(CategoryGroup(None, "No category", unfiled.count, unfiled.totals, (), category_url(month, None)))
    return groups


def _sums(book: Book, month: Month | None) -> dict[int | None, _Sums]:
    totals = MonthlyTotal.objects.filter(book=book, is_transfer=False).exclude(category__is_income=True)
    if month is not None:
        totals = totals.filter(month=month.first)
    grouped = totals.values_list("category_id", "account__currency").annotate(rows=Sum("count"), sum=Sum("total"))
    found: dict[int | None, list[tuple[int, str]]] = defaultdict(list)
    own_first = sorted(grouped.order_by("account__currency"), key=lambda row: row[1] != book.currency)
    for pk, currency, count, total in own_first:
        text = format_amount(total, currency, sign="income")
        found[pk].append((count, text if currency == book.currency else f"{text} {currency}"))
    return {pk: _Sums(sum(n for n, _ in parts), tuple(text for _, text in parts)) for pk, parts in found.items()}


def _with_newest(book: Book, month: Month | None) -> QuerySet[Category]:
    """The categories, each with the ids of its newest rows: index look-ups, however many rows there are."""
    rows = Transaction.objects.filter(book=book, category=OuterRef("pk")).order_by("-date", "-pk")
    if month is not None:
        rows = rows.in_month(month)
    ids = {f"{ROW}{place}": Subquery(rows[place : place + 1].values("pk")) for place in range(NEWEST)}
    return Category.objects.of(book).filter(is_income=False).select_related("parent").annotate(**ids)


def _place(category: Category) -> tuple[int, str, bool, int, str]:
    """Parents as the taxonomy has them, each followed by its subcategories."""
    top = category.parent or category
    return top.position, top.name, category.parent is not None, category.position, category.name


def _newest(
    book: Book, categories: Sequence[Category], accounts: Iterable[AccountName], today: date
) -> dict[int, list[TxnRow]]:
    """The newest rows by category, named by what is known already: the statement joins nothing."""
    found: dict[int, list[TxnRow]] = defaultdict(list)
    on, under = {account.pk: account for account in accounts}, {category.pk: category for category in categories}
    ids = [pk for category in categories for place in range(NEWEST) if (pk := getattr(category, f"{ROW}{place}"))]
    rows = Transaction.objects.of(book).filter(pk__in=ids).order_by("-date", "-pk")
    listed = []
    for *columns, account, category in rows.values_list(*OWN_COLUMNS, "account_id", "category_id"):
        named, filed = on[account], under[category]
        shape = category, filed.name, filed.label, filed.icon, filed.color
        listed.append(ListedTxn._make((*columns, named.name, named.currency, *shape)))
    for row in txn_rows(listed, today):
        if row.category is not None:
            found[row.category].append(row)
    return found
