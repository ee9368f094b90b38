"""Adding, changing, merging and deleting categories."""

from __future__ import annotations

from typing import Any

from budget import history
from budget.books.models import Book
from budget.history import IdempotentRequest, Recorder
from budget.ledger.dependents import dependents
from budget.ledger.errors import CategoryNotFound, InUse, NameTaken, OtherKind, TooDeep
from budget.ledger.models import Category, Rollover, Transaction
from budget.ledger.operations.current import current_category
from budget.texts import clean_text
from budget.users.models import User

CHANGEABLE = frozenset(
    {"parent", "name", "label", "color", "icon", "is_income", "is_recurring", "rollover", "position", "is_archived"}
)


def add_category(
    *, book: Book, by: User | None, name: str, request: IdempotentRequest | None = None, **values: Any
) -> Category:
    """Add a category; `values` are its other fields.

    Raises:
        NameTaken, TooDeep, CategoryNotFound, TextMissing, TextTooLong: nothing is written.
    """
    category = Category(name=name)
    with history.change(book, by, f"Added category {name}", kind="category.create", request=request) as change:
        for field, value in _checked(change, category, {"name": name, **values}).items():
            setattr(category, field, value)
        change.record.summary = f"Added category {category}"
        change.create(category)
    return category


def change_category(
    category: Category,
    *,
    by: User | None,
    seen: int | None = None,
    request: IdempotentRequest | None = None,
    **values: Any,
) -> Category:
    """Change a category's fields.

    Raises:
        NameTaken, TooDeep, CategoryNotFound, ChangedMeanwhile, Vanished: nothing is written.
        BudgetError: it cannot become income, having a budget.
    """
    book = category.book
    with history.change(book, by, f"Changed category {category}", kind="category.update", request=request) as change:
        change.fresh(category, seen)
        if values.get("is_income") and not category.is_income:
            for dependent in dependents():
                dependent.require_free_for_income(change, category)
        change.update(category, **_checked(change, category, values))
    return category


def merge_categories(
    *, source: Category, target: Category, by: User | None, request: IdempotentRequest | None = None
) -> int:
    """Move every transaction and budget of `source` to `target` and delete `source`.

    Returns:
        How many transactions moved.

    Raises:
        CategoryNotFound: they are of different books, or one and the same.
        OtherKind: one is income, the other is not.
        InUse: `source` has subcategories.
    """
    book = source.book
    if target.book_id != book.pk or target.pk == source.pk:
        raise CategoryNotFound
    summary = f"Merged {source} into {target}"
    with history.change(book, by, summary, kind="category.merge", request=request) as change:
        change.fresh(source)
        target = current_category(change, target)
        if source.is_income != target.is_income:
            raise OtherKind(str(source), str(target))
        moved = change.update_many(Transaction.objects.of(book).filter(category=source), category=target)
        for dependent in dependents():
            dependent.move(change, source, target)
        _require_unused(change, source, "Move them below another category first.")
        change.delete(source)
    return moved


def delete_category(category: Category, *, by: User | None, request: IdempotentRequest | None = None) -> None:
    """Delete a category that nothing uses.

    Raises:
        InUse: transactions, subcategories or a plan need it.
    """
    book = category.book
    with history.change(book, by, f"Deleted category {category}", kind="category.delete", request=request) as change:
        change.fresh(category)
        _require_unused(change, category, "Merge it into another one, or archive it.")
        change.delete(category)


def _require_unused(change: Recorder, category: Category, instead: str) -> None:
    used = [
        ("transaction", "transactions", Transaction.objects.of(category.book).filter(category=category).count()),
        ("subcategory", "subcategories", category.children.count()),
        *((dependent.one, dependent.many, dependent.release(change, category)) for dependent in dependents()),
    ]
    for one, many, count in used:
        if count:
            raise InUse(str(category), count, one, many, instead)


def _checked(change: Recorder, category: Category, values: dict[str, Any]) -> dict[str, Any]:
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise TypeError(f"A category has no {', '.join(sorted(unknown))} to change.")
    checked = dict(values)
    if "name" in checked:
        checked["name"] = clean_text(checked["name"], "Short name", 50, required=True)
    if "label" in checked:
        checked["label"] = clean_text(checked["label"], "Name", 100)
    if "rollover" in checked:
        checked["rollover"] = Rollover(checked["rollover"])
    parent: Category | None = checked.get("parent", category.parent)
    if parent is not None:
        parent = current_category(change, parent)
        if parent.pk == category.pk:
            raise CategoryNotFound
        if parent.parent_id is not None:
            raise TooDeep(str(parent))
        if category.pk and category.children.exists():
            raise TooDeep(str(category))
    name = checked.get("name", category.name)
    others = Category.objects.of(change.book).filter(parent=parent, name__iexact=name).exclude(pk=category.pk)
    if others.exists():
        raise NameTaken("a category", name)
    return checked
