"""What rules and mappings have in common: a category that may be proposed."""

from __future__ import annotations

from budget.categorization.errors import CategoryClosed
from budget.history import Recorder
from budget.ledger.models import Category
from budget.ledger.operations.current import current_category


def open_category(change: Recorder, category: Category) -> Category:
    """The category as the book has it now.

    Raises:
        CategoryNotFound: it was deleted, or is of another book.
        CategoryClosed: it is archived.
    """
    found = current_category(change, category)
    if found.is_archived:
        raise CategoryClosed(str(found))
    return found
