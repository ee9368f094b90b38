"""The table as a workbook: what a spreadsheet reads in its cells, and that no cell is a formula. S16, I10."""

from __future__ import annotations

import datetime as dt
import io
import random
import re
import zipfile
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from budget.ledger import workbook
from budget.ledger.exporting import HEADER, SIGNS, Exported, Money, Number, plain_units, unguard
from budget.ledger.workbook import xlsx_pieces

pytestmark = pytest.mark.once

CURRENCY = 7
DAY = dt.date(2026, 11, 20)


def row(description: str = "Coffee", amount: str = "-4.50", currency: str = "EUR", **values: Any) -> Exported:
    texts: dict[str, Any] = {
        "date": DAY,
        "account": "Everyday",
        "payee": "",
        "category": "",
        "transfer_with": "",
        "note": "",
    } | values
    return Exported(description=description, amount=Number(amount), currency=currency, **texts)


def written(*rows: Exported) -> bytes:
    return b"".join(xlsx_pieces("Transactions", HEADER, iter([list(rows)]), CURRENCY))


def cells(content: bytes) -> list[list[Any]]:
    """As a spreadsheet reads the first sheet."""
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[1:]


def sheet(content: bytes, number: int = 1) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert book.testzip() is None
        return book.read(f"xl/worksheets/sheet{number}.xml").decode()


def test_dates_are_dates_and_amounts_numbers():
    content = written(row())

    assert cells(content) == [[DAY, "Everyday", "", "Coffee", "", "", -4.5, "EUR", ""]]
    assert '<c r="A2" s="2"><v>46346</v></c>' in sheet(content)
    assert '<c r="G2" s="4"><v>-4.50</v></c>' in sheet(content)


@pytest.mark.parametrize(
    ("units", "currency", "cell"),
    [
        (-1234567500, "EUR", '<c r="G2" s="4"><v>-1234567.50</v></c>'),
        (1500000, "JPY", '<c r="G2" s="3"><v>1500</v></c>'),
        (-1234, "KWD", '<c r="G2" s="5"><v>-1.234</v></c>'),
        (100, "EUR", '<c r="G2" s="4"><v>0.10</v></c>'),
        (9999999999999990, "EUR", '<c r="G2" s="4"><v>9999999999999.99</v></c>'),
        (999999999999999, "KWD", '<c r="G2" s="5"><v>999999999999.999</v></c>'),
        (9999999999999999, "KWD", '<c r="G2" t="inlineStr"><is><t>9999999999999.999</t></is></c>'),
    ],
)
def test_amounts_keep_every_digit(units: int, currency: str, cell: str):
    """C1: the file has the amount's own digits; what a spreadsheet would round is a text."""
    assert cell in sheet(written(row(amount=plain_units(units, currency), currency=currency)))


@pytest.mark.parametrize("sign", SIGNS)
def test_no_text_is_a_formula(sign: str):
    """S16: each sign that begins one, in every text of a row."""
    text = f"{sign}1+cmd|' /C calc'!A0"
    content = written(row(text, account=text, payee=text, category=text, note=text))

    assert re.findall(r"<f\b", sheet(content)) == []
    assert len(re.findall(r't="inlineStr"', sheet(content))) == len(HEADER) + 6
    if sign not in "\0\r":
        assert cells(content)[0][3] == text


@pytest.mark.parametrize("text", ["<b>&amp;", "]]>", "a\nb", " x ", "\t", "été 日本 👨‍👩‍👧", "x" * 1000, "a  b"])
def test_texts_come_back(text: str):
    assert cells(written(row("Tea", note=text)))[0][8] == text


def test_what_is_guarded_comes_back():
    rng = random.Random(16)
    letters = SIGNS.replace("\0", "").replace("\r", "") + "'\"' \n;,ab1"
    texts = ["x" + "".join(rng.choices(letters, k=rng.randrange(9))) + "x" for _ in range(3000)]
    texts += ["".join(rng.choices(letters, k=rng.randrange(1, 9))).strip() or "x" for _ in range(3000)]

    found = cells(written(*(row(text) for text in texts)))

    assert [unguard(line[3]) for line in found] == texts


def test_signs_that_no_xml_has_do_not_spoil_the_file():
    content = written(row("a\x01b\x0bc\ufffe"))

    assert "a_x0001_b_x000B_c_xFFFE_" in sheet(content)
    assert len(cells(content)) == 1


def test_day_that_spreadsheets_disagree_about_is_text():
    assert [line[0] for line in cells(written(row(date=dt.date(1900, 2, 28)), row(date=dt.date(1900, 3, 1))))] == [
        "1900-02-28",
        dt.date(1900, 3, 1),
    ]


def test_first_piece_comes_before_any_row_is_asked_for():
    def pages() -> Iterable[list[Exported]]:
        raise AssertionError("asked too early")
        yield []

    assert next(xlsx_pieces("Transactions", HEADER, pages(), CURRENCY)).startswith(b"PK\x03\x04")


def test_more_rows_than_a_sheet_holds_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workbook, "ROWS_PER_SHEET", 3)
    pages = [[row(f"{page} {number}") for number in range(2)] for page in range(4)]

    content = b"".join(xlsx_pieces("Transactions", HEADER, iter(pages), CURRENCY))

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["Transactions", "Transactions 2", "Transactions 3"]
    found = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert [line[3] for rows in found for line in rows[1:]] == [
        f"{page} {number}" for page in range(4) for number in range(2)
    ]
    assert [rows[0][0] for rows in found] == ["Date"] * 3


def test_other_tables_have_amounts_counts_and_empty_cells():
    content = b"".join(
        xlsx_pieces(
            "Summary: 10/26", ["name", "count", "total"], [[["=Rent", 3, Money(Decimal("2.5"), "EUR")], ["", None, 1]]]
        )
    )

    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["Summary  10 26"]
    assert book.get_sheet_by_index(0).to_python() == [["name", "count", "total"], ["=Rent", 3, 2.5], ["", "", 1]]
