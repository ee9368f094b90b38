"""Money: exact amounts in the database, currencies, reading what people type, splitting, rounding, showing."""

from budget.money.field import MoneyField, money_value
from budget.money.units import LARGEST, UNIT, AmountOutOfRange, InexactAmount, from_units, to_units

__all__ = [
    "LARGEST",
    "UNIT",
    "AmountOutOfRange",
    "InexactAmount",
    "MoneyField",
    "from_units",
    "money_value",
    "to_units",
]
