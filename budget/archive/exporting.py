"""Lets a whole book out, once every month of it was counted twice and agreed."""

from __future__ import annotations

from typing import IO, Any

from budget.archive.errors import MonthHeldBack
from budget.archive.writing import Progress, export_book
from budget.books.models import Book
from budget.ledger.models import MonthlyTotal
from budget.recount.clearing import Clearance, HeldBack


def cleared_export(book: Book, out: IO[bytes], progress: Progress | None = None) -> dict[str, Any]:
    """Write the archive of a book into `out`; answers its manifest.

    Raises:
        MonthHeldBack: the figures of a month differ.
        HistoryBroken: the history was altered.
        FileSpoiled: a kept file is not what was brought.
    """
    months = MonthlyTotal.objects.filter(book=book).order_by("month").values_list("month", flat=True).distinct()
    try:
        Clearance(book).require(months)
    except HeldBack as held:
        raise MonthHeldBack(str(held)) from held
    return export_book(book, out, progress)
