"""Money: exact amounts in the database, currencies, reading what people type, splitting, rounding, showing."""

from budget.money.allocation import NothingToShareBy, allocate
from budget.money.currencies import (
    UnknownCurrency,
    currency_choices,
    currency_codes,
    currency_name,
    currency_symbol,
    decimals,
    fits,
    is_currency,
    round_amount,
    step,
)
from budget.money.display import amount_writer, format_amount, format_in_book, format_with_currency, plain_amount
from budget.money.field import MoneyField, money_value
from budget.money.reading import (
    AmbiguousAmount,
    NoAmount,
    OtherCurrency,
    TooPrecise,
    UnreadableAmount,
    read_amount,
    read_sum,
)
from budget.money.requiring import require_currency, require_fit
from budget.money.units import LARGEST, UNIT, AmountOutOfRange, InexactAmount, from_units, to_units

__all__ = [
    "LARGEST",
    "UNIT",
    "AmbiguousAmount",
    "AmountOutOfRange",
    "InexactAmount",
    "MoneyField",
    "NoAmount",
    "NothingToShareBy",
    "OtherCurrency",
    "TooPrecise",
    "UnknownCurrency",
    "UnreadableAmount",
    "allocate",
    "amount_writer",
    "currency_choices",
    "currency_codes",
    "currency_name",
    "currency_symbol",
    "decimals",
    "fits",
    "format_amount",
    "format_in_book",
    "format_with_currency",
    "from_units",
    "is_currency",
    "money_value",
    "plain_amount",
    "read_amount",
    "read_sum",
    "require_currency",
    "require_fit",
    "round_amount",
    "step",
    "to_units",
]
