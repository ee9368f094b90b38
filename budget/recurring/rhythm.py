"""Rhythms: every week, every month, every year. Plain dates in and out; no database.

A due date of a monthly rhythm keeps its day: what is due on the 31st falls on the last day of a shorter month.
"""

from __future__ import annotations

from calendar import isleap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from budget.months import FIRST_YEAR, LAST_YEAR

SHORTEST, LENGTHS = 28, (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FIRST_DAY, LAST_DAY = date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 31)


class Rhythm(StrEnum):
    """How often something comes again."""

    WEEKLY = "weekly"
    TWO_WEEKS = "two_weeks"
    FOUR_WEEKS = "four_weeks"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    HALF_YEARLY = "half_yearly"
    YEARLY = "yearly"


@dataclass(frozen=True)
class Beat:
    """A rhythm in numbers: its period in days or in months, how often a year has it, and what people call it."""

    words: str
    per_year: int
    days: int = 0
    months: int = 0
    grace: int = 3
    """So many days after the due date it is late."""
    reach: int = 10
    """A row at most so many days from a due date belongs to it."""


BEATS = {
    Rhythm.WEEKLY: Beat("Every week", 52, days=7, grace=1, reach=2),
    Rhythm.TWO_WEEKS: Beat("Every two weeks", 26, days=14, grace=3, reach=5),
    Rhythm.FOUR_WEEKS: Beat("Every four weeks", 13, days=28, grace=4, reach=10),
    Rhythm.MONTHLY: Beat("Every month", 12, months=1, grace=4, reach=10),
    Rhythm.QUARTERLY: Beat("Every quarter", 4, months=3, grace=7, reach=20),
    Rhythm.HALF_YEARLY: Beat("Every half-year", 2, months=6, grace=10, reach=30),
    Rhythm.YEARLY: Beat("Every year", 1, months=12, grace=12, reach=45),
}
CHOICES = [(rhythm.value, beat.words) for rhythm, beat in BEATS.items()]


def beat(rhythm: str) -> Beat:
    """The rhythm in numbers."""
    return BEATS[rhythm]  # type: ignore[index]  # a rhythm equals its text


def due(rhythm: str, anchor: date, number: int) -> date:
    """The `number`th due date from the anchor on, which is number 0; numbers below zero lie before it.

    Raises:
        OverflowError, ValueError: it lies outside of the years that dates have.
    """
    how = beat(rhythm)
    if how.days:
        return anchor + timedelta(days=how.days * number)
    return _months_on(anchor, how.months * number)


def slot(rhythm: str, anchor: date, day: date) -> tuple[int, int]:
    """The number of the due date nearest to a day, and how many days the day is after it (below zero: before)."""
    how = beat(rhythm)
    if how.days:
        number, after = divmod((day - anchor).days, how.days)
        return (number, after) if after * 2 <= how.days else (number + 1, after - how.days)
    number = round(((day.year - anchor.year) * 12 + day.month - anchor.month) / how.months)
    off = (day - _months_on(anchor, how.months * number)).days
    if abs(off) <= SHORTEST // 2 * how.months:
        return number, off
    other = number + 1 if off > 0 else number - 1
    beside = (day - _months_on(anchor, how.months * other)).days
    return (other, beside) if abs(beside) < abs(off) else (number, off)


def _months_on(anchor: date, months: int) -> date:
    """So many months from a date, on its day, or on the last of a shorter month."""
    year, month = divmod(anchor.year * 12 + anchor.month - 1 + months, 12)
    if anchor.day <= SHORTEST:
        return date(year, month + 1, anchor.day)
    last = 29 if month == 1 and isleap(year) else LENGTHS[month]
    return date(year, month + 1, min(anchor.day, last))


def dues(rhythm: str, anchor: date, first: date, end: date) -> Iterator[date]:
    """The due dates from `first` on, included, up to `end`, not included, also those before the anchor."""
    first, end = max(first, FIRST_DAY), min(end, LAST_DAY)
    number = slot(rhythm, anchor, first)[0] - 1
    while True:
        try:
            day = due(rhythm, anchor, number)
        except (OverflowError, ValueError):
            if number > 0:
                return
            number += 1
            continue
        if day >= end:
            return
        if day >= first:
            yield day
        number += 1


def next_due(rhythm: str, anchor: date, after: date) -> date | None:
    """The first due date after a day; None at the end of all years."""
    return next(dues(rhythm, anchor, after + timedelta(days=1), LAST_DAY), None)
