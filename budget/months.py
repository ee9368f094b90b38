"""Month: the period that plans and reports are made for. Its end is exclusive; a date is in it or not, in any zone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import ClassVar

from django.urls import register_converter as register_url_converter
from django.urls import reverse

from budget.errors import BudgetError

MONTH_NAMES = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
FIRST_YEAR = 1900
LAST_YEAR = 2200


class NotAMonth(BudgetError, ValueError):
    """What was given names no month that a book can have."""

    def __init__(self, text: str) -> None:
        super().__init__(f"“{text}” is not a month. Write it as 2026-11, with a year from {FIRST_YEAR} to {LAST_YEAR}.")


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """One calendar month, from January 1900 to December 2200.

    A month holds plain dates: the date that was typed or printed decides, and no clock or time zone moves it.
    """

    year: int
    month: int

    PATTERN: ClassVar[str] = "[0-9]{4}-[0-9]{2}"

    def __post_init__(self) -> None:
        if not (FIRST_YEAR <= self.year <= LAST_YEAR and 1 <= self.month <= 12):
            raise NotAMonth(f"{self.year}-{self.month:02}")

    @classmethod
    def parse(cls, text: str) -> Month:
        """Read ``2026-11``; raises NotAMonth for anything else."""
        if not re.fullmatch(cls.PATTERN, text):
            raise NotAMonth(text[:20])
        return cls(int(text[:4]), int(text[5:]))

    @classmethod
    def of(cls, day: date) -> Month:
        """The month that a date is in."""
        return cls(day.year, day.month)

    @property
    def first(self) -> date:
        """The first day, part of the month."""
        return date(self.year, self.month, 1)

    @property
    def end(self) -> date:
        """The first day that is no longer part of the month."""
        return date(self.year + self.month // 12, self.month % 12 + 1, 1)

    @property
    def days(self) -> int:
        """How many days the month has."""
        return (self.end - self.first).days

    @property
    def next(self) -> Month:
        """The month after."""
        return self + 1

    @property
    def previous(self) -> Month:
        """The month before."""
        return self - 1

    @property
    def name(self) -> str:
        """``November``, without the year."""
        return MONTH_NAMES[self.month - 1]

    @property
    def title(self) -> str:
        """``November 2026``."""
        return f"{self.name} {self.year}"

    def day(self, number: int) -> date:
        """The date with this number, or the month's last if it is shorter: the 31st of February is its last day."""
        return date(self.year, self.month, min(max(number, 1), self.days))

    def until(self, end: Month) -> Iterator[Month]:
        """The months from this one up to ``end``, which is not included."""
        month = self
        while month < end:
            yield month
            month = month.next

    def __contains__(self, day: date) -> bool:
        return (day.year, day.month) == (self.year, self.month)

    def __add__(self, months: int) -> Month:
        year, month = divmod(self.year * 12 + self.month - 1 + months, 12)
        return Month(year, month + 1)

    def __sub__(self, months: int) -> Month:
        return self + -months

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}"


class MonthConverter:
    """``<month:month>`` in a URL: ``2026-11``. What is no month is no page."""

    regex = Month.PATTERN

    def to_python(self, value: str) -> Month:
        """Read the part of a path; NotAMonth, a ValueError, makes it no match."""
        return Month.parse(value)

    def to_url(self, value: Month | str) -> str:
        """Write a Month, or its text, into a path."""
        return str(value if isinstance(value, Month) else Month.parse(value))


def address(page: str, month: Month) -> str:
    """Where the page of this name shows the month; it is looked up once for all months."""
    return _address(page).format(month)


@cache
def _address(page: str) -> str:
    return reverse(page, args=["2000-01"]).replace("2000-01", "{}")


def register_converter() -> None:
    """Make ``month`` known to URL patterns; called once, by the module that uses it first."""
    register_url_converter(MonthConverter, "month")
