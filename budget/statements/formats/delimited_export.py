"""Our own export, known by its header: what each column means is no guess and no question.

Somebody may have opened and saved it with a spreadsheet, which writes dates and amounts as its country does and parts
columns by another sign. So the order of dates and the decimal mark are taken as known only where rows are still as they
were written; else the rows have to prove them, as in any other file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from budget.ledger.exporting import HEADER, MARK, guard
from budget.statements.formats.base import DateOrder, DecimalMark
from budget.statements.formats.delimited_dialect import Dialect
from budget.statements.formats.delimited_records import Row
from budget.statements.formats.layout import Layout, Sign, header_digest

EXPORT_DIALECT = Dialect(",", '"')
EXPORT_LINES = 1_001
"""A note may have as many line ends as characters."""

EXPORT_DIGEST = header_digest(HEADER)
FIRST_LINE = ",".join(map(guard, HEADER))
DATE, ACCOUNT, PAYEE, TEXT, CATEGORY, TRANSFER, AMOUNT, CURRENCY, NOTE = range(len(HEADER))

WRITTEN_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
WRITTEN_AMOUNT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)


def begins_export(sample: str) -> bool:
    """Whether a text begins with the line that our export begins with."""
    return sample.removeprefix(MARK).startswith((f"{FIRST_LINE}\r", f"{FIRST_LINE}\n"))


def is_export(cells: Sequence[str]) -> bool:
    """Whether a row is the header of our export."""
    return tuple(cell.strip() for cell in cells) == HEADER


def export_layout(head: Sequence[Row]) -> Layout:
    """What the columns of our export mean.

    Args:
        head: its first rows, from the header on.
    """
    is_as_written = all(map(_is_as_written, head[1:]))
    return Layout(
        names=HEADER,
        header=head[0].number,
        first=head[0].number + 1,
        width=len(HEADER),
        narrowest=NOTE if any(len(row.cells) == NOTE for row in head) else len(HEADER),
        date=DATE,
        account=ACCOUNT,
        payee=PAYEE,
        text=(TEXT,),
        category=CATEGORY,
        transfer=TRANSFER,
        amount=AMOUNT,
        currency=CURRENCY,
        note=NOTE,
        sign=Sign.MONEY_IN_POSITIVE,
        is_export=True,
        date_order=DateOrder.YEAR_FIRST if is_as_written else None,
        decimal_mark=DecimalMark.POINT if is_as_written else None,
    )


def _is_as_written(row: Row) -> bool:
    if len(row.cells) != len(HEADER):
        return True  # it is refused, and proves nothing
    return bool(WRITTEN_DATE.fullmatch(row.cells[DATE]) and WRITTEN_AMOUNT.fullmatch(row.cells[AMOUNT]))
