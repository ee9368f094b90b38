"""The plan: what each category may spend in a month."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from budget.books.rows import BookRow, BookRowQuerySet
from budget.ledger.models import Category
from budget.money import MoneyField, format_amount
from budget.months import Month


class Envelope(BookRow):
    """One category's plan for one month; what is in it is the sum of its allocations."""

    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="envelopes")
    month = models.DateField(help_text="Its first day.")

    objects = BookRowQuerySet["Envelope"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["category", "month"], name="envelope_once_per_category_and_month"),
            models.CheckConstraint(condition=Q(month__day=1), name="envelope_month_is_a_first_day"),
            models.CheckConstraint(
                condition=Q(month__gte=date(1900, 1, 1), month__lt=date(2201, 1, 1)), name="envelope_month_in_range"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["book", "month"], name="envelope_by_month")]

    def __str__(self) -> str:
        return f"{self.category} in {Month.of(self.month).title}"


class Allocation(BookRow):
    """One signed change of an envelope, in the book's currency: plus may be spent, minus may no longer.

    Added and taken back, never edited.
    """

    envelope = models.ForeignKey(Envelope, on_delete=models.PROTECT, related_name="allocations")
    amount = MoneyField()
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BookRowQuerySet["Allocation"].as_manager()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=~Q(amount=0), name="allocation_amount_not_zero")]

    def __str__(self) -> str:
        """With the amount only where the book is loaded, whose currency says its decimals: no query for a name."""
        book = self._state.fields_cache.get("book")
        if book is None:
            return self.note or "allocation"
        sign = "+" if self.amount > 0 else ""
        return f"{sign}{format_amount(self.amount, book.currency)} {self.note}".strip()


class EnvelopeTransfer(BookRow):
    """Plan moved between two envelopes of one month: two linked allocations that add up to zero, both or neither.

    It is not spending and enters no spending total.
    """

    outgoing = models.OneToOneField(Allocation, on_delete=models.PROTECT, related_name="transfer_out")
    incoming = models.OneToOneField(Allocation, on_delete=models.PROTECT, related_name="transfer_in")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = BookRowQuerySet["EnvelopeTransfer"].as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(outgoing=F("incoming")), name="envelope_transfer_two_legs"),
        ]

    def __str__(self) -> str:
        return f"move of {self.incoming}"
