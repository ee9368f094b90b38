"""Rows of the very same file that a person mended when it was imported before: they need not be mended again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db import transaction
from django.db.models import Max, Min

from budget.statements.known import Known, Line
from budget.statements.models import Fate, Statement, StatementLine

ROWS_AT_ONCE = 500
SAID = (
    "date", "value_date", "amount", "currency", "printed", "payee", "text", "bank_id", "fingerprint", "is_pending",
    "remarks",
)  # fmt: skip
"""What such a row says now as it did then; the row as it came stays as it is."""


def carry_over(known: Known) -> None:
    """Give rows that cannot be read what was said of them before, where what that brought is known here.

    A row of an import that was taken back is mended anew.
    """
    if not known.of_file:
        return
    altered: set[int] = set()
    for lines in _unreadable(known):
        then = {line.pk: earlier.pk for line, earlier in known.of_same_file(lines)}
        before = StatementLine.objects.in_bulk(set(then.values()))
        with transaction.atomic():
            rows = list(StatementLine.objects.filter(pk__in=then))
            for row in rows:
                for name in SAID:
                    setattr(row, name, getattr(before[then[row.pk]], name))
                row.problem, row.problem_column, row.fate, row.is_chosen = "", "", Fate.NEW, False
            names = [*SAID, "problem", "problem_column", "fate", "is_chosen"]
            StatementLine.objects.bulk_update(rows, names, batch_size=ROWS_AT_ONCE)
        altered |= {row.statement_id for row in rows}
    for statement in Statement.objects.filter(pk__in=altered):
        days = statement.lines.aggregate(first=Min("date"), last=Max("date"))
        statement.first, statement.last = days["first"], days["last"]
        statement.save(update_fields=["first", "last"])


def _unreadable(known: Known) -> Iterator[Sequence[Line]]:
    """The rows of the file that cannot be read, in parts."""
    wanted = StatementLine.objects.filter(statement__in=known.statements, fate=Fate.REFUSED).order_by("number", "pk")
    last = 0
    while rows := list(wanted.filter(number__gt=last).values_list("pk", "statement", "number", "place")[:ROWS_AT_ONCE]):
        last = rows[-1][2]
        yield [
            Line(pk, known.statements[statement], "", "", None, 0, False, number, place)
            for pk, statement, number, place in rows
        ]
