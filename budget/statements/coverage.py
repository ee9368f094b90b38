"""How far the bank's files and certificates reach: for each account its last import and its last twelve months."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from budget.books.models import Book
from budget.ledger.models import Account, Transaction
from budget.months import Month
from budget.statements.breaches import broken_among
from budget.statements.models import Certificate, Stage, Statement
from budget.statements.standing import undone_imports

MONTHS = 12
CERTIFIED, BROKEN, COVERED, MISSING, NOTHING = "certified", "broken", "covered", "missing", "nothing"
WORDS = {
    CERTIFIED: "certified",
    BROKEN: "certificate broken",
    COVERED: "bank's file",
    MISSING: "no file",
    NOTHING: "nothing yet",
}

Days = tuple[dt.date, dt.date]
"""The first and the last day, both included."""


@dataclass(frozen=True)
class MonthCell:
    """One month of an account's strip."""

    month: Month
    state: str
    days: str = ""
    certificate: int | None = None

    @property
    def letter(self) -> str:
        """What the strip shows of the month's name."""
        return self.month.name[:1]

    @property
    def text(self) -> str:
        """What it says in words."""
        return f"{self.month.title}: {WORDS[self.state]}{self.days}"


@dataclass(frozen=True)
class Coverage:
    """What is known of one account from files and certificates. `last` is the newest part of a file about it.

    `newest` is the day of its last transaction: as of when its balance is.
    """

    cells: Sequence[MonthCell]
    last: Statement | None
    newest: dt.date | None = None

    def count(self, *states: str) -> int:
        """How many of the months are in one of these states."""
        return sum(cell.state in states for cell in self.cells)

    @property
    def is_empty(self) -> bool:
        """Whether no file and no certificate is about any of its months."""
        return not self.count(CERTIFIED, BROKEN, COVERED)

    @property
    def summary(self) -> str:
        """The strip in one line of words."""
        told = [
            (self.count(CERTIFIED), "certified"),
            (self.count(BROKEN), "broken"),
            (self.count(COVERED), "from files"),
            (self.count(MISSING), "missing"),
        ]
        return ", ".join(f"{count} {word}" for count, word in told if count) or "No files yet"

    @property
    def imported(self) -> str:
        """When its last file came: ``3 Nov``, with the year where it is another."""
        if self.last is None:
            return ""
        return _short(timezone.localtime(self.last.source.created_at).date())

    @property
    def as_of(self) -> str:
        """The day up to which its balance is known: ``3 Nov``, with the year where it is another."""
        return _short(self.newest) if self.newest else ""


def months_until(today: dt.date) -> list[Month]:
    """The last twelve months, the current one last."""
    end = Month.of(today)
    return [end - back for back in range(MONTHS - 1, -1, -1)]


def coverage(
    book: Book, today: dt.date, accounts: Iterable[int] | None = None, undone: Collection[int] | None = None
) -> Mapping[int, Coverage]:
    """The coverage of a book's accounts, by their ids; of some where they are named. A fixed number of queries.

    Args:
        undone: the ids of the imports that were taken back, where they are known already.
    """
    months = months_until(today)
    wanted = None if accounts is None else list(accounts)
    parts = Statement.objects.filter(book=book, source__stage=Stage.RECORDED).exclude(account=None)
    own = Certificate.objects.of(book).filter(last__gte=months[0].first)
    if wanted is not None:
        parts, own = parts.filter(account__in=wanted), own.filter(account__in=wanted)
    undone = undone_imports(book.pk) if undone is None else undone
    last: dict[int, Statement] = {}
    spans: dict[int, list[Days]] = defaultdict(list)
    for part in parts.exclude(source__in=undone).select_related("source").defer("remarks").order_by("source", "number"):
        assert part.account_id is not None
        last[part.account_id] = part
        days = [day for day in (part.first, part.last, part.closing_on) if day]
        if days:
            spans[part.account_id].append((min(days), max(days)))
    closed: dict[int, list[Certificate]] = defaultdict(list)
    certificates = list(own.order_by("first"))
    for certificate in certificates:
        closed[certificate.account_id].append(certificate)
    broken = broken_among(certificates)
    reach = _reach(book, wanted)

    def of(account: int) -> Coverage:
        begun, newest = reach.get(account, (None, None))
        return Coverage(_cells(months, spans[account], closed[account], broken, begun), last.get(account), newest)

    return {account: of(account) for account in {*reach, *last, *closed}}


def _reach(book: Book, wanted: Sequence[int] | None) -> Mapping[int, tuple[dt.date | None, dt.date | None]]:
    """The days of each account's first and last transaction, found by the index. One query."""
    rows = Transaction.objects.filter(account=OuterRef("pk"))
    own = Account.objects.of(book) if wanted is None else Account.objects.of(book).filter(pk__in=wanted)
    found = own.annotate(
        begun=Subquery(rows.order_by("date", "pk").values("date")[:1]),
        newest=Subquery(rows.order_by("-date", "-pk").values("date")[:1]),
    )
    return {pk: (begun, newest) for pk, begun, newest in found.values_list("pk", "begun", "newest")}


def _cells(
    months: Sequence[Month],
    spans: Sequence[Days],
    certificates: Sequence[Certificate],
    broken: set[int],
    begun: dt.date | None,
) -> list[MonthCell]:
    starts = [first for first, _ in spans] + [each.first for each in certificates] + ([begun] if begun else [])
    cells = []
    for month in months:
        final = month.end - dt.timedelta(1)
        closed = [each for each in certificates if each.first <= final and each.last >= month.first]
        bad = next((each for each in closed if each.pk in broken), None)
        if bad is not None:
            cells.append(MonthCell(month, BROKEN, certificate=bad.pk))
        elif closed and _whole(_days(closed), month):
            cells.append(MonthCell(month, CERTIFIED, certificate=closed[-1].pk))
        elif inside := [(a, b) for a, b in (*spans, *_days(closed)) if a <= final and b >= month.first]:
            first = max(min(a for a, _ in inside), month.first)
            last = min(max(b for _, b in inside), final)
            whole = (first, last) == (month.first, final)
            days = "" if whole else f", {first.day} to {last.day}" if first != last else f", {first.day}"
            part = f", partly certified{days}" if closed else days
            cells.append(MonthCell(month, COVERED, part, closed[-1].pk if closed else None))
        else:
            is_gap = bool(spans or certificates) and min(starts) < month.first and month != months[-1]
            cells.append(MonthCell(month, MISSING if is_gap else NOTHING))
    return cells


def _days(certificates: Iterable[Certificate]) -> list[Days]:
    return [(each.first, each.last) for each in certificates]


def _whole(spans: Iterable[Days], month: Month) -> bool:
    """Whether every day of a month is in one of some spans."""
    open_from = month.first
    for first, last in sorted(spans):
        if first > open_from:
            break
        open_from = max(open_from, last + dt.timedelta(1))
    return open_from >= month.end


def _short(day: dt.date) -> str:
    year = "" if day.year == timezone.localdate().year else f" {day.year}"
    return f"{day.day} {day:%b}{year}"
