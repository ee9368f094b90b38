"""Which character parts the columns of a text: the one with which rows become dates, amounts and equally many cells."""

from __future__ import annotations

import io
import re
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

from budget.statements.formats.base import UnreadableFile
from budget.statements.formats.delimited_columns import has_movement
from budget.statements.formats.delimited_records import Row, is_blank, records
from budget.statements.formats.delimited_words import known_names
from budget.statements.formats.layout import plain_name
from budget.statements.formats.texts import shorten

DELIMITERS = ";,\t|:~^*\x1f"
"""From the likeliest on where several would do."""

LOOKED_AT = 120
TOLD = re.compile(r'"?sep=(.)"?\s*$', re.IGNORECASE)
"""The line with which Excel is told the delimiter."""


class Dialect(NamedTuple):
    """How cells are parted and quoted."""

    delimiter: str
    quote: str


def find_dialect(sample: str) -> Dialect:
    """The delimiter and the quotation mark of a text that begins with `sample`, whole lines.

    Raises:
        UnreadableFile: no character parts its lines into columns.
    """
    lines = sample.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if told := TOLD.match(first):
        return Dialect(told[1], _quote(sample, told[1]))
    present = [mark for mark in DELIMITERS if mark in sample]
    best = max(
        ((_score(sample, mark), -DELIMITERS.index(mark), mark) for mark in present),
        default=((0, 0, 0.0, 0), 0, ""),
    )
    if best[0][0] == 0 and best[0][3] < 2:
        raise UnreadableFile(
            f"Nothing parts the lines into columns. The first line is “{shorten(first, 80)}”. "
            "A table has a comma, a semicolon or a tab between its columns."
        )
    return Dialect(best[2], _quote(sample, best[2]))


def _quote(sample: str, delimiter: str) -> str:
    """The mark around cells: the double one, unless cells stand in single ones."""
    singles = sum(sample.count(f"{delimiter}'") for delimiter in (delimiter, "\n"))
    closing = sample.count(f"'{delimiter}")
    return "'" if min(singles, closing) >= 2 and '"' not in sample else '"'


def _score(sample: str, delimiter: str) -> tuple[int, int, float, int]:
    """Rows that are movements, known names in a row, the share of rows as wide as most, and how wide that is."""
    rows = sample_rows(sample, Dialect(delimiter, _quote(sample, delimiter)), LOOKED_AT)
    if not rows:
        return 0, 0, 0.0, 0
    movements = sum(has_movement(row.cells) for row in rows)
    named = max(sum(_is_named(cell) for cell in row.cells[:100]) for row in rows[:40])
    width, count = max(Counter(len(row.cells) for row in rows).items(), key=lambda found: (found[1], found[0]))
    return movements, named, count / len(rows), width


@lru_cache(maxsize=4096)
def _is_named(cell: str) -> bool:
    return plain_name(cell) in known_names()


def sample_rows(sample: str, dialect: Dialect, most: int) -> list[Row]:
    """The first rows of a text, without blank ones."""
    rows: list[Row] = []
    for row in records(io.StringIO(sample, newline=""), *dialect):
        if not is_blank(row.cells):
            rows.append(row)
        if len(rows) == most:
            break
    return rows
