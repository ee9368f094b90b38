"""The plan, for staff to look at."""

from __future__ import annotations

from django.contrib import admin

from budget.administration import ReadOnlyAdmin
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.money import format_with_currency


@admin.register(Envelope)
class EnvelopeAdmin(ReadOnlyAdmin):
    """One category's plan for one month."""

    app_path = "/budgets/{row.month:%Y-%m}/"
    list_display = ("category", "month", "book")
    list_select_related = ("category", "book")
    search_fields = ("category__name", "category__label")
    fields = ("book", "category", "month", "version")


@admin.register(Allocation)
class AllocationAdmin(ReadOnlyAdmin):
    """One signed change of a plan: plus may be spent, minus may no longer."""

    app_path = "/budgets/{row.envelope.month:%Y-%m}/"
    list_display = ("envelope", "shown_amount", "note", "created_at", "book")
    list_select_related = ("envelope__category", "book")
    fields = ("book", "envelope", "shown_amount", "note", "created_at", "version")

    @admin.display(description="amount", ordering="amount")
    def shown_amount(self, allocation: Allocation) -> str:
        """In the book's currency."""
        return format_with_currency(allocation.amount, allocation.book.currency)


@admin.register(EnvelopeTransfer)
class EnvelopeTransferAdmin(ReadOnlyAdmin):
    """Plan moved between two categories."""

    list_display = ("outgoing", "incoming", "created_at", "book")
    list_select_related = ("outgoing", "incoming", "book")
    fields = ("book", "outgoing", "incoming", "created_at", "version")
