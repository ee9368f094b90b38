"""The icon tag: one shape of the sprite, beside a word that says the same."""

from functools import lru_cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=256)
def icon(name: str) -> SafeString:
    """The shape ``name`` of static/icons/sprite.svg, hidden from screen readers. ``{% icon "plus" %}``."""
    sprite = static("icons/sprite.svg")
    return format_html('<svg class="i" aria-hidden="true"><use href="{}#i-{}"/></svg>', sprite, name)
