"""Lines of days to come, without a database: beside a plain simulation, day by day, that shares nothing with them."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budget.months import Month
from budget.recurring.errors import NothingSupposed, SupposedTooFar, SupposedUnreadable
from budget.recurring.forecast import Assumed, Coming, Kind, Line, Moved, in_order, line, moves, on_time, usual
from budget.recurring.rhythm import Rhythm, dues
from budget.recurring.supposing import MONTHLY, Supposed, read, suppose

pytestmark = pytest.mark.once
D = Decimal
TODAY = date(2026, 11, 20)
CENT = D("0.01")
MONTHS = {Rhythm.MONTHLY: 1, Rhythm.QUARTERLY: 3, Rhythm.HALF_YEARLY: 6, Rhythm.YEARLY: 12}
DAYS = {Rhythm.WEEKLY: 7, Rhythm.TWO_WEEKS: 14, Rhythm.FOUR_WEEKS: 28}


def coming(day: date, amount: str, account: int = 1) -> Coming:
    return Coming(day, account, D(amount), "Rent", Kind.SERIES)


def is_due(rhythm: Rhythm, anchor: date, day: date) -> bool:
    """Whether something falls on a day, found from the calendar alone."""
    if rhythm in DAYS:
        return (day - anchor).days % DAYS[rhythm] == 0
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    last = monthrange(day.year, day.month)[1]
    return months % MONTHS[rhythm] == 0 and day.day == min(anchor.day, last)


dates = st.dates(date(2020, 1, 1), date(2031, 12, 31))
cents = st.integers(-(10**9), 10**9).map(lambda units: D(units).scaleb(-2))
series = st.lists(st.tuples(st.sampled_from(list(Rhythm)), dates, cents), max_size=6)


@given(dates, st.integers(1, 366), cents, series, st.integers(0, 10**6), st.integers(28, 31))
def test_line_is_what_a_simulation_of_each_day_says(
    today: date, days: int, balance: Decimal, chosen: list[tuple[Rhythm, date, Decimal]], spent: int, length: int
) -> None:
    end = today + timedelta(days=days + 1)
    expected = [
        coming(day, str(amount)) for rhythm, anchor, amount in chosen for day in dues(rhythm, anchor, today, end)
    ]

    found = line(balance, today, days, expected, Assumed(Fraction(spent, 100 * length), 6), CENT)

    left, simulated = balance, []
    for number in range(days + 1):
        day = today + timedelta(days=number)
        left -= sum((amount for rhythm, anchor, amount in chosen if is_due(rhythm, anchor, day)), D(0))
        exact = Fraction(spent * number, length)  # in cents
        simulated.append(left - D(round(exact)).scaleb(-2))
    assert found.balances == tuple(simulated)
    assert found.lowest == (today + timedelta(days=simulated.index(min(simulated))), min(simulated))
    below = {
        d for first, last in found.below_zero for d in (first + timedelta(n) for n in range((last - first).days + 1))
    }
    assert below == {today + timedelta(days=number) for number, held in enumerate(simulated) if held < 0}


def test_line_has_todays_balance_first_and_the_last_day_last() -> None:
    found = line(D("10.00"), TODAY, 2, [coming(TODAY, "1.00"), coming(date(2026, 11, 22), "-5")], Assumed(), CENT)

    assert found.balances == (D("9.00"), D("9.00"), D("14.00"))
    assert found.known[-1] == (date(2026, 11, 22), D("14.00"))


def test_what_comes_outside_of_the_days_counts_for_nothing() -> None:
    outside = [coming(date(2026, 11, 19), "1.00"), coming(date(2026, 11, 23), "1.00")]

    assert line(D("10.00"), TODAY, 2, outside, Assumed(), CENT).balances == (D("10.00"),) * 3


@pytest.mark.parametrize(
    ("anchor", "days"),
    [
        (date(2026, 1, 31), [date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 31), date(2027, 2, 28)]),
        (date(2024, 2, 29), [date(2026, 11, 29), date(2026, 12, 29), date(2027, 1, 29), date(2027, 2, 28)]),
        (date(2026, 1, 30), [date(2026, 11, 30), date(2026, 12, 30), date(2027, 1, 30), date(2027, 2, 28)]),
    ],
)
def test_months_ends_are_those_of_each_month(anchor: date, days: list[date]) -> None:
    assert [each.day for each in Supposed(1, anchor, D("5.00"), True, "x").coming(0, TODAY, date(2027, 3, 1))] == days


def test_line_is_held_back_from_a_day_on() -> None:
    found = line(D("10.00"), TODAY, 3, [], Assumed(), CENT, date(2026, 11, 22))

    assert found.balances == (D("10.00"), D("10.00"), None, None)
    assert found.lowest == (TODAY, D("10.00"))


def test_line_that_is_held_back_whole_names_no_day() -> None:
    found = line(D("10.00"), TODAY, 3, [], Assumed(), CENT, date(2026, 11, 1))

    assert (found.lowest, found.below_zero, found.known) == (None, [], [])


def test_below_zero_is_said_as_stretches() -> None:
    found = Line(TODAY, tuple(D(text) for text in ("-1", "0", "-1", "-2", "3", "-0.01")))

    day = [TODAY + timedelta(days=number) for number in range(6)]
    assert found.below_zero == [(day[0], day[0]), (day[2], day[3]), (day[5], day[5])]


def test_usual_spending_is_the_median_of_what_each_day_of_a_month_took() -> None:
    three = [(Month(2026, 9), D("300.00")), (Month(2026, 10), D("3100.00")), (Month(2026, 8), D("62.00"))]

    assert usual(three) == Assumed(Fraction(10), 3)
    assert usual(three[:2]) == Assumed(Fraction(55), 2)
    assert usual([]) == Assumed()


def test_usual_spending_is_never_below_nothing() -> None:
    assert usual([(Month(2026, 9), D("-300.00"))]) == Assumed(Fraction(0), 1)


@given(st.integers(0, 10**12), st.integers(0, 366), st.sampled_from(["1", "0.01", "0.001"]))
def test_spending_of_some_days_is_rounded_once(spent: int, days: int, step: str) -> None:
    told = Assumed(Fraction(spent, 31), 6).after(days, D(step))

    assert abs(Fraction(told) - Fraction(spent, 31) * days) * 2 <= Fraction(step)
    assert told % D(step) == 0


def made(day: date, out: int = 50_000, number: int = 0, into: int = 0) -> Moved:
    return Moved(number or day.toordinal(), day, 1, 2, out, into or out, "EUR")


def test_transfers_that_come_again_are_on_both_accounts() -> None:
    past = [made(date(2026, month, 3)) for month in (8, 9, 10, 11)]

    found = list(moves(past, TODAY, date(2027, 1, 4), {1: "Everyday", 2: "Savings"}))

    assert found == [
        Coming(date(2026, 12, 3), 1, D("50.00"), "Transfer to Savings", Kind.TRANSFER, 2),
        Coming(date(2026, 12, 3), 2, D("-50.00"), "Transfer from Everyday", Kind.TRANSFER, 1),
        Coming(date(2027, 1, 3), 1, D("50.00"), "Transfer to Savings", Kind.TRANSFER, 2),
        Coming(date(2027, 1, 3), 2, D("-50.00"), "Transfer from Everyday", Kind.TRANSFER, 1),
    ]


def test_transfer_into_another_currency_brings_what_it_brought_last() -> None:
    past = [made(date(2026, month, 3), into=40_000 + month) for month in (8, 9, 10, 11)]

    found = list(moves(past, TODAY, date(2026, 12, 10), {1: "Everyday", 2: "Dollars"}))

    assert [(each.account, each.amount) for each in found] == [(1, D("50.00")), (2, D("-40.011"))]


def test_transfers_that_stopped_or_whose_account_is_closed_do_not_come() -> None:
    past = [made(date(2026, month, 3)) for month in (2, 3, 4, 5)]
    recent = [made(date(2026, month, 3)) for month in (8, 9, 10, 11)]

    assert list(moves(past, TODAY, date(2027, 1, 4), {1: "Everyday", 2: "Savings"})) == []
    assert list(moves(recent, TODAY, date(2027, 1, 4), {1: "Everyday"})) == []
    assert list(moves(recent[:2], TODAY, date(2027, 1, 4), {1: "Everyday", 2: "Savings"})) == []


def test_of_overdue_dates_the_newest_is_expected_today() -> None:
    day = [TODAY + timedelta(days=number) for number in (-40, -10, 0, 20)]

    assert list(on_time([day[0], day[1], day[3]], TODAY)) == [TODAY, day[3]]
    assert list(on_time([day[1], day[2], day[3]], TODAY)) == [TODAY, day[3]]
    assert list(on_time(day[:2], TODAY)) == [TODAY]
    assert list(on_time([day[3]], TODAY)) == [day[3]]


def test_what_comes_is_in_the_order_of_days_and_names() -> None:
    rows = [Coming(TODAY, 1, D(1), name, Kind.SERIES) for name in ("b", "A")]
    early = Coming(TODAY - timedelta(days=1), 1, D(1), "z", Kind.SERIES)

    assert in_order([*rows, early]) == [early, rows[1], rows[0]]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ({"amount": "500"}, Supposed(7, date(2026, 11, 21), D("500.00"), False, "What if")),
        ({"amount": "+12,50", "on": "1 dec"}, Supposed(7, date(2026, 12, 1), D("-12.50"), False, "What if")),
        ({"amount": "5", "direction": "in", "on": "today"}, Supposed(7, TODAY, D("-5.00"), False, "What if")),
        (
            {"amount": "12+4.50", "on": "15 mar", "every": MONTHLY, "label": " A\n b "},
            Supposed(7, date(2027, 3, 15), D("16.50"), True, "A b"),
        ),
        ({"amount": "1", "on": "20.10."}, Supposed(7, date(2027, 10, 20), D("1.00"), False, "What if")),
        ({"amount": "1", "on": "2027-11-21"}, Supposed(7, date(2027, 11, 21), D("1.00"), False, "What if")),
    ],
)
def test_what_is_typed_is_supposed_and_read_again_from_an_address(typed: dict[str, str], meant: Supposed) -> None:
    found = suppose(typed, 7, "EUR", TODAY)

    assert found == meant
    assert read(found.write("EUR"), {7: "EUR"}, TODAY) == meant


@pytest.mark.parametrize(
    ("typed", "error", "words"),
    [
        ({"amount": "0"}, NothingSupposed, "Enter an amount other than zero"),
        ({"amount": "1", "on": "2026-11-19"}, SupposedTooFar, "Thu 19 Nov has passed"),
        ({"amount": "1", "on": "yesterday"}, SupposedTooFar, "Thu 19 Nov has passed"),
        ({"amount": "1", "on": "2027-11-22"}, SupposedTooFar, "Mon 22 Nov 2027 is more than a year ahead"),
    ],
)
def test_what_cannot_be_supposed_is_refused_in_words(typed: dict[str, str], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        suppose(typed, 7, "EUR", TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "7~2026-12-01~once~5.00", "8~2026-12-01~once~5.00~", "7~2026-13-01~once~5.00~", "7~2026-12-01~x~5.00~",
        "7~2026-12-01~once~~", "7~2026-12-01~once~5.001~", "7~2026-12-01~once~0~", "7~2028-12-01~once~5.00~",
        f"{'9' * 30}~2026-12-01~once~5.00~", "٧~2026-12-01~once~5.00~", "7~2026-12-01~once~99999999999999~",
    ],
)  # fmt: skip
def test_addresses_that_say_nothing_are_refused(text: str) -> None:
    with pytest.raises(SupposedUnreadable, match="could not be read and is left out"):
        read(text, {7: "EUR"}, TODAY)
