"""How far a book's history has been added up anew, and what came of counting a month twice; derived, never recorded."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from budget.books.models import NO_CHANGE_YET, Book


class BookRecount(models.Model):
    """How far the history of a book was read and added up: the whole of it up to `version`, and no further.

    Everything here follows from the history and can be made anew from it.
    """

    book = models.OneToOneField(Book, on_delete=models.PROTECT, related_name="recount")
    version = models.BigIntegerField(default=0, help_text="The last change that was read whole.")
    position = models.PositiveIntegerField(default=0, help_text="How many entries of the next change were read.")
    head = models.CharField(max_length=64, default=NO_CHANGE_YET, help_text="The digest of the change `version`.")
    entries = models.BigIntegerField(default=0, help_text="How many entries were read in all.")
    begun_at = models.DateTimeField(null=True, help_text="When it was last read from the beginning.")
    states = models.TextField(default="{}", help_text="Canonical JSON: accounts, categories and book as last written.")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(version__gte=0), name="book_recount_version_not_negative"),
        ]

    @property
    def place(self) -> tuple[int, int, str, int]:
        """How far it was read, as `replay.Place` has it."""
        return self.version, self.position, self.head, self.entries

    def __str__(self) -> str:
        return f"history read up to change {self.version}"


class Standing(models.TextChoices):
    """What came of counting a month twice."""

    NOT_COUNTED = "", "Not counted yet"
    VERIFIED = "verified", "Counted twice"
    BLOCKED = "blocked", "Held back"


class MonthRecount(models.Model):
    """What the history of a book adds up to in a month, and whether pages and rows add up to the same."""

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+")
    month = models.DateField(help_text="Its first day.")
    tallies = models.TextField(
        default="[]",
        help_text="Canonical JSON of the history: account, category, transfer, rows, thousandths, sum of row digests.",
    )
    touched = models.BigIntegerField(default=0, help_text="The last change read that has rows of the month.")
    status = models.CharField(max_length=8, choices=Standing.choices, default=Standing.NOT_COUNTED, blank=True)
    version = models.BigIntegerField(default=0, help_text="The version of the book that was counted.")
    counted_at = models.DateTimeField(null=True, help_text="When the month was last counted.")
    reread_at = models.DateTimeField(null=True, help_text="When its history was last read from the beginning.")
    finding = models.TextField(default="{}", help_text="Canonical JSON: the figures compared, and what differs.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["book", "month"], name="month_recount_once"),
            models.CheckConstraint(condition=Q(status__in=Standing.values), name="month_recount_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}: {self.get_status_display()}"
