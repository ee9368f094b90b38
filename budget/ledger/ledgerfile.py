"""Reads a raw ledger, a CSV file `user_id,date,category,amount[,description,account]`; no database.

A column at a time, a thousand rows at once: what all rows have in common is checked in one step, and only where that
fails is each value looked at.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from budget.errors import BudgetError
from budget.ledger.ledgervalues import CENTS, Known, Read, quoted, read_amount
from budget.money import UNIT

REQUIRED = ("user_id", "date", "category", "amount")
OPTIONAL = ("description", "account")
ROWS_AT_ONCE = 1000
CHUNK = 1 << 18
LONGEST_FIELD = 10_000
LINE_END = re.compile(r"\r\n|\r|\n")

Progress = Callable[[int, int], None]
"""Told how many bytes of how many are read."""


class LedgerUnreadable(BudgetError):
    """The file as a whole is no raw ledger."""


@dataclass(frozen=True)
class Problem:
    """Where a value cannot be read, and why."""

    line: int
    column: str
    text: str

    def __str__(self) -> str:
        return f"Line {self.line:,}, {self.column}: {self.text}"


def inspect(file: BinaryIO) -> str:
    """The sha256 of what the file says as hex, after a look at every byte.

    How a program saved it makes no difference: a byte order mark, other line ends, none after the last line.

    Raises:
        LedgerUnreadable: it is empty, not UTF-8, or has a NUL.
    """
    digest, decoder, line = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")(), 1
    line_ends = b""
    if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        file.seek(0)
    while chunk := file.read(CHUNK):
        said = line_ends + chunk
        line_ends = said[len(said.rstrip(b"\r\n")) :]
        digest.update(_one_line_end(said.removesuffix(line_ends)))
        if (place := chunk.find(b"\0")) >= 0:
            at = line + chunk.count(b"\n", 0, place)
            raise LedgerUnreadable(f"Line {at:,} has a NUL byte. Is this a text file?")
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError as error:
            at = line + error.object[: error.start].count(b"\n")
            raise LedgerUnreadable(f"Line {at:,} is not UTF-8. Save the file as UTF-8 and try again.") from error
        line += chunk.count(b"\n")
    if file.tell() == 0:
        raise LedgerUnreadable("The file is empty. Its first line names the columns: user_id,date,category,amount.")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise LedgerUnreadable(f"Line {line:,} is not UTF-8. Save the file as UTF-8 and try again.") from error
    digest.update(b"\n")
    return digest.hexdigest()


def _one_line_end(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in text else text


@dataclass(frozen=True)
class Head:
    """The columns of the file: where those are that are read, how many there are, and which are not read."""

    places: dict[str, int]
    width: int
    unread: list[str]


class Batch:
    """A thousand rows, by column, and where they stand in the file."""

    def __init__(self, line: int, rows: list[list[str]], head: Head, problems: Problems) -> None:
        self._line, self._raw, self._problems = line, rows, problems
        whole = rows
        if set(map(len, rows)) != {head.width}:
            whole = []
            for at, row in zip(self._lines(), rows, strict=True):
                if len(row) == head.width:
                    whole.append(row)
                elif row:
                    count = "1 value" if len(row) == 1 else f"{len(row):,} values"
                    problems.add(at, "row", f"it has {count}, and the first line names {head.width} columns.")
        self.refused = sum(map(bool, rows)) - len(whole)
        self.count = len(whole)
        columns = list(zip(*whole, strict=True)) or [()] * head.width
        self._columns = {name: columns[place] for name, place in head.places.items()}
        self._width = head.width

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def texts(self, name: str) -> Sequence[str]:
        """A column as it stands in the file."""
        return self._columns[name]

    def read(self, name: str, texts: Sequence[str], known: Known[Read]) -> list[Read | None]:
        """A column's values; None where there is a problem, which is noted."""
        values, refused = known.read_all(texts)
        if refused:
            for index, text in enumerate(texts):
                if text in refused:
                    self.refuse(index, name, refused[text])
        return values

    def amounts(self, decimals: Sequence[int]) -> list[int]:
        """The amounts in thousandths, 0 where there is a problem, which is noted.

        Args:
            decimals: how many the currency of each row has.
        """
        texts = self._columns["amount"]
        together = "\n".join(texts)
        step = UNIT // 10 ** min(decimals, default=3)
        if CENTS.fullmatch(together) and together.count("\n") == len(texts) - 1:
            units = [10 * cents for cents in map(int, together.replace(".", "").split("\n"))]
            if 0 not in units and (step <= 10 or not any(amount % step for amount in units)):
                return units
        units = []
        for index, (text, most) in enumerate(zip(texts, decimals, strict=True)):
            try:
                units.append(read_amount(text, most))
            except BudgetError as error:
                self.refuse(index, "amount", error)
                units.append(0)
        return units

    def refuse(self, index: int, column: str, error: BudgetError) -> None:
        """Note that a value of the `index`-th whole row is refused."""
        lines = [at for at, row in zip(self._lines(), self._raw, strict=True) if len(row) == self._width]
        self._problems.add(lines[index], column, str(error))

    def _lines(self) -> Iterator[int]:
        at = self._line
        for row in self._raw:
            yield at
            at += 1 + sum(len(LINE_END.findall(value)) for value in row)


class Problems:
    """What is wrong with a file, the first lines of it, and how much there is in all."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.first: list[Problem] = []
        self.count = 0

    def add(self, line: int, column: str, text: str) -> None:
        """Note one; within a line in the order in which they are found."""
        self.count += 1
        if len(self.first) < self.most or line < self.first[-1].line:
            insort(self.first, Problem(line, column, text), key=lambda problem: problem.line)
            del self.first[self.most :]


class LedgerFile:
    """An open raw ledger: its columns at once, its rows in batches."""

    def __init__(self, file: BinaryIO, problems: Problems) -> None:
        csv.field_size_limit(LONGEST_FIELD)
        self._problems = problems
        self._reader = csv.reader(io.TextIOWrapper(file, "utf-8-sig", newline=""), strict=True)
        self.head = self._head()

    def batches(self) -> Iterator[Batch]:
        """The rows from here on; never a batch without any.

        Raises:
            LedgerUnreadable: quotes that do not end, a value of more than 10,000 characters.
        """
        while True:
            line = self._reader.line_num + 1
            rows = self._next(ROWS_AT_ONCE)
            if not rows:
                return
            if any(rows):  # a blank line is no row
                yield Batch(line, rows, self.head, self._problems)

    def _next(self, count: int) -> list[list[str]]:
        try:
            return list(islice(self._reader, count))
        except csv.Error as error:
            reason = str(error).replace("unexpected end of data", "a quote has no end")
            raise LedgerUnreadable(f"Line {self._reader.line_num:,} cannot be read as CSV: {reason}.") from error

    def _head(self) -> Head:
        first = self._next(1)
        names = [name.strip().lower() for name in first[0]] if first else []
        missing = sorted(set(REQUIRED) - set(names))
        if missing:
            noun = "column is" if len(missing) == 1 else "columns are"
            raise LedgerUnreadable(
                f"The {noun} missing: {', '.join(missing)}. The first line names the columns: "
                "user_id,date,category,amount and, if you like, description,account."
            )
        twice = sorted({name for name in names if name in REQUIRED + OPTIONAL and names.count(name) > 1})
        if twice:
            raise LedgerUnreadable(f"The first line names {', '.join(twice)} more than once.")
        places = {name: place for place, name in enumerate(names) if name in REQUIRED + OPTIONAL}
        return Head(places, len(names), [quoted(name) for name in names if name not in places])
