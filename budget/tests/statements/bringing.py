"""Files brought to a book the way pages and commands do it."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

from budget.books.models import Book
from budget.ledger.models import Transaction
from budget.statements import bringing, recording
from budget.statements.models import StatementImport, StatementLine
from budget.tests.statements.reading import sample

HEADER = "Date,Payee,Amount"


def csv(*rows: str) -> bytes:
    """A table of rows such as `2026-11-02,Bakery,-4.50`: money in is positive."""
    return "\n".join([HEADER, *rows, ""]).encode()


def brought(book: Book, content: bytes | str, name: str = "may.csv", **fields: Any) -> StatementImport:
    """A file, or the sample of that name, kept and read."""
    data = sample(content) if isinstance(content, str) else content
    found = bringing.bring(book, name, io.BytesIO(data), by=None, **fields)
    return bringing.read(found)


def imported(book: Book, content: bytes | str, name: str = "may.csv", **fields: Any) -> StatementImport:
    """The same, and recorded."""
    return recording.confirm(brought(book, content, name, **fields), by=None)


def fates(found: StatementImport) -> list[str]:
    """What becomes of each line, in the file's order."""
    lines = StatementLine.objects.filter(statement__source=found).order_by("number")
    return list(lines.values_list("fate", flat=True))


def amounts(book: Book) -> list[Decimal]:
    """The amounts of a book's transactions, in the order of their days."""
    return list(Transaction.objects.of(book).order_by("date", "pk").values_list("amount", flat=True))
