"""Amounts as banks print them: one value or a refusal for each decimal mark, and the mark proved or asked (T5)."""

import random
import time
from decimal import Decimal

import pytest

from budget.statements.formats.amounts import (
    LARGEST,
    BadAmount,
    UnclearAmounts,
    decide_mark,
    find_mark,
    is_unclear,
    read_amount,
)
from budget.statements.formats.base import DecimalMark, UnreadableFile

pytestmark = pytest.mark.once

POINT, COMMA = DecimalMark.POINT, DecimalMark.COMMA

# What a text says with a decimal point and with a decimal comma; None where that is no amount.
READ: dict[str, tuple[str | None, str | None]] = {
    "0": ("0", "0"),
    "007": ("7", "7"),
    "+5": ("5", "5"),
    "5.": ("5", None),
    "5,": (None, "5"),
    ".5": ("0.5", None),
    ",5": (None, "0.5"),
    "-12.50": ("-12.50", None),
    "−12,50": (None, "-12.50"),
    "–12,50": (None, "-12.50"),
    "12.50-": ("-12.50", None),
    "12,50 -": (None, "-12.50"),
    "(12.50)": ("-12.50", None),
    "( 12,50 €)": (None, "-12.50"),
    "1234": ("1234", "1234"),
    "1.234": ("1.234", "1234"),
    "1,234": ("1234", "1.234"),
    "0.123": ("0.123", None),
    "1234.567": ("1234.567", None),
    "1.234,56": (None, "1234.56"),
    "1,234.56": ("1234.56", None),
    "1 234,56": (None, "1234.56"),
    "1 234": ("1234", "1234"),
    "1\N{NO-BREAK SPACE}234,5": (None, "1234.5"),
    "1\N{NARROW NO-BREAK SPACE}234.5": ("1234.5", None),
    "1\N{THIN SPACE}234.5": ("1234.5", None),
    "1'234.56": ("1234.56", None),
    "1’234,56": (None, "1234.56"),
    "1.234.567": (None, "1234567"),
    "1,234,567": ("1234567", None),
    "12,34,56,789.00": ("123456789.00", None),
    "29.000": ("29.000", "29000"),
    "-00000000001500.0000": ("-1500.0000", None),
    "+00000000000115.8331": ("115.8331", None),
    "9999999999999.99": ("9999999999999.99", None),
    "-0.00": ("0.00", None),
    "12.123456789012": ("12.123456789012", None),
    "$ -5": ("-5", "-5"),
    "-$5.00": ("-5.00", None),
    "EUR 12,50": (None, "12.50"),
    "12.50 eur": ("12.50", None),
    "R$ 1.234,56": (None, "1234.56"),
    "kr. 100": ("100", "100"),
    "100 kr": ("100", "100"),
    "Fr. 5.50": ("5.50", None),
    "￥12.00": ("12.00", None),
    " \t12.50\N{NO-BREAK SPACE}": ("12.50", None),
}

REFUSED = [
    "", " ", "-", "+", "()", ".", ",", "€", "--5", "+-5", "-5-", "(-5)", "((5))", "(5", "5)", "-(5)", "1e5", "1E5",
    "NaN", "Infinity", "-inf", "1_000", "0x10", "1/2", "12.5%", "five", "١٢", "１２", "²", "½", "12..50", "12,,50",
    "1.,5", "12.50.", "1,2345.6", "1,2,3", "1.23.456", "12 50", "1  234", "'234", "0,123.45", "01,234.00",
    "1'234,567.89", "123,45,678", "€5€", "5 EUR EUR", "5 EURO", "5 XYZ", "12:50", "=1+1", "3*4", "12\x0050", "12\n50",
    "<b>5</b>", "5 5", "31.01.2026", "2026-01-31", "12.50 CR", "12.50 D", "5\N{ZERO WIDTH SPACE}0", "10000000000000",
    "9" * 40, "9999999999999.995", "0.1234567890123", "1" * 61,
]  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_amount_has_its_value_with_each_mark(text):
    """T5: the right value, every digit kept."""
    for mark, value in zip((POINT, COMMA), READ[text], strict=True):
        if value is None:
            with pytest.raises(BadAmount):
                read_amount(text, mark)
        else:
            assert str(read_amount(text, mark)) == value


@pytest.mark.parametrize("text", REFUSED)
@pytest.mark.parametrize("mark", DecimalMark)
def test_what_is_no_amount_is_refused_with_a_sentence(text, mark):
    """T5: no amount becomes zero, none is guessed."""
    with pytest.raises(BadAmount) as raised:
        read_amount(text, mark)

    assert str(raised.value).endswith(".")
    assert len(str(raised.value)) < 160


def test_random_amounts_come_back_from_every_spelling():
    """T5: 2,000 amounts, grouped and dressed as banks do it."""
    chance = random.Random(4)
    for _ in range(2_000):
        whole, places = chance.randrange(10 ** chance.randint(1, 13)), chance.randint(0, 5)
        fraction = "".join(chance.choices("0123456789", k=places))
        value = Decimal(f"{whole}.{fraction}" if places else f"{whole}")
        if value > LARGEST:
            continue
        mark = chance.choice([POINT, COMMA])
        gap = chance.choice(["", " ", "'", "," if mark == POINT else "."])
        body = f"{whole:,}".replace(",", gap) + (mark + fraction if places else "")
        dress, sign = chance.choice(
            [("{}", 1), ("+{}", 1), ("-{}", -1), ("({})", -1), ("{}-", -1), ("EUR {}", 1), ("−{} €", -1)]
        )
        assert read_amount(dress.format(body), mark) == sign * value, (body, mark)


def test_zero_is_never_negative():
    assert not read_amount("-0.00", POINT).is_signed()
    assert not read_amount("(0)", POINT).is_signed()


def test_time_is_linear_in_the_length():
    """S17: no text makes it slow."""
    texts = ["9" * 1_000_000, "1," * 500_000, "-" * 1_000_000, " " * 1_000_000, "(" * 1_000_000, "1 " * 500_000]

    start = time.process_time()
    for text in texts:
        with pytest.raises(BadAmount):
            read_amount(text, POINT)

    assert time.process_time() - start < 0.5


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        ([], None),
        (["5", "1234", "no amount", "12..34"], None),
        (["1.234"], None),
        (["1.234", "-12.50"], POINT),
        (["1.234", "12,5"], COMMA),
        (["1.234", "1.234,56"], COMMA),
        (["1,234", "1,234,567"], POINT),
        (["1.234.567"], COMMA),
        (["1,234", "0,123"], COMMA),
        (["1234.567"], POINT),
        (["1 234,567"], COMMA),
    ],
)
def test_mark_is_what_the_amounts_prove(texts, mark):
    assert find_mark(texts) == mark


def test_marks_of_both_kinds_are_named():
    """Not the majority decides."""
    with pytest.raises(BadAmount) as raised:
        find_mark(["1.5", "2.5", "1.234,56"])

    assert str(raised.value) == "Some amounts have a decimal point (“1.5”), others a decimal comma (“1.234,56”)."


def test_decision_is_the_answer_then_the_proof_then_a_question():
    """T5: `1.234` is asked, never guessed."""
    assert decide_mark(["1.234"], COMMA) == COMMA
    assert decide_mark(["1.5", "1,5"], POINT) == POINT
    assert decide_mark(["1.234", "1,5"]) == COMMA
    assert decide_mark(["5", "1234"]) == POINT
    with pytest.raises(UnclearAmounts) as raised:
        decide_mark(["5", " 1.234 ", "2,345"])
    assert raised.value.example == "1.234"
    with pytest.raises(UnreadableFile, match="Choose the decimal mark"):
        decide_mark(["1.5", "1,5"])


def test_only_what_differs_is_unclear():
    assert [
        text for text in ("5", "1.5", "1,5", "1.234", "1,234", "0.123", "0", "x", "1.234.567") if is_unclear(text)
    ] == [
        "1.234",
        "1,234",
    ]
