"""Writing down by hand which category a merchant belongs to."""

from __future__ import annotations

from typing import Any

from budget import history
from budget.books.models import Book
from budget.categorization.errors import MerchantTaken, NoMerchant
from budget.categorization.merchants import normalise
from budget.categorization.models import MerchantMapping, Origin
from budget.categorization.operations.checking import open_category
from budget.history import IdempotentRequest
from budget.ledger.models import Category
from budget.texts import clean_text
from budget.users.models import User

CHANGEABLE = frozenset({"merchant", "category", "is_active"})


def add_mapping(
    *, book: Book, by: User | None, merchant: str, category: Category, request: IdempotentRequest | None = None
) -> MerchantMapping:
    """File a merchant under a category from now on, without further confirmation.

    Raises:
        NoMerchant, MerchantTaken, CategoryNotFound, CategoryClosed, TextMissing, TextTooLong: nothing is written.
    """
    name = _merchant(merchant)
    with history.change(book, by, f"Added merchant {name}", kind="mapping.create", request=request) as change:
        _require_free(book, name)
        made = MerchantMapping(merchant=name, category=open_category(change, category), origin=Origin.MANUAL)
        change.record.summary = f"Added merchant {name}: {made.category}"[:300]
        return change.create(made)


def change_mapping(
    mapping: MerchantMapping,
    *,
    by: User | None,
    seen: int | None = None,
    request: IdempotentRequest | None = None,
    **values: Any,
) -> MerchantMapping:
    """Change a merchant's name or category, or switch it off and on; a new category is one written by hand.

    Raises:
        NoMerchant, MerchantTaken, CategoryNotFound, CategoryClosed, ChangedMeanwhile, Vanished: nothing is written.
    """
    if unknown := set(values) - CHANGEABLE:
        raise TypeError(f"A merchant has no {', '.join(sorted(unknown))} to change.")
    book, summary = mapping.book, f"Changed merchant {mapping}"
    with history.change(book, by, summary, kind="mapping.update", request=request) as change:
        change.fresh(mapping, seen)
        if "merchant" in values:
            values["merchant"] = _merchant(values["merchant"])
            _require_free(book, values["merchant"], other_than=mapping)
        if "category" in values and values["category"].pk != mapping.category_id:
            values["category"] = open_category(change, values["category"])
            values |= {"origin": Origin.MANUAL, "confirmations": 0}
        change.update(mapping, **values)
    return mapping


def delete_mapping(mapping: MerchantMapping, *, by: User | None, request: IdempotentRequest | None = None) -> None:
    """Forget a merchant. What was filed by it stays as it is."""
    summary = f"Deleted merchant {mapping}"
    with history.change(mapping.book, by, summary, kind="mapping.delete", request=request) as change:
        change.fresh(mapping)
        change.delete(mapping)


def _merchant(text: str) -> str:
    name = normalise(clean_text(text, "Merchant", 100, required=True))
    if not name:
        raise NoMerchant(text)
    return name


def _require_free(book: Book, merchant: str, other_than: MerchantMapping | None = None) -> None:
    found = MerchantMapping.objects.of(book).filter(merchant=merchant).first()
    if found is not None and found != other_than:
        raise MerchantTaken(merchant)
