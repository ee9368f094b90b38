"""The badge of a month in templates: ``{% recount_badge shell.book month as badge %}``."""

from __future__ import annotations

from django import template

from budget.books.models import Book
from budget.months import Month
from budget.recount.showing import Badge, badge

register = template.Library()


@register.simple_tag
def recount_badge(book: Book | None, month: Month | None) -> Badge | None:
    """What is known of the month; nothing where there is no book or no month."""
    return badge(book, month) if book and month else None
