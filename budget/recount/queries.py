"""What is known of a month's recount, as pages show it; reads what is kept and counts nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, DateField, F

from budget.books.models import Book
from budget.months import Month
from budget.prepared import Prepared, Slot
from budget.recount.comparing import Finding
from budget.recount.models import MonthRecount, Standing


@dataclass(frozen=True)
class Known:
    """A month's standing; NOT_COUNTED as long as the book has changes that were not read.

    A month that was held back stays so until it is counted again.
    """

    month: Month
    status: Standing
    finding: Finding
    counted_at: datetime | None = None
    version: int = 0

    @property
    def is_verified(self) -> bool:
        """Whether the month was counted twice and agreed."""
        return self.status == Standing.VERIFIED

    @property
    def is_blocked(self) -> bool:
        """Whether the month is held back."""
        return self.status == Standing.BLOCKED


_kept = Prepared(
    lambda: MonthRecount.objects.filter(
        book=Slot("book", BigIntegerField()), month=Slot("month", DateField())
    ).values_list("status", "version", "touched", F("book__recount__version"), "counted_at", "finding")
)
"""Every report asks for it, so its SQL is written once."""


def known(book: Book, month: Month) -> Known:
    """What is known of a month. One query."""
    for status, version, touched, read, counted_at, finding in _kept.read(book=book.pk, month=month.first):
        is_current = read == book.version and touched <= version
        if status == Standing.BLOCKED or (status and is_current):
            return Known(month, Standing(status), Finding.read(finding), counted_at, version)
    return Known(month, Standing.NOT_COUNTED, Finding())
