"""Reads the values of a raw ledger: amounts, dates, and texts that come again and again; no file, no database."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Generic, TypeVar

from budget.errors import BudgetError
from budget.money import UNIT

QUOTED = 40
"""The most characters of a value that a message repeats."""

AMOUNT = re.compile(r"(-?)([0-9]{1,13})(?:\.([0-9]{1,3}))?", re.ASCII)
CENTS = re.compile(r"-?[0-9]{1,13}\.[0-9]{2}(?:\n-?[0-9]{1,13}\.[0-9]{2})*", re.ASCII)
DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)

Read = TypeVar("Read")


class BadValue(BudgetError):
    """One value that cannot be read."""


def quoted(text: str) -> str:
    """A value as messages repeat it: short, and without anything that a terminal would obey."""
    shown = text if len(text) <= QUOTED else text[:QUOTED] + "..."
    return "“" + "".join(c if c.isprintable() else "?" for c in shown) + "”"


class Known(Generic[Read]):
    """Values by their text, each read once; most columns repeat themselves."""

    def __init__(self, read: Callable[[str], Read], most: int = 50_000) -> None:
        self._read, self._most = read, most
        self._values: dict[str, Read] = {}

    def read(self, text: str) -> Read:
        """The value of one text."""
        if text not in self._values:
            self._values[text] = self._read(text)
        return self._values[text]

    def read_all(self, texts: Sequence[str]) -> tuple[list[Read | None], dict[str, BudgetError]]:
        """The values of some texts, and why some have none: they are None."""
        if len(self._values) > self._most:
            self._values.clear()
        refused: dict[str, BudgetError] = {}
        for text in dict.fromkeys(texts):
            try:
                self.read(text)
            except BudgetError as error:
                refused[text] = error
        return list(map(self._values.get, texts)), refused


def read_amount(text: str, decimals: int) -> int:
    """An amount in thousandths: an optional minus, 1 to 13 digits, a point and as many decimals as the currency has.

    Raises:
        BadValue: anything else, and zero.
    """
    found = AMOUNT.fullmatch(text)
    if found is None:
        raise BadValue(f"{quoted(text)} is not an amount. Write it as 1234.50 or -1234.50.")
    sign, whole, fraction = found.groups(default="")
    units = int(whole) * UNIT + int((fraction + "000")[:3])
    if units % (UNIT // 10**decimals):
        raise BadValue(f"{quoted(text)} has more decimals than the account's currency, which has {decimals}.")
    if units == 0:
        raise BadValue("The amount is zero.")
    return -units if sign else units


def read_date(text: str) -> str:
    """A date as ISO text, from 1900 to 2200.

    Raises:
        BadValue: it is written in another way, or is no day of the calendar.
    """
    found = DAY.fullmatch(text)
    if found is None:
        raise BadValue(f"{quoted(text)} is not a date. Write it as 2026-11-20.")
    try:
        day = date(*map(int, found.groups()))
    except ValueError as error:
        raise BadValue(f"{quoted(text)} is not a day of the calendar.") from error
    if not 1900 <= day.year <= 2200:
        raise BadValue(f"The year {day.year} is out of range. Dates run from 1900 to 2200.")
    return text
