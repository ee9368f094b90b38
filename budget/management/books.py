"""The `--book` of the commands: a book by its number or its name."""

from __future__ import annotations

from django.core.management.base import CommandError, CommandParser

from budget.books.models import Book
from budget.ledger.ledgernames import books_called


def add_book_argument(parser: CommandParser) -> None:
    """Let a command be narrowed to one book."""
    parser.add_argument("--book", metavar="ID|NAME", help="only this book, by its number or its name")


def chosen_books(wanted: str | None) -> list[Book]:
    """All books, or those that are meant, oldest first; several people may have a book by the same name."""
    if wanted is None:
        return list(Book.objects.order_by("pk"))
    named = books_called(wanted, Book.objects.all())
    if not named:
        raise CommandError(f"There is no book “{wanted}”. Give its number or its name.")
    return named
