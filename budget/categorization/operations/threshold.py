"""How often a merchant is confirmed before its category goes without saying."""

from __future__ import annotations

from budget import history
from budget.books.models import Book
from budget.categorization.errors import ConfirmationsOutOfRange
from budget.history import IdempotentRequest
from budget.users.models import User

MOST_CONFIRMATIONS = 99


def set_confirmations_needed(
    book: Book, *, by: User | None, count: int, request: IdempotentRequest | None = None
) -> Book:
    """Set the book's threshold (R003-51); it holds from the next import or run on.

    Raises:
        ConfirmationsOutOfRange: it is not from 1 to 99.
    """
    if not 1 <= count <= MOST_CONFIRMATIONS:
        raise ConfirmationsOutOfRange(MOST_CONFIRMATIONS)
    summary = f"File a merchant without asking after {count} confirmation{'' if count == 1 else 's'}"
    with history.change(book, by, summary, kind="book.update", request=request) as change:
        change.update(change.book, confirmations_needed=count)
    book.confirmations_needed = count
    return book
