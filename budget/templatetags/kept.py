"""Parts of the frame that are drawn once: ``{% kept %}``, and the few things in them that each request has of its own.

    {% load kept %}
    {% kept shell.section %}
      <form method="post">{% fresh %}{% csrf_token %}{% endfresh %} … </form>
    {% endkept %}

What stands in ``kept`` is drawn once per value of what its tag names and answered as text after that, so it may depend
on nothing else: never on a person, a book or a row. What does stands in ``fresh`` and is drawn every time, with the
variables that are known where ``kept`` stands. Texts are kept by the parsed template and go with it.
"""

from __future__ import annotations

from django import template
from django.template.base import FilterExpression, Node, NodeList, Parser, Token
from django.template.context import Context
from django.template.loader_tags import BlockNode

register = template.Library()

MOST = 64
"""Different texts that one tag keeps; with more it begins anew."""
FRESH = "_fresh"
"""Where the context collects what is fresh while a kept part is drawn."""
GAP = "\0"
"""Stands for a fresh part in the text; no page contains it."""

Drawn = tuple[list[str], list[NodeList]]
"""The text in pieces, and what comes between each two."""


class KeptNode(Node):
    """``{% kept value … %}``."""

    def __init__(self, values: list[FilterExpression], nodelist: NodeList) -> None:
        self.values = values
        self.nodelist = nodelist
        self.child_nodelists = ()  # no block is in it, so none is looked for
        self.drawn: dict[tuple[object, ...], Drawn] = {}

    def render(self, context: Context) -> str:
        """The text, from the first time if there was one."""
        if FRESH in context:  # inside of another one, which keeps this text with its own
            return self.nodelist.render(context)
        key = tuple([value.resolve(context) for value in self.values])
        drawn = self.drawn.get(key)
        if drawn is None:
            if len(self.drawn) >= MOST:
                self.drawn.clear()
            drawn = self.drawn[key] = self._draw(context)
        pieces, gaps = drawn
        text = pieces[0]
        for gap, piece in zip(gaps, pieces[1:], strict=True):
            text += gap.render(context) + piece
        return text

    def _draw(self, context: Context) -> Drawn:
        gaps: list[NodeList] = []
        with context.push(**{FRESH: gaps}):
            return self.nodelist.render(context).split(GAP), gaps


class FreshNode(Node):
    """``{% fresh %}``: drawn at once where nothing is kept, else a gap."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist
        self.child_nodelists = ()  # no block is in it, so none is looked for

    def render(self, context: Context) -> str:
        """The content, or a gap that ``kept`` fills."""
        if FRESH not in context:
            return self.nodelist.render(context)
        context[FRESH].append(self.nodelist)
        return GAP


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    """``{% kept shell.section shell.month %}``: draw once for these values."""
    values = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    if nodelist.get_nodes_by_type(BlockNode):
        raise template.TemplateSyntaxError("A block differs from page to page; it cannot be kept.")
    return KeptNode(values, nodelist)


@register.tag
def fresh(parser: Parser, token: Token) -> FreshNode:
    """``{% fresh %}``: what every request has of its own."""
    nodelist = parser.parse(("endfresh",))
    parser.delete_first_token()
    return FreshNode(nodelist)
