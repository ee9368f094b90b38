"""What waits for a person, and how much was filed without one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from budget.books.models import Book
from budget.history.models import Change
from budget.ledger.filters import FILING, filed_since
from budget.ledger.models import MonthlyTotal, Status, Transaction, TransactionQuerySet, today
from budget.statements.models import RejectedTransfer, Stage, Statement, StatementImport
from budget.statements.standing import is_undone
from budget.statements.summary import Summary, summary

MOST_READ = 5000
"""The newest waiting rows that a page looks at; more are a matter for rules."""
STAGED_SHOWN = 20
LARGEST_COUNTED = 50_000
LARGEST_TOLD = 20_000
"""Lines of an import that are counted on the side."""


class WaitingRow(NamedTuple):
    """A row that nobody has decided about; `amount` out is positive, `category` is one that is not confirmed."""

    pk: int
    date: dt.date
    amount: Decimal
    description: str
    payee: str
    account: int
    category: int | None
    predicted: int | None
    tier: str
    confidence: int | None
    pattern: str

    @property
    def title(self) -> str:
        """The payee, or what the bank printed where none is known."""
        return self.payee or self.description


FIELDS = (
    *("pk", "date", "amount", "description", "payee", "account_id", "category_id", "predicted_category_id"),
    *("tier", "confidence", "pattern"),
)


@dataclass(frozen=True, slots=True)
class Counts:
    """R003-88: all rows of a book, those to review, those with a choice that is not saved yet."""

    total: int
    to_review: int
    to_save: int

    @property
    def waiting(self) -> int:
        """What the badges say: neither confirmed by a person nor by a rule."""
        return self.to_review + self.to_save

    @property
    def said(self) -> dict[str, str]:
        """The figures as people read them."""
        figures = {"total": self.total, "review": self.to_review, "save": self.to_save, "confirmed": self.confirmed}
        return {name: f"{count:,}" for name, count in figures.items()}

    @property
    def confirmed(self) -> int:
        """By a person or by a rule; transfers between own accounts are among them."""
        return self.total - self.waiting


@dataclass(frozen=True, slots=True)
class LastImport:
    """What came of the newest import that stands."""

    found: StatementImport
    told: Summary | None
    filed: int
    waiting: int


def unsettled(book: Book) -> TransactionQuerySet:
    """What nobody confirmed; a transfer between own accounts needs no review."""
    return Transaction.objects.of(book).unsettled().filter(is_transfer=False)


def to_review(book: Book) -> TransactionQuerySet:
    """What has no choice of a person; a choice that was kept without a category counts as none."""
    return unsettled(book).exclude(status=Status.PENDING_SAVE, category__isnull=False)


def staged(book: Book) -> TransactionQuerySet:
    """What has a choice that is to be saved with others."""
    return unsettled(book).filter(status=Status.PENDING_SAVE, category__isnull=False)


def counts(book: Book) -> Counts:
    """Two queries, neither of which reads the confirmed rows."""
    by_status = Transaction.objects.of(book).unsettled().values_list("status").annotate(rows=Count("*")).order_by()
    found: dict[str, int] = dict(by_status)
    total = MonthlyTotal.objects.filter(book=book).aggregate(rows=Sum("count"))["rows"] or 0
    return Counts(total, found.get(Status.PENDING_REVIEW, 0), found.get(Status.PENDING_SAVE, 0))


def waiting_rows(book: Book, of: StatementImport | None = None) -> list[WaitingRow]:
    """The newest rows to review, at most 5,000; only those of one import where it is given. One query."""
    rows = to_review(book)
    if of is not None:
        rows = rows.filter(line__statement__source=of)
    return [WaitingRow(*row) for row in _newest_first(rows).values_list(*FIELDS)[:MOST_READ]]


def staged_rows(book: Book) -> list[Transaction]:
    """The first of the kept choices, newest first. One query."""
    return list(_newest_first(staged(book).select_related("account", "category"))[:STAGED_SHOWN])


def rejected_count(book: Book) -> int:
    """How many pairs a person said are no transfer."""
    return RejectedTransfer.objects.filter(book=book).count()


def filed_this_week(book: Book, total: int) -> tuple[int | None, dt.date]:
    """How many rows the imports and runs of the last seven days filed by rules, and the first of these days.

    One query. None where the book has so many rows (`total`) that counting would keep the page waiting.
    """
    first = today() - dt.timedelta(days=6)
    start = timezone.make_aware(dt.datetime.combine(first, dt.time.min))
    if total > LARGEST_COUNTED:
        runs = Change.objects.filter(book=book, kind__in=FILING, at__gte=start)
        return (None if runs.exists() else 0), first
    return Transaction.objects.of(book).filter(filed_since(book, start)).count(), first


def last_import(book: Book) -> LastImport | None:
    """What came of the newest import; None where there is none, or where it was taken back."""
    recorded = StatementImport.objects.filter(book=book, stage=Stage.RECORDED).select_related("change")
    found = recorded.order_by("-pk").first()
    if found is None or found.change is None or is_undone(found):
        return None
    found.book = book
    lines = Statement.objects.filter(source=found).aggregate(rows=Sum("lines_count"))["rows"] or 0
    if lines > LARGEST_TOLD:
        return LastImport(found, None, 0, 0)
    made = Transaction.objects.of(book).filter(line__statement__source=found)
    by_status: dict[str, int] = dict(made.values_list("status").annotate(rows=Count("*")).order_by())
    waiting = by_status.get(Status.PENDING_REVIEW, 0) + by_status.get(Status.PENDING_SAVE, 0)
    return LastImport(found, summary(found), by_status.get(Status.AUTO_CONFIRMED, 0), waiting)


def import_of(book: Book, pk: int) -> StatementImport | None:
    """The book's recorded import of that number."""
    return StatementImport.objects.filter(book=book, pk=pk, stage=Stage.RECORDED).first()


def waiting_of(book: Book, ids: Sequence[int]) -> list[WaitingRow]:
    """Of these ids the rows that are still to review, newest first; ids of other books are none. One query."""
    rows = to_review(book).filter(pk__in=ids).order_by("-date", "-pk")
    return [WaitingRow(*row) for row in rows.values_list(*FIELDS)]


def _newest_first(rows: TransactionQuerySet) -> TransactionQuerySet:
    """Sorted by what no index has: else SQLite walks through all rows by date to find the few that wait."""
    return rows.order_by(Coalesce("date", "date").desc(), "-pk")
