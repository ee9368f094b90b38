"""Amounts as people see them: separators by locale, always the currency's decimals, signs with a meaning."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cache, partial
from typing import Literal

from babel import Locale
from django.conf import settings
from django.utils.translation import get_language

from budget.money.currencies import decimals, fits

MINUS = "\N{MINUS SIGN}"

Sign = Literal["none", "income", "result"]


@cache
def separators(locale: str) -> tuple[str, str, bool]:
    """What a locale puts between thousands and before decimals, and whether it groups by two above a thousand."""
    known = Locale.parse(locale, sep="-" if "-" in locale else "_")
    symbols = known.number_symbols["latn"]
    return symbols["group"], symbols["decimal"], known.decimal_formats[None].grouping[1] == 2


def format_amount(amount: Decimal, currency: str, *, sign: Sign = "result", locale: str | None = None) -> str:
    """An amount as text, without the currency.

    Args:
        amount: rounded half to even if it has more decimals than its currency.
        currency: decides the number of decimals.
        sign: ``none`` shows the size alone; ``income`` is for transactions, where money out is positive and shown plain
            and money in is negative and shown with a plus; ``result`` shows a minus (U+2212) below zero.
        locale: decides the separators, such as ``de``; the active language if it is left out.
    """
    group, point, in_pairs = separators(locale or get_language() or settings.LANGUAGE_CODE)
    text = f"{amount:,.{decimals(currency)}f}"
    below_zero = text[0] == "-"
    if below_zero:
        text = text[1:]
        below_zero = amount <= -1 or any(digit in text for digit in "123456789")
    if in_pairs:
        text = _in_pairs(text)
    if group != "," or point != ".":
        text = text.replace(",", "\0").replace(".", point).replace("\0", group)
    if not below_zero or sign == "none":
        return text
    return ("+" if sign == "income" else MINUS) + text


def amount_writer(currency: str) -> Callable[..., str]:
    """`format_amount` for a page of amounts in one currency: it asks for the active language once, which is most of it.

    ``write = amount_writer("EUR"); write(amount, sign="income")``
    """
    return partial(format_amount, currency=currency, locale=get_language() or settings.LANGUAGE_CODE)


def format_with_currency(amount: Decimal, currency: str, *, sign: Sign = "result", locale: str | None = None) -> str:
    """``100.00 EUR``, for sentences and wherever currencies mix."""
    return f"{format_amount(amount, currency, sign=sign, locale=locale)} {currency}"


def format_in_book(amount: Decimal, currency: str, *, own: str, sign: Sign = "result") -> str:
    """``100.00`` in the book's `own` currency, ``100 JPY`` in another one."""
    write = format_amount if currency == own else format_with_currency
    return write(amount, currency, sign=sign)


def plain_amount(amount: Decimal, currency: str) -> str:
    """An amount as machines and number inputs read it: ``-1234.50``; every decimal it has, at least the currency's."""
    amount += 0  # there is no minus zero
    return f"{amount:.{decimals(currency)}f}" if fits(amount, currency) else f"{amount.normalize():f}"


def _in_pairs(text: str) -> str:
    """``1,234,567.00`` as it is written in India: ``12,34,567.00``."""
    whole, point, rest = text.partition(".")
    digits = whole.replace(",", "")
    head, tail = digits[:-3], digits[-3:]
    pairs = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)]
    return ",".join([*reversed(pairs), tail]) + point + rest
