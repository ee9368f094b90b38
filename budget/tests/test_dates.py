"""Typed dates are read one way or refused; no clock and no zone moves them into another month."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine

from budget.dates import (
    AmbiguousDate,
    DateOutOfRange,
    NoDate,
    NoSuchDate,
    OtherWeekday,
    UnreadableDate,
    read_date,
    spell_date,
    today,
)
from budget.months import Month

pytestmark = pytest.mark.once

SATURDAY = date(2026, 11, 21)

READ = {
    "2026-11-20": date(2026, 11, 20),
    "2026-1-5": date(2026, 1, 5),
    "20 nov": date(2026, 11, 20),
    "20 Nov": date(2026, 11, 20),
    "20nov": date(2026, 11, 20),
    "20 november 2025": date(2025, 11, 20),
    "20th nov": date(2026, 11, 20),
    "20. nov": date(2026, 11, 20),
    "nov 20": date(2026, 11, 20),
    "nov 20 2026": date(2026, 11, 20),
    "Nov 20, 2026": date(2026, 11, 20),
    "nov. 20": date(2026, 11, 20),
    "fri 20 nov": date(2026, 11, 20),
    "Friday, 20 November 2026": date(2026, 11, 20),
    "20.11.2026": date(2026, 11, 20),
    "3.4.2026": date(2026, 4, 3),
    "20.11.26": date(2026, 11, 20),
    "20.11.": date(2026, 11, 20),
    "20/11": date(2026, 11, 20),
    "11/20": date(2026, 11, 20),
    "11/20/2026": date(2026, 11, 20),
    "20-11-2026": date(2026, 11, 20),
    "11/11": date(2026, 11, 11),
    "today": SATURDAY,
    " Yesterday ": date(2026, 11, 20),
    "tomorrow": date(2026, 11, 22),
    "sat": SATURDAY,
    "fri": date(2026, 11, 20),
    "mon": date(2026, 11, 16),
    "sunday": date(2026, 11, 15),
    "5 jan": date(2027, 1, 5),
    "30 jun": date(2026, 6, 30),
    "29 feb 2028": date(2028, 2, 29),
}

REFUSED = {
    "": (NoDate, "Enter a date, such as 20 nov."),
    "   ": (NoDate, "Enter a date, such as 20 nov."),
    "soon": (UnreadableDate, "We could not read “soon” as a date. Write it as 20 nov or 2026-11-20."),
    "20 foo": (UnreadableDate, "We could not read “20 foo” as a date. Write it as 20 nov or 2026-11-20."),
    "2026-13-01": (UnreadableDate, "We could not read “2026-13-01” as a date. Write it as 20 nov or 2026-11-20."),
    "0 nov": (UnreadableDate, "We could not read “0 nov” as a date. Write it as 20 nov or 2026-11-20."),
    "٢٠ nov": (UnreadableDate, "We could not read “٢٠ nov” as a date. Write it as 20 nov or 2026-11-20."),
    "x" * 41: (UnreadableDate, f"We could not read “{'x' * 23}…” as a date. Write it as 20 nov or 2026-11-20."),
    "31 feb": (NoSuchDate, "31 February does not exist. Did you mean 28 February?"),
    "31 feb 2028": (NoSuchDate, "31 February 2028 does not exist. Did you mean 29 February 2028?"),
    "2026-02-29": (NoSuchDate, "29 February 2026 does not exist. Did you mean 28 February 2026?"),
    "29 feb": (NoSuchDate, "29 February 2026 does not exist. Did you mean 28 February 2026?"),
    "31.11.": (NoSuchDate, "31 November does not exist. Did you mean 30 November?"),
    "mon 20 nov": (OtherWeekday, "20 November 2026 is a Friday, not a Monday. Which one is meant?"),
    "20 nov 1899": (DateOutOfRange, "The year 1899 is out of range. Use one from 1900 to 2200."),
    "2201-01-01": (DateOutOfRange, "The year 2201 is out of range. Use one from 1900 to 2200."),
    "3/4": (AmbiguousDate, "Is “3/4” 3 April or 4 March? Write 3 apr or 4 mar."),
    "03/04/2026": (AmbiguousDate, "Is “03/04/2026” 3 April or 4 March? Write 3 apr or 4 mar."),
}


@pytest.mark.parametrize("text", READ)
def test_date_is_read(text):
    assert read_date(text, SATURDAY) == READ[text]


@pytest.mark.parametrize("text", REFUSED)
def test_date_is_refused_with_what_to_do(text):
    error, sentence = REFUSED[text]

    with pytest.raises((UnreadableDate, AmbiguousDate)) as refusal:
        read_date(text, SATURDAY)

    assert (type(refusal.value), str(refusal.value)) == (error, sentence)


def test_known_order_settles_which_number_is_the_day():
    assert read_date("3/4", SATURDAY, day_first=True) == date(2026, 4, 3)
    assert read_date("3/4", SATURDAY, day_first=False) == date(2026, 3, 4)


def test_impossible_month_gives_the_order_away_whatever_the_hint():
    assert read_date("11/20", SATURDAY, day_first=True) == date(2026, 11, 20)
    assert read_date("20/11", SATURDAY, day_first=False) == date(2026, 11, 20)


def test_every_day_of_a_year_is_read_as_it_is_written():
    for number in range(365):
        day = date(2026, 1, 1) + timedelta(days=number)
        texts = (day.isoformat(), day.strftime("%d.%m.%Y"), day.strftime("%d %b %Y"), day.strftime("%a %d %B %Y"))
        assert [read_date(text, SATURDAY) for text in texts] == [day] * 4


def test_date_is_spelled_with_its_year_only_when_it_is_another():
    assert spell_date(date(2026, 11, 20), SATURDAY) == "Fri 20 Nov"
    assert spell_date(date(2025, 11, 7), SATURDAY) == "Fri 7 Nov 2025"


ZONES = (
    "Pacific/Kiritimati",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Australia/Lord_Howe",
    "Australia/Adelaide",
    "Asia/Tokyo",
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Kabul",
    "Asia/Tehran",
    "Europe/Istanbul",
    "Africa/Cairo",
    "Europe/Berlin",
    "Europe/London",
    "UTC",
    "Atlantic/Azores",
    "America/Sao_Paulo",
    "America/St_Johns",
    "America/New_York",
    "America/Los_Angeles",
    "Pacific/Marquesas",
    "Etc/GMT+12",
)

BORDERS = [  # midnights that begin a day, a month, a year, a leap day, and the nights in which clocks change
    date(2026, 1, 1),
    date(2026, 2, 1),
    date(2028, 2, 29),
    date(2028, 3, 1),
    date(2026, 3, 8),
    date(2026, 3, 29),
    date(2026, 4, 5),
    date(2026, 7, 1),
    date(2026, 9, 27),
    date(2026, 10, 25),
    date(2026, 11, 1),
    date(2026, 11, 21),
    date(2026, 12, 31),
    date(2027, 1, 1),
    date(2028, 1, 1),
    date(2030, 6, 1),
]


def instants(zone):
    """One second before, at, and one second after each border, on the wall clock of a zone: 48 of them."""
    for border in BORDERS:
        midnight = datetime(border.year, border.month, border.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
        for offset in (-1, 0, 1):
            yield midnight + timedelta(seconds=offset), border - timedelta(days=offset < 0)


@pytest.mark.parametrize("zone", ZONES)
def test_today_is_the_date_on_the_wall(zone):
    """T1: 48 moments in each zone."""
    checked = [(today(zone, at=instant), today(ZoneInfo(zone), at=instant), day) for instant, day in instants(zone)]

    assert len(checked) == 48
    assert [(wall, wall) for _, _, wall in checked] == [(named, given) for named, given, _ in checked]


@pytest.mark.parametrize("server", ["UTC", "Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize("zone", ZONES)
def test_typed_date_is_in_the_month_that_was_typed(zone, server, settings):
    """T1: whatever the server's zone."""
    settings.TIME_ZONE = server

    for instant, day in instants(zone):
        with time_machine.travel(instant, tick=False):
            here = today(zone)
            typed = [read_date(text, here) for text in ("today", day.isoformat(), f"{day:%d %b %Y}")]
        assert typed == [day] * 3
        assert [Month.of(each) for each in typed] == [Month(day.year, day.month)] * 3


@pytest.mark.parametrize("zone", ZONES)
def test_twelve_months_add_up_to_their_year(zone):
    """T1: no row is lost or counted twice."""
    rows = [
        (read_date("today", today(zone, at=instant)), Decimal(number))
        for number, (instant, _) in enumerate(instants(zone))
    ]

    for year in {day.year for day, _ in rows}:
        months = [sum(amount for day, amount in rows if day in Month(year, month)) for month in range(1, 13)]
        assert sum(months) == sum(amount for day, amount in rows if day.year == year)
