"""The `--book` of the commands: a book by its id or its name."""

from __future__ import annotations

from django.core.management.base import CommandError, CommandParser

from budget.books.models import Book


def add_book_argument(parser: CommandParser) -> None:
    """Let a command be narrowed to one book."""
    parser.add_argument("--book", metavar="ID|NAME", help="only this book, by its id or its name")


def chosen_books(wanted: str | None) -> list[Book]:
    """All books, or those that are meant, oldest first; several people may have a book by the same name."""
    books = Book.objects.order_by("pk")
    if wanted is None:
        return list(books)
    named = list(books.filter(name__iexact=wanted))
    if not named and wanted.isascii() and wanted.isdigit():
        named = list(books.filter(pk=int(wanted[:18])))
    if not named:
        raise CommandError(f"There is no book “{wanted}”. Give its id or its name.")
    return named
