"""The table that is taken away: what stands in its cells, and that no spreadsheet runs any of it. S16."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from budget.ledger.exporting import (
    HEADER,
    SIGNS,
    Cell,
    Exported,
    Money,
    category_names,
    category_path,
    csv_pieces,
    guard,
    plain_units,
    unguard,
)
from budget.money import from_units, plain_amount

pytestmark = pytest.mark.once

DAY = dt.date(2026, 11, 20)


def row(description: str = "Coffee", amount: str = "-4.50", currency: str = "EUR", **values: str) -> Exported:
    texts = {"account": "Everyday", "payee": "", "category": "", "transfer_with": "", "note": ""} | values
    return Exported(
        date=DAY, description=description, amount=Money(Decimal(amount), currency), currency=currency, **texts
    )


def cells(*rows: Exported) -> list[list[str]]:
    """As a spreadsheet reads the file."""
    written = "".join(csv_pieces(HEADER, [rows])).encode()
    return list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))[1:]


def test_first_piece_is_the_mark_and_the_header():
    pieces = csv_pieces(HEADER, iter([[row()]]))

    assert next(pieces) == (
        "\ufeffDate,Account,Payee,Description,Category,Transfer with,Amount (money out is negative),Currency,Note\r\n"
    )
    assert next(pieces) == "2026-11-20,Everyday,,Coffee,,,-4.50,EUR,\r\n"


def test_quotes_commas_and_line_ends_are_those_of_rfc_4180():
    [piece] = list(csv_pieces(HEADER, [[row('a "b", c', note="one\ntwo")]]))[1:]

    assert piece == '2026-11-20,Everyday,,"a ""b"", c",,,-4.50,EUR,"one\ntwo"\r\n'


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        ("-1234567.5", "EUR", "-1234567.50"),
        ("1500", "JPY", "1500"),
        ("-1.234", "KWD", "-1.234"),
        ("-0.00", "EUR", "0.00"),
    ],
)
def test_amounts_stay_numbers_with_the_decimals_of_their_currency(amount, currency, written):
    assert cells(row(amount=amount, currency=currency))[0][6] == written


@pytest.mark.parametrize("sign", SIGNS)
def test_no_text_begins_with_the_sign_of_a_formula(sign):
    """S16: each of them, alone, in front, behind blanks, and where another spreadsheet begins a new cell."""
    for text in (
        sign,
        f"{sign}1+1",
        f"  {sign}1",
        f'"{sign}1"',
        f"a;{sign}1",
        f"a\n{sign}1",
        f"a\t {sign}1",
        f"';{sign}",
    ):
        kept = guard(text)
        for cell in kept.replace("\n", ";").replace("\r", ";").replace("\t", ";").split(";"):
            assert cell.strip(' "\xa0')[:1] not in set(SIGNS) - {""} or not cell.strip(' "\xa0'), (text, kept)
        assert unguard(kept) == text


@pytest.mark.parametrize("text", ["", "Coffee", "it's", "3-5", "a=b", "'quoted'", "a; b", "50 %", "(=)", "#1"])
def test_harmless_text_stays_as_it_is(text):
    assert guard(text) == text == unguard(text)


@pytest.mark.parametrize("count", [20_000, pytest.param(1_000_000, marks=pytest.mark.nightly)])
def test_what_is_guarded_comes_back(count):
    """S16, I10."""
    rng = random.Random(16)
    letters = SIGNS + "'\"' \n;,ab1\N{NO-BREAK SPACE}"
    for _ in range(count):
        text = "".join(rng.choices(letters, k=rng.randrange(9)))
        assert unguard(guard(text)) == text


def test_every_column_of_texts_is_guarded():
    for place, name in enumerate(Exported._fields):
        if name not in ("date", "amount"):
            values: list[Any] = list(row())
            values[place] = "=1+1"
            [written] = cells(Exported(*values))
            assert written[place] == "'=1+1"


def test_other_tables_have_numbers_and_empty_cells_too():
    rows: list[list[Cell]] = [["Rent", 3, None, Money(Decimal("2.5"), "EUR"), DAY]]

    assert list(csv_pieces(["=Name", "Count"], [rows])) == ["\ufeff'=Name,Count\r\n", "Rent,3,,2.50,2026-11-20\r\n"]


@pytest.mark.parametrize(
    ("names", "path"),
    [
        (["Rent"], "Rent"),
        (["Housing", "Rent"], "Housing > Rent"),
        (["Housing > Rent"], "Housing >> Rent"),
        (["a>", ">b"], "a>> > >>b"),
    ],
)
def test_path_of_a_category_is_its_alone(names, path):
    *parent, name = names

    assert category_path(name, *parent) == path
    assert category_names(path) == names


@given(st.integers(-(10**16) + 1, 10**16 - 1), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_thousandths_are_written_like_their_amount(units, currency):
    assert plain_units(units, currency) == plain_amount(from_units(units), currency)


@pytest.mark.parametrize(
    "texts", [["Tea", "=1+1", ""], ["a;=b", "Tea"], ["x\x1f=y", "x\x1f"], ["'quoted", "été"], [""]]
)
def test_column_is_guarded_like_each_of_its_texts(texts):
    piece = list(csv_pieces(["Text", "Count"], [[[text, 1] for text in texts]]))[1]

    assert [text for text, _ in csv.reader(io.StringIO(piece, newline=""))] == [guard(text) for text in texts]
