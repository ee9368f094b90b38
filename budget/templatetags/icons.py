"""Icons: one shape of the sprite, beside a word that says the same."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from django import template
from django.template.base import FilterExpression, Node, Parser, TextNode, Token
from django.template.context import Context
from django.templatetags.static import static
from django.utils.safestring import SafeString

from budget.markup import format_html

register = template.Library()

NO_CATEGORY = ("tag", "#686C73")


@cache
def sprite() -> str:
    """The address of the file of all shapes."""
    return static("icons/sprite.svg")


@lru_cache(maxsize=256)
def shape(name: str) -> SafeString:
    """The shape ``name`` of static/icons/sprite.svg, hidden from screen readers."""
    return format_html('<svg class="i" aria-hidden="true"><use href="{}#i-{}"/></svg>', sprite(), name)


class IconNode(Node):
    """An icon whose name the context says."""

    def __init__(self, name: FilterExpression) -> None:
        self.name = name

    def render(self, context: Context) -> str:
        """The shape."""
        return shape(str(self.name.resolve(context)))


@register.tag
def icon(parser: Parser, token: Token) -> Node:
    """``{% icon "plus" %}`` becomes text when the template is read; ``{% icon category.icon %}`` when it is drawn."""
    try:
        _, word = token.split_contents()
    except ValueError:
        raise template.TemplateSyntaxError("An icon has one name.") from None
    name = parser.compile_filter(word)
    if isinstance(name.var, str) and not name.filters:
        return TextNode(shape(name.var))
    return IconNode(name)


@register.simple_tag
def category_sign(category: Any) -> SafeString:
    """A category's shape on a tile of its own colour; grey where there is no category."""
    name, color = (category.icon, category.color) if category else NO_CATEGORY
    return _sign(name or "tag", color)


@lru_cache(maxsize=1024)
def _sign(name: str, color: str) -> SafeString:
    return format_html(
        '<svg class="cat" viewBox="0 0 24 24" color="{}" aria-hidden="true"><rect width="24" height="24" rx="7.5"/>'
        '<use href="{}#i-{}" x="4.5" y="4.5" width="15" height="15"/></svg>',
        color,
        sprite(),
        name,
    )
