"""Icons: one shape of the sprite, beside a word that says the same."""

from functools import lru_cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

NO_CATEGORY = ("tag", "#686C73")


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """The shape ``name`` of static/icons/sprite.svg, hidden from screen readers. ``{% icon "plus" %}``."""
    sprite = static("icons/sprite.svg")
    return format_html('<svg class="i" aria-hidden="true"><use href="{}#i-{}"/></svg>', sprite, name)


@register.simple_tag
def category_sign(category: Any) -> SafeString:
    """A category's shape on a tile of its own colour; grey where there is no category."""
    shape, color = (category.icon, category.color) if category else NO_CATEGORY
    return _sign(shape or "tag", color)


@lru_cache(maxsize=1024)
def _sign(shape: str, color: str) -> SafeString:
    return format_html(
        '<svg class="cat" viewBox="0 0 24 24" color="{}" aria-hidden="true"><rect width="24" height="24" rx="7.5"/>'
        '<use href="{}#i-{}" x="4.5" y="4.5" width="15" height="15"/></svg>',
        color,
        static("icons/sprite.svg"),
        shape,
    )
