"""What every form has beside its token: the book that its page was made for, so that an old tab writes nowhere else.

A builtin of all templates in place of Django's own tag: a form that is sent needs its token, so none forgets the book.
"""

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import CsrfTokenNode

from budget.http import PAGE_FIELD
from budget.markup import format_html

register = template.Library()


class FormNode(CsrfTokenNode):
    """``{% csrf_token %}``: the token, and the book where the page works on one."""

    def render(self, context: Context) -> str:
        """The hidden fields."""
        token = super().render(context)
        book = getattr(context.get("request"), "book", None)
        if not token or book is None:
            return token
        return format_html('{}<input type="hidden" name="{}" value="{}">', token, PAGE_FIELD, book.pk)


@register.tag
def csrf_token(parser: Parser, token: Token) -> FormNode:
    """``{% csrf_token %}``."""
    return FormNode()
