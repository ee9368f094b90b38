"""Dates as banks print them: one order per file, proved or asked, and no zone moves a day (T1, rules 3 and 4)."""

import datetime as dt
import random
import time

import pytest

from budget.statements.formats.base import DateOrder, UnclearDates, UnreadableFile
from budget.statements.formats.dates import (
    BadDate,
    OrderEvidence,
    decide_order,
    find_order,
    month_names,
    read_date,
    weekday_names,
)

pytestmark = pytest.mark.once

DAY, MONTH, YEAR = DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST, DateOrder.YEAR_FIRST
LAST_OF_JANUARY = dt.date(2026, 1, 31)

SELF_EVIDENT = [
    "2026-01-31", "2026/01/31", "2026.01.31.", "2026 01 31", "2026-1-31", "20260131", "31 Jan 2026", "31-JAN-26",
    "31JAN2026", "31. Jan. 2026", "Jan 31, 2026", "January 31st, 2026", "Sat, 31 Jan 2026",
    "Saturday 31 January 2026", "2026-Jan-31", "31 janvier 2026", "31. Januar 2026", "31. Jänner 2026",
    "31 de enero de 2026", "31 gennaio 2026", "31 de janeiro de 2026", "31 januari 2026", "2026年1月31日",
    "samedi 31 janv. 2026", "2026-01-31T23:59:59+14:00", "2026-01-31 00:00:00-12:00", "2026-01-31Z",
    "2026-01-31+01:00", "20260131T101500", "20260131120000", "20260131000000[-5:EST]", "20260131235959.999[+5.5:IST]",
    "20260131000000.000[-4:EDT]", "20260131[0:GMT]", "2026-01-31 10:00:00.123456", "2026-01-31 10:15 PM",
    "31 Jan 2026 10:15 CEST", "31.01.2026 10:15 Uhr",
]  # fmt: skip
NO_DATES = [
    "201120000000",
    "", " ", "x", "2026", "01/2026", "31.01", "2026-01-31 and more", "Balance 31.01.2026", "1/2/3", "1/2/345",
    "123/1/2026", "٣١/01/2026", "３１/01/2026", "31.01.20261", "202601311", "2026-13-01", "20120231", "29.02.2025",
    "31 Foo 2026", "0001-01-01", "1899-12-31", "2201-01-01", "9999-12-31", "00/00/0000", "0000-00-00", "31-31-2026",
    "12.50", "x" * 61,
]  # fmt: skip


@pytest.mark.parametrize("text", SELF_EVIDENT)
@pytest.mark.parametrize("order", [None, *DateOrder])
def test_date_that_says_its_order_is_read_whatever_the_files_order(text, order):
    """Rule 4: neither time nor zone moves it."""
    if text.startswith("31.01.2026") and order == MONTH:
        return

    assert read_date(text, order) == LAST_OF_JANUARY


@pytest.mark.parametrize("text", NO_DATES)
@pytest.mark.parametrize("order", [None, *DateOrder])
def test_what_is_no_date_is_refused_with_a_sentence(text, order):
    with pytest.raises(BadDate) as raised:
        read_date(text, order)

    assert str(raised.value).endswith(".")


@pytest.mark.parametrize(
    ("text", "day_first", "month_first"),
    [
        ("01/06/2010", (2010, 6, 1), (2010, 1, 6)),
        ("1.6.10", (2010, 6, 1), (2010, 1, 6)),
        ("1/ 6'10", (2010, 6, 1), (2010, 1, 6)),
        ("1/6' 5", (2005, 6, 1), (2005, 1, 6)),
        ("1/6'98", (2098, 6, 1), (2098, 1, 6)),
        ("1/6/98", (1998, 6, 1), (1998, 1, 6)),
        ("1/6/70", (1970, 6, 1), (1970, 1, 6)),
        ("1/6/69", (2069, 6, 1), (2069, 1, 6)),
        ("1-6-2010 23:59", (2010, 6, 1), (2010, 1, 6)),
        ("mar. 01/06/2010", (2010, 6, 1), (2010, 1, 6)),
        ("01062010", (2010, 6, 1), (2010, 1, 6)),
    ],
)
def test_three_numbers_are_read_in_the_files_order(text, day_first, month_first):
    """Rule 3."""
    assert read_date(text, DAY) == dt.date(*day_first)
    assert read_date(text, MONTH) == dt.date(*month_first)
    with pytest.raises(BadDate, match="day first or month first"):
        read_date(text, None)


def test_date_that_is_none_in_the_files_order_is_not_turned_round():
    """Rule 3: never guessed row by row."""
    with pytest.raises(BadDate, match="month 31, read month first"):
        read_date("31/01/2026", MONTH)
    with pytest.raises(BadDate, match="day 31 of February 2012, which does not exist"):
        read_date("20120231", None)


@pytest.mark.parametrize(
    ("texts", "evidence"),
    [
        ([], OrderEvidence(None)),
        (["2026-01-31", "20260201"], OrderEvidence(YEAR)),
        (["31 Jan 2026"], OrderEvidence(None)),
        (["01/01/2010", "01/06/2010", "29/12/2010"], OrderEvidence(DAY)),
        (["01/01/2010", "06/01/2010", "12/29/2010"], OrderEvidence(MONTH)),
        (["1/ 1'00"], OrderEvidence(None)),
        (["01/01/2010", "06/01/2010"], OrderEvidence(None, "06/01/2010")),
        (["01.01.2010", "06.01.2010 12:30"], OrderEvidence(DAY)),
        (["01.01.2010", "06/01/2010"], OrderEvidence(None, "06/01/2010")),
        (["01.01.2010", "12.29.2010"], OrderEvidence(MONTH)),
        (["30/02/2010", "31/31/2010", "no date"], OrderEvidence(None)),
        (["24-09-01"], OrderEvidence(None, "24-09-01")),
        (["06-07-08"], OrderEvidence(None, "06-07-08")),
        (["24-09-01", "45-09-01"], OrderEvidence(YEAR)),
        (["24-09-01", "24-09-77"], OrderEvidence(DAY)),
        (["99/12/31"], OrderEvidence(YEAR)),
        (["2026-01-31", "06/01/2010"], OrderEvidence(None, "06/01/2010")),
    ],
)
def test_order_is_what_all_dates_together_prove(texts, evidence):
    assert find_order(texts) == evidence


def test_dates_in_two_orders_are_named():
    with pytest.raises(BadDate) as raised:
        find_order(["29/12/2010", "01/06/2010", "12/29/2010"])

    assert str(raised.value) == "The dates are in different orders: “29/12/2010”, “12/29/2010”."


def test_decision_is_the_answer_then_the_proof_then_a_question():
    assert decide_order(["01/06/2010"], MONTH) == MONTH
    assert decide_order(["01/06/2010", "13/06/2010"]) == DAY
    assert decide_order(["01/01/2010"]) is None
    with pytest.raises(UnclearDates) as raised:
        decide_order(["01/01/2010", "01/06/2010"])
    assert raised.value.example == "01/06/2010"
    with pytest.raises(UnreadableFile, match="Choose the order"):
        decide_order(["13/06/2010", "06/13/2010"])


def test_random_days_come_back_from_every_spelling():
    """T1: 2,000 days."""
    chance = random.Random(5)
    names = {number: name for name, number in month_names().items()}
    for _ in range(2_000):
        day = dt.date(1970, 1, 1) + dt.timedelta(days=chance.randrange(365 * 99))
        gap = chance.choice("/.-")
        y, m, d = day.year, day.month, day.day
        way = {
            DAY: [
                f"{d:02}{gap}{m:02}{gap}{y}",
                f"{d}{gap}{m}{gap}{y % 100:02}",
                f"{d} {names[m]} {y}",
                f"{d:02}{m:02}{y}",
            ],
            MONTH: [f"{m:02}{gap}{d:02}{gap}{y}", f"{m}/{d}/{y % 100:02}", f"{names[m]} {d}, {y}"],
            YEAR: [f"{y}{gap}{m}{gap}{d}", f"{y}{m:02}{d:02}", f"{y % 100:02}-{m:02}-{d:02}"],
        }
        order = chance.choice(list(DateOrder))
        text = chance.choice(way[order])
        assert read_date(text, order) == day, (text, order)


def test_months_and_weekdays_of_all_languages_do_not_clash():
    assert set(month_names().values()) == set(range(1, 13))
    assert {name: month_names()[name] for name in ("marz", "aout", "mei", "dez", "set", "lokakuu")} == {
        "marz": 3, "aout": 8, "mei": 5, "dez": 12, "set": 9, "lokakuu": 10,
    }  # fmt: skip
    assert weekday_names() & month_names().keys() == {
        "mar"
    }  # Tuesday and March in French: 31 mar. 2026, mar. 31/03/2026


def test_time_is_linear_in_the_length():
    texts = ["1/" * 500_000, " " * 1_000_000, "9" * 1_000_000, "jan " * 250_000, "2026-01-31 " + "1" * 1_000_000]

    start = time.process_time()
    for text in texts:
        with pytest.raises(BadDate):
            read_date(text, DAY)

    assert time.process_time() - start < 0.5
