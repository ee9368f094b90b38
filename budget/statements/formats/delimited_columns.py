"""What stands in the columns of a table: how many dates, amounts, codes and words, from a sample of its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from budget.statements.formats.amounts import BadAmount, read_amount
from budget.statements.formats.base import DateOrder, DecimalMark
from budget.statements.formats.dates import BadDate, read_date
from budget.statements.formats.delimited_records import Row
from budget.statements.formats.delimited_rows import plain_word
from budget.statements.formats.delimited_totals import begins_total, only_totals
from budget.statements.formats.delimited_words import (
    CURRENCIES,
    IN_KINDS,
    IN_MARKS,
    OUT_KINDS,
    OUT_MARKS,
    SYMBOLS,
    UNITS,
    known_names,
    ranks,
)
from budget.statements.formats.layout import WIDEST, plain_name

FAR = 1_000
"""Added to the rank of a name that only begins like a known one."""

ONLY_NUMBERS = re.compile(r"[\d\s./:,'-]*")


@dataclass(slots=True)
class Column:
    """One column of the sample."""

    place: int
    name: str
    texts: list[str] = field(default_factory=list)  # of all sampled rows, empty ones too
    filled: int = 0
    dates: int = 0
    amounts: int = 0
    negatives: int = 0
    fractions: int = 0
    codes: int = 0
    worded: int = 0

    def add(self, text: str) -> None:
        """Take one more cell."""
        text = text.strip()
        self.texts.append(text)
        if not text:
            return
        self.filled += 1
        if is_date(text):
            self.dates += 1
            return
        amount = any_amount(text)
        if amount is not None:
            self.amounts += 1
            self.negatives += amount < 0
            self.fractions += "." in text or "," in text
        else:
            self.worded += any(map(str.isalpha, text))
            self.codes += is_code(text)

    @property
    def holds_dates(self) -> bool:
        return self.dates * 2 >= max(self.filled, 1)

    @property
    def holds_amounts(self) -> bool:
        return self.amounts * 2 >= max(self.filled, 1)

    def rank(self, role: str) -> int | None:
        """How well the name fits a role, the best 0; None when it does not."""
        return name_rank(self.name, role)


@lru_cache(maxsize=4096)
def is_date(text: str) -> bool:
    """Whether a text is a date in some order."""
    for order in (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST):
        try:
            read_date(text, order)
        except BadDate:
            continue
        return True
    return False


@lru_cache(maxsize=4096)
def any_amount(text: str) -> Decimal | None:
    """A text read as an amount with either mark; only its being one and its sign mean something."""
    for mark in DecimalMark:
        try:
            return read_amount(text, mark)
        except BadAmount:
            continue
    return None


def is_code(text: str) -> bool:
    """Whether a text names a currency."""
    is_upper = len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()
    return is_upper or text.casefold() in CURRENCIES or text in SYMBOLS


@lru_cache(maxsize=4096)
def name_rank(name: str, role: str) -> int | None:
    """How well a header cell names a role, the best 0; None when it does not.

    A currency in it does not matter (“Betrag (EUR)”); a longer name that begins like a known one is worth less than
    all known ones (“Buchungstag (TT.MM.JJJJ)”).
    """
    known = ranks(role)
    plain = plain_name(name)
    if plain in known:
        return known[plain]
    words = [word for word in plain.split() if word not in UNITS]
    bare = " ".join(words)
    for ending in ("", " in", " en", " w"):
        if ending and bare.endswith(ending):
            bare = bare.removesuffix(ending)
        if bare in known:
            return known[bare]
    for count in range(len(words) - 1, 0, -1):
        start = " ".join(words[:count])
        if len(start) >= 4 and start in known and plain not in known_names():
            return known[start] + FAR
    return None


def header_currency(name: str) -> str:
    """The currency that a header cell names, or nothing."""
    found = [word for word in plain_name(name).split() if word in CURRENCIES]
    return found[0].upper() if len(found) == 1 else ""


def columns(names: Sequence[str], rows: Sequence[Row], width: int) -> list[Column]:
    """The columns of a sample of rows."""
    made = [Column(place, names[place] if place < len(names) else "") for place in range(min(width, WIDEST))]
    for row in rows:
        for column in made:
            column.add(row.cells[column.place] if column.place < len(row.cells) else "")
    return made


def has_movement(cells: Sequence[str]) -> bool:
    """Whether a row has a date and, in another cell, an amount."""
    cut = [cell.strip() for cell in cells[:WIDEST]]
    return any(is_date(cell) for cell in cut) and any(
        any_amount(cell) is not None and not is_date(cell) for cell in cut
    )


def is_footer(row: Row, date: int, amounts: Sequence[int]) -> bool:
    """Whether a row at the end is a total or a note and no movement, also none that is cut off."""
    cells = [cell.strip() for cell in row.cells]
    when = cells[date] if date < len(cells) else ""
    if is_date(when) or row.problem:
        return False
    if begins_total(cells):
        return True
    has_amount = any(place < len(cells) and any_amount(cells[place]) is not None for place in amounts)
    if has_amount or (when and ONLY_NUMBERS.fullmatch(when)):
        return False
    return not has_movement(row.cells)  # a date and an amount elsewhere: the columns changed, and it is refused


def is_plain_total(cells: Sequence[str], amounts: Sequence[int]) -> bool:
    """Whether a row without a date has no amount, or says nothing but that it is a total or a balance."""
    amounts_there = [cells[place] for place in amounts if place < len(cells) and any(map(str.isdigit, cells[place]))]
    return not amounts_there or only_totals(cells)


def word_sign(word: str) -> int:
    """-1 for a word that says money out, 1 for money in, 0 for any other."""
    plain = plain_word(word)
    return (plain in IN_MARKS or plain in IN_KINDS) - (plain in OUT_MARKS or plain in OUT_KINDS)


def mostly_marks(column: Column) -> bool:
    """Whether most cells are marks such as D and C; a row with another word is refused when it is read."""
    marked = sum(plain_word(text) in IN_MARKS or plain_word(text) in OUT_MARKS for text in column.texts if text)
    return marked * 5 >= column.filled * 3 > 0


def says_sign(column: Column) -> bool:
    """Whether every cell is a word for money in or money out."""
    return column.filled > 0 and all(word_sign(text) for text in column.texts if text)
