"""What becomes of the lines of a file: new, already here (`again`), or perhaps here, which is for a person to say.

Perhaps here is what is only similar: typed by hand, announced before it was posted, told by another kind of file, or
with another id of the bank (`renumbered`).
"""

from __future__ import annotations

import datetime as dt
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from django.db import connection

from budget.books.models import Book
from budget.ledger.models import Transaction
from budget.statements.again import mark_again
from budget.statements.fingerprints import day_number
from budget.statements.known import Known
from budget.statements.likeness import DAYS_APART, DAYS_TO_POST, Candidate, is_posted
from budget.statements.lines import Settled, among, parts_by_day, select, settle
from budget.statements.mended import carry_over
from budget.statements.models import Fate, Statement, StatementImport, StatementLine
from budget.statements.renumbered import mark_renumbered

TRIES = 3
"""So often a comparison is made anew because the book changed meanwhile; the last one is recognised as outdated."""

NEAR = (
    "SELECT t.id, t.date, t.amount, t.payee, t.description, t.is_pending, l.statement_id FROM budget_transaction t "
    "LEFT JOIN budget_statementline l ON l.id = t.line_id WHERE t.account_id = %s AND t.date BETWEEN %s AND %s"
)


def compare(found: StatementImport, *, is_fresh: bool = False) -> None:
    """Settle what becomes of each line of an import that nobody has decided about, as the book stands.

    Writes in short transactions. `found.version` is the book's from before it was looked at: whoever records an import
    sees by it whether anything happened since.

    Args:
        is_fresh: the lines were just read, so nothing was settled about them yet.
    """
    for _ in range(TRIES):
        version = _version(found)
        if not is_fresh:
            _begin_anew(found)
        known, near = Known(found), _Nearby(found)
        carry_over(known)
        mark_again(known)
        mark_renumbered(known, near)
        _mark_doubtful(found, near)
        is_fresh = False
        if _version(found) == version:
            break
    found.version = version
    found.save(update_fields=["version"])


def _version(found: StatementImport) -> int:
    return Book.objects.values_list("version", flat=True).get(pk=found.book_id)


def _begin_anew(found: StatementImport) -> None:
    lines = StatementLine.objects.filter(statement__source=found).exclude(fate=Fate.REFUSED)
    lines.filter(is_chosen=False).exclude(fate=Fate.NEW).update(fate=Fate.NEW, same_as_id=None, matched_id=None)
    lines.filter(is_chosen=True).update(same_as_id=None)


class _Fresh(NamedTuple):
    """A new line; `day` is a number, `amount` in thousandths."""

    pk: int
    day: int
    amount: int
    text: str


def _mark_doubtful(found: StatementImport, near: _Nearby) -> None:
    """Name for each new line the one transaction that it may be; each transaction is named once."""
    for statement in found.statements.exclude(account=None).order_by("number"):
        account = statement.account_id
        if account is None or not Transaction.objects.filter(account_id=account).exists():
            continue
        for first, end in parts_by_day([statement.pk]):
            if lines := _new_lines(statement.pk, first, end):
                settle(list(_doubtful(lines, near.of(account, lines), near.taken)))


def _doubtful(lines: Sequence[_Fresh], near: Sequence[Candidate], taken: set[int]) -> Iterator[Settled]:
    if not near:
        return
    by_amount: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in near:
        by_amount[candidate.amount].append(candidate)
    announced = [candidate for candidate in near if candidate.is_pending]
    for line in lines:
        likely = _of_days(by_amount.get(line.amount, ()), line.day)
        likely += [c for c in announced if is_posted(c, line.day, line.amount, line.text)]
        free = [c for c in likely if c.pk not in taken]
        if free:
            best = min(free, key=lambda c: (abs(c.amount - line.amount), abs(c.day - line.day), c.pk))
            taken.add(best.pk)
            yield Settled(Fate.DOUBTFUL.value, None, best.pk, line.pk)


def _of_days(candidates: Sequence[Candidate], day: int) -> list[Candidate]:
    """Those some days before or after; they come in the order of their days."""
    first = bisect_left(candidates, day - DAYS_APART, key=_day_of)
    end = bisect_left(candidates, day + DAYS_APART + 1, key=_day_of)
    return list(candidates[first:end])


def _day_of(candidate: Candidate) -> int:
    return candidate.day


def _new_lines(statement: int, first: str, end: str) -> list[_Fresh]:
    """The undecided new lines of some days, by day."""
    rows = select(
        "SELECT id, fingerprint, amount, CASE payee WHEN '' THEN text ELSE payee END FROM budget_statementline "
        "WHERE statement_id = %s AND fingerprint >= %s AND fingerprint < %s AND fate = %s AND NOT is_chosen "
        "AND amount IS NOT NULL ORDER BY date, id",
        [statement, first, end, Fate.NEW.value],
    )
    return [_Fresh(pk, day_number(mark), amount, said) for pk, mark, amount, said in rows]


class _Nearby:
    """Finds what lines of one import may be, in what did not come from a file of its kind.

    That is what was typed by hand, what was only announced, and what another kind of file told, or a table with other
    columns.
    """

    def __init__(self, found: StatementImport) -> None:
        self.found = found
        self.taken: set[int] = set()
        of_kind = Statement.objects.filter(book=found.book_id, source__format=found.format, source__layout=found.layout)
        self.of_kind = set(of_kind.values_list("pk", flat=True))
        self._spoken_for: array[int] | None = None

    def of(self, account: int, lines: Sequence[_Fresh]) -> list[Candidate]:
        """Transactions of an account around some lines: of the same amount, or announced; by day."""
        days = [line.day for line in lines]
        first, last = (
            dt.date.fromordinal(day).isoformat() for day in (min(days) - DAYS_TO_POST, max(days) + DAYS_APART)
        )
        condition, amounts = among("t.amount", {line.amount for line in lines})
        same = f"{NEAR} AND t.book_id = %s AND {condition}"
        rows = select(same, [account, first, last, self.found.book_id, amounts])
        rows += select(f"{NEAR} AND t.is_pending", [account, first, last])
        told = {
            pk: Candidate(pk, _ordinal(day), amount, payee or text, bool(is_pending))
            for pk, day, amount, payee, text, is_pending, statement in rows
            if is_pending or statement not in self.of_kind
        }
        free = [each for each in told.values() if not self.is_spoken_for(each.pk)]
        return sorted(free, key=lambda candidate: (candidate.day, candidate.pk))

    def is_spoken_for(self, txn: int) -> bool:
        """Whether another line of the file is a transaction already."""
        if self._spoken_for is None:
            own, ids = among("statement_id", self.found.statements.values_list("pk", flat=True))
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT matched_id FROM budget_statementline WHERE {own} AND matched_id IS NOT NULL ORDER BY 1",  # noqa: S608  (names of ours)
                    [ids],
                )
                self._spoken_for = array("q", (matched for (matched,) in iter(cursor.fetchone, None)))
        place = bisect_left(self._spoken_for, txn)
        return place < len(self._spoken_for) and self._spoken_for[place] == txn


@lru_cache(maxsize=4096)
def _ordinal(day: str | dt.date) -> int:
    """The number of a day as the engine gives it."""
    return (dt.date.fromisoformat(day) if isinstance(day, str) else day).toordinal()
