"""Amounts in templates: the currency's decimals, the locale's separators, signs that mean something."""

import timeit
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from budget.money import amount_writer, format_amount, format_with_currency, plain_amount

pytestmark = pytest.mark.once

SHOWN = [
    # amount, currency, |money, |spent, |plain
    ("12.5", "EUR", "12.50", "12.50", "12.50"),
    ("-12.5", "EUR", "−12.50", "+12.50", "-12.50"),
    ("0", "EUR", "0.00", "0.00", "0.00"),
    ("-0.00", "EUR", "0.00", "0.00", "0.00"),
    ("1234567.89", "EUR", "1,234,567.89", "1,234,567.89", "1234567.89"),
    ("-9999999999999.99", "EUR", "−9,999,999,999,999.99", "+9,999,999,999,999.99", "-9999999999999.99"),
    ("1250", "JPY", "1,250", "1,250", "1250"),
    ("-1.5", "KWD", "−1.500", "+1.500", "-1.500"),
    ("0.125", "EUR", "0.12", "0.12", "0.125"),
    ("0.135", "EUR", "0.14", "0.14", "0.135"),
    ("-0.004", "EUR", "0.00", "0.00", "-0.004"),
    ("-0.5", "EUR", "−0.50", "+0.50", "-0.50"),
    ("-1", "JPY", "−1", "+1", "-1"),
]


@pytest.mark.parametrize(("amount", "currency", "money", "spent", "plain"), SHOWN)
def test_filters_show_an_amount_for_their_purpose(amount, currency, money, spent, plain):
    template = Template("{{ amount|money:currency }} {{ amount|spent:currency }} {{ amount|plain:currency }}")

    shown = template.render(Context({"amount": Decimal(amount), "currency": currency}))

    assert shown == f"{money} {spent} {plain}"


def test_missing_amount_is_shown_as_nothing_and_not_as_zero():
    shown = Template("[{{ amount|money:'EUR' }}{{ amount|spent:'EUR' }}{{ amount|plain:'EUR' }}]").render(
        Context({"amount": None})
    )

    assert shown == "[]"


def test_sign_can_be_left_out():
    assert format_amount(Decimal("-12.5"), "EUR", sign="none") == "12.50"


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "−1,234,567.50"),
        ("de", "−1.234.567,50"),
        ("fr", "−1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567,50"),
        ("de_CH", "−1’234’567.50"),
        ("en_IN", "−12,34,567.50"),
        ("pt-br", "−1.234.567,50"),
    ],
)
def test_separators_are_those_of_the_locale(locale, text):
    assert format_amount(Decimal("-1234567.5"), "EUR", locale=locale) == text


def test_active_language_decides_where_no_locale_is_named():
    with translation.override("de"):
        assert format_amount(Decimal("1234.5"), "EUR") == "1.234,50"


def test_writer_of_a_page_keeps_to_the_active_language():
    with translation.override("de"):
        write = amount_writer("EUR")
    with translation.override(None):
        plain = amount_writer("EUR")

    assert write(Decimal("-1234.5"), sign="income") == "+1.234,50"
    assert plain(Decimal("-1234.5")) == "−1,234.50"


@pytest.mark.parametrize(("digits", "text"), [("1", "1.00"), ("1000", "1,000.00"), ("100000", "1,00,000.00")])
def test_indian_grouping_begins_above_a_thousand(digits, text):
    assert format_amount(Decimal(digits), "INR", locale="en_IN") == text


def test_currency_stands_behind_the_amount_in_sentences():
    assert format_with_currency(Decimal("-100"), "EUR") == "−100.00 EUR"


def test_plain_text_loses_no_decimal():
    assert [plain_amount(Decimal(text), "EUR") for text in ("1", "1.5", "1.005", "1E+3")] == [
        "1.00",
        "1.50",
        "1.005",
        "1000.00",
    ]


def test_formatting_costs_little_beside_the_row_it_is_in():
    """R002-30: some millionths of a second for each amount."""
    amount = Decimal("1234567.5")
    format_amount(amount, "EUR")

    best = min(timeit.repeat(lambda: format_amount(amount, "EUR"), number=1000, repeat=9)) / 1000

    assert best < 25e-6  # seconds; some 4e-6 on one idle core
