"""Which column of a table means what: from the names in its header, and where they say nothing, from what stands there.

A guess is for a person to look at. What cannot be known from the file is a `Doubt`: a sentence to confirm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from budget.statements.formats.base import UnreadableFile
from budget.statements.formats.delimited_columns import (
    Column,
    columns,
    has_movement,
    header_currency,
    is_footer,
    is_plain_total,
    says_sign,
)
from budget.statements.formats.delimited_export import export_layout, is_export
from budget.statements.formats.delimited_header import find_header, widths
from budget.statements.formats.delimited_money import take_date, take_money, with_sign
from budget.statements.formats.delimited_records import Row
from budget.statements.formats.delimited_states import UNDONE
from budget.statements.formats.delimited_taking import Doubt, Guess, Taking
from budget.statements.formats.delimited_words import PENDING
from budget.statements.formats.layout import Layout, plain_name

SAMPLE = 1_000
"""Rows at the beginning from which the columns are judged."""

TAIL = 40
"""Rows at the end among which totals and notes are looked for."""

OWN_ACCOUNTS = range(9)
"""Ranks of the names of accounts that are never the other side's."""

STATES = (
    *PENDING,
    *UNDONE,
    "false",
    "no",
    "booked",
    "posted",
    "gebucht",
    "completed",
    "complete",
    "success",
    "交易成功",
    "0",
    "1",
)


def guess_table(head: Sequence[Row], tail: Sequence[Row]) -> Guess:
    """What the columns of a table mean; the order of dates and the decimal mark are left open.

    Args:
        head: the first rows, without blank ones, `SAMPLE` at most.
        tail: the last ones, `TAIL` at most; they may overlap with the first.

    Raises:
        UnreadableFile: no column has dates, or none has amounts.
    """
    if not head:
        raise UnreadableFile("The file has no rows.")
    if is_export(head[0].cells):
        return Guess(export_layout(head))
    header = find_header(head)
    below = [row for row in head if header is None or row.number > header.number]
    if header is not None and not below:
        raise UnreadableFile("There is a header and no row under it. Download a period with movements.")
    sample = [row for row in below if has_movement(row.cells)] or below
    narrowest, width = widths(sample, header)
    names = tuple(cell.strip() for cell in header.cells) if header else ()
    taking = Taking(columns(names, sample, width))
    doubts: list[Doubt] = []
    date = take_date(taking, head)
    money = take_money(taking, head, doubts)
    layout = Layout(
        names=names,
        header=header.number if header else 0,
        first=_first_row(below, date, money.amounts, header),
        width=width,
        narrowest=narrowest,
        date=date,
        amount=money.amount,
        debit=money.debit,
        credit=money.credit,
        balance=money.balance,
    )
    layout = with_sign(_with_texts(layout, taking), taking, doubts)
    footer = _footer(tail, layout, money.amounts)
    if not header:
        doubts.append(Doubt("columns", "No row names the columns. Check what each of them is."))
    return Guess(replace(layout, footer=footer), tuple(doubts))


def _first_row(below: Sequence[Row], date: int, amounts: Sequence[int], header: Row | None) -> int:
    """The first row under the header that is no second header, no unit and no note."""
    for row in below:
        if header is not None and not (is_footer(row, date, amounts) and is_plain_total(row.cells, amounts)):
            return row.number
        if header is None and has_movement(row.cells):
            return row.number
    return below[0].number if below else 1


def _footer(tail: Sequence[Row], layout: Layout, amounts: Sequence[int]) -> int:
    count = 0
    for row in reversed(tail):
        if row.number <= layout.first or not is_footer(row, layout.date, amounts):
            break
        count += 1
    return count


def _with_texts(layout: Layout, taking: Taking) -> Layout:
    """The columns that say what it was for, and the others that mean something."""

    def is_texts(column: Column) -> bool:
        return column.worded * 2 >= column.filled

    def may_be_text(column: Column) -> bool:
        return is_texts(column) or not (column.dates or column.fractions)

    def has_texts(column: Column) -> bool:
        return column.filled > 0 and is_texts(column)

    value_date = taking.take(
        taking.named("value_date", lambda column: column.dates > 0 and column.holds_dates, near=True)
    )
    currency = taking.take(
        taking.named("currency", lambda column: 0 < column.filled <= column.codes * 2)
        or next((c for c in taking.free(lambda c: not c.name and 0 < c.filled == c.codes)), None)
    )
    pending = taking.take(taking.named("pending", _is_state, near=True))
    bank_id = taking.take(taking.named("bank_id", _is_id, near=True))
    account = taking.take(taking.named("account", _is_account))
    category = taking.take(taking.named("category", has_texts) or taking.named("category", is_texts))
    payee = taking.take(taking.named("payee", has_texts) or taking.named("payee", is_texts))
    texts = [column for column in taking.free(may_be_text) if column.rank("text") is not None and not says_sign(column)]
    if payee is None and not texts:
        texts = sorted(taking.free(has_texts), key=lambda column: (-len(set(column.texts)), column.place))[:2]
        texts.sort(key=lambda column: column.place)
    money = [place for place in (layout.amount, layout.credit, layout.debit) if place is not None]
    return replace(
        layout,
        value_date=value_date,
        currency=currency,
        currency_code=header_currency(layout.name(money[0])) if currency is None else "",
        pending=pending,
        bank_id=bank_id,
        account=account,
        category=category,
        payee=payee,
        text=tuple(column.place for column in texts),
    )


def _is_state(column: Column) -> bool:
    return column.filled > 0 and all(plain_name(text) in STATES for text in column.texts if text)


def _is_account(column: Column) -> bool:
    """One account in all rows, or a few where the name says that they are the person's own."""
    several = len(set(column.texts))
    is_own = column.rank("account") in OWN_ACCOUNTS and 5 * several <= max(15, len(column.texts))
    return column.filled == len(column.texts) > 0 and (several == 1 or is_own)


def _is_id(column: Column) -> bool:
    texts = [text for text in column.texts if text]
    is_distinct = len(set(texts)) * 10 >= len(column.texts) * 9
    return bool(texts) and is_distinct and not any(" " in text or is_long(text) for text in texts)


def is_long(text: str) -> bool:
    """Whether a text is longer than any bank's id."""
    return len(text) > 100
