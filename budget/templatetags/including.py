"""`{% include %}` of a template that is named in the source: looked up once, not for every page.

A builtin of all templates in place of Django's own tag, which goes through the loaders for each page; on a page of ours
they took as long as one of its statements.
"""

from __future__ import annotations

from django import template
from django.conf import settings
from django.template.base import Parser, Template, Token
from django.template.context import Context
from django.template.loader_tags import IncludeNode, do_include

register = template.Library()


class Named:
    """Resolves to the template itself, for which an include takes it as it is."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._found: Template | None = None

    def resolve(self, context: Context) -> Template:
        """The template; found at the first drawing, so that one may include itself."""
        if self._found is None:
            self._found = context.template.engine.get_template(self.name)  # type: ignore[union-attr]  # it is drawn
        return self._found


@register.tag
def include(parser: Parser, token: Token) -> IncludeNode:
    """``{% include "components/_mark.html" %}``, with all that Django's own knows; a name from the context too."""
    node = do_include(parser, token)
    name = node.template
    is_named = isinstance(name.var, str) and not name.filters
    if is_named and not settings.DEBUG and not name.var.startswith("."):
        node.template = Named(name.var)  # type: ignore[assignment]  # all that is asked of it is to resolve
    return node
