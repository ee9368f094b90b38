"""What a value of a raw ledger may look like. Anything else is refused, never guessed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date
from typing import Generic, TypeVar

AMOUNT = re.compile(r"(-?)([0-9]{1,13})(?:\.([0-9]{1,3}))?", re.ASCII)
SUM = re.compile(r"(-?)([0-9]{1,40})(?:\.([0-9]{1,3}))?", re.ASCII)
CENTS = re.compile(r"(?:-?[0-9]{1,13}\.[0-9]{2}0,)+", re.ASCII)
DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)
MONTH = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])", re.ASCII)
NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,255}")
CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)

MOST_KNOWN = 100_000
"""So many texts of a column are remembered; those that come later are read each time, so that memory is bounded."""

Read = TypeVar("Read")


class BadValue(ValueError):
    """A value that is none of its column's; `kind` says what it is not."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Known(dict[str, Read], Generic[Read]):
    """Values by their text, each read when it is first met: columns repeat themselves."""

    def __init__(self, reader: Callable[[str], Read]) -> None:
        super().__init__()
        self._reader = reader

    def __missing__(self, text: str) -> Read:
        value = self._reader(text)
        if len(self) < MOST_KNOWN:
            self[text] = value
        return value

    def read(self, texts: Sequence[str]) -> Sequence[Read]:
        """The values of some texts; often, as in a ledger in the order of dates, they are all the same."""
        if texts and texts[0] == texts[-1] and texts.count(texts[0]) == len(texts):
            return [self[texts[0]]] * len(texts)
        return list(map(self.__getitem__, texts))


def read_amount(text: str) -> int:
    """Whole thousandths of an amount: an optional minus, 1 to 13 digits, and up to three decimals after a point.

    Raises:
        BadValue: anything else: a plus, thousands marks, a comma, an exponent, blanks, digits of other scripts.
    """
    found = AMOUNT.fullmatch(text)
    if found is None:
        raise BadValue("not_an_amount")
    return _thousandths(found)


def read_sum(text: str) -> int:
    """Whole thousandths of a sum, which may be larger than any amount.

    Raises:
        BadValue: it is written in another way than an amount.
    """
    found = SUM.fullmatch(text)
    if found is None:
        raise BadValue("not_an_amount")
    return _thousandths(found)


def read_amounts(texts: Sequence[str], known: Known[int]) -> Sequence[int]:
    """Whole thousandths of amounts: in one step where all have two decimals, each by itself where not.

    Raises:
        BadValue: one cannot be read.
    """
    together = "0,".join(texts) + "0,"
    if together.count(",") == len(texts) and CENTS.fullmatch(together):
        return list(map(int, together.replace(".", "")[:-1].split(",")))
    return known.read(texts)


def read_month(text: str) -> str:
    """The month, such as 2024-02, of a date written as 2024-02-29.

    Raises:
        BadValue: it is written in another way, or the calendar has no such day.
    """
    found = DAY.fullmatch(text)
    if found is None:
        raise BadValue("not_a_date")
    try:
        date(*map(int, found.groups()))
    except ValueError as error:
        raise BadValue("not_a_date") from error
    return text[:7]


def read_user(text: str) -> str:
    """A person: a whole number without leading zeros, or an email, whose capitals make no difference.

    Raises:
        BadValue: it is neither.
    """
    if NUMBER.fullmatch(text):
        return text
    if EMAIL.fullmatch(text):
        return text.lower()
    raise BadValue("not_a_user")


def read_currency(text: str) -> str:
    """Three capital letters.

    Raises:
        BadValue: it is written in another way.
    """
    if CURRENCY.fullmatch(text):
        return text
    raise BadValue("not_a_currency")


def category_name(text: str) -> str:
    """A category as it is compared: Unicode form NFC, blanks around it removed, and nothing else; may be empty."""
    return unicodedata.normalize("NFC", text).strip()


def cents(units: int) -> int:
    """Whole cents of thousandths; half a cent goes to the even neighbour."""
    whole, rest = divmod(units, 10)
    return whole + (rest > 5 or (rest == 5 and whole % 2 == 1))


def written(units: int) -> str:
    """Thousandths as an amount with two decimals, or three where it has them."""
    whole, rest = divmod(abs(units), 1000)
    fraction = f"{rest:03}"
    return f"{'-' if units < 0 else ''}{whole}.{fraction[:2] if fraction[2] == '0' else fraction}"


def _thousandths(found: re.Match[str]) -> int:
    sign, whole, fraction = found.groups(default="")
    units = int(whole) * 1000 + int(fraction.ljust(3, "0"))
    return -units if sign else units
