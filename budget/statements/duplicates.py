"""What becomes of the lines of a file: new, already here (`again`), or perhaps here, which is for a person to say.

Perhaps here is what is only similar: typed by hand, announced before it was posted, told by another kind of file.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q, QuerySet

from budget.books.models import Book
from budget.ledger.models import Transaction
from budget.statements.again import mark_again
from budget.statements.fingerprints import plain
from budget.statements.models import Fate, StatementImport, StatementLine

DAYS_APART = 4
DAYS_TO_POST = 10
LARGEST_TIP = Decimal("0.3")
"""By how much of itself an announced amount may grow until it is posted."""

LINES_AT_ONCE = 2000


def compare(found: StatementImport) -> None:
    """Settle what becomes of each line of an import that nobody has decided about, as the book stands now."""
    with transaction.atomic():
        lines = StatementLine.objects.filter(statement__source=found).exclude(fate=Fate.REFUSED)
        lines.filter(is_chosen=False).exclude(fate=Fate.NEW).update(fate=Fate.NEW, same_as_id=None, matched_id=None)
        lines.filter(is_chosen=True).update(same_as_id=None)
        mark_again(found)
        _mark_doubtful(found)
        found.version = Book.objects.values_list("version", flat=True).get(pk=found.book_id)
        found.save(update_fields=["version"])


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
    rows = Transaction.objects.filter(account_id=account)
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
