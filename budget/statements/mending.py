"""A row that could not be read, said by a person instead; what came is kept as it came."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.db import transaction

from budget.money import require_fit, to_units
from budget.statements.choices import compare_again, require_open
from budget.statements.errors import NotReady
from budget.statements.fingerprints import fingerprint
from budget.statements.models import Fate, Statement, StatementImport, StatementLine


def may_be_mended(line: StatementLine) -> bool:
    """Whether it is a row that could not be read, left out or not."""
    return line.fate == Fate.REFUSED or (line.fate == Fate.SKIPPED and line.date is None)


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
