"""The geometry of charts: every mark inside the plot, scales that order and cover, bars as long as their amounts."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budget.reports.charts import (
    FULL,
    Day,
    Part,
    Series,
    Stop,
    column,
    few,
    heat_chart,
    line_chart,
    pair_chart,
    rank_chart,
    scale_of,
    share_chart,
    short,
    spark,
)
from budget.reports.charts.lines import LABEL_GAP
from budget.reports.charts.stops import spaced

pytestmark = pytest.mark.once

LIMIT = 10**16 - 1
amounts = st.integers(-LIMIT, LIMIT).map(lambda units: Decimal(units).scaleb(-3))
series = st.lists(amounts, max_size=40)


def stops(count: int) -> list[Stop]:
    return [Stop(str(number), f"Stop {number}", "/transactions/") for number in range(count)]


@given(series, st.booleans())
def test_ticks_are_even_and_cover_the_amounts_and_zero(values, with_zero):
    scale = scale_of(values, with_zero=with_zero)

    steps = {after - before for before, after in zip(scale.ticks, scale.ticks[1:], strict=False)}
    assert len(steps) == 1
    assert steps.pop() > 0
    assert (scale.ticks[0], scale.ticks[-1]) == (scale.low, scale.high)
    assert scale.low <= min(values, default=0)
    assert scale.high >= max(values, default=0)
    assert 2 <= len(scale.ticks) <= 6
    if with_zero:
        assert Decimal(0) in scale.ticks


@given(st.lists(amounts, min_size=1, max_size=20))
def test_more_is_never_lower_on_a_scale(values):
    scale = scale_of(values)

    ordered = [scale.place(value) for value in sorted(values)]
    assert ordered == sorted(ordered)
    assert 0 <= ordered[0] <= ordered[-1] <= FULL
    assert scale.zero == scale.down(Decimal(0))


@given(st.lists(st.lists(st.none() | amounts, min_size=5, max_size=5), min_size=1, max_size=8), st.booleans())
def test_every_point_of_every_line_is_inside_the_plot(lines, is_stepped):
    named = [Series(f"S{number}", tuple(values)) for number, values in enumerate(lines)]

    chart = line_chart(stops(5), named, is_stepped=is_stepped)

    points = [point for line in chart.lines for run in line.runs for point in run]
    points += [dot for line in chart.lines for dot in line.dots if dot]
    assert all(0 <= x <= FULL and 0 <= y <= FULL for x, y in points)
    for line, values in zip(chart.lines, lines, strict=True):
        assert [dot is None for dot in line.dots] == [value is None for value in values]
        assert sum(map(len, line.runs)) == sum(value is not None for value in values) * (1 + is_stepped)
    places = sorted(line.label for line in chart.lines if line.end)
    gaps = [after - before for before, after in itertools.pairwise(places)]
    assert all(0 <= place <= FULL for place in places)
    assert all(gap >= min(LABEL_GAP, FULL // len(places)) for gap in gaps)


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=14))
def test_paired_bars_are_as_long_as_their_amounts(pairs):
    incomes, spendings = zip(*pairs, strict=True)

    chart = pair_chart(stops(len(pairs)), incomes, spendings)

    height = chart.scale.high - chart.scale.low
    for pair in chart.pairs:
        for amount, bar in ((pair.income, pair.income_bar), (pair.spending, pair.spending_bar)):
            assert amount is not None
            assert bar is not None
            assert 0 <= bar.start <= bar.start + bar.length <= FULL
            assert abs(bar.length - abs(amount) * FULL / height) <= 1
            assert chart.scale.zero == (bar.start if amount < 0 else bar.start + bar.length)


@given(st.lists(amounts, max_size=30))
def test_ranked_bars_begin_at_one_zero_and_are_as_long_as_their_amounts(values):
    chart = rank_chart([Part(f"P{number}", value) for number, value in enumerate(values)])

    width = max([*values, Decimal(0)]) - min([*values, Decimal(0)])
    for rank, amount in zip(chart.ranks, values, strict=True):
        assert 0 <= rank.bar.start <= rank.bar.start + rank.bar.length <= FULL
        assert chart.zero == (rank.bar.start + rank.bar.length if amount < 0 else rank.bar.start)
        assert not width or abs(rank.bar.length - abs(amount) * FULL / width) <= 1


@given(st.lists(amounts, max_size=12))
def test_shares_fill_the_bar_exactly(values):
    parts = [Part(f"P{number}", value) for number, value in enumerate(values)]

    chart = share_chart(parts)

    assert sum(share.width for share in chart.shares) == (FULL if chart.total else 0)
    assert chart.total == sum(value for value in values if value > 0)
    assert len(chart.shares) <= 7
    for share in chart.shares:
        assert abs(share.width - share.part.amount * FULL / chart.total) <= 1
    assert [part.amount for part in chart.left_out] == [value for value in values if value <= 0]


@given(st.dates(date(1900, 1, 1), date(2199, 1, 1)), st.lists(amounts, min_size=1, max_size=366), st.booleans())
def test_calendar_has_each_day_once_in_its_week(first, values, is_down):
    days = [Day(first + timedelta(days=number), value) for number, value in enumerate(values)]

    chart = heat_chart(days, is_down=is_down)

    assert [cell.day for cell in chart.cells] == days
    assert len({(cell.column, cell.row) for cell in chart.cells}) == len(days)
    for cell in chart.cells:
        assert (cell.column if is_down else cell.row) == cell.day.date.weekday()
        assert 0 <= cell.column < chart.columns
        assert 0 <= cell.row < chart.rows
        assert (cell.level == 0) is (cell.day.amount == 0)
        assert cell.level <= 4


@given(st.lists(st.lists(amounts, min_size=3, max_size=3), max_size=12))
def test_few_lines_add_up_to_all_of_them(lines):
    named = [Series(f"S{number}", tuple(values)) for number, values in enumerate(lines)]

    kept = few(named)

    assert len(kept) <= 7
    assert [sum(column) for column in zip(*(each.values for each in kept), strict=True)] == [
        sum(column) for column in zip(*lines, strict=True)
    ]


@given(st.integers(1, 400))
def test_strips_fill_the_plot_without_gaps(count):
    strips = [column(number, count) for number in range(count)]

    assert (strips[0].x, strips[-1].x + strips[-1].width) == (0, FULL)
    assert all(a.x + a.width == b.x for a, b in itertools.pairwise(strips))
    assert all(strip.x <= strip.middle <= strip.x + strip.width for strip in strips)


@given(st.lists(amounts, max_size=90))
def test_small_line_stays_inside(values):
    points = spark(values)

    assert len(points) == len(values)
    assert all(0 <= x <= FULL and 0 <= y <= FULL for x, y in points)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0"), ("0.004", "0.004"), ("-0.0004", "0"), ("12.5", "12.5"), ("999.4", "999"), ("999.5", "1k"),
        ("1234", "1.23k"), ("999950", "1M"), ("-25000", "-25k"), ("9999999999999.999", "10T"), ("2500000000", "2.5B"),
    ],
)  # fmt: skip
def test_short_amounts(amount, text):
    told = short(Decimal(amount))

    assert ("-" if told.is_below else "") + told.digits + told.unit == text


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([], "0 1"),
        (["0", "0"], "0 1"),
        (["1075.88", "1336.56"], "0 500 1000 1500"),
        (["-180", "420"], "-200 0 200 400 600"),
        (["-5"], "-6 -4 -2 0"),
        (["0.001"], "0 0.001"),
        (["9999999999999.999"], "0 2500000000000 5000000000000 7500000000000 10000000000000"),
    ],
)
def test_ticks_are_round(values, ticks):
    assert [f"{tick.normalize():f}" for tick in scale_of(map(Decimal, values)).ticks] == ticks.split()


def test_line_without_points_and_with_one():
    assert line_chart([], [Series("Spent", ())]).is_empty
    (line,) = line_chart(stops(1), [Series("Spent", (Decimal(5),))]).lines
    assert (line.runs, line.end) == ((((5000, 1667),),), (5000, 1667))


def test_line_has_a_gap_where_an_amount_is_missing():
    values = (Decimal(0), None, Decimal(4), Decimal(2))

    (line,) = line_chart(stops(4), [Series("Worth", values)]).lines

    assert line.runs == (((1250, 10000),), ((6250, 0), (8750, 5000)))


def test_labels_are_left_out_from_the_last_one_back():
    assert spaced(list("abcdefg"), 3) == ["a", "", "", "d", "", "", "g"]
    assert spaced([], 3) == []
