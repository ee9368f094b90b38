"""The history, for staff to look at."""

from __future__ import annotations

from django.contrib import admin

from budget.administration import ReadOnlyAdmin
from budget.history.models import Change


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """What was done in which book, by whom, and the digests that prove it; its rows are shown in the app."""

    app_path = "/history/{row.number}/"
    list_display = ("summary", "number", "book", "by_name", "at", "kind")
    list_select_related = ("book",)
    search_fields = ("summary", "by_name")
    ordering = ("-at", "-number")
    fields = ("book", "number", "summary", "kind", "by_name", "at", "undoes", "previous_digest", "digest")
