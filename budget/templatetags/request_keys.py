"""A fresh idempotency key, for a form that stands on every page."""

from django import template

from budget.http import new_request_key

register = template.Library()


@register.simple_tag
def request_key() -> str:
    """``{% request_key as key %}``; each call makes another one."""
    return new_request_key()
