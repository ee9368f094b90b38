"""Rhythms: every week, every month, every year. Plain dates in and out; no database.

A due date of a monthly rhythm keeps its day: what is due on the 31st falls on the last day of a shorter month.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from budget.months import FIRST_YEAR, LAST_YEAR, Month

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
    return BEATS[Rhythm(rhythm)]


def due(rhythm: str, anchor: date, number: int) -> date:
    """The `number`th due date from the anchor on, which is number 0; numbers below zero lie before it.

    Raises:
        OverflowError, NotAMonth: it lies outside of the years that a book has.
    """
    how = beat(rhythm)
    if how.days:
        return anchor + timedelta(days=how.days * number)
    return (Month.of(anchor) + how.months * number).day(anchor.day)


def slot(rhythm: str, anchor: date, day: date) -> tuple[int, int]:
    """The number of the due date nearest to a day, and how many days the day is after it (below zero: before)."""
    how = beat(rhythm)
    if how.days:
        number, after = divmod((day - anchor).days, how.days)
        return (number, after) if after * 2 <= how.days else (number + 1, after - how.days)
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    number = round(months / how.months)
    best = (number, (day - due(rhythm, anchor, number)).days)
    for other in (number - 1, number + 1):
        if not FIRST_YEAR * 12 <= anchor.year * 12 + anchor.month - 1 + other * how.months < (LAST_YEAR + 1) * 12:
            continue
        off = (day - due(rhythm, anchor, other)).days
        if abs(off) < abs(best[1]):
            best = (other, off)
    return best


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
