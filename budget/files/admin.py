"""Kept files, for staff to look at: what they are, never what is in them."""

from __future__ import annotations

from django.contrib import admin

from budget.administration import ReadOnlyAdmin
from budget.files.models import StoredFile


@admin.register(StoredFile)
class StoredFileAdmin(ReadOnlyAdmin):
    """A file that somebody brought; its content is sealed."""

    list_display = ("name", "size", "by_name", "created_at", "book")
    list_select_related = ("book",)
    search_fields = ("name", "sha256")
    fields = ("book", "name", "size", "sha256", "by_name", "created_at")
