"""What comes again, for staff to look at."""

from __future__ import annotations

from django.contrib import admin

from budget.administration import ReadOnlyAdmin
from budget.money import format_with_currency
from budget.recurring.models import RecurringSeries, SettledDue


@admin.register(RecurringSeries)
class RecurringSeriesAdmin(ReadOnlyAdmin):
    """What comes again in a rhythm; out is positive."""

    app_path = "/recurring/{row.pk}/"
    list_display = ("name", "shown_amount", "rhythm", "anchor", "state", "book")
    list_select_related = ("account", "book")
    list_filter = ("state", "rhythm")
    search_fields = ("name", "merchant")
    fields = (
        *("book", "name", "merchant", "account", "category", "shown_amount", "low", "high", "amount_since"),
        *("rhythm", "anchor", "state", "origin", "is_sure", "posts_from", "note", "version"),
    )

    @admin.display(description="amount", ordering="amount")
    def shown_amount(self, series: RecurringSeries) -> str:
        """In the account's currency."""
        return format_with_currency(series.amount, series.account.currency)


@admin.register(SettledDue)
class SettledDueAdmin(ReadOnlyAdmin):
    """A due date that is done with."""

    app_path = "/recurring/{row.series_id}/"
    list_display = ("series", "due", "outcome", "created_at", "book")
    list_select_related = ("series", "book")
    fields = ("book", "series", "due", "outcome", "created_at", "version")
