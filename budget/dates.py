"""Reading the dates that people type, and writing them the way pages do. Plain dates: no clock or zone moves them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.utils import timezone

from budget.errors import BudgetError
from budget.months import FIRST_YEAR, LAST_YEAR, MONTH_NAMES, Month

WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = {name.lower()[:length]: number for number, name in enumerate(MONTH_NAMES, 1) for length in (3, len(name))}
MONTHS["sept"] = 9
WEEKDAYS = {name.lower()[:length]: number for number, name in enumerate(WEEKDAY_NAMES) for length in (3, len(name))}
WEEKDAYS |= {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
DAYS_AGO = {"today": 0, "yesterday": 1, "tomorrow": -1}

ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", re.ASCII)
DOTTED = re.compile(r"([0-9]{1,2})\. ?([0-9]{1,2})(?:\.|\. ?([0-9]{4}|[0-9]{2}))?", re.ASCII)
SLASHED = re.compile(r"([0-9]{1,2})([/-])([0-9]{1,2})(?:\2([0-9]{4}|[0-9]{2}))?", re.ASCII)
DAY_FIRST = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|\.)? ?([a-z]{3,9})\.?(?:,? ([0-9]{4}))?", re.ASCII)
MONTH_FIRST = re.compile(r"([a-z]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?(?:,? ([0-9]{4}))?", re.ASCII)
LONGEST = 40
AHEAD = timedelta(days=61)


class UnreadableDate(BudgetError, ValueError):
    """Text that is no date."""

    def __init__(self, text: str) -> None:
        shown = text if len(text) <= 24 else f"{text[:23]}…"
        super().__init__(f"We could not read “{shown}” as a date. Write it as 20 nov or 2026-11-20.")


class NoDate(UnreadableDate):
    """Nothing was typed."""

    def __init__(self) -> None:
        BudgetError.__init__(self, "Enter a date, such as 20 nov.")


class NoSuchDate(UnreadableDate):
    """A day that its month does not have."""

    def __init__(self, day: int, month: Month, *, with_year: bool) -> None:
        name = month.title if with_year else month.name
        BudgetError.__init__(self, f"{day} {name} does not exist. Did you mean {month.days} {name}?")


class OtherWeekday(UnreadableDate):
    """A date beside a day of the week that it is not."""

    def __init__(self, day: date, weekday: int) -> None:
        typed, true = WEEKDAY_NAMES[weekday], WEEKDAY_NAMES[day.weekday()]
        BudgetError.__init__(self, f"{day.day} {Month.of(day).title} is a {true}, not a {typed}. Which one is meant?")


class DateOutOfRange(UnreadableDate):
    """A year that no book has."""

    def __init__(self, year: int) -> None:
        BudgetError.__init__(self, f"The year {year} is out of range. Use one from {FIRST_YEAR} to {LAST_YEAR}.")


class AmbiguousDate(BudgetError, ValueError):
    """Day and month could be either way round."""

    def __init__(self, text: str, first: int, second: int) -> None:
        one, other = (first, second), (second, first)
        asked = " or ".join(f"{day} {MONTH_NAMES[month - 1]}" for day, month in (one, other))
        ways = " or ".join(f"{day} {MONTH_NAMES[month - 1][:3].lower()}" for day, month in (one, other))
        super().__init__(f"Is “{text}” {asked}? Write {ways}.")


def today(zone: tzinfo | str | None = None, *, at: datetime | None = None) -> date:
    """The date on the wall where a person is.

    Args:
        zone: theirs, such as ``Europe/Berlin``; the active one if it is left out.
        at: an aware instant; now, if it is left out.
    """
    if isinstance(zone, str):
        zone = ZoneInfo(zone)
    return timezone.localdate(at, zone)


def read_date(text: str, today: date, *, day_first: bool | None = None) -> date:
    """The date that a text says.

    Reads ``2026-11-20``, ``20 nov``, ``fri 20 november 2026``, ``nov 20, 2026``, ``20.11.2026`` (day first), ``20/11``,
    ``today``, ``yesterday``, ``tomorrow`` and days of the week (the latest one up to today). Without a year it is the
    latest such date up to two months ahead: what people write down has mostly happened.

    Args:
        text: what was typed.
        today: the reader's own.
        day_first: which way round ``3/4`` is, if that is known.

    Raises:
        NoDate, UnreadableDate, NoSuchDate, OtherWeekday, DateOutOfRange: the text says no date.
        AmbiguousDate: day and month could be either way round, and ``day_first`` does not say.
    """
    typed = " ".join(text.split())
    if not typed:
        raise NoDate
    if len(typed) > LONGEST:
        raise UnreadableDate(typed)
    words = typed.lower()
    if words in DAYS_AGO:
        return today - timedelta(days=DAYS_AGO[words])
    first, _, rest = words.partition(" ")
    weekday = WEEKDAYS.get(first.rstrip(",."))
    if weekday is None:
        return _read_numbers(typed, words, today, day_first)
    if not rest:
        return today - timedelta(days=(today.weekday() - weekday) % 7)
    day = _read_numbers(typed, rest, today, day_first)
    if day.weekday() != weekday:
        raise OtherWeekday(day, weekday)
    return day


def spell_date(day: date, today: date) -> str:
    """``Fri 20 Nov``; with the year only when it is another than today's."""
    text = f"{WEEKDAY_NAMES[day.weekday()][:3]} {day.day} {MONTH_NAMES[day.month - 1][:3]}"
    return text if day.year == today.year else f"{text} {day.year}"


def _read_numbers(typed: str, words: str, today: date, day_first: bool | None) -> date:
    """A date without its weekday, in one of the four shapes that name a day and a month."""
    if match := ISO.fullmatch(words):
        year, month, day = match.groups()
        return _date(typed, int(day), int(month), year, today)
    if match := DOTTED.fullmatch(words):
        day, month, year = match.groups()
        return _date(typed, int(day), int(month), year, today)
    if match := SLASHED.fullmatch(words):
        one, other, year = int(match[1]), int(match[3]), match[4]
        if day_first is None and one != other and 1 <= one <= 12 and 1 <= other <= 12:
            raise AmbiguousDate(typed, one, other)
        if other > 12 or (day_first is False and one <= 12):
            one, other = other, one
        return _date(typed, one, other, year, today)
    if (match := DAY_FIRST.fullmatch(words)) and match[2] in MONTHS:
        return _date(typed, int(match[1]), MONTHS[match[2]], match[3], today)
    if (match := MONTH_FIRST.fullmatch(words)) and match[1] in MONTHS:
        return _date(typed, int(match[2]), MONTHS[match[1]], match[3], today)
    raise UnreadableDate(typed)


def _date(typed: str, day: int, month: int, year: str | None, today: date) -> date:
    if not (1 <= month <= 12 and 1 <= day <= 99):
        raise UnreadableDate(typed)
    if year is not None:
        number = int(year) + (2000 if len(year) == 2 else 0)
        if not FIRST_YEAR <= number <= LAST_YEAR:
            raise DateOutOfRange(number)
        return _checked(day, Month(number, month), with_year=True)
    around = (Month(number, month) for number in _years_around(today))
    days = [date(each.year, month, day) for each in around if day <= each.days]
    if near := [each for each in days if each - today <= AHEAD]:
        return max(near)
    return _checked(day, Month(today.year, month), with_year=(day, month) == (29, 2))


def _years_around(today: date) -> range:
    return range(max(today.year - 1, FIRST_YEAR), min(today.year + 1, LAST_YEAR) + 1)


def _checked(day: int, month: Month, *, with_year: bool) -> date:
    if day > month.days:
        raise NoSuchDate(day, month, with_year=with_year)
    return date(month.year, month.month, day)
