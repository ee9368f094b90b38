"""A delimited text as rows of cells, each with the place where it stands.

A quotation mark that never closes spoils its own line and no other.

Oddities met: rows that end in bare CR, mixed line ends, `sep=;` as a first line for Excel, a quoted field over several
lines, a mark for inches (`5" pipe`) in a field without quotes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TextIO

from budget.statements.formats.base import UnreadableFile

LONGEST_LINE = 100_000
MOST_LINES = 50
"""Lines that one quoted field may go over."""


class Typed(str):
    """A cell that a spreadsheet stores as a number, a date or a flag: its reading is no matter of decimal marks."""

    __slots__ = ()


class Row(NamedTuple):
    """One row of a table: its number among all rows from 1, blank ones too, the line it begins on, and its cells.

    `problem` says why the row as a whole cannot be read; `raw` is the row as it came.
    """

    number: int
    line: int
    cells: list[str]
    raw: str = ""
    problem: str = ""


class _Lines:
    """Lines of a text, joined where a quoted field goes over several."""

    def __init__(self, text: TextIO, delimiter: str, quote: str, most_lines: int) -> None:
        self._text, self._delimiter, self._quote, self._most_lines = text, delimiter, quote, most_lines
        self._waiting: list[str] = []
        self._read = 0
        self.line, self.raw, self.problem = 0, "", ""

    def __iter__(self) -> Iterator[str]:
        quote, waiting, readline = self._quote, self._waiting, self._text.readline
        while line := waiting.pop() if waiting else readline(LONGEST_LINE + 1):
            self._read += 1
            if len(line) > LONGEST_LINE:
                raise self._too_long()
            self.line, self.raw, self.problem = self._read, line, ""
            if quote and line.count(quote) % 2:
                yield self._closed(line)
            else:
                yield line

    def _next(self) -> str:
        line = self._waiting.pop() if self._waiting else self._text.readline(LONGEST_LINE + 1)
        self._read += bool(line)
        if len(line) > LONGEST_LINE:
            raise self._too_long()
        return line

    def _too_long(self) -> UnreadableFile:
        return UnreadableFile(
            f"Line {self._read:,} is longer than {LONGEST_LINE:,} characters. A statement has a line per movement."
        )

    def _closed(self, first: str) -> str:
        """The line with those that its quoted field goes on to; by itself, without quotes, if the field has no end."""
        taken, joined, length = [first], self._closes(first), len(first)
        while joined is None and len(taken) < self._most_lines and length < LONGEST_LINE and (line := self._next()):
            taken.append(line)
            length += len(line)
            if line.count(self._quote) % 2:
                joined = self._closes("".join(taken))
        if joined:
            self.raw = joined
            return joined
        self._waiting += reversed(taken[1:])
        self._read -= len(taken) - 1
        self.problem = "A quotation mark opens a field here and does not close it."
        return first.replace(self._quote, "")

    def _closes(self, text: str) -> str | None:
        """The text if all its quoted fields close, None if one goes on, empty if none ever will."""
        try:
            next(csv.reader([text], delimiter=self._delimiter, quotechar=self._quote, strict=True))
        except csv.Error as error:
            return None if "unexpected end of data" in str(error) else ""
        return text


def records(text: TextIO, delimiter: str, quote: str, most_lines: int = MOST_LINES) -> Iterator[Row]:
    """The rows of a delimited text, streamed.

    Args:
        quote: the mark around fields; empty where none has a meaning.
        most_lines: that one quoted field may go over.

    Raises:
        UnreadableFile: a line is far too long.
    """
    lines = _Lines(text, delimiter, quote, most_lines)
    if quote:
        rows = csv.reader(lines, delimiter=delimiter, quotechar=quote)
    else:
        rows = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
    number = 0
    while True:
        number += 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableFile(f"Line {lines.line:,} is no row of a table ({error}).") from error
        yield Row(number, lines.line, cells, lines.raw, lines.problem)


def is_blank(cells: Iterable[str]) -> bool:
    """Whether nothing stands in a row."""
    for cell in cells:  # noqa: SIM110  (half the time of `any`, and every row is asked)
        if cell and not cell.isspace():
            return False
    return True
