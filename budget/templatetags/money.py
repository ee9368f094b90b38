"""Amounts in templates: ``{{ amount|money:account.currency }}``."""

from decimal import Decimal

from django import template

from budget.money.display import format_amount, plain_amount

register = template.Library()


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """A result (balance, net, what is left): a minus below zero, no plus above. Nothing where there is no amount."""
    return "" if amount is None else format_amount(amount, currency, sign="result")


@register.filter
def spent(amount: Decimal | None, currency: str) -> str:
    """A transaction's amount: money out (positive) without a sign, money in (negative) with a plus."""
    return "" if amount is None else format_amount(amount, currency, sign="income")


@register.filter
def plain(amount: Decimal | None, currency: str) -> str:
    """An amount for a number input or a data attribute: ``-1234.50``, in every locale."""
    return "" if amount is None else plain_amount(amount, currency)
