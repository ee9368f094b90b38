"""What comes again is found, whatever else happened; what does not is not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budget.demo.household import household
from budget.months import Month
from budget.recurring.detection import Found, Seen, find
from budget.recurring.prices import Price
from budget.recurring.rhythm import BEATS, Rhythm, due

pytestmark = pytest.mark.once
TODAY, NOVEMBER = date(2026, 11, 20), Month(2026, 11)


def seen(payee: str, days: Sequence[date], units: int | Sequence[int] = 13_990, start: int = 1) -> list[Seen]:
    amounts = [units] * len(days) if isinstance(units, int) else units
    return [
        Seen(start + place, day, amount, 1, "EUR", payee, payee.title(), 7)
        for place, (day, amount) in enumerate(zip(days, amounts, strict=True))
    ]


def monthly(count: int, day: int = 16, last: Month = NOVEMBER) -> list[date]:
    return [(last - back).day(day) for back in range(count)][::-1]


def only(rows: Sequence[Seen], today: date = TODAY) -> Found:
    (found,) = find(rows, today)
    return found


def test_a_monthly_payment_is_found_with_its_next_date() -> None:
    found = only(seen("FILM STREAM", monthly(12)))

    assert (found.payee, found.rhythm, found.units, found.next_due) == (
        "FILM STREAM",
        Rhythm.MONTHLY,
        13_990,
        date(2026, 12, 16),
    )
    assert (found.is_fixed, found.is_sure, found.is_over, found.missed) == (True, True, False, ())
    assert (found.rows, found.category, found.title) == (tuple(range(1, 13)), 7, "Film Stream")


@pytest.mark.parametrize(
    ("rhythm", "count"),
    [
        (Rhythm.WEEKLY, 9),
        (Rhythm.TWO_WEEKS, 7),
        (Rhythm.FOUR_WEEKS, 14),
        (Rhythm.MONTHLY, 6),
        (Rhythm.QUARTERLY, 5),
        (Rhythm.HALF_YEARLY, 4),
        (Rhythm.YEARLY, 3),
    ],
)
def test_every_rhythm_is_found(rhythm: Rhythm, count: int) -> None:
    days = [due(rhythm, date(2026, 11, 13), -back) for back in range(count)][::-1]

    found = only(seen("CLUB", days))

    assert (found.rhythm, found.is_sure, found.next_due) == (rhythm, True, due(rhythm, date(2026, 11, 13), 1))


def test_month_ends_are_one_rhythm() -> None:
    days = [date(2026, month, Month(2026, month).days) for month in range(1, 11)]

    found = only(seen("LANDLORD", days))

    assert (found.rhythm, found.anchor.day, found.next_due) == (Rhythm.MONTHLY, 31, date(2026, 11, 30))


def test_days_that_give_way_to_weekends_are_one_rhythm() -> None:
    days = [day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0) for day in monthly(18, 1)]

    found = only(seen("LANDLORD", days))

    assert (found.rhythm, found.anchor.day, len(found.rows), found.missed) == (Rhythm.MONTHLY, 1, 18, ())


def test_a_price_that_rose_is_named_with_its_day() -> None:
    found = only(seen("FILM STREAM", monthly(12), [13_990] * 9 + [15_490] * 3))

    assert found.prices == (Price(date(2025, 12, 16), 13_990), Price(date(2026, 9, 16), 15_490))
    assert (found.units, found.low, found.high) == (15_490, 15_490, 15_490)


def test_a_price_that_rose_only_now_is_named() -> None:
    found = only(seen("FILM STREAM", monthly(8), [13_990] * 7 + [15_490]))

    assert found.prices[-1] == Price(date(2026, 11, 16), 15_490)


def test_one_month_at_a_discount_is_no_price() -> None:
    found = only(seen("FILM STREAM", monthly(9), [13_990] * 4 + [6_990] + [13_990] * 4))

    assert found.prices == (Price(date(2026, 3, 16), 13_990),)


def test_an_amount_that_varies_has_a_range() -> None:
    found = only(seen("CITY POWER", monthly(12), [59_000 + 1_000 * (step * 7 % 12) for step in range(12)]))

    assert (found.is_fixed, found.low, found.high, found.prices) == (False, 59_000, 70_000, ())
    assert found.low <= found.units <= found.high


def test_a_month_without_is_missed_and_a_payment_twice_is_no_obstacle() -> None:
    days = [day for day in monthly(12) if day.month != 5]
    days = sorted([*days, date(2026, 8, 17)])

    found = only(seen("GYM", days, 29_900))

    assert (found.missed, found.next_due, len(found.rows)) == ((date(2026, 5, 16),), date(2026, 12, 16), 11)


def test_two_subscriptions_of_one_payee_are_two_series() -> None:
    rows = seen("ORCHARD", monthly(12, 3), 990) + seen("ORCHARD", monthly(12, 21), 9_990, start=100)

    found = find(rows, TODAY)

    assert [(each.units, each.anchor.day, len(each.rows)) for each in found] == [(9_990, 21, 12), (990, 3, 12)]


def test_two_subscriptions_at_one_price_are_told_apart_by_their_days() -> None:
    rows = seen("PHONES", monthly(12, 4), 15_000) + seen("PHONES", monthly(12, 19), 15_000, start=100)

    found = find(rows, TODAY)

    assert sorted((each.anchor.day, len(each.rows)) for each in found) == [(4, 12), (19, 12)]


def test_a_subscription_is_found_among_other_purchases_of_its_payee() -> None:
    dice = Random(7)
    days = sorted(TODAY - timedelta(days=dice.randrange(700)) for _ in range(80))
    bought = seen("BIG SHOP", days, [dice.randrange(5_000, 90_000) for _ in days], start=500)

    found = only([*bought, *seen("BIG SHOP", monthly(20, 9), [8_990] * 12 + [9_990] * 8)])

    assert (found.rhythm, found.units, len(found.rows)) == (Rhythm.MONTHLY, 9_990, 20)
    assert found.prices == (Price(monthly(20, 9)[0], 8_990), Price(monthly(20, 9)[12], 9_990))


def test_what_stopped_is_over() -> None:
    rows = seen("OLD CLUB", monthly(12, last=Month(2026, 6)))

    assert (only(rows).is_over, only(rows, date(2026, 7, 10)).is_over) == (True, False)


def test_money_in_and_money_out_of_one_payee_are_two_series() -> None:
    rows = seen("BANK", monthly(8, 28), 3_900) + seen("BANK", monthly(8, 28), -2_650, start=50)

    assert sorted(each.units for each in find(rows, TODAY)) == [-2_650, 3_900]


def test_twice_in_two_years_is_a_suggestion_and_not_sure() -> None:
    found = only(seen("ROAD MUTUAL", [date(2025, 1, 4), date(2026, 1, 5)], [501_500, 519_000]))

    assert (found.rhythm, found.is_sure) == (Rhythm.YEARLY, False)
    assert find(seen("ROAD MUTUAL", [date(2025, 1, 4), date(2026, 1, 5)], [50_000, 519_000]), TODAY) == []


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_rows_are_no_series(count: int) -> None:
    assert find(seen("CLUB", monthly(count)), TODAY) == []


def test_rows_in_any_order_give_the_same_series() -> None:
    rows = seen("CLUB", monthly(12)) + seen("GYM", monthly(12, 2), 29_900, start=50)
    mixed = rows[:]
    Random(3).shuffle(mixed)

    assert find(mixed, TODAY) == find(rows, TODAY)


def test_known_series_of_the_sample_household_are_found_and_nothing_bought_now_and_then() -> None:
    rows, _ = household(TODAY)
    history = [
        Seen(place, row.date, row.cents * 10, 1, "EUR", (row.payee or row.description).upper(), row.payee)
        for place, row in enumerate(rows)
    ]

    found = find(history, TODAY)

    monthly_ones = {each.title for each in found if each.rhythm == Rhythm.MONTHLY}
    assert monthly_ones == {
        *("Riverside Homes", "City Power", "District Heating", "Northern Fibre", "Clear Mobile", "Film Stream"),
        *("Song Stream", "Iron Works Gym", "Mutual Health", "Community Bank", "Animal Shelter", "Brightwater Works"),
    }
    assert {(each.title, each.rhythm) for each in found if each.title in ("City Water", "City Services")} == {
        ("City Water", Rhythm.QUARTERLY),
        ("City Services", Rhythm.HALF_YEARLY),
    }
    rises = {each.title: [price.units for price in each.prices] for each in found if each.is_fixed}
    assert (rises["Film Stream"], rises["Riverside Homes"]) == ([12_990, 15_990], [980_000, 1_020_000])
    assert not {each.title for each in found} & {"Green Basket", "Harbour Coffee", "Salon Saal", "Swimming Hall"}


@given(data=st.data())
def test_planted_series_is_found_among_noise(data: st.DataObject) -> None:
    """Whatever else is bought, a series with a skipped and a doubled occurrence, and late by weekends, is found."""
    rhythm = data.draw(st.sampled_from([Rhythm.WEEKLY, Rhythm.TWO_WEEKS, Rhythm.MONTHLY, Rhythm.QUARTERLY]))
    count = {Rhythm.WEEKLY: 30, Rhythm.TWO_WEEKS: 24, Rhythm.MONTHLY: 16, Rhythm.QUARTERLY: 10}[rhythm]
    anchor = TODAY - timedelta(days=data.draw(st.integers(0, 6)))
    days = [due(rhythm, anchor, -back) for back in range(count)][::-1]
    late = 1 if rhythm == Rhythm.WEEKLY else 2
    drift = data.draw(st.lists(st.sampled_from([0, 0, 0, 0, late]), min_size=count, max_size=count))
    days = [day + timedelta(days=off) for day, off in zip(days, drift, strict=True)]
    del days[data.draw(st.integers(3, count - 4))]
    days = sorted([*days, data.draw(st.sampled_from(days[1:-1]))])
    dice = Random(data.draw(st.integers(0, 10**6)))
    noise = [
        Seen(
            1000 + place, TODAY - timedelta(days=dice.randrange(1000)), dice.randrange(300, 90_000), 1, "EUR", shop, ""
        )
        for place in range(200)
        for shop in [f"SHOP {dice.randrange(30)}"]
    ]

    found = [each for each in find([*seen("PLANTED", days), *noise], TODAY) if each.payee == "PLANTED"]

    assert [(each.rhythm, each.units) for each in found] == [(rhythm, 13_990)]


def noise_of_a_merchant(dice: Random) -> list[Seen]:
    """Somebody buys there now and then over three years: by chance, at prices of a list or at any price."""
    count = dice.choice([2, 3, 4, 6, 10, 20, 50, 150])
    menu = [dice.randrange(200, 60_000) for _ in range(dice.choice([1, 3, 10]))]
    any_price = dice.random() < 0.6
    return [
        Seen(
            place,
            TODAY - timedelta(days=dice.randrange(1095)),
            dice.randrange(200, 60_000) if any_price else dice.choice(menu),
            1,
            "EUR",
            "SHOP",
            "Shop",
        )
        for place in range(count)
    ]


def test_noise_alone_is_hardly_ever_taken_for_a_series() -> None:
    """At most 5 of 1,000 merchants at whom somebody buys by chance are suggested, and at most 1 is called sure."""
    dice = Random(20261120)
    found = [each for _ in range(1000) for each in find(noise_of_a_merchant(dice), TODAY)]

    assert len(found) <= 5
    assert sum(each.is_sure for each in found) <= 1


@pytest.mark.parametrize("rhythm", list(BEATS))
def test_due_dates_and_slots_are_each_others_inverse(rhythm: Rhythm) -> None:
    from budget.recurring.rhythm import dues, slot

    for anchor in (date(2026, 1, 31), date(2024, 2, 29), date(2026, 11, 1), date(2025, 12, 30)):
        for number in range(-40, 41):
            assert slot(rhythm, anchor, due(rhythm, anchor, number)) == (number, 0)
        between = list(dues(rhythm, anchor, date(2020, 1, 1), date(2030, 1, 1)))
        assert between == sorted(set(between))
        assert between[0] >= date(2020, 1, 1)
        assert between[-1] < date(2030, 1, 1)
        assert [slot(rhythm, anchor, day)[0] for day in between] == list(
            range(slot(rhythm, anchor, between[0])[0], slot(rhythm, anchor, between[-1])[0] + 1)
        )


def test_due_dates_end_with_the_last_year_of_a_book() -> None:
    from budget.recurring.rhythm import dues, next_due

    assert list(dues("monthly", date(2200, 10, 31), date(2200, 11, 1), date.max)) == [date(2200, 11, 30)]
    assert next_due("yearly", date(2026, 5, 1), date(2200, 6, 1)) is None
    assert next(dues("weekly", date(2026, 5, 1), date.min, date.max)).year == 1900
