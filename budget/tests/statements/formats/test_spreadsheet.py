"""Spreadsheets: every sheet of movements is a statement; hostile files end within limits. I1, S14."""

from __future__ import annotations

import datetime as dt
import io
import json
import time
from decimal import Decimal
from pathlib import Path

import pytest

from budget.statements.formats import spreadsheet
from budget.statements.formats.base import AccountHint, Answers, Event, StatementStart, UnreadableFile
from budget.statements.formats.sheetprogram import cell, write_book, write_sheet
from budget.tests.statements.formats.tables import lines, ods, refused, remarks, row, xlsx

pytestmark = pytest.mark.once

SAMPLES = Path(__file__).resolve().parents[1] / "samples" / "xlsx"
HEADER = row(1, "Date", "Text", "Amount")
MOVEMENTS = HEADER + row(2, "2026-01-13", "a", -1.5) + row(3, "2026-01-14", "b", 0.1 + 0.2)


def read(source: io.BytesIO, answers: Answers | None = None) -> list[Event]:
    return list(spreadsheet.read(source, answers or Answers()))


def refusal(source: io.BytesIO) -> str:
    with pytest.raises(UnreadableFile) as refused_:
        read(source)
    return str(refused_.value)


def test_four_sheets_are_four_statements_with_the_raw_sums():
    """I1."""
    sums: dict[str, Decimal] = {}
    with (SAMPLES / "four_sheets.xlsx").open("rb") as source:
        found = list(spreadsheet.read(source, Answers()))
    for event in found:
        if isinstance(event, StatementStart):
            sums[event.account.name] = Decimal(0)
        elif event in lines(found):
            sums[list(sums)[-1]] += event.printed

    dates = [line.date for line in lines(found)]
    assert sums == {
        "余额变更": Decimal("123.33"),
        "支出": Decimal("-1122.40"),
        "收入": Decimal("-6542.88"),
        "转账": Decimal("0.05"),
    }
    assert (len(dates), min(dates), max(dates)) == (7, dt.date(2024, 9, 1), dt.date(2024, 9, 11))
    assert {line.currency for line in lines(found)} == {"CNY"}


def test_the_kind_of_a_sheet_says_what_a_positive_amount_means():
    with (SAMPLES / "four_sheets.xlsx").open("rb") as source:
        found = lines(list(spreadsheet.read(source, Answers())))

    assert [(line.place, line.printed, line.amount) for line in found[2:5]] == [
        ("row 2 of “支出”", Decimal("-1123.4"), Decimal("-1123.4")),
        ("row 3 of “支出”", Decimal("1"), Decimal("1")),
        ("row 2 of “收入”", Decimal("-6543"), Decimal("6543")),
    ]
    assert [line.number for line in found] == [1, 2, 3, 4, 5, 6, 7]


def test_sheets_of_labels_are_refused_with_what_was_found():
    with (SAMPLES / "not_a_statement.xlsx").open("rb") as source:
        said = refusal(io.BytesIO(source.read()))

    assert said == (
        "None of the 5 sheets is a table of movements. “FirstSheet”: No column has dates. "
        "The first line is “A1 | B1 | C1”. A statement has a date in every row."
    )


def test_numbers_have_the_digits_that_the_sheet_shows():
    assert [line.printed for line in lines(read(xlsx(MOVEMENTS)))] == [Decimal("-1.5"), Decimal("0.3")]


def test_numbers_keep_their_value_beside_texts_with_a_decimal_comma():
    sheet = HEADER + row(2, "2026-01-13", "a", -1.234) + row(3, "2026-01-14", "b", "-1,50")

    assert [line.printed for line in lines(read(xlsx(sheet)))] == [Decimal("-1.234"), Decimal("-1.50")]


def test_a_bad_row_is_named_by_its_place_in_the_sheet():
    sheet = MOVEMENTS + row(6, "2026-01-15", "c", "12..34")

    [bad] = refused(read(xlsx(sheet)))

    assert (bad.place, bad.column, bad.value) == ("row 6 of “Sheet1”", "Amount", "12..34")


def test_cover_sheets_are_passed_over_and_totals_left_out():
    source = xlsx(row(1, "Report", "of", "April"), Movements=MOVEMENTS + row(9, "Total", "", -1.2))

    found = read(source)

    assert found[0] == StatementStart(account=AccountHint(name="Movements"))
    assert (len(lines(found)), remarks(found)) == (2, ("Left out at the end: “Total -1.2”",))


def test_a_mapping_holds_for_every_sheet_with_its_header():
    source = xlsx(
        MOVEMENTS, Second=MOVEMENTS, Other=row(1, "Datum", "Tekst", "Bedrag") + row(2, "2026-01-13", "a", 1.0)
    )
    mapped = spreadsheet.guess(source)[0][1].layout.to_plain() | {"sign": "money_out_positive"}

    found = read(source, Answers(columns=mapped))

    assert [line.amount for line in lines(found)] == [Decimal("-1.5"), Decimal("0.3")] * 2


def test_a_mapping_for_another_header_is_refused():
    mapped = spreadsheet.guess(xlsx(MOVEMENTS))[0][1].layout.to_plain() | {"names": ["When", "What", "How much"]}

    with pytest.raises(UnreadableFile, match="No sheet has the header"):
        read(xlsx(MOVEMENTS), Answers(columns=mapped))


def test_the_preview_shows_the_first_sheet_with_the_header():
    source = xlsx(row(1, "Cover"), Movements=MOVEMENTS)

    shown = spreadsheet.preview_columns(source, spreadsheet.guess(source)[0][1].layout, 1)

    assert (shown.names, shown.rows) == (("Date", "Text", "Amount"), (("2026-01-13", "a", "-1.5"),))


def test_an_opendocument_sheet_is_read():
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    date = '<table:table-cell office:value-type="date" office:date-value="{0}"><text:p>x</text:p></table:table-cell>'
    number = '<table:table-cell office:value-type="float" office:value="{0}"><text:p>x</text:p></table:table-cell>'
    names = "".join(map(text.format, ("Datum", "Omschrijving", "Bedrag")))
    cells = date.format("2026-02-01") + text.format("Winkel") + number.format("-12.5")
    source = ods(f"<table:table-row>{names}</table:table-row><table:table-row>{cells}</table:table-row>")

    [line] = lines(read(source))

    assert spreadsheet.ODS.recognises(source.getvalue())
    assert (line.date, line.text, line.amount) == (dt.date(2026, 2, 1), "Winkel", Decimal("12.5"))


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("two cells in far corners", xlsx(row(1, "x") + row(1_048_576, "y", first="Z"))),
        ("a million columns", xlsx(row(1, "x") + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')),
        (
            "repeated cells",
            ods(
                '<table:table-row table:number-rows-repeated="1048570"><table:table-cell '
                'table:number-columns-repeated="16384" office:value-type="float" office:value="1"/></table:table-row>'
            ),
        ),
        ("deep XML", xlsx("<x>" * 100_000)),
        ("half a sheet", xlsx(MOVEMENTS + '<row r="4"><c r="A4"><v>1')),
        ("a sheet of blanks", xlsx(" " * 5_000_000)),
        ("nothing but a mark", io.BytesIO(b"PK\x03\x04" + bytes(100))),
        ("an old office file with nothing in it", io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_hostile_spreadsheets_are_refused_quickly(name, source):
    """S14: within 2 s of computing, and the limits of the program that unpacks."""
    began = time.process_time()

    assert refusal(source)

    assert time.process_time() - began < 2


@pytest.mark.parametrize("cut", range(1, 10))
def test_a_truncated_spreadsheet_is_refused(cut):
    """I6."""
    content = xlsx(MOVEMENTS).getvalue()

    assert "damaged" in refusal(io.BytesIO(content[: len(content) * cut // 10]))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        (-1123.4, ["-1123.4"]),
        (0.1 + 0.2, ["0.3"]),
        (-6543.0, ["-6543"]),
        (9999999999999.99, ["9999999999999.99"]),
        (0.00001, ["0.00001"]),
        (1e20, ["1e+20"]),
        (float("nan"), ["nan"]),
        (7, ["7"]),
        (True, ["true"]),
        (dt.datetime.fromisoformat("2026-01-31"), ["2026-01-31"]),
        (dt.datetime.fromisoformat("2026-01-31 23:59:01"), ["2026-01-31 23:59:01"]),
        (dt.date(2026, 1, 31), ["2026-01-31"]),
        (dt.timedelta(hours=1), ["1:00:00"]),
    ],
)
def test_a_cell_is_written_as_the_sheet_shows_it(value, text):
    assert cell(value) == text


def test_the_program_writes_sheets_and_rows_that_are_not_blank():
    out = io.StringIO()

    write_book(str(SAMPLES / "not_a_statement.xlsx"), out)

    said = [json.loads(line) for line in out.getvalue().splitlines()]
    assert said[:2] == [{"sheet": "FirstSheet"}, [1, ["A1", "B1", "C1"]]]
    assert said[-1] == {"done": True}


def test_the_program_says_what_a_broken_book_is(tmp_path):
    (tmp_path / "book").write_bytes(b"PK")
    out = io.StringIO()

    write_book(str(tmp_path / "book"), out)

    assert json.loads(out.getvalue())["error"] == "damaged"


def test_a_sheet_with_far_more_cells_than_a_statement_is_too_large():
    class Wide:
        name, total_height, total_width = "Wide", 1_000_000, 16_384

    with pytest.raises(MemoryError):
        write_sheet(Wide(), io.StringIO())


def test_more_than_a_hundred_sheets_are_refused():
    assert "more than 100 sheets" in refusal(xlsx(MOVEMENTS, **{f"S{number}": MOVEMENTS for number in range(101)}))


def test_content_decides_which_spreadsheet_it_is():
    heads = [xlsx(MOVEMENTS).getvalue(), ods("").getvalue(), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"Date,Text"]
    formats = (spreadsheet.XLSX, spreadsheet.ODS, spreadsheet.XLS)

    assert [[format_.recognises(head) for format_ in formats] for head in heads] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
        [False, False, False],
    ]
