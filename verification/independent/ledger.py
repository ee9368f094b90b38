"""Reads a raw ledger, a CSV file `user_id,date,category,amount[,currency]`, streamed and strictly.

The first line names the columns, in any order; further columns are allowed and not read. A line without any character
is no row. What cannot be read is refused with its place: all of the file is looked at, and nothing of it counts.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import BinaryIO, NamedTuple

from verification.independent.refusal import Places, Refused, malformed
from verification.independent.rows import LONGEST_FIELD, NOT_TEXT, Row, height, kind_of, plain_columns
from verification.independent.source import Block, Source
from verification.independent.values import (
    BadValue,
    Known,
    category_name,
    read_amount,
    read_amounts,
    read_currency,
    read_month,
    read_user,
)

REQUIRED = ("user_id", "date", "category", "amount")


class Rows(NamedTuple):
    """Some rows by column: who, the month, the category as it is compared, the currency, and whole thousandths."""

    users: Sequence[str]
    months: Sequence[str]
    categories: Sequence[str]
    currencies: Sequence[str]
    amounts: Sequence[int]


class Ledger:
    """An open raw ledger; `columns` are the names of its first line, `rows` how many were handed out.

    Raises:
        Refused: the file is empty, or its first line is no text, misses columns or repeats one.
    """

    def __init__(self, file: BinaryIO) -> None:
        csv.field_size_limit(LONGEST_FIELD)
        self.source = Source(file)
        self.rows = 0
        self._line = 1
        self._places = Places()
        self._blocks = self.source.blocks()
        self.columns, self._first = self._head()
        self._users = Known(read_user)
        self._months = Known(read_month)
        self._categories = Known(category_name)
        self._amounts = Known(read_amount)
        self._currencies = Known(read_currency)
        self._known: dict[str, Known[str] | Known[int]] = {
            "user_id": self._users,
            "date": self._months,
            "category": self._categories,
            "amount": self._amounts,
            "currency": self._currencies,
        }

    @property
    def respelled(self) -> int:
        """How many spellings of categories were changed so that they compare: Unicode form NFC, blanks around."""
        return sum(text != name for text, name in self._categories.items())

    def batches(self) -> Iterator[Rows]:
        """All rows, some hundred at a time; sums of them hold only once the last batch was handed out.

        Raises:
            Refused: at the end, if any value could not be read, or if there was no row.
        """
        block: Block | None = self._first
        while block is not None:
            columns = plain_columns(block, len(self.columns))
            if columns is not None and (rows := self._read(columns)):
                self._line += len(rows.users)
                yield rows
            else:
                rows, may_go_on = self._read_slowly(block)
                yield rows
                if not may_go_on:
                    break
            block = next(self._blocks, None)
        self._refuse_places()
        if not self.rows:
            raise Refused("raw_ledger_empty", "The raw ledger has a first line that names columns, and no rows.")

    def _head(self) -> tuple[Row, Block]:
        """The names of the columns, and what follows them in their block."""
        for block in self._blocks:
            stream = StringIO(block.text, newline="")
            reader = csv.reader(stream, strict=True)
            try:
                names = next(filter(None, reader), None)
            except csv.Error as error:
                self._places.add(self._line, "", kind_of(error))
                break
            self._line += reader.line_num
            if names is not None:
                self._require_columns(names, self._line - height(names))
                return names, Block(stream.read(), block.is_clean)
        self._refuse_places()
        raise Refused("raw_ledger_empty", "The raw ledger is empty.")

    def _require_columns(self, names: Row, line: int) -> None:
        for name in names:
            if found := NOT_TEXT.search(name):
                self._places.add(line, "", kind_of(found))
        self._refuse_places()
        if missing := sorted(set(REQUIRED) - set(names)):
            noun = "column" if len(missing) == 1 else "columns"
            raise Refused("raw_ledger_missing_columns", f"The raw ledger misses {noun}: {', '.join(missing)}.")
        for name in sorted({name for name in names if names.count(name) > 1}):
            self._places.add(line, name, "repeated_column")
        self._refuse_places()

    def _refuse_places(self) -> None:
        if self._places.total:
            raise malformed("raw_ledger_malformed", "The raw ledger", self._places)

    def _read(self, columns: Sequence[Sequence[str]]) -> Rows | None:
        """The values of columns of one height; None if one cannot be read."""
        user, day, category, amount = (columns[self.columns.index(name)] for name in REQUIRED)
        try:
            if "currency" in self.columns:
                currencies = self._currencies.read(columns[self.columns.index("currency")])
            else:
                currencies = [""] * len(user)
            rows = Rows(
                self._users.read(user),
                self._months.read(day),
                self._categories.read(category),
                currencies,
                read_amounts(amount, self._amounts),
            )
        except BadValue:
            return None
        self.rows += len(user)
        return rows

    def _read_slowly(self, block: Block) -> tuple[Rows, bool]:
        """The values of rows with quotes, blank lines or faults, which are noted; and whether to go on after them."""
        reader = csv.reader(StringIO(block.text, newline=""), strict=True)
        raw: list[Row] = []
        may_go_on = True
        try:
            raw.extend(reader)  # keeps what came before an error
        except csv.Error as error:
            self._places.add(self._line + sum(map(height, raw)), "", kind_of(error))
            may_go_on = False
        rows = None
        whole = list(filter(None, raw))
        if block.is_clean and set(map(len, whole)) == {len(self.columns)}:
            rows = self._read(list(zip(*whole, strict=True)))
        if rows is None:
            self._note_faults(raw)
        self._line += reader.line_num
        return rows or Rows([], [], [], [], []), may_go_on

    def _note_faults(self, raw: list[Row]) -> None:
        """Note every place in rows that cannot be read."""
        line = self._line
        for row in raw:
            if 0 < len(row) < len(self.columns):
                self._places.add(line, self.columns[len(row)], "short_row")
            elif len(row) > len(self.columns):
                self._places.add(line, "", "long_row")
            else:
                self._note_values(row, line)
            line += height(row)

    def _note_values(self, row: Row, line: int) -> None:
        for name, text in zip(self.columns, row, strict=False):  # a blank line has none
            if found := NOT_TEXT.search(text):
                self._places.add(line, name, kind_of(found))
            elif name in self._known:
                try:
                    self._known[name][text]
                except BadValue as bad:
                    self._places.add(line, name, bad.kind)
