"""Reading amounts: each spelling gives its one value or a refusal with a sentence, in every locale; none is guessed."""

import itertools
import timeit
from decimal import Decimal

import pytest

from budget.errors import BudgetError
from budget.money import (
    LARGEST,
    AmbiguousAmount,
    AmountOutOfRange,
    NoAmount,
    OtherCurrency,
    TooPrecise,
    UnreadableAmount,
    read_amount,
    read_sum,
)
from budget.money.reading import LooksLikeADate

pytestmark = pytest.mark.once

LOCALES = (None, "en", "de", "fr", "de_CH", "en_IN")

# Bodies without sign or currency: what each says in euros, whatever the locale.
BODIES = {
    "0": "0.00",
    "5": "5.00",
    "007": "7.00",
    "12": "12.00",
    "1234": "1234.00",
    "1234567": "1234567.00",
    "9999999999999.99": "9999999999999.99",
    ".5": "0.50",
    ",5": "0.50",
    "5.": "5.00",
    "5,": "5.00",
    "12.5": "12.50",
    "12,5": "12.50",
    "12.50": "12.50",
    "12,50": "12.50",
    "1,23": "1.23",
    "0.05": "0.05",
    "0,050": "0.05",
    "1234.50": "1234.50",
    "1234,5": "1234.50",
    "1234.500": "1234.50",
    "1.234,56": "1234.56",
    "1,234.56": "1234.56",
    "1,234.": "1234.00",
    "1 234,56": "1234.56",
    "1 234.56": "1234.56",
    "1 234": "1234.00",
    "1\N{NO-BREAK SPACE}234,56": "1234.56",
    "1\N{NARROW NO-BREAK SPACE}234,56": "1234.56",
    "1\N{THIN SPACE}234,56": "1234.56",
    "1'234.56": "1234.56",
    "1’234.56": "1234.56",
    "1'234,56": "1234.56",
    "1'234": "1234.00",
    "12.345.678": "12345678.00",
    "12,345,678": "12345678.00",
    "1 234 567,8": "1234567.80",
    "1.234.567,89": "1234567.89",
    "1,234,567.89": "1234567.89",
    "1'234'567.89": "1234567.89",
    "1,23,456.78": "123456.78",
    "12,34,56,789.00": "123456789.00",
    "1,23,456": "123456.00",
    "123.456,78": "123456.78",
    "123,456.78": "123456.78",
    "123 456": "123456.00",
}

# What may surround a body, and what it makes of the value.
DRESSES = {
    "{}": 1,
    " {} ": 1,
    "+{}": 1,
    "-{}": -1,
    "−{}": -1,
    "–{}": -1,
    "- {}": -1,
    "({})": -1,
    "{}-": -1,
    "€{}": 1,
    "{} €": 1,
    "€ -{}": -1,
    "-€{}": -1,
    "{} EUR": 1,
    "eur -{}": -1,
    "\N{NO-BREAK SPACE}{}\N{NO-BREAK SPACE}€": 1,
}

READ = {
    dress.format(body): sign * Decimal(value)
    for (body, value), (dress, sign) in itertools.product(BODIES.items(), DRESSES.items())
}

# Thousands or decimals: only a locale that says so can tell; 12.500 and 1.230 could even both be euros.
AMBIGUOUS = {
    "1.234": ("1234.00", None, {"de"}),
    "12.345": ("12345.00", None, {"de"}),
    "123.456": ("123456.00", None, {"de"}),
    "1,234": ("1234.00", None, {"en", "en_IN"}),
    "123,456": ("123456.00", None, {"en", "en_IN"}),
    "-1,234": ("-1234.00", None, {"en", "en_IN"}),
    "€1,234": ("1234.00", None, {"en", "en_IN"}),
    "12.500": ("12500.00", "12.50", {"de"}),
    "12,500": ("12500.00", "12.50", {"en", "en_IN"}),
}
DECIMAL_POINT = {"en", "de_CH", "en_IN"}
DECIMAL_COMMA = {"de", "fr"}

REFUSED = {
    NoAmount: ["", " ", "\t", "\N{NO-BREAK SPACE}", " \N{NARROW NO-BREAK SPACE} "],
    TooPrecise: ["0.123", "1234.567", "1.2345", "12,3456", "1.234,567", "1,234.567", "1 234.567", ".001", "0,001"],
    OtherCurrency: ["$5", "$ -5", "5 USD", "usd 5", "£5", "5 kr", "JPY 500"],
    AmountOutOfRange: ["9" * 40, "10000000000000", "-10,000,000,000,000.00", "99999999999999.99"],
    UnreadableAmount: [
        "-", "+", "()", "( )", ".", ",", "€", "EUR", "-€", "--5", "++5", "+-5", "-5-", "(-5)", "(5)-", "((5))", "(5",
        "5)", "1e3", "1E3", "NaN", "nan", "Infinity", "inf", "-inf", "1_000", "0x10", "0b1", "1/2", "12.5%", "50%",
        "five",
        "12,5o", "l2.50", "1O", "١٢", "１２", "१२", "²", "½", "٣٫٥", "12..50", "12,,50", "1.,5", "1..", "..1", "12.50.",
        "1,2345.6", "12,34,5", "1,23,45", "1,2,3", "1.23.456", "1.234.56", "12 50", "1 23", "1  234", "1 2345", "'234",
        "0,123.45", "01,234.00", "1,234,56.00", "1,234.567,89", "1.234'567,89", "1'234,567.89", "1234,567,890",
        "1,234 567", "123,45,678", "1X234",
        "€5€", "€5 EUR", "5 EUR EUR", "EUR", "5 EURO", "5 XYZ", "12.50 or so", "about 12", "12;50", "12:50", "=1+1",
        "12+4", "3*4", "12\x00", "12\n50", "<b>5</b>", "'; DROP TABLE", "5 5", "- - 5", "5 -5", "−−5", "\N{MINUS SIGN}",
        "5\N{ZERO WIDTH SPACE}0", "\N{RIGHT-TO-LEFT MARK}5", "1" + "0" * 60 + ".0",
    ],
}  # fmt: skip


def test_at_least_400_spellings_are_known():
    """T5: 400 spellings."""
    refused = sum(len(texts) for texts in REFUSED.values())

    assert len(READ) + len(AMBIGUOUS) + refused >= 400
    assert refused >= 100


@pytest.mark.parametrize("locale", LOCALES)
def test_spelling_with_one_meaning_is_read_in_every_locale(locale):
    """T5: the right value."""
    read = {text: read_amount(text, currency="EUR", locale_hint=locale) for text in READ}

    assert read == READ
    assert {value.as_tuple().exponent for value in read.values()} == {-2}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("refusal", REFUSED)
def test_spelling_without_meaning_is_refused_in_every_locale(refusal, locale):
    """T5, R004-17: refused with a sentence."""
    for text in REFUSED[refusal]:
        with pytest.raises((UnreadableAmount, AmountOutOfRange)) as raised:
            read_amount(text, currency="EUR", locale_hint=locale)
        assert type(raised.value) is refusal, f"{text!r}: {raised.value}"
        assert str(raised.value).endswith((".", "?"))


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("text", AMBIGUOUS)
def test_spelling_with_two_meanings_is_asked_unless_the_locale_tells(text, locale):
    """T5: never guessed."""
    thousands, fraction, grouping_locales = AMBIGUOUS[text]
    decimal_locales = DECIMAL_POINT if "." in text else DECIMAL_COMMA

    try:
        outcome = str(read_amount(text, currency="EUR", locale_hint=locale))
    except AmbiguousAmount:
        outcome = "asked"

    if locale in grouping_locales:
        assert outcome == thousands
    elif fraction and locale in decimal_locales:
        assert outcome == fraction
    else:
        assert outcome == "asked"


@pytest.mark.parametrize(
    ("text", "currency", "sentence"),
    [
        ("", "EUR", "Enter an amount, such as 12.50."),
        ("", "JPY", "Enter an amount, such as 1250."),
        ("12,5o", "EUR", "We could not read “12,5o”. Use digits, such as 12.50."),
        ("x" * 24, "EUR", f"We could not read “{'x' * 24}”. Use digits, such as 12.50."),
        ("x" * 25, "EUR", f"We could not read “{'x' * 23}…”. Use digits, such as 12.50."),
        ("x" * 100, "EUR", f"We could not read “{'x' * 23}…”. Use digits, such as 12.50."),
        ("12.3456", "EUR", "“12.3456” has too many decimals: EUR has two decimals."),
        ("1.5", "JPY", "“1.5” has too many decimals: JPY has no decimals."),
        ("1.2345", "KWD", "“1.2345” has too many decimals: KWD has three decimals."),
        ("$5", "EUR", "“$5” is not in EUR. Enter the amount in EUR."),
        ("9" * 40, "EUR", "This amount is too large. Use one below 10,000,000,000,000."),
        ("1.234", "EUR", "Is “1.234” 1,234.00 or 1.234? Write 1234 or 1,234.00."),
        ("1,234", "EUR", "Is “1,234” 1,234.00 or 1.234? Write 1234 or 1,234.00."),
        ("12.500", "EUR", "Is “12.500” 12,500.00 or 12.50? Write 12500 or 12.50."),
        ("1.234", "KWD", "Is “1.234” 1,234.000 or 1.234? Write 1234 or 01.234."),
        ("1.500", "KWD", "Is “1.500” 1,500.000 or 1.50? Write 1500 or 1.50."),
    ],
)
def test_refusal_says_what_to_write(text, currency, sentence):
    with pytest.raises(BudgetError) as raised:
        read_amount(text, currency=currency)

    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    ("text", "currency", "locale", "amount"),
    [
        ("1250", "JPY", None, "1250"),
        ("1,250", "JPY", None, "1250"),
        ("1.250", "JPY", None, "1250"),
        ("¥1,250", "JPY", None, "1250"),
        ("1.234", "KWD", "en", "1.234"),
        ("1.234", "KWD", "de", "1234.000"),
        ("01.234", "KWD", None, "1.234"),
        ("0.123", "KWD", None, "0.123"),
        ("1,234.567", "KWD", None, "1234.567"),
        ("$5", "USD", None, "5.00"),
        ("$5", "CAD", None, "5.00"),
        ("CA$5", "CAD", None, "5.00"),
        ("$ -5", "USD", None, "-5.00"),
        ("12.50 kr.", "SEK", None, "12.50"),
        ("Fr. 5.50", "CHF", "de_CH", "5.50"),
        ("zł12", "PLN", None, "12.00"),
        ("₹1,23,456.78", "INR", "en_IN", "123456.78"),
    ],
)
def test_amount_has_the_decimals_of_its_currency(text, currency, locale, amount):
    assert str(read_amount(text, currency=currency, locale_hint=locale)) == amount


def test_what_an_ambiguous_amount_is_told_to_write_is_read():
    for text, currency in (("1.234", "EUR"), ("12.500", "EUR"), ("1.234", "KWD"), ("1.500", "KWD")):
        with pytest.raises(AmbiguousAmount) as raised:
            read_amount(text, currency=currency)
        ways = str(raised.value).partition("Write ")[2].rstrip(".").split(" or ")
        assert {str(read_amount(way, currency=currency)) for way in ways}


@pytest.mark.parametrize(
    ("currency", "marks"),
    [
        ("ARS", ["$"]),
        ("CHF", ["Fr.", "SFr.", "Fr", "fr"]),
        ("CLP", ["$"]),
        ("COP", ["$"]),
        ("CZK", ["Kč"]),
        ("DKK", ["kr.", "kr"]),
        ("HUF", ["Ft"]),
        ("INR", ["Rs.", "Rs", "₹"]),
        ("ISK", ["kr.", "kr"]),
        ("MYR", ["RM"]),
        ("NOK", ["kr.", "kr"]),
        ("PLN", ["zł"]),
        ("RON", ["lei"]),
        ("RUB", ["₽"]),
        ("SEK", ["kr.", "kr"]),
        ("SGD", ["$", "S$"]),
        ("TRY", ["₺"]),
        ("UAH", ["₴"]),
        ("ZAR", ["R"]),
    ],
)
def test_currency_may_be_written_as_its_people_write_it(currency, marks):
    texts = [text for mark in [*marks, currency] for text in (f"{mark} 50", f"50 {mark}", f"{mark}50")]

    assert {text: read_amount(text, currency=currency) for text in texts} == dict.fromkeys(texts, Decimal(50))


def test_text_of_60_characters_is_read_and_no_longer_one():
    assert read_amount("0" * 59 + "5", currency="EUR") == Decimal("5.00")
    with pytest.raises(UnreadableAmount):
        read_amount("0" * 60 + "5", currency="EUR")


def test_there_is_no_minus_zero():
    assert [str(read_amount(text, currency="EUR")) for text in ("-0", "(0.00)", "−.0")] == ["0.00"] * 3


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("12.50", "12.50"),
        ("12+4.50", "16.50"),
        ("12 + 4,50", "16.50"),
        ("20-3.50+1", "17.50"),
        ("1,234.56−234.56", "1000.00"),
        ("5-8", "-3.00"),
        ("-5+8", "3.00"),
        ("€5+3", "8.00"),
        ("11+" * 79 + "100", "969.00"),  # 240 characters, the most there may be
    ],
)
def test_sums_are_added_up(text, total):
    assert str(read_sum(text, currency="EUR")) == total


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "12+",
        "12.50-",
        "12++4",
        "12+x",
        "12*4",
        "12/4",
        "(1+2)",
        "2**9",
        "__import__('os')",
        "1" * 241,
        "11+" * 79 + "1000",
    ],
)
def test_what_is_no_sum_is_refused(text):
    with pytest.raises(UnreadableAmount):
        read_sum(text, currency="EUR")


@pytest.mark.parametrize(
    "text", ["2026-11-20", " 2026-11-20 ", "2026-11", "2026-1-5", "20-11-2026", "11-20-26", "20-11", "12-12", "31-12"]
)
def test_date_is_no_sum(text):
    with pytest.raises(LooksLikeADate) as refused:
        read_sum(text, currency="EUR")

    assert str(refused.value) == f"“{text.strip()}” looks like a date. Enter an amount, such as 12.50."


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("20 - 11", "9.00"),
        ("50-40", "10.00"),
        ("2026-99", "1927.00"),
        ("13-14", "-1.00"),
        ("12-32", "-20.00"),
        ("20.00-11", "9.00"),
        ("2026-11-20-5", "1990.00"),
    ],
)
def test_sum_that_no_calendar_has_is_added_up(text, total):
    assert str(read_sum(text, currency="EUR")) == total


def test_sum_may_be_the_largest_amount():
    assert read_sum("9999999999999.998+0.001", currency="KWD") == LARGEST


def test_sum_beyond_every_row_is_refused():
    with pytest.raises(AmountOutOfRange):
        read_sum("9999999999999.99+1", currency="EUR")


@pytest.mark.parametrize("piece", ["1", "1,", "1,111", "-", "(", " ", "€", "1 ", ".", "1+1"])
def test_reading_takes_time_in_proportion_to_the_text(piece):
    """R002-30: a long text takes no more than its share."""

    def seconds(length):
        text = (piece * length)[:length]

        def read():
            for reader in (read_amount, read_sum):
                try:
                    reader(text, currency="EUR")
                except BudgetError:
                    continue

        return min(timeit.repeat(read, number=1, repeat=5))

    assert seconds(200_000) < 0.25  # a quadratic reader takes minutes
