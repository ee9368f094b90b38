"""Charts as HTML: well formed whatever is in them, inside their plot, and with a table that says what they say."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from budget.reports.charts import (
    Day,
    Part,
    Series,
    Stop,
    few,
    heat_chart,
    line_chart,
    pair_chart,
    rank_chart,
    share_chart,
)
from budget.reports.pictures import (
    Frame,
    heat_picture,
    line_picture,
    pair_picture,
    rank_picture,
    share_picture,
    spark_picture,
)
from budget.reports.pictures.frames import short_texts

pytestmark = pytest.mark.once

LARGEST = Decimal("9999999999999.99")
HOSTILE = "<script>alert('x')</script> & \"Forty\" letters"
FRAME = Frame("c-test", f"A sentence with {HOSTILE}.", "EUR")
AMOUNTS: dict[str, list[Decimal]] = {
    "nothing": [],
    "one": [Decimal("5.00")],
    "zeros": [Decimal(0)] * 4,
    "negative": [Decimal(-5), Decimal("-0.01"), -LARGEST],
    "mixed": [LARGEST, Decimal(-3), Decimal(0), Decimal("0.01"), Decimal(7), Decimal(7), Decimal(8), Decimal(9)],
}


def stops_of(amounts: list[Decimal]) -> list[Stop]:
    return [Stop(f"M{n}", f"{HOSTILE} {n}", f"/transactions/?month={n}&x=1") for n in range(len(amounts))]


def pictures(amounts: list[Decimal]) -> dict[str, str]:
    """One of each kind."""
    stops = stops_of(amounts)
    parts = [Part(f"{HOSTILE} {n}", amount, f"/transactions/?category={n}") for n, amount in enumerate(amounts)]
    days = [Day(date(2026, 11, 28) + timedelta(days=n), amount, f"/d?{n}") for n, amount in enumerate(amounts)]
    several = few(Series(f"{HOSTILE} {n}", tuple(amounts)) for n in range(9))
    return {
        "lines": line_picture(line_chart(stops, [Series("Spent", tuple(amounts))]), FRAME, now=len(amounts) - 1),
        "several": line_picture(line_chart(stops, several), FRAME, labels=True),
        "steps": line_picture(line_chart(stops, [Series("Worth", tuple(amounts))], is_stepped=True), FRAME),
        "pairs": pair_picture(pair_chart(stops, amounts, amounts[::-1]), FRAME),
        "ranks": rank_picture(rank_chart(parts), FRAME),
        "share": share_picture(share_chart(parts), FRAME),
        "weeks": heat_picture(heat_chart(days), FRAME),
        "year": heat_picture(heat_chart(days, is_down=False), FRAME),
    }


def parsed(picture: str) -> ElementTree.Element:
    return ElementTree.fromstring(picture)  # noqa: S314  # our own markup, which is what is tested


@pytest.mark.parametrize("amounts", AMOUNTS.values(), ids=list(AMOUNTS))
def test_pictures_are_well_formed_and_inside_their_plot(amounts):
    for kind, picture in pictures(amounts).items():
        figure = parsed(picture)
        assert "<script" not in picture, kind
        assert " style=" not in picture, kind
        places = [
            float(value[:-1])
            for each in figure.iter()
            for name, value in each.attrib.items()
            if name in {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height"} and value.endswith("%")
        ]
        assert all(0 <= place <= 100 for place in places), kind
        named = figure.get("aria-labelledby")
        assert [each.text for each in figure.iter("figcaption") if each.get("id") == named] == [FRAME.sentence], kind


@pytest.mark.parametrize("amounts", AMOUNTS.values(), ids=list(AMOUNTS))
def test_each_mark_is_a_named_link_and_the_table_has_the_same(amounts):
    for kind, picture in pictures(amounts).items():
        figure = parsed(picture)
        marks = {str(each.get("href")) for each in figure.iter("a") if each.get("class") == "stop"}
        names = [each.get("aria-label") for each in figure.iter("a") if each.get("class") == "stop"]
        table = {str(each.get("href")) for each in figure.iter("a") if each.get("class") == "t"}
        assert all(names), kind
        if kind in {"weeks", "year"}:
            assert table <= marks, kind  # the table leaves out days of nothing
        else:
            assert marks <= table, kind
        if kind not in {"share", "weeks", "year"}:
            assert marks == table, kind
            assert len(table) == len(amounts), kind


def test_what_is_held_back_has_no_amount_in_any_picture():
    stops = [Stop("Oct", "October", "/a"), Stop("Nov", "November", "/b", is_held=True)]
    line = line_picture(line_chart(stops, [Series("Worth", (Decimal("1.50"), None))]), FRAME)
    pair = pair_picture(pair_chart(stops, [Decimal(1), None], [Decimal(2), None]), FRAME)

    assert [re.findall(r'aria-label="(.*?)"', each)[-1] for each in (line, pair)] == ["November: held back"] * 2
    assert [each.count("held back") for each in (line, pair)] == [2, 4]


def test_without_rows_behind_it_a_stop_is_no_link():
    picture = line_picture(line_chart([Stop("1", "One")], [Series("Spent", (Decimal(5),))]), FRAME)

    assert [each.get("class") for each in parsed(picture).iter("a")] == []
    assert "5.00" in picture


def test_short_texts_are_in_full_where_two_would_read_the_same():
    assert short_texts([Decimal(0), Decimal("1250"), Decimal(-2500)]) == ["0", "1.25k", "−2.5k"]
    assert short_texts([Decimal(1000001), Decimal(1000002)]) == ["1,000,001", "1,000,002"]


def test_long_names_are_cut_on_the_plot_and_whole_in_the_table():
    name = "A category name of forty letters, really"
    picture = line_picture(line_chart([Stop("1", "One", "/x")], [Series(name, (Decimal(5),))]), FRAME, labels=True)

    assert "A category name of…" in picture
    assert f'<th scope="col" class="r">{name}</th>' in picture


def test_small_line_has_a_name():
    assert parsed(spark_picture([Decimal(1), Decimal(2)], HOSTILE)).get("aria-label") == HOSTILE
