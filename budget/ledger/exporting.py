"""The ledger as a table to take away: plain values in, CSV lines out, and a text safe to open in any spreadsheet.

A mark of UTF-8 stands in front, because Excel takes a file without one for the code page of the country and spoils
every accent; whoever reads it as `utf-8-sig` never sees it. Commas, quotes and CRLF are those of RFC 4180. Dates are
ISO and amounts have a point and no thousands, whatever the reader's country: the file means the same everywhere.

What is here is undone here: the import of statements reads the header and the texts back with the same rules.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from budget.money import decimals, from_units, plain_amount

MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""In UTF-8 the three bytes by which Excel knows UTF-8."""

SIGNS = "=+-@\t\r\0＝＋－＠﹦﹢﹣﹫−"
"""With which a spreadsheet begins a formula, in all their widths."""

RISKY = re.compile(rf"(?:^|(?<=[;\t\r\n]))(?=[ \xa0\"']*[{re.escape(SIGNS)}])")
GUARDED = re.compile(rf"(?:^|(?<=[;\t\r\n]))'(?=[ \xa0\"']*[{re.escape(SIGNS)}])")
SAFE = re.compile(r"[^\W_][^;\t\r\n\0]*")
"""What most texts are: they begin with a letter or a digit, and no spreadsheet parts them into cells."""

_SAFE_OR_EMPTY = r"(?:[^\W_][^;\t\r\n\0\x1f]*)?"
SAFE_COLUMN = re.compile(rf"{_SAFE_OR_EMPTY}(?:\x1f{_SAFE_OR_EMPTY})*")
"""Any number of such texts, or empty ones, with a sign between that none of them has."""

WITHIN = " > "
"""Between a group and its category."""


class Money(NamedTuple):
    """An amount of a currency, for a cell: a number, also where it is negative."""

    amount: Decimal
    currency: str


class Number(str):
    """A number that is written already, so that its sign begins no formula."""

    __slots__ = ()


Cell = str | dt.date | Money | Number | int | None
"""What may stand in a cell; texts are guarded, the others are written as machines read them."""


class Exported(NamedTuple):
    """A transaction as the table has it, in the order of `HEADER`; money out is negative, as banks print it.

    `category` is a path as `category_path` makes it; `transfer_with` is the other account of a transfer.
    """

    date: dt.date
    account: str
    payee: str
    description: str
    category: str
    transfer_with: str
    amount: Money | Number
    currency: str
    note: str


HEADER = (
    "Date", "Account", "Payee", "Description", "Category", "Transfer with", "Amount (money out is negative)",
    "Currency", "Note",
)  # fmt: skip


def csv_pieces(header: Sequence[str], pages: Iterable[Iterable[Sequence[Cell]]]) -> Iterator[str]:
    """A table as CSV: the mark and the header at once, then a piece for each page of rows."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    text.write(MARK)
    writer.writerow(map(guard, header))
    yield _taken(text)
    for page in pages:
        writer.writerows(zip(*map(_column, zip(*page, strict=True)), strict=True))
        yield _taken(text)


def _taken(text: io.StringIO) -> str:
    taken = text.getvalue()
    text.seek(0)
    text.truncate()
    return taken


def _column(cells: Sequence[Cell]) -> Sequence[object]:
    """A column of a page as it is written; what stands there many times is looked at once."""
    kinds = set(map(type, cells))
    if kinds == {Number}:
        return cells
    if kinds == {str} and SAFE_COLUMN.fullmatch("\x1f".join(cells)):  # type: ignore[arg-type]  # all are texts
        return cells
    if len(kinds) == 1:
        written = {cell: _plain(cell) for cell in set(cells)}
        return [written[cell] for cell in cells]
    return list(map(_plain, cells))


def _plain(cell: Cell) -> object:
    if cell is None or isinstance(cell, (int, Number)):
        return cell
    if isinstance(cell, str):
        return guard(cell)
    return plain_amount(*cell) if isinstance(cell, Money) else cell.isoformat()


def plain_units(units: int, currency: str) -> Number:
    """What `plain_amount` writes, of thousandths."""
    places = decimals(currency)
    if units % 10 ** (3 - places):
        return Number(plain_amount(from_units(units), currency))
    whole, rest = divmod(abs(units) // 10 ** (3 - places), 10**places)
    return Number(f"{'-' if units < 0 else ''}{whole}" + (f".{rest:0{places}}" if places else ""))


def guard(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet might take what follows for a formula.

    That is at its beginning, and where a spreadsheet of another country, or one that does not heed quotes, begins a new
    cell: behind a semicolon, a tab or a line end.
    """
    return text if not text or SAFE.fullmatch(text) else RISKY.sub("'", text)


def unguard(text: str) -> str:
    """The text that `guard` was given."""
    return GUARDED.sub("", text) if "'" in text else text


def category_path(name: str, parent: str = "") -> str:
    """``Housing > Rent``: names that no other category has; a sign of that kind within a name is doubled."""
    return WITHIN.join(part.replace(">", ">>") for part in (parent, name) if part)


def category_names(path: str) -> list[str]:
    """The names in a path, the group first."""
    return [part.replace(">>", ">") for part in path.split(WITHIN)]
