"""CSV and other delimited text: any separator, encoding, preamble, date order and decimal style, by a `Layout`.

The layout is guessed from the file or given by the person (`Answers.columns`). Oddities, each with a sample in the
tests:

- A header cell occurs twice, `pending` in Plaid's export: columns are known by place, never by name.
- Money out without a sign (Plaid, Viseca): known by their headers; any other file's sign is a doubt to confirm, unless
  its balance column, its debit and credit columns or a word column prove it.
- Three decimals (`29.000`), a value date a month before the booking, times behind dates (Viseca).
- A preamble above the header, totals and notes at the end, blank lines, `sep=;`, the header once more in the middle.
- Rows of several accounts, told by a column (`account_id` in Plaid's export): each is a statement of its own.
- Rows wider or narrower than the others are refused: a separator inside an unquoted text moves the amounts.
- Backslashes are letters: no bank was met that escapes quotation marks with them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

from budget.statements.formats.base import (
    AccountHint,
    Answers,
    Event,
    FileFormat,
    StatementStart,
    UnreadableFile,
)
from budget.statements.formats.delimited_dialect import find_dialect
from budget.statements.formats.delimited_evidence import Evidence, decided, with_evidence
from budget.statements.formats.delimited_export import EXPORT_DIALECT, EXPORT_LINES, begins_export
from budget.statements.formats.delimited_guess import SAMPLE, TAIL, guess_table
from budget.statements.formats.delimited_records import MOST_LINES, Row, is_blank, records
from budget.statements.formats.delimited_rows import TableReader, account_of, text_of
from budget.statements.formats.delimited_taking import Guess
from budget.statements.formats.encoding import as_text, find_encoding
from budget.statements.formats.layout import Layout
from budget.statements.formats.texts import shorten

SAMPLE_TEXT = 64 * 1024
CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1a\x1b\x1f"))
PREVIEWED = 8
MOST_ACCOUNTS, EXPORT_ACCOUNTS = 50, 1_000


@dataclass(frozen=True, slots=True)
class Preview:
    """The header cells, empty where there are none, and the first movements of a table, all equally wide."""

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def recognises(head: bytes) -> bool:
    """Whether it is a text at all; what kind of text is said when it is read."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head.count(0) > len(head) * 0.3:
        return True
    return len(head) - len(head.translate(None, CONTROLS)) <= len(head) // 100 + 1


def guess(source: BinaryIO) -> Guess:
    """What the columns of a file mean, from all of its rows.

    Raises:
        UnreadableFile: nothing parts it into columns, or no column has dates or amounts.
    """
    encoding = find_encoding(source)
    with as_text(source, encoding) as text:
        sample = text.read(SAMPLE_TEXT)
    cut = max(sample.rfind("\n"), sample.rfind("\r")) if len(sample) == SAMPLE_TEXT else -1
    own = begins_export(sample)
    dialect = EXPORT_DIALECT if own else find_dialect(sample[: cut + 1] if cut >= 0 else sample)
    blank = Layout(
        encoding=encoding, delimiter=dialect.delimiter, quote=dialect.quote, width=0, narrowest=0, date=0, is_export=own
    )
    with closing(_rows(source, blank)) as rows:
        head = list(islice((row for row in rows if not is_blank(row.cells)), SAMPLE))
    tail: deque[Row] = deque((row for row in _rows(source, blank) if not is_blank(row.cells)), maxlen=TAIL)
    guessed = guess_table(head, list(tail))
    layout = replace(guessed.layout, encoding=encoding, delimiter=dialect.delimiter, quote=dialect.quote)
    return with_evidence(Guess(layout, guessed.doubts), Evidence(layout, lambda: _rows(source, layout)))


def preview_columns(source: BinaryIO, layout: Layout, count: int = PREVIEWED) -> Preview:
    """The header and the first rows, for a person who says what each column is."""
    with closing(_rows(source, layout)) as rows:
        return preview_rows(rows, layout, count)


def preview_rows(rows: Iterator[Row], layout: Layout, count: int) -> Preview:
    """The header and the first of these rows, cut to what a page shows."""
    shown = list(islice((row.cells for row in rows if row.number >= layout.first and not is_blank(row.cells)), count))
    width = max([layout.width, *map(len, shown)]) if shown else layout.width
    names = tuple(layout.names) + ("",) * (width - len(layout.names))
    cells = (tuple(shorten(cell, 80) for cell in row) + ("",) * (width - len(row)) for row in shown)
    return Preview(names[:width], tuple(cells))


def read(source: BinaryIO, answers: Answers) -> Iterator[Event]:
    """One statement with the file's rows, streamed.

    Raises:
        UnreadableFile: it is no table of movements.
        UnclearDates: no row says whether the day or the month comes first.
        UnclearAmounts: no row says whether a point or a comma stands before the decimals.
    """
    layout = guess(source).layout if answers.columns is None else Layout.from_plain(answers.columns)
    layout = decided(layout, answers, lambda: _rows(source, layout))
    assert layout.decimal_mark is not None
    accounts = accounts_in(_rows(source, layout), layout)
    for at, account in enumerate(accounts):
        own = (account, at == 0) if len(accounts) > 1 else None
        table = TableReader(layout, layout.date_order, layout.decimal_mark, place=_place, account=own)
        hint = AccountHint(name=text_of(account, layout)) if layout.is_export else account_hint(account)
        yield StatementStart(account=hint, currency=layout.currency_code)
        yield from table.lines(_rows(source, layout))
        if not table.number:
            raise UnreadableFile("There is a header and no row under it. Download a period with movements.")
        yield table.end()


def _rows(source: BinaryIO, layout: Layout) -> Generator[Row]:
    with as_text(source, layout.encoding) as text:
        most_lines = EXPORT_LINES if layout.is_export else MOST_LINES
        yield from records(text, layout.delimiter, layout.quote, most_lines)


def _place(row: Row, number: int) -> str:
    return f"row {number} (line {row.line})"


def accounts_in(table: Iterable[Row], layout: Layout) -> list[str]:
    """The accounts that the rows of a table name, in their order; one without a name where none does.

    Raises:
        UnreadableFile: the column names far more accounts than a person has.
    """
    if layout.account is None:
        return [""]
    rows = (row for row in table if row.number >= layout.first and not row.problem)
    found: dict[str, None] = {}
    most = EXPORT_ACCOUNTS if layout.is_export else MOST_ACCOUNTS
    for row in rows:
        if said := account_of(row.cells, layout):
            found[said] = None
        if len(found) > most:
            name = layout.name(layout.account)
            raise UnreadableFile(f"“{name}” names more than {most} accounts. Map no column as the own account.")
    return list(found) or [""]


def account_hint(cell: str) -> AccountHint:
    """The account that a cell names: a number where it has digits, else a name."""
    said = shorten(cell, 60)
    if sum(character.isdigit() for character in said) >= 4:
        return AccountHint(number=said.replace(" ", ""))
    return AccountHint(name=said)


DELIMITED = FileFormat("csv", "CSV", recognises, read)
