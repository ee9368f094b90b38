"""The live books: what the product's SQL says of every month, beside the append-only history and the rows themselves.

Everything here is read in the caller's snapshot, and nothing is written.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.conf import settings
from django.db.models.functions import TruncMonth

from budget.books.models import Book
from budget.history.models import Entry
from budget.history.rows import shape_of
from budget.ledger.models import Account, MonthlyTotal, Transaction
from budget.money import UNIT, plain_amount
from budget.months import Month
from budget.recount.comparing import Altered, FigureLine, Finding, compare
from budget.recount.counting import count_rows
from budget.recount.examining import examine
from budget.recount.replay import BEGINNING, Steps, replay
from budget.recount.shown import names, shown
from budget.recount.tallies import NOTHING, without_nothing
from budget.reports.accounts import balances
from budget.reports.queries import category_totals
from verification.gates.base import Json
from verification.otherrows import differences

ENTRIES_AT_ONCE = 20
CHANGE = re.compile(r"Change (\d+)")
ENTRY = re.compile(r"entry (\d+) \((create|update|delete) ([a-z]+) (\d+(?: to \d+)?)\)\.$")


@dataclass
class Judged:
    """What was seen of the books in scope."""

    sql: list[dict[str, Json]] = field(default_factory=list)
    """What the product's SQL says, one total for each book, month, category and currency."""

    books: int = 0
    months: int = 0
    rows: int = 0
    currencies: set[str] = field(default_factory=set)
    altered: list[str] = field(default_factory=list)
    """Rows, totals and balances that differ, each named in a sentence without anybody's words."""

    altered_total: int = 0
    history: list[str] = field(default_factory=list)
    """What is wrong with a history itself."""


def judge(books: Iterable[Book], month: Month | None = None) -> Judged:
    """Look at every month of some books, or at one month of theirs."""
    found = Judged()
    for book in books:
        _judge_book(found, book, month)
    return found


def summed(books: Iterable[Book]) -> list[dict[str, Json]]:
    """What the product's SQL says of every month of some books that has a total."""
    found: list[dict[str, Json]] = []
    for book in books:
        months = MonthlyTotal.objects.filter(book=book).order_by("month").values_list("month", flat=True).distinct()
        for first in months:
            found += _summed(book, Month.of(first))
    return found


def _summed(book: Book, month: Month) -> list[dict[str, Json]]:
    return [
        {
            "user": pseudonym(book),
            "month": str(month),
            "category": total.name,
            "currency": total.currency,
            "count": total.count,
            "total": plain_amount(total.total, total.currency),
        }
        for total in category_totals(book, month)
    ]


def pseudonym(book: Book) -> str:
    """A book's name in the evidence: the same in every run of this installation, telling nobody whose it is."""
    return f"book-{_keyed(f'book {book.pk}')}"


def pseudonym_of_stranger(name: str) -> str:
    """The same for somebody whom a ledger names by an email and this database does not know."""
    return f"person-{_keyed(f'person {name}')}"


def _keyed(text: str) -> str:
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"release evidence, {text}".encode(), hashlib.sha256).hexdigest()[:12]


def history_lines(books: Sequence[Book]) -> Iterator[bytes]:
    """The books' entries as they lie in the database, for the independent program: one JSON object a line."""
    for book in books:
        last = 0
        entries = Entry.objects.filter(book=book, model__in=("account", "category", "transaction")).order_by("pk")
        while page := list(
            entries.filter(pk__gt=last).values_list("pk", "model", "action", "payload")[:ENTRIES_AT_ONCE]
        ):
            for pk, model, action, payload in page:
                line = {"book": book.pk, "model": model, "action": action, "payload": payload}
                yield json.dumps(line, ensure_ascii=False).encode() + b"\n"
                last = pk


def _judge_book(found: Judged, book: Book, only: Month | None) -> None:
    name = pseudonym(book)
    found.books += 1
    steps = replay(book, BEGINNING)
    if steps.problem:
        found.history.append(f"{name}: {without_words(steps.problem)}")
    for month in _months(book, steps) if only is None else [only]:
        finding = _judge_month(found, book, month, steps)
        found.sql += _summed(book, month)
        found.months += 1
        found.rows += finding.rows
        found.currencies |= {line.currency for line in finding.lines}
    if only is None:
        _judge_balances(found, book, steps)
        if not steps.problem:
            others = [f"{name}: {told}" for told in differences(book)]
            found.altered += others
            found.altered_total += len(others)


def without_words(problem: str) -> str:
    """A problem of the history by numbers only: what a person called a change is nobody else's business."""
    change, entry = CHANGE.search(problem), ENTRY.search(problem)
    told = f"change {change[1]} is not as it was written" if change else "its history is not as it was written"
    return f"{told}: entry {entry[1]}, {entry[2]} of {entry[3]} {entry[4]}" if entry else told


def _judge_month(found: Judged, book: Book, month: Month, steps: Steps) -> Finding:
    seen, rows = shown(book, month, names(book)), count_rows(book, month).tallies
    history = without_nothing(steps.deltas().get(str(month), {}))
    finding = compare(book.currency, seen, rows, history, steps.states)
    if finding.agrees or steps.problem:
        return finding
    named = examine(book, month, afresh=True).finding or finding
    where = f"{pseudonym(book)}, {month}"
    found.altered += [f"{where}: {_told(row)}" for row in named.altered]
    found.altered += [f"{where}, {_compared(line)}" for line in named.differing]
    found.altered_total += max(1, named.altered_rows, len(named.altered) + len(named.differing))
    return finding


def _told(row: Altered) -> str:
    """Names a row and the field that differs; what it holds is nobody's business but the owner's."""
    if not row.in_table:
        return f"{row.model} {row.pk} is in the history, but not in its table"
    if not row.in_history:
        return f"{row.model} {row.pk} is in its table, but not in the history"
    return f"{row.model} {row.pk} differs from the history in its {row.field.removesuffix('_id')}"


def _compared(line: FigureLine) -> str:
    apart = plain_amount(Decimal(line.difference) / UNIT, line.currency)
    shown_rows, rows, recorded = line.rows
    counted = f"{shown_rows} rows shown, {rows} in the table, {recorded} in the history"
    return f"{line.name or 'no category'}: {counted}; sums up to {apart} {line.currency} apart"


def _judge_balances(found: Judged, book: Book, steps: Steps) -> None:
    """What is on each account: as the pages say it, and as the history's sums make it."""
    moved: dict[int, int] = defaultdict(int)
    for tallies in steps.deltas().values():
        for key, tally in tallies.items():
            moved[key.account] += tally.units
    opening_place = shape_of(Account).names.index("opening_balance")
    for account in balances(book).accounts:
        state = steps.states["account"].get(account.pk)
        if state is None:
            continue  # an account that the history does not know; its rows are named above
        counted = Decimal(int(str(state[opening_place])) - moved[account.pk]) / UNIT
        if counted != account.amount:
            found.altered.append(
                f"{pseudonym(book)}: the balance of account {account.pk} is not what its history makes"
            )
            found.altered_total += 1


def _months(book: Book, steps: Steps) -> list[Month]:
    """Every month that a total, a row or the history has."""
    rows = Transaction.objects.of(book).annotate(first=TruncMonth("date")).values_list("first", flat=True).distinct()
    totals = MonthlyTotal.objects.filter(book=book).values_list("month", flat=True).distinct()
    # A day that no calendar has, written by hand, has no month; its row is missing in the month that history knows.
    found = {Month.of(day) for day in (*rows.order_by(), *totals.order_by()) if day is not None}
    for month, tallies in steps.deltas().items():
        if any(tally != NOTHING for tally in tallies.values()):
            found.add(Month.parse(month))
    return sorted(found)
