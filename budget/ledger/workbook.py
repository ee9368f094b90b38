"""A table as XLSX, sent while it is written: plain values in, bytes out, and no cell that is a formula.

Written here rather than by a library, because those that were looked at (XlsxWriter, openpyxl) hold the file back until
its end and put amounts through a binary fraction on the way. Parts and fields: ECMA-376, SpreadsheetML.

- A text is typed as text (`inlineStr`), whatever it begins with. The few texts that look as if our CSV had guarded
  them are guarded, so that the import, which takes such guards away, gives back what was there.
- An amount is written with its own decimal digits. A spreadsheet counts with 15 of them; an amount that has 16 (from
  1,000,000,000,000.001 on, with three decimals) stands as text, since any spreadsheet would alter it as a number.
- A date is a day number with a date's format; one before March 1900, where spreadsheets disagree, is ISO text.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from html import escape
from typing import IO, Any, cast

from budget.ledger.exporting import Cell, Money, Number, guard, unguard
from budget.money import decimals, plain_amount

TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_PER_SHEET = 1_048_575
"""What a sheet holds beside its header; more go on in the next one."""

DIGITS = 15
EPOCH, FIRST_SURE = dt.date(1899, 12, 30), dt.date(1900, 3, 1)
PLAIN, HEAD, DATE, WHOLE, CENTS, THOUSANDTHS = range(6)
STYLES = {0: WHOLE, 2: CENTS, 3: THOUSANDTHS}
UNPRINTED = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
WIDTHS = {"Date": 12, "Account": 20, "Payee": 28, "Description": 40, "Category": 28, "Transfer with": 20, "Note": 40}
BLANKS = re.compile(r"^\s|\s\Z|[\t\n]|  ")

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
STYLESHEET = (
    f'{DECLARED}<styleSheet xmlns="{MAIN}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="165" formatCode="#,##0.000"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="6"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    + "".join(
        f'<xf numFmtId="{number}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
        for number in (164, 3, 4, 165)
    )
    + '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


class _Sent(io.RawIOBase):
    """What was written and not yet sent."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        """Take a piece in."""
        self._pieces.append(bytes(piece))
        return len(self._pieces[-1])

    def take(self) -> bytes:
        """Give away what there is."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def xlsx_pieces(
    title: str, header: Sequence[str], pages: Iterable[Iterable[Sequence[Cell]]], currency: int | None = None
) -> Iterator[bytes]:
    """A table as a workbook: its beginning at once, then a piece for each page of rows.

    Args:
        title: the sheet's name, without signs that such a name cannot have.
        currency: the column that says in which currency a `Number` of its row is.
    """
    sent = _Sent()
    rest = iter(pages)
    page: list[Sequence[Cell]] | None = []
    with zipfile.ZipFile(cast(IO[bytes], sent), "w", zipfile.ZIP_DEFLATED, compresslevel=6) as book:
        book.writestr("xl/styles.xml", STYLESHEET)
        sheets = 0
        while page is not None:
            sheets += 1
            with book.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as sheet:
                sheet.write(_beginning(header).encode())
                yield sent.take()
                row = 1
                while page is not None and row <= ROWS_PER_SHEET:
                    part, page = page[: ROWS_PER_SHEET + 1 - row], page[ROWS_PER_SHEET + 1 - row :]
                    sheet.write("".join(_row(row + at, cells, currency) for at, cells in enumerate(part, 1)).encode())
                    row += len(part)
                    yield sent.take()
                    if not page:
                        found = next(rest, None)
                        page = None if found is None else list(found)
                sheet.write(f'</sheetData><autoFilter ref="A1:{_letter(len(header))}{row}"/></worksheet>'.encode())
        for name, content in _frame(title, sheets):
            book.writestr(name, content)
    yield sent.take()


def _beginning(header: Sequence[str]) -> str:
    columns = "".join(
        f'<col min="{place}" max="{place}" width="{WIDTHS.get(name, 16)}" customWidth="1"/>'
        for place, name in enumerate(header, 1)
    )
    cells = "".join(_text(name, f"{_letter(place)}1", HEAD) for place, name in enumerate(header, 1))
    return (
        f'{DECLARED}<worksheet xmlns="{MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<cols>{columns}</cols><sheetData><row r="1">{cells}</row>'
    )


def _row(number: int, cells: Sequence[Cell], currency: int | None) -> str:
    code = str(cells[currency]) if currency is not None else ""
    written = "".join(
        _cell(cell, f"{_letter(place)}{number}", code) for place, cell in enumerate(cells, 1) if cell not in (None, "")
    )
    return f'<row r="{number}">{written}</row>'


def _cell(cell: Cell, at: str, currency: str) -> str:
    if isinstance(cell, Money):
        return _number(plain_amount(*cell), at, STYLES[decimals(cell.currency)])
    if isinstance(cell, Number):
        places = len(cell.partition(".")[2])
        return _number(cell, at, STYLES.get(places, CENTS) if currency or places else PLAIN)
    if isinstance(cell, str):
        return _text(guard(cell) if unguard(cell) != cell else cell, at)
    if isinstance(cell, dt.date):
        if cell < FIRST_SURE:
            return _text(cell.isoformat(), at)
        return f'<c r="{at}" s="{DATE}"><v>{(cell - EPOCH).days}</v></c>'
    return _number(str(cell), at, PLAIN)


def _number(text: str, at: str, style: int) -> str:
    """A number, unless it has more digits than a spreadsheet counts with."""
    digits = len(Decimal(text).normalize().as_tuple().digits) if len(text) > DIGITS else 0
    return _text(text, at) if digits > DIGITS else f'<c r="{at}" s="{style}"><v>{text}</v></c>'


def _text(text: str, at: str, style: int = PLAIN) -> str:
    kept = ' xml:space="preserve"' if BLANKS.search(text) else ""
    shown = escape(UNPRINTED.sub(lambda found: f"_x{ord(found[0]):04X}_", text))
    look = f' s="{style}"' if style else ""
    return f'<c r="{at}"{look} t="inlineStr"><is><t{kept}>{shown}</t></is></c>'


def _letter(place: int) -> str:
    """A for 1, at most Z: no table of ours is wider."""
    return chr(ord("A") + place - 1)


def _frame(title: str, sheets: int) -> list[tuple[str, str]]:
    """The parts that say what the others are; last, because how many sheets there are is known only then."""
    name = re.sub(r"[\[\]:*?/\\']", " ", title)[:25].strip() or "Table"
    numbers = range(1, sheets + 1)
    named = "".join(
        f'<sheet name="{escape(name if n == 1 else f"{name} {n}")}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers
    )
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{LINKS}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
        for n in numbers
    )
    relations = f'{DECLARED}<Relationships xmlns="{PACKAGE}/relationships">'
    return [
        (
            "xl/workbook.xml",
            f'{DECLARED}<workbook xmlns="{MAIN}" xmlns:r="{LINKS}"><sheets>{named}</sheets></workbook>',
        ),
        (
            "xl/_rels/workbook.xml.rels",
            f'{relations}{links}<Relationship Id="rId{sheets + 1}" Type="{LINKS}/styles" Target="styles.xml"/>'
            "</Relationships>",
        ),
        (
            "_rels/.rels",
            f'{relations}<Relationship Id="rId1" Type="{LINKS}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
        ),
        (
            "[Content_Types].xml",
            f'{DECLARED}<Types xmlns="{PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.main+xml"/>{parts}'
            '<Override PartName="/xl/styles.xml" '
            'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>',
        ),
    ]
