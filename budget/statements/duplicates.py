"""Which lines of a file the book already has. Equal is not duplicate: occurrences are counted, nothing is dropped.

A line is an earlier one again if the bank gives it the same id, day and amount, or else the same day, amount and plain
text; of several equal ones the first is the first again, the second the second, and a third is new. What is only
similar (typed by hand, announced before it was posted, told by another kind of file) is for a person to say.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from budget.books.models import Book
from budget.ledger.models import Transaction
from budget.statements.fingerprints import plain
from budget.statements.models import Fate, StatementImport, StatementLine
from budget.statements.standing import undone_imports

DAYS_APART = 4
DAYS_TO_POST = 10
LARGEST_TIP = Decimal("0.3")
"""By how much of itself an announced amount may grow until it is posted."""

LINES_AT_ONCE = 2000

AGAIN = """
    WITH fresh AS (
        SELECT l.id, s.account_id, l.bank_id, l.fingerprint, l.date, l.amount, l.fate, l.is_chosen,
               ROW_NUMBER() OVER (PARTITION BY s.account_id, {key} ORDER BY l.number) AS nth
          FROM budget_statementline l JOIN budget_statement s ON s.id = l.statement_id
         WHERE s.source_id = %s AND s.account_id IS NOT NULL AND l.fate <> 'refused' AND l.same_as_id IS NULL
           AND {of_fresh}
    ), known AS (
        SELECT l.id, s.account_id, l.bank_id, l.fingerprint, l.date, l.amount,
               ROW_NUMBER() OVER (PARTITION BY s.account_id, {key} ORDER BY l.id) AS nth
          FROM budget_statementline l
          JOIN budget_statement s ON s.id = l.statement_id
          JOIN budget_statementimport i ON i.id = s.source_id
         WHERE l.book_id = %s AND i.stage = 'recorded' AND l.fate IN ('new', 'doubtful', 'joined') AND {of_known}
           AND l.{looked_up} IN (SELECT {looked_up} FROM fresh)
           AND l.id NOT IN (
               SELECT same_as_id FROM budget_statementline o JOIN budget_statement p ON p.id = o.statement_id
                WHERE p.source_id = %s AND same_as_id IS NOT NULL)
           AND ({stands} OR EXISTS (SELECT 1 FROM budget_transaction t WHERE t.line_id = l.id))
    ), pairs AS (
        SELECT fresh.id AS line, known.id AS earlier
          FROM fresh JOIN known ON known.account_id = fresh.account_id AND known.nth = fresh.nth AND {same}
         WHERE NOT fresh.is_chosen
    )
    UPDATE budget_statementline
       SET fate = CASE WHEN t.id IS NULL THEN 'deleted' ELSE 'there' END, same_as_id = pairs.earlier, matched_id = t.id
      FROM pairs LEFT JOIN budget_transaction t ON t.line_id = pairs.earlier
     WHERE budget_statementline.id = pairs.line
"""


def compare(found: StatementImport) -> None:
    """Settle what becomes of each line of an import that nobody has decided about, as the book stands now."""
    with transaction.atomic():
        lines = StatementLine.objects.filter(statement__source=found).exclude(fate=Fate.REFUSED)
        lines.filter(is_chosen=False).exclude(fate=Fate.NEW).update(fate=Fate.NEW, same_as_id=None, matched_id=None)
        lines.filter(is_chosen=True).update(same_as_id=None)
        undone = undone_imports(found.book_id)
        _mark_again(found, undone, "l.bank_id, l.date, l.amount", "bank_id", "l.bank_id <> ''", "l.bank_id <> ''")
        _mark_again(found, undone, "l.fingerprint", "fingerprint", "l.bank_id <> ''", "l.bank_id = ''")
        _mark_again(found, undone, "l.fingerprint", "fingerprint", "l.bank_id = ''", "1 = 1")
        _mark_doubtful(found)
        found.version = Book.objects.values_list("version", flat=True).get(pk=found.book_id)
        found.save(update_fields=["version"])


def _mark_again(
    found: StatementImport, undone: Sequence[int], key: str, looked_up: str, of_fresh: str, of_known: str
) -> None:
    names = [name.strip().removeprefix("l.") for name in key.split(",")]
    query = AGAIN.format(
        key=key,
        looked_up=looked_up,
        of_fresh=of_fresh,
        of_known=of_known,
        same=" AND ".join(f"known.{name} = fresh.{name}" for name in names),
        stands=f"i.id NOT IN ({', '.join(['%s'] * len(undone))})" if undone else "1 = 1",
    )
    with connection.cursor() as cursor:
        cursor.execute(query, [found.pk, found.book_id, found.pk, *undone])


class _Fresh(NamedTuple):
    """A new line; `text` is plain."""

    pk: int
    date: dt.date
    amount: Decimal
    text: str


@dataclass(frozen=True)
class _Candidate:
    """A transaction that a line may be."""

    pk: int
    date: dt.date
    amount: Decimal
    text: str
    is_pending: bool


def _mark_doubtful(found: StatementImport) -> None:
    """Name for each new line the one transaction that it may be; each transaction is named once."""
    taken: set[int] = set()
    for account, lines in _new_lines(found):
        days = [line.date for line in lines]
        near = _near(found, account, min(days) - dt.timedelta(DAYS_TO_POST), max(days) + dt.timedelta(DAYS_APART))
        by_amount: dict[Decimal, list[_Candidate]] = defaultdict(list)
        for candidate in near:
            by_amount[candidate.amount].append(candidate)
        announced = [candidate for candidate in near if candidate.is_pending]
        matched: list[StatementLine] = []
        for line in lines:
            likely = [c for c in by_amount.get(line.amount, ()) if abs((c.date - line.date).days) <= DAYS_APART]
            likely += [c for c in announced if _is_posted(c, line)]
            free = [c for c in likely if c.pk not in taken]
            if free:
                best = min(free, key=lambda c: (abs(c.amount - line.amount), abs((c.date - line.date).days), c.pk))
                taken.add(best.pk)
                matched.append(StatementLine(pk=line.pk, fate=Fate.DOUBTFUL, matched_id=best.pk))
        if matched:
            StatementLine.objects.bulk_update(matched, ["fate", "matched_id"], batch_size=500)


def _new_lines(found: StatementImport) -> Iterator[tuple[int, list[_Fresh]]]:
    """The undecided new lines of accounts that have transactions from elsewhere, some thousand at a time, by day."""
    for statement in found.statements.exclude(account=None).order_by("number"):
        assert statement.account_id is not None
        if not _elsewhere(found, statement.account_id).exists():
            continue
        lines = StatementLine.objects.filter(statement=statement, fate=Fate.NEW, is_chosen=False)
        last: tuple[dt.date, int] | None = None
        while True:
            page = lines.order_by("date", "pk")
            if last:
                page = page.filter(Q(date__gt=last[0]) | Q(date=last[0], pk__gt=last[1]))
            values = page.values_list("pk", "date", "amount", "payee", "text")[:LINES_AT_ONCE]
            batch = [
                _Fresh(pk, day, amount, plain(payee or text))
                for pk, day, amount, payee, text in values
                if day and amount
            ]
            if not batch:
                break
            last = (batch[-1].date, batch[-1].pk)
            yield statement.account_id, batch


def _elsewhere(found: StatementImport, account: int) -> QuerySet[Transaction]:
    """Transactions of an account that no file of this kind told of: by hand, announced, from another kind of file."""
    told = Q(line__statement__source__format=found.format)
    rows = Transaction.objects.filter(account_id=account, is_transfer=False)
    return rows.filter(Q(line=None) | Q(is_pending=True) | ~told)


def _near(found: StatementImport, account: int, first: dt.date, last: dt.date) -> list[_Candidate]:
    again = StatementLine.objects.filter(statement__source=found, matched_id__isnull=False).values("matched_id")
    rows = _elsewhere(found, account).filter(date__range=(first, last)).exclude(pk__in=again)
    values = rows.order_by("date", "pk").values_list("pk", "date", "amount", "payee", "description", "is_pending")
    return [
        _Candidate(pk, date, amount, plain(payee or text), is_pending)
        for pk, date, amount, payee, text, is_pending in values
    ]


def _is_posted(announced: _Candidate, line: _Fresh) -> bool:
    """Whether a line is likely what an announced transaction became: the same payee, perhaps with a tip."""
    days = (line.date - announced.date).days
    if not 0 <= days <= DAYS_TO_POST or announced.amount * line.amount <= 0:
        return False
    grown = abs(line.amount) - abs(announced.amount)
    if not 0 <= grown <= abs(announced.amount) * LARGEST_TIP:
        return False
    return bool(line.text) and (line.text.startswith(announced.text[:8]) or announced.text.startswith(line.text[:8]))
