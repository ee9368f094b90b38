"""The categories of a book as a tree of two levels, each with the number of its transactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet, Sum

from budget.books.models import Book
from budget.ledger.models import Category, MonthlyTotal


@dataclass(frozen=True)
class Branch:
    """A category, how many transactions are filed in it, and what is below it."""

    category: Category
    count: int
    below: list[Branch] = field(default_factory=list)


def tree(book: Book) -> Sequence[Branch]:
    """All categories of a book, archived ones too, in the order of the taxonomy. Two queries."""
    counted = MonthlyTotal.objects.filter(book=book, category__isnull=False).values_list("category")
    counts = dict(counted.annotate(rows=Sum("count")).order_by())
    found = list(Category.objects.of(book).order_by("position", "name"))
    branches = {category.pk: Branch(category, counts.get(category.pk, 0)) for category in found}
    tops = []
    for category in found:
        branch = branches[category.pk]
        if category.parent_id is None:
            tops.append(branch)
        else:
            branches[category.parent_id].below.append(branch)
    return tops


def parents(book: Book) -> QuerySet[Category]:
    """The categories that others may stand below."""
    return Category.objects.of(book).filter(parent=None).order_by("position", "name")


def transaction_count(category: Category) -> int:
    """How many transactions are filed in a category itself."""
    return MonthlyTotal.objects.filter(category=category).aggregate(rows=Sum("count"))["rows"] or 0
