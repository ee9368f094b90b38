"""Rules and known merchants, for staff to look at."""

from __future__ import annotations

from django.contrib import admin

from budget.administration import ReadOnlyAdmin
from budget.categorization.models import AmountRule, MerchantMapping


@admin.register(AmountRule)
class AmountRuleAdmin(ReadOnlyAdmin):
    """A text, perhaps with an amount, that always goes to one category."""

    list_display = ("pattern", "amount", "tolerance", "category", "position", "is_active", "book")
    list_filter = ("is_active",)
    list_select_related = ("category", "book")
    search_fields = ("pattern", "name", "note")
    fields = (
        *("book", "pattern", "amount", "tolerance", "category", "name", "note", "position", "is_active", "created_at"),
        "version",
    )


@admin.register(MerchantMapping)
class MerchantMappingAdmin(ReadOnlyAdmin):
    """A merchant that is filed under one category."""

    list_display = ("merchant", "category", "confirmations", "origin", "is_active", "book")
    list_filter = ("origin", "is_active")
    list_select_related = ("category", "book")
    search_fields = ("merchant",)
    fields = ("book", "merchant", "category", "confirmations", "origin", "is_active", "created_at", "version")
