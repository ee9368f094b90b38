"""XLSX, XLS and ODS: every sheet that looks like a table of movements is a statement of its own.

Oddities met, each with a sample in the tests:

- Dates stored as text (four_sheets.xlsx), as dates, or as dates with a time.
- Numbers are binary fractions in the file; they are taken with the 15 digits that a spreadsheet shows.
- The word for the kind of a movement (支出, expense) beside amounts that have signs of their own: it says what a
  positive amount means, and what is printed stays as it is.
- Sheets without movements (labels, notes, a cover) are passed over; a file with nothing else is refused.
- A date that the program stored as a plain number (45731) is none here, as nothing says that it is one.

The cells are unpacked by a process of its own with limits of memory and time (`sheetprogram`), after the limits of
`ziplimits`. A mapping by a person holds for every sheet with the same header. Our own export has a
statement for each account that its rows name, as its CSV has.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import IO, BinaryIO

from budget.statements.formats import sheetprogram, ziplimits
from budget.statements.formats.base import AccountHint, Answers, Event, FileFormat, StatementStart, UnreadableFile
from budget.statements.formats.delimited import PREVIEWED, Preview, accounts_in, preview_rows
from budget.statements.formats.delimited_evidence import Evidence, decided, with_evidence
from budget.statements.formats.delimited_guess import SAMPLE, TAIL, guess_table
from budget.statements.formats.delimited_records import Row, Typed, is_blank
from budget.statements.formats.delimited_rows import TableReader, text_of
from budget.statements.formats.delimited_taking import Guess
from budget.statements.formats.layout import Layout, header_digest
from budget.statements.formats.texts import shorten

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ODS_TYPE = b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"
INSTEAD = "Save the sheet with the movements as CSV and bring that in."
ERRORS = {
    "password": "The file is protected by a password. Save a copy without one and bring that in.",
    "large": f"The spreadsheet is too large to be unpacked safely. {INSTEAD}",
    "damaged": f"The spreadsheet cannot be read: it is damaged, or of another kind than its content says. {INSTEAD}",
}
MOST_SHEETS = 100


def _recognises_xlsx(head: bytes) -> bool:
    return head.startswith(ziplimits.MAGIC) and not _recognises_ods(head)


def _recognises_ods(head: bytes) -> bool:
    return head.startswith(ziplimits.MAGIC) and ODS_TYPE in head[:200]


def _recognises_xls(head: bytes) -> bool:
    return head.startswith(OLE)


class Book:
    """A spreadsheet's cells, unpacked to a file of JSON lines that is gone through sheet by sheet."""

    def __init__(self, lines: IO[bytes], failure: str) -> None:
        self._lines, self._failure = lines, failure
        self.sheets: list[tuple[str, int]] = []  # the name, and where its rows begin
        self._find_sheets()

    def _find_sheets(self) -> None:
        self._lines.seek(0)
        while line := self._lines.readline():
            if line.startswith(b"{"):
                said = json.loads(line)
                if "error" in said:
                    raise UnreadableFile(ERRORS[said["error"]])
                if "done" in said:
                    return
                self.sheets.append((said["sheet"], self._lines.tell()))
                if len(self.sheets) > MOST_SHEETS:
                    raise UnreadableFile(f"The spreadsheet has more than {MOST_SHEETS} sheets. {INSTEAD}")
        raise UnreadableFile(ERRORS[self._failure])

    def rows(self, begin: int) -> Generator[Row]:
        """The rows of one sheet, without blank ones."""
        at = begin
        while True:
            self._lines.seek(at)
            line = self._lines.readline()
            at = self._lines.tell()
            if not line.startswith(b"["):
                return
            number, cells = json.loads(line)
            yield Row(number, number, [cell if isinstance(cell, str) else Typed(cell[0]) for cell in cells])


@contextmanager
def _unpacked(source: BinaryIO) -> Iterator[Book]:
    """The cells of a spreadsheet, in a file that is gone afterwards.

    Raises:
        UnreadableFile: it is none, or hostile.
    """
    source.seek(0)
    if source.read(len(ziplimits.MAGIC)) == ziplimits.MAGIC:
        ziplimits.safe_members(source)
    source.seek(0)
    with tempfile.TemporaryDirectory(prefix="sheets-") as folder, tempfile.TemporaryFile() as lines:
        copy = Path(folder, "book")
        with copy.open("wb") as kept:
            shutil.copyfileobj(source, kept)
        program = [sys.executable, "-I", sheetprogram.__file__, str(copy)]
        ended = subprocess.run(program, stdout=lines, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, check=False)
        was_stopped = ended.returncode < 0
        yield Book(lines, "large" if was_stopped else "damaged")


def guess(source: BinaryIO) -> list[tuple[str, Guess]]:
    """The name of each sheet that is a table of movements, and what its columns mean.

    Raises:
        UnreadableFile: no sheet is one.
    """
    with _unpacked(source) as book:
        return [(name, found) for name, _, found in _tables(book)]


def preview_columns(source: BinaryIO, layout: Layout, count: int = PREVIEWED) -> Preview:
    """The header and the first rows of the first sheet with this layout's header."""
    with _unpacked(source) as book:
        for _, begin in book.sheets:
            if _has_header(book, begin, layout):
                with closing(book.rows(begin)) as rows:
                    return preview_rows(rows, layout, count)
    raise UnreadableFile("No sheet has the header that the mapping is for.")


def read(source: BinaryIO, answers: Answers) -> Iterator[Event]:
    """A statement for each sheet with movements; `AccountHint.name` is the sheet's name.

    Raises:
        UnreadableFile: it is no spreadsheet, is hostile, or no sheet is a table of movements.
        UnclearDates, UnclearAmounts: a sheet does not say how its dates or amounts are to be read.
    """
    with _unpacked(source) as book:
        before = 0
        for name, begin, layout in _layouts(book, answers):
            whole = decided(layout, answers, partial(book.rows, begin))
            assert whole.decimal_mark is not None
            where = shorten(name, 60)

            def place(row: Row, number: int, where: str = where) -> str:
                return f"row {row.number} of “{where}”"

            accounts = accounts_in(book.rows(begin), whole) if whole.is_export else [""]
            for at, account in enumerate(accounts):
                own = (account, at == 0) if len(accounts) > 1 else None
                table = TableReader(
                    whole, whole.date_order, whole.decimal_mark, place=place, before=before, account=own
                )
                hint = AccountHint(name=text_of(account, whole) or where)
                own_header = whole.digest if whole.is_export else ""
                yield StatementStart(account=hint, currency=whole.currency_code, layout=own_header)
                yield from table.lines(book.rows(begin))
                yield table.end()
                before = table.number


def _layouts(book: Book, answers: Answers) -> Iterator[tuple[str, int, Layout]]:
    """Each sheet with movements: its name, where it begins, and its layout."""
    if answers.columns is None:
        for name, begin, found in _tables(book):
            yield name, begin, found.layout
        return
    given = Layout.from_plain(answers.columns)
    fitting = [(name, begin) for name, begin in book.sheets if _has_header(book, begin, given)]
    if not fitting:
        raise UnreadableFile("No sheet has the header that the mapping is for.")
    for name, begin in fitting:
        yield name, begin, replace(given, footer=_footer(book, begin, given))


def _footer(book: Book, begin: int, given: Layout) -> int:
    """Rows at the end of this sheet; another sheet under the same header may have others."""
    try:
        return _guess_sheet(book, begin).layout.footer
    except UnreadableFile:
        return given.footer


def _has_header(book: Book, begin: int, layout: Layout) -> bool:
    if not layout.header:
        return True
    row = next((row for row in book.rows(begin) if row.number >= layout.header), None)
    return row is not None and row.number == layout.header and header_digest(row.cells) == layout.digest


def _tables(book: Book) -> list[tuple[str, int, Guess]]:
    """The sheets that are tables of movements; what the others lack is said where there is none."""
    found, missing = [], ""
    for name, begin in book.sheets:
        try:
            found.append((name, begin, _guess_sheet(book, begin)))
        except UnreadableFile as refusal:
            missing = missing or f"“{shorten(name, 40)}”: {refusal}"
    if not found:
        count = f"None of the {len(book.sheets)} sheets is" if len(book.sheets) > 1 else "The sheet is not"
        raise UnreadableFile(f"{count} a table of movements. {missing}".strip())
    return found


def _guess_sheet(book: Book, begin: int) -> Guess:
    with closing(book.rows(begin)) as rows:
        filled = (row for row in rows if not is_blank(row.cells))
        head = list(islice(filled, SAMPLE))
        tail: deque[Row] = deque(chain(head[-TAIL:], filled), maxlen=TAIL)
    found = guess_table(head, list(tail))
    return with_evidence(found, Evidence(found.layout, lambda: book.rows(begin)))


XLSX = FileFormat("xlsx", "Excel (XLSX)", _recognises_xlsx, read)
ODS = FileFormat("ods", "OpenDocument (ODS)", _recognises_ods, read)
XLS = FileFormat("xls", "Excel 97 (XLS)", _recognises_xls, read)
