"""Splitting an amount so that its parts add up to it, to the last cent."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from math import lcm

from budget.errors import BudgetError
from budget.money.currencies import decimals, fits
from budget.money.units import InexactAmount


class NothingToShareBy(BudgetError, ValueError):
    """Weights by which nothing can be split."""

    def __init__(self) -> None:
        super().__init__("Shares are zero or more, and at least one of them is above zero.")


def allocate(amount: Decimal, weights: Sequence[Decimal | int], currency: str) -> list[Decimal]:
    """Split an amount by weights into parts that fit the currency and add up to it exactly.

    Largest remainder: each part is cut to the currency's step, then the steps left over go to the parts that lost
    most; among equals, to the earlier one. A negative amount is split like the positive one.

    Raises:
        NothingToShareBy: a weight is below zero, or none is above it.
        InexactAmount: the amount has more decimals than its currency.
    """
    if not fits(amount, currency):
        raise InexactAmount(amount)
    shares = _whole(weights)
    whole = sum(shares)
    places = decimals(currency)
    steps = int(amount.scaleb(places))
    sign, steps = (-1 if steps < 0 else 1), abs(steps)

    parts, lost = [], []
    for index, share in enumerate(shares):
        part, rest = divmod(steps * share, whole)
        parts.append(part)
        lost.append((-rest, index))
    for _, index in sorted(lost)[: steps - sum(parts)]:
        parts[index] += 1
    return [Decimal(sign * part).scaleb(-places) for part in parts]


def _whole(weights: Sequence[Decimal | int]) -> list[int]:
    """The weights as whole numbers in the same proportion."""
    if not all(Decimal(weight).is_finite() for weight in weights):
        raise NothingToShareBy
    ratios = [weight.as_integer_ratio() for weight in weights]
    common = lcm(*(denominator for _, denominator in ratios))
    shares = [numerator * (common // denominator) for numerator, denominator in ratios]
    if min(shares, default=0) < 0 or sum(shares) == 0:
        raise NothingToShareBy
    return shares
