"""Amounts as whole thousandths and back, exactly or not at all."""

from __future__ import annotations

from decimal import Decimal

from budget.errors import BudgetError

UNIT = 1000
"""How many of what the database counts make 1 of any currency: thousandths, for every currency there is."""

LARGEST = Decimal("9999999999999.999")
"""The largest amount, either way, that one row can hold."""


class InexactAmount(BudgetError, ValueError):
    """An amount with more decimals than any currency has; storing it would round it."""

    def __init__(self, amount: object) -> None:
        super().__init__(f"{amount!s:.40} cannot be stored exactly. Use up to three decimals.")


class AmountOutOfRange(BudgetError, ValueError):
    """An amount that no row can hold."""

    def __init__(self) -> None:
        super().__init__("This amount is too large. Use one below 10,000,000,000,000.")


def to_units(amount: Decimal | int) -> int:
    """Whole thousandths of an amount.

    Raises:
        InexactAmount: it has more than three decimals, or is no finite number.
        AmountOutOfRange: it is beyond ``LARGEST``.
        TypeError: it is neither a Decimal nor an int; a float is never money.
    """
    if isinstance(amount, bool) or not isinstance(amount, (Decimal, int)):
        raise TypeError(f"Money is a Decimal, not {type(amount).__name__}: {amount!r}")
    if isinstance(amount, Decimal) and not amount.is_finite():
        raise InexactAmount(amount)
    if not -LARGEST <= amount <= LARGEST:
        raise AmountOutOfRange
    units = int(amount * UNIT)
    if _thousandths(units) != amount:
        raise InexactAmount(amount)
    return units


def from_units(units: int) -> Decimal:
    """The amount that a whole number of thousandths stands for, written with two decimals, or three where it has them.

    There is no limit here: a sum may be larger than any of its rows.
    """
    hundredths, rest = divmod(units, 10)
    return _thousandths(units) if rest else Decimal(hundredths).scaleb(-2)


def _thousandths(units: int) -> Decimal:
    return Decimal(units).scaleb(-3)
