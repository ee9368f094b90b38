"""Currencies: which there are, how many decimals each has, how they are called. From CLDR, by way of Babel."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

from babel import Locale
from babel.core import get_global
from babel.numbers import get_currency_precision

from budget.errors import BudgetError

EXTRA_SYMBOLS: Mapping[str, tuple[str, ...]] = {
    "ARS": ("$",),
    "CHF": ("Fr.", "SFr.", "Fr"),
    "CLP": ("$",),
    "COP": ("$",),
    "CZK": ("Kč",),
    "DKK": ("kr.", "kr"),
    "HUF": ("Ft",),
    "INR": ("Rs.", "Rs"),
    "ISK": ("kr.", "kr"),
    "MYR": ("RM",),
    "NOK": ("kr.", "kr"),
    "PLN": ("zł",),
    "RON": ("lei",),
    "RUB": ("₽",),
    "SEK": ("kr.", "kr"),
    "SGD": ("$", "S$"),
    "TRY": ("₺",),
    "UAH": ("₴",),
    "ZAR": ("R",),
}
"""How people write a currency beside its code and the symbol that English uses."""


class UnknownCurrency(BudgetError, ValueError):
    """A code that stands for no money in circulation."""

    def __init__(self, code: str) -> None:
        super().__init__(f"“{code:.20}” is not a currency. Use its three letters, such as EUR.")


@cache
def _decimals_by_code() -> dict[str, int]:
    current = {
        code
        for currencies in get_global("territory_currencies").values()
        for code, _start, end, is_tender in currencies
        if is_tender and end is None
    }
    return {code: get_currency_precision(code) for code in sorted(current)}


def currency_codes() -> list[str]:
    """The codes of all currencies in circulation, sorted."""
    return list(_decimals_by_code())


def is_currency(code: str) -> bool:
    """Whether this is the code of a currency in circulation, in capital letters."""
    return code in _decimals_by_code()


def decimals(currency: str) -> int:
    """How many decimals amounts in a currency have: EUR 2, JPY 0, KWD 3."""
    try:
        return _decimals_by_code()[currency]
    except KeyError:
        raise UnknownCurrency(currency) from None


@cache
def currency_name(currency: str, locale: str = "en") -> str:
    """``Euro``; the code itself where the locale has no name for it."""
    return str(_locale(locale).currencies.get(currency, currency))


@cache
def currency_symbol(currency: str, locale: str = "en") -> str:
    """``€``; the code itself where the locale has no symbol for it."""
    return str(_locale(locale).currency_symbols.get(currency, currency))


def currency_choices(locale: str = "en") -> list[tuple[str, str]]:
    """Pairs of code and ``Euro (EUR)`` for a select, sorted by name."""
    named = ((code, f"{currency_name(code, locale)} ({code})") for code in currency_codes())
    return sorted(named, key=lambda choice: choice[1])


@cache
def currency_marks(currency: str) -> tuple[str, ...]:
    """What may stand beside an amount in this currency, in lower case, longest first: its code and its symbols."""
    symbol = currency_symbol(currency)
    marks = {currency, symbol, *EXTRA_SYMBOLS.get(currency, ())}
    if not symbol[-1].isalnum():
        marks.add(symbol[-1])  # "CA$" is written "$" in Canada
    return tuple(sorted((mark.lower() for mark in marks), key=lambda mark: (-len(mark), mark)))


@cache
def all_currency_marks() -> frozenset[str]:
    """Everything that stands for some currency, in lower case."""
    return frozenset(mark for code in currency_codes() for mark in currency_marks(code))


@cache
def step(currency: str) -> Decimal:
    """The smallest amount of a currency: 0.01 EUR, 1 JPY."""
    return Decimal(1).scaleb(-decimals(currency))


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """An amount with its currency's decimals. Half a step goes to the even neighbour, here and everywhere."""
    return amount.quantize(step(currency), rounding=ROUND_HALF_EVEN)


def fits(amount: Decimal, currency: str) -> bool:
    """Whether an amount needs no more decimals than its currency has."""
    return round_amount(amount, currency) == amount


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(name, sep="-" if "-" in name else "_")
