"""Reading amounts that people type: one grammar, and a refusal for whatever it does not allow. Nothing is guessed.

An amount is digits, perhaps grouped in thousands (``1,234`` ``1.234`` ``1 234`` ``1'234`` ``1,23,456``), perhaps with a
decimal point or comma, with at most one sign (before, after, or brackets) and at most one currency code or symbol.
"""

from __future__ import annotations

import re
from decimal import Decimal

from budget.errors import BudgetError
from budget.money.currencies import all_currency_marks, currency_marks, decimals
from budget.money.display import format_amount, separators
from budget.money.units import LARGEST, AmountOutOfRange

LONGEST = 60
SIGNS = {"+": 1, "-": -1, "\N{MINUS SIGN}": -1, "\N{EN DASH}": -1}
BLANKS = str.maketrans(dict.fromkeys("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}", " ") | {"’": "'"})
BODY = re.compile(r"[0-9]*(?:[ '.,][0-9]+)*[.,]?", re.ASCII)
SEPARATOR = re.compile(r"[ '.,]")
OPERATOR = re.compile(r"(?<=[0-9.,)])\s*([-+\N{MINUS SIGN}])\s*(?=[0-9.,])", re.ASCII)
DATES = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<one>[0-9]{1,2})(?:-(?P<other>[0-9]{1,2}))?", re.ASCII),
    re.compile(r"(?P<one>[0-9]{1,2})-(?P<other>[0-9]{1,2})-(?P<year>[0-9]{4}|[0-9]{2})", re.ASCII),
    re.compile(r"(?P<one>[0-9]{2})-(?P<other>[0-9]{2})", re.ASCII),
)
NUMBER_WORDS = {0: "no decimals", 2: "two decimals", 3: "three decimals"}


class UnreadableAmount(BudgetError, ValueError):
    """Text that is no amount."""

    def __init__(self, text: str, currency: str) -> None:
        super().__init__(f"We could not read “{_cut(text)}”. Use digits, such as {_example(currency)}.")


class NoAmount(UnreadableAmount):
    """Nothing was typed."""

    def __init__(self, currency: str) -> None:
        BudgetError.__init__(self, f"Enter an amount, such as {_example(currency)}.")


class TooPrecise(UnreadableAmount):
    """More decimals than the currency has; dropping them would change the amount."""

    def __init__(self, text: str, currency: str) -> None:
        allowed = NUMBER_WORDS.get(decimals(currency), f"{decimals(currency)} decimals")
        BudgetError.__init__(self, f"“{_cut(text)}” has too many decimals: {currency} has {allowed}.")


class OtherCurrency(UnreadableAmount):
    """An amount that says it is in another currency than the one it is entered for."""

    def __init__(self, text: str, currency: str) -> None:
        BudgetError.__init__(self, f"“{_cut(text)}” is not in {currency}. Enter the amount in {currency}.")


class AmbiguousAmount(BudgetError, ValueError):
    """Text that people in different places read as different amounts."""

    def __init__(self, text: str, currency: str, thousands: Decimal, fraction: Decimal) -> None:
        grouped = format_amount(thousands, currency, locale="en")
        places = decimals(currency)
        if fraction != round(fraction, places):
            ways = f"{thousands} or {grouped}"
        elif fraction == round(fraction, 2):
            ways = f"{thousands} or {fraction:.2f}"
        else:
            ways = f"{thousands} or 0{fraction}"  # no group of thousands begins with a zero
        super().__init__(f"Is “{_cut(text)}” {grouped} or {_shortest(fraction)}? Write {ways}.")


class LooksLikeADate(AmbiguousAmount):
    """A date where an amount belongs; as a sum it would be a number that nobody meant."""

    def __init__(self, text: str, currency: str) -> None:
        BudgetError.__init__(self, f"“{_cut(text)}” looks like a date. Enter an amount, such as {_example(currency)}.")


def read_amount(text: str, *, currency: str, locale_hint: str | None = None) -> Decimal:
    """The amount that a text says, with the currency's decimals. Linear in the length of the text.

    Args:
        text: what was typed; a minus (or brackets) makes the amount negative, a plus means nothing more.
        currency: what the amount is in; a code or symbol in the text must be this currency's.
        locale_hint: how its writer writes numbers (``de``), if that is known; it decides what ``1.234`` is.

    Raises:
        NoAmount, UnreadableAmount, TooPrecise, OtherCurrency: the text says no amount of this currency.
        AmbiguousAmount: it says two.
        AmountOutOfRange: no row could hold it.
    """
    typed = text.translate(BLANKS).strip()
    if not typed:
        raise NoAmount(currency)
    if len(typed) > LONGEST:
        raise UnreadableAmount(typed, currency)
    sign, body = _take_marks(typed, currency)
    if not BODY.fullmatch(body) or not any(character.isdigit() for character in body):
        raise UnreadableAmount(typed, currency)
    whole, fraction = _split(typed, body, currency, locale_hint)
    fraction = fraction.rstrip("0")
    if len(fraction) > decimals(currency):
        raise TooPrecise(typed, currency)
    if len(whole.lstrip("0")) > 13:
        raise AmountOutOfRange
    return sign * Decimal(f"{whole or 0}.{fraction:0<{decimals(currency)}}".rstrip(".")) + 0  # there is no minus zero


def read_sum(text: str, *, currency: str, locale_hint: str | None = None) -> Decimal:
    """Read ``12+4.50-1``: amounts added and taken away, nothing else.

    Raises:
        LooksLikeADate: the text may be a date, such as ``2026-11-20`` or ``20-11``.
        BudgetError: what ``read_amount`` raises.
    """
    typed = text.translate(BLANKS).strip()
    if len(typed) > 4 * LONGEST or typed[-1:] in SIGNS:
        raise UnreadableAmount(typed, currency)
    if _is_date(typed):
        raise LooksLikeADate(typed, currency)
    first, *rest = OPERATOR.split(typed)
    total = read_amount(first, currency=currency, locale_hint=locale_hint)
    for operator, term in zip(rest[::2], rest[1::2], strict=True):
        total += SIGNS[operator] * read_amount(term, currency=currency, locale_hint=locale_hint)
    if abs(total) > LARGEST:
        raise AmountOutOfRange
    return total


def _is_date(typed: str) -> bool:
    """Whether a calendar has it: year, month and perhaps day, or day and month in either order and perhaps year."""
    found = next(filter(None, (spelling.fullmatch(typed) for spelling in DATES)), None)
    if found is None:
        return False
    low, high = sorted((int(found["one"]), int(found["other"] or 1)))
    return 1 <= low <= 12 and high <= 31


def _take_marks(typed: str, currency: str) -> tuple[int, str]:
    """The sign, and the text without it and without the currency. Each may be there once."""
    body, sign, mark = typed, 0, False
    for _ in range(4):
        if not body:
            break
        if not sign and body[0] in SIGNS:
            sign, body = SIGNS[body[0]], body[1:].lstrip()
        elif not sign and body[-1] in SIGNS:
            sign, body = SIGNS[body[-1]], body[:-1].rstrip()
        elif not sign and body[0] == "(" and body[-1] == ")":
            sign, body = -1, body[1:-1].strip()
        elif not mark:
            rest = _without_mark(typed, body, currency)
            mark, body = rest != body, rest
    return sign or 1, body


def _without_mark(typed: str, body: str, currency: str) -> str:
    lowered = body.lower()
    for mark in currency_marks(currency):
        if lowered.startswith(mark):
            return body[len(mark) :].lstrip()
        if lowered.endswith(mark):
            return body[: -len(mark)].rstrip()
    letters = lowered.strip("0123456789.,' -+()")
    if letters in all_currency_marks():
        raise OtherCurrency(typed, currency)
    return body


def _split(typed: str, body: str, currency: str, locale_hint: str | None) -> tuple[str, str]:
    """The digits before and after the decimal sign."""
    groups = SEPARATOR.split(body)
    marks = SEPARATOR.findall(body)
    kinds = set(marks)
    if not marks:
        return body, ""
    last = marks[-1]
    is_last_decimal = last in ".," and marks.count(last) == 1
    if len(kinds) == 1 and is_last_decimal:
        whole, rest = groups
        if len(rest) == 3 and 1 <= len(whole) <= 3 and whole[0] != "0":
            return _thousands_or_decimals(typed, whole, rest, last, currency, locale_hint)
        return whole, rest
    if len(kinds) == 2 and is_last_decimal:
        *groups, fraction = groups
        marks = marks[:-1]
    elif len(kinds) == 1:
        fraction = ""
    else:
        raise UnreadableAmount(typed, currency)
    if not _are_thousands(groups, by_pairs=marks[0] == ","):
        raise UnreadableAmount(typed, currency)
    return "".join(groups), fraction


def _are_thousands(groups: list[str], *, by_pairs: bool) -> bool:
    """Whether digits are grouped as somebody groups them: by three, or in India by two above the last three."""
    first, *middle, last = groups
    if not first or first[0] == "0" or len(last) != 3:
        return False
    if len(first) <= 3 and all(len(group) == 3 for group in middle):
        return True
    return by_pairs and bool(middle) and len(first) <= 2 and all(len(group) == 2 for group in middle)


def _thousands_or_decimals(
    typed: str, whole: str, rest: str, mark: str, currency: str, locale_hint: str | None
) -> tuple[str, str]:
    """``1.234``: one thing in London, another in Berlin."""
    places = decimals(currency)
    if places == 0:
        return whole + rest, ""
    if locale_hint is not None:
        group, point, _ = separators(locale_hint)
        if mark == group:
            return whole + rest, ""
        if mark == point and len(rest.rstrip("0")) <= places:
            return whole, rest
    raise AmbiguousAmount(typed, currency, Decimal(whole + rest), Decimal(f"{whole}.{rest}"))


def _example(currency: str) -> str:
    return "1250" if decimals(currency) == 0 else "12.50"


def _cut(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:23]}…"


def _shortest(amount: Decimal) -> str:
    return f"{amount:.2f}" if amount == round(amount, 2) else str(amount)
