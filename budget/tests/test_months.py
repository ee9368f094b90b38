"""A month is two numbers: dates are in it or not, whatever a clock says."""

import calendar
import importlib
from collections import Counter
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.urls.converters import get_converters

from budget.months import Month, MonthConverter, NotAMonth

pytestmark = pytest.mark.once


def test_month_ends_before_the_first_day_of_the_next():
    """R000-15: December ends before 1 January."""
    assert (Month(2026, 11).first, Month(2026, 11).end) == (date(2026, 11, 1), date(2026, 12, 1))
    assert (Month(2026, 12).first, Month(2026, 12).end) == (date(2026, 12, 1), date(2027, 1, 1))


def test_last_month_of_all_has_an_end_but_no_next():
    last = Month(2200, 12)

    assert last.end == date(2201, 1, 1)
    with pytest.raises(NotAMonth):
        _ = last.next


def test_month_contains_its_days_and_no_others():
    february = Month(2028, 2)

    days = [day for day in (date(2028, 1, 30) + timedelta(days=offset) for offset in range(35)) if day in february]

    assert days == [date(2028, 2, number) for number in range(1, 30)]


def test_every_month_agrees_with_the_calendar():
    months = list(Month(1900, 1).until(Month(2200, 12)))

    assert [month.days for month in months] == [calendar.monthrange(month.year, month.month)[1] for month in months]
    assert len(months) == 301 * 12 - 1


def test_months_are_added_across_years():
    assert Month(2026, 11) + 14 == Month(2028, 1)
    assert Month(2026, 1) - 1 == Month(2026, 1).previous == Month(2025, 12)
    assert Month(2026, 12).next == Month(2027, 1)


def test_months_sort_by_time():
    assert sorted([Month(2027, 1), Month(2026, 12), Month(2026, 2)]) == [
        Month(2026, 2),
        Month(2026, 12),
        Month(2027, 1),
    ]


def test_month_is_written_as_it_is_read():
    month = Month(2026, 11)

    assert (str(month), month.name, month.title) == ("2026-11", "November", "November 2026")
    assert Month.parse(str(month)) == Month.of(date(2026, 11, 30)) == month


def test_day_beyond_the_end_is_the_last_day():
    assert [Month(2026, 2).day(number) for number in (1, 28, 31)] == [
        date(2026, 2, 1),
        date(2026, 2, 28),
        date(2026, 2, 28),
    ]


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-13", "2026-00", "2026-1", "26-11", "2026-11-01", "1899-12", "2201-01", "२०२६-११", "2026-11\n"],
)
def test_text_that_is_no_month_is_refused(text):
    with pytest.raises(NotAMonth, match="is not a month"):
        Month.parse(text)


def test_converter_reads_and_writes_paths():
    importlib.import_module(settings.ROOT_URLCONF)  # the addresses make it known
    converter = get_converters()["month"]

    assert isinstance(converter, MonthConverter)
    assert converter.to_python("2026-11") == Month(2026, 11)
    assert (converter.to_url(Month(2026, 11)), converter.to_url("2026-11")) == ("2026-11", "2026-11")


def test_converter_answers_no_match_for_a_month_that_does_not_exist():
    with pytest.raises(ValueError, match="2026-13"):
        MonthConverter().to_python("2026-13")


def test_twelve_months_hold_every_day_of_their_year_once():
    days = [date(2028, 1, 1) + timedelta(days=number) for number in range(366)]

    per_month = Counter(Month.of(day) for day in days)

    assert per_month == {Month(2028, 1) + index: (Month(2028, 1) + index).days for index in range(12)}
    assert per_month.total() == 366
