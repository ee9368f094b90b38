"""Refusals for values that are numbers already: an amount with too many decimals, a currency that does not exist."""

from __future__ import annotations

from decimal import Decimal

from budget.money.currencies import UnknownCurrency, fits, is_currency
from budget.money.reading import TooPrecise


def require_fit(amount: Decimal, currency: str) -> Decimal:
    """`amount`, if it has no more decimals than its currency; raises `TooPrecise` otherwise, and never rounds."""
    if not amount.is_finite() or not fits(amount, currency):
        raise TooPrecise(str(amount), currency)
    return amount


def require_currency(code: str) -> str:
    """`code`, if it stands for money in circulation; raises `UnknownCurrency` otherwise."""
    if not is_currency(code):
        raise UnknownCurrency(code)
    return code
