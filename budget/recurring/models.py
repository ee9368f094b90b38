"""What comes again, and the due dates that were settled without a row of their own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from budget.books.models import Book
from budget.books.rows import BookRow, BookRowQuerySet
from budget.ledger.models import LARGEST, Account, Category, Transaction
from budget.money import MoneyField
from budget.recurring import rhythm


class State(models.TextChoices):
    """Whether a series counts: only a confirmed one is expected and forecast."""

    SUGGESTED = "suggested", "Suggested"
    CONFIRMED = "confirmed", "Confirmed"
    DISMISSED = "dismissed", "Dismissed"
    PAUSED = "paused", "Paused"
    ENDED = "ended", "Ended"


class Origin(models.TextChoices):
    """Who said that it comes again."""

    FOUND = "found", "Found in the history"
    HAND = "hand", "Entered by hand"


class RecurringSeries(BookRow):
    """What comes again in a rhythm: rent, a salary, a subscription. Signed like a transaction: out is positive.

    Its due dates follow from `rhythm` and `anchor`, one of them. Which rows of the ledger are its own is derived: by
    payee, amount and day (`SeriesRow`).
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="series")
    category = models.ForeignKey(Category, on_delete=models.PROTECT, null=True, blank=True, related_name="series")
    name = models.CharField(max_length=100, help_text="What people call it; the payee.")
    merchant = models.CharField(max_length=100, help_text="By what its rows are recognised, as merchants are.")
    amount = MoneyField(help_text="What it costs each time, in the account's currency; out is positive.")
    low = MoneyField(null=True, blank=True, help_text="The least it costs, where it varies; nearer to zero.")
    high = MoneyField(null=True, blank=True, help_text="The most it costs, where it varies.")
    amount_since = models.DateField(
        help_text="From which day on the amount holds; newer rows of its own are newer prices."
    )
    rhythm = models.CharField(max_length=11, choices=rhythm.CHOICES)
    anchor = models.DateField(help_text="One of its due dates; the others follow from it.")
    state = models.CharField(max_length=9, choices=State.choices, default=State.SUGGESTED)
    origin = models.CharField(max_length=5, choices=Origin.choices, default=Origin.FOUND)
    is_sure = models.BooleanField(default=False, help_text="Whether it was met so often that chance is ruled out.")
    posts_from = models.DateField(
        null=True, blank=True, help_text="Due dates from this day on are recorded by themselves; none where empty."
    )
    note = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BookRowQuerySet["RecurringSeries"].as_manager()

    class Meta:
        verbose_name = "recurring series"
        verbose_name_plural = "recurring series"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="series_name_not_empty"),
            models.CheckConstraint(condition=~Q(amount=0), name="series_amount_not_zero"),
            models.CheckConstraint(
                condition=Q(amount__gte=Decimal(-LARGEST) / 1000, amount__lte=Decimal(LARGEST) / 1000),
                name="series_amount_in_range",
            ),
            models.CheckConstraint(
                condition=Q(low__isnull=True, high__isnull=True)
                | (
                    Q(low__isnull=False, high__isnull=False)
                    & (
                        Q(amount__gt=0, low__gt=0, low__lte=models.F("amount"), high__gte=models.F("amount"))
                        | Q(amount__lt=0, low__lt=0, low__gte=models.F("amount"), high__lte=models.F("amount"))
                    )
                ),
                name="series_amount_within_its_range",
            ),
            models.CheckConstraint(
                condition=Q(rhythm__in=[value for value, _ in rhythm.CHOICES]), name="series_rhythm_known"
            ),
            models.CheckConstraint(condition=Q(state__in=State.values), name="series_state_known"),
            models.CheckConstraint(condition=Q(origin__in=Origin.values), name="series_origin_known"),
            models.CheckConstraint(
                condition=Q(anchor__gte=date(1900, 1, 1), anchor__lt=date(2201, 1, 1)), name="series_anchor_in_range"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["book", "state"], name="series_by_state")]

    def __str__(self) -> str:
        return self.name

    @property
    def varies(self) -> bool:
        """Whether it costs something else each time."""
        return self.low is not None


class Outcome(models.TextChoices):
    """What became of a due date."""

    POSTED = "posted", "Recorded by itself"
    SKIPPED = "skipped", "Skipped"


class SettledDue(BookRow):
    """A due date that is done with: it was recorded by itself, or is skipped. At most one for each date of a series.

    That it was recorded is remembered also when its transaction is deleted: it is not recorded again.
    """

    series = models.ForeignKey(RecurringSeries, on_delete=models.PROTECT, related_name="settled")
    due = models.DateField()
    outcome = models.CharField(max_length=7, choices=Outcome.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BookRowQuerySet["SettledDue"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "due"], name="settled_due_once_per_series_and_date"),
            models.CheckConstraint(condition=Q(outcome__in=Outcome.values), name="settled_due_outcome_known"),
        ]

    def __str__(self) -> str:
        return f"{self.due:%d %b %Y}, {self.get_outcome_display().lower()}"


class SeriesRow(models.Model):
    """Which transaction is which due date of a series: derived, kept in the rows' own transaction.

    It holds neither row in its place: whatever is deleted takes its link along.
    """

    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+")
    series = models.ForeignKey(
        RecurringSeries, on_delete=models.DO_NOTHING, db_constraint=False, related_name="links", db_index=False
    )
    transaction = models.OneToOneField(
        Transaction, on_delete=models.DO_NOTHING, db_constraint=False, related_name="series_link"
    )
    due = models.DateField(help_text="The due date that it settles.")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["series", "due"], name="series_row_by_due")]

    def __str__(self) -> str:
        return f"{self.due:%d %b %Y}"


class SeriesSearch(models.Model):
    """When a book's history was last searched for what comes again, and at which version of it."""

    book = models.OneToOneField(Book, on_delete=models.PROTECT, related_name="+")
    version = models.BigIntegerField(default=0)
    searched_at = models.DateTimeField(null=True)
    is_wanted = models.BooleanField(default=False, help_text="Somebody asked for it; the next run does it.")

    class Meta:
        verbose_name_plural = "series searches"

    def __str__(self) -> str:
        return f"search of {self.book_id}"
