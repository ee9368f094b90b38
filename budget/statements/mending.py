"""A row that could not be read, said by a person instead; what came is kept as it came."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal

from django.db import transaction

from budget.ledger.forms.transactions import IN, OUT
from budget.money import fits, plain_amount, require_fit, to_units
from budget.months import MONTH_NAMES
from budget.statements.choices import compare_again, require_open
from budget.statements.columns import TABLE
from budget.statements.errors import NotReady
from budget.statements.fingerprints import fingerprint
from budget.statements.formats.amounts import BadAmount, read_amount
from budget.statements.formats.base import DateOrder, DecimalMark, UnreadableFile
from budget.statements.formats.dates import BadDate, read_date
from budget.statements.formats.layout import Layout, Sign
from budget.statements.formats.texts import shorten
from budget.statements.models import Fate, Statement, StatementImport, StatementLine

LONGEST_PAYEE = 100
OF_A_SHEET = " | "
"""Between the cells of a sheet's row, where it is kept as it came."""
MINUS = ("-", "\N{MINUS SIGN}", "(")


def may_be_mended(line: StatementLine) -> bool:
    """Whether it is a row that could not be read, left out or not."""
    return line.fate == Fate.REFUSED or (line.fate == Fate.SKIPPED and line.date is None)


def known_of(found: StatementImport, line: StatementLine) -> dict[str, str]:
    """What can be read of such a row of a table, for the form that mends it: date, payee, amount and direction."""
    columns = found.answers.get("columns")
    if found.format != TABLE or not columns:
        return {}
    try:
        layout = Layout.from_plain(columns)
    except UnreadableFile:
        return {}
    cells = _cells(line.original, layout)
    known = {"payee": _payee(cells, layout)}
    order = found.answers.get("date_order") or layout.date_order
    with suppress(BadDate):
        day = read_date(_cell(cells, layout.date), DateOrder(order) if order else None)
        known["date"] = f"{day.day} {MONTH_NAMES[day.month - 1][:3]} {day.year}"
    if layout.direction is None:
        mark = found.answers.get("decimal_mark") or layout.decimal_mark
        known |= _money(cells, layout, [DecimalMark(mark)] if mark else list(DecimalMark), line.statement.currency)
    return {name: text for name, text in known.items() if text}


def _cells(original: str, layout: Layout) -> list[str]:
    """The cells of a row as it came; none where it has more or fewer than the others."""
    ways = [original.split(OF_A_SHEET)]
    if len(layout.delimiter) == 1:
        with suppress(csv.Error):
            rows = (
                csv.reader([original], delimiter=layout.delimiter, quotechar=layout.quote)
                if layout.quote
                else csv.reader([original], delimiter=layout.delimiter, quoting=csv.QUOTE_NONE)
            )
            ways.insert(0, next(rows, []))
    return next((cells for cells in ways if layout.narrowest <= len(cells) <= layout.width), [])


def _cell(cells: Sequence[str], column: int | None) -> str:
    return cells[column].strip() if column is not None and column < len(cells) else ""


def _payee(cells: Sequence[str], layout: Layout) -> str:
    texts = (_cell(cells, column) for column in (layout.payee, *layout.text))
    return shorten(next(filter(None, texts), ""), LONGEST_PAYEE)


def _money(cells: Sequence[str], layout: Layout, marks: Sequence[DecimalMark], currency: str) -> dict[str, str]:
    """The amount without its sign where it reads one way, and the direction that its column or its sign tells."""
    columns = [place for place in (layout.amount, layout.debit, layout.credit) if _cell(cells, place)]
    if len(columns) != 1:
        return {}
    text, is_out = _cell(cells, columns[0]), columns[0] == layout.debit
    if columns[0] == layout.amount:
        is_out = text.startswith(MINUS) == (layout.sign == Sign.MONEY_IN_POSITIVE)
    known = {"direction": OUT if is_out else IN}
    readings = _readings(text, marks)
    if len(readings) == 1:
        amount = readings.pop()
        if columns[0] != layout.amount and amount < 0 and not (is_out and layout.debit_is_negative):
            return {}
        if columns[0] == layout.amount:
            known["direction"] = OUT if (amount < 0) == (layout.sign == Sign.MONEY_IN_POSITIVE) else IN
        if fits(amount, currency):
            known["amount"] = plain_amount(abs(amount), currency)
    return known


def _readings(text: str, marks: Sequence[DecimalMark]) -> set[Decimal]:
    """What an amount can be; nothing where it is none."""
    found = set()
    for mark in marks:
        with suppress(BadAmount):
            found.add(read_amount(text, mark))
    return found


def mend(found: StatementImport, line: int, *, date: dt.date, amount: Decimal, payee: str, by_name: str) -> None:
    """Say what a row means; it becomes a line like the others and is compared with the book.

    Args:
        amount: money out is positive; in the currency of the row's statement, never zero.
        payee: clean already.

    Raises:
        AlreadySettled: the import was recorded or discarded.
        NotReady: it is no row that needs mending.
        TooPrecise: the amount has more decimals than the currency.
    """
    with transaction.atomic():
        require_open(found)
        row = StatementLine.objects.select_for_update().filter(statement__source=found, pk=line).first()
        if row is None or not may_be_mended(row):
            raise NotReady("This row can be read, so there is nothing to mend. Look at it again.")
        statement = Statement.objects.get(pk=row.statement_id)
        currency = statement.currency
        row.amount = require_fit(amount, currency)
        row.date, row.currency, row.payee = date, currency, payee
        row.remarks = [*row.remarks, f"Mended by {by_name}; it said “{row.printed:.60}” in {row.problem_column}."]
        row.printed = f"{-row.amount:f}"
        row.fingerprint = fingerprint(date, to_units(row.amount), currency, payee, row.text)
        row.problem, row.problem_column, row.fate, row.is_chosen = "", "", Fate.NEW, False
        row.save()
        statement.first = min(statement.first or date, date)
        statement.last = max(statement.last or date, date)
        statement.save(update_fields=["first", "last"])
        compare_again(found)
