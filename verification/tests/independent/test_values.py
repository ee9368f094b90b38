import pytest

from verification.independent import values
from verification.independent.values import (
    BadValue,
    Known,
    category_name,
    cents,
    read_amount,
    read_amounts,
    read_currency,
    read_month,
    read_sum,
    read_user,
    written,
)

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("0", 0),
        ("-0.00", 0),
        ("12", 12_000),
        ("12.5", 12_500),
        ("12.50", 12_500),
        ("-12.345", -12_345),
        ("007.01", 7_010),
        ("9999999999999.999", 9_999_999_999_999_999),
    ],
)
def test_amount_is_read_in_thousandths(text, units):
    assert read_amount(text) == units


SPELLINGS = [
    *["", " 1", "1 ", "+1", ".5", "5.", "1.2345", "1,00", "1,234.56", "1'234.56", "1 234.56", "1_000", "1e3", "NaN"],
    *["Infinity", "(1.00)", "1.00-", "−1.00", "--1", "١٢", "１２", "0x10", "€1", "1.00\n", "1" * 14, "9" * 40],
]


@pytest.mark.parametrize(
    "text",
    SPELLINGS,
)
def test_amount_in_another_spelling_is_refused(text):
    with pytest.raises(BadValue, match="not_an_amount"):
        read_amount(text)


@pytest.mark.parametrize("texts", [["1.00", "-2.50"], ["1", "2.345"], ["1.00", "3"], [], ["-0.01"]])
def test_amounts_read_together_equal_those_read_alone(texts):
    assert list(read_amounts(texts, Known(read_amount))) == [read_amount(text) for text in texts]


@pytest.mark.parametrize("texts", [["1.00,2.00"], ["1.000,2.00", "3.00"], ["1.00", "x"], ["1.00\n2.00"]])
def test_amounts_that_hide_a_separator_are_refused(texts):
    with pytest.raises(BadValue, match="not_an_amount"):
        read_amounts(texts, Known(read_amount))


def test_sum_may_be_larger_than_any_amount():
    assert read_sum("-123456789012345678.9") == -123456789012345678900
    with pytest.raises(BadValue):
        read_sum("1e30")


@pytest.mark.parametrize("text", ["2024-02-29", "2023-12-31", "0001-01-01"])
def test_date_gives_its_month(text):
    assert read_month(text) == text[:7]


@pytest.mark.parametrize(
    "text",
    ["2023-02-29", "2024-13-01", "2024-00-10", "20240229", "2024-W01-1", "2024-2-9", "29.02.2024", "", "٢٠٢٤-٠١-٠١"],
)
def test_date_in_another_spelling_or_not_in_the_calendar_is_refused(text):
    with pytest.raises(BadValue, match="not_a_date"):
        read_month(text)


def test_user_is_a_number_or_an_email():
    assert [read_user(text) for text in ("0", "12", "Alice@Example.org")] == ["0", "12", "alice@example.org"]


@pytest.mark.parametrize("text", ["", "-1", "01", "1.0", "alice", "a@b@c", "a b@c", "@c", "a@", "12345678901234567890"])
def test_user_in_another_spelling_is_refused(text):
    with pytest.raises(BadValue, match="not_a_user"):
        read_user(text)


def test_currency_is_three_capital_letters():
    assert read_currency("EUR") == "EUR"
    for text in ("", "eur", "EURO", "€", "EU"):
        with pytest.raises(BadValue, match="not_a_currency"):
            read_currency(text)


def test_category_name_changes_only_unicode_form_and_blanks_around():
    assert category_name(" Cafe\u0301  bar\t") == "Café  bar"
    assert category_name("food") != category_name("Food")


@pytest.mark.parametrize(
    ("units", "whole"), [(0, 0), (14, 1), (15, 2), (25, 2), (26, 3), (-15, -2), (-25, -2), (-26, -3), (-14, -1)]
)
def test_half_a_cent_goes_to_the_even_neighbour(units, whole):
    assert cents(units) == whole


@pytest.mark.parametrize(("units", "text"), [(0, "0.00"), (1, "0.001"), (-10, "-0.01"), (1_234_500, "1234.50")])
def test_amount_is_written_with_two_decimals_or_three(units, text):
    """R000-18: never a number with a point in JSON."""
    assert written(units) == text
    assert read_sum(text) == units


def test_known_texts_are_bounded(monkeypatch):
    monkeypatch.setattr(values, "MOST_KNOWN", 2)
    known = Known(read_user)

    assert known.read(["1", "2", "3", "1"]) == ["1", "2", "3", "1"]
    assert known.read(["4", "4"]) == ["4", "4"]
    assert dict(known) == {"1": "1", "2": "2"}
