"""What posts itself: due dates of series become transactions, each exactly once, whenever and however often this runs.

A due date is recorded in one change with its `SettledDue`, of which the database takes one per series and date; the
book is locked meanwhile, so that runs at the same time come one after the other. After downtime everything due since
is recorded. What was recorded, skipped, or is there already is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from budget import history
from budget.books.models import Book
from budget.errors import BudgetError
from budget.history.errors import Vanished
from budget.ledger.models import Source, Status, Transaction
from budget.money import format_in_book
from budget.recurring.errors import AccountIsClosed
from budget.recurring.models import Outcome, RecurringSeries, SeriesRow, SettledDue, State
from budget.recurring.operations import is_settled
from budget.recurring.rhythm import dues, slot


@dataclass(frozen=True)
class Posted:
    """What came of one due date: the transaction that was recorded, or why none could be."""

    series: RecurringSeries
    due: date
    txn: Transaction | None
    problem: str = ""


def post_due(book: Book, today: date) -> list[Posted]:
    """Record everything of a book that is due by `today`, included; answers what was done and what could not be."""
    done: list[Posted] = []
    waiting = RecurringSeries.objects.of(book).filter(state=State.CONFIRMED, posts_from__lte=today)
    for series in waiting.select_related("account", "category").order_by("pk"):
        series.book = book
        for due in _open(series, today):
            try:
                txn = _post(series, due)
            except BudgetError as error:
                done.append(Posted(series, due, None, str(error)))
                break
            if txn is not None:
                done.append(Posted(series, due, txn))
    return done


def _open(series: RecurringSeries, today: date) -> Iterator[date]:
    """Its due dates that nothing is known of yet; looked up for all of them at once, and for each again when locked."""
    first, end = series.posts_from or today, today + timedelta(days=1)
    settled = set(
        SettledDue.objects.filter(book=series.book, series=series, due__gte=first).values_list("due", flat=True)
    )
    links = SeriesRow.objects.filter(book=series.book, series=series, due__gte=first, transaction__date__isnull=False)
    settled |= set(links.values_list("due", flat=True))
    return (due for due in dues(series.rhythm, series.anchor, first, end) if due not in settled)


def _post(series: RecurringSeries, due: date) -> Transaction | None:
    """Record one due date; None where somebody was faster, or it is not due any more."""
    book = series.book
    with history.change(book, None, f"Recorded {series}", kind="recurring.post") as change:
        try:
            change.fresh(series)
        except Vanished:
            return None
        expected = series.state == State.CONFIRMED and series.posts_from is not None and series.posts_from <= due
        if not expected or slot(series.rhythm, series.anchor, due)[1] != 0 or is_settled(series, due):
            return None
        if series.account.is_archived:
            raise AccountIsClosed(series.account)
        txn = change.create(
            Transaction(
                account=series.account,
                category=series.category,
                date=due,
                amount=series.amount,
                description=series.name,
                payee=series.name,
                note=series.note,
                status=Status.CONFIRMED,
                source=Source.MANUAL,
            )
        )
        change.create(SettledDue(series=series, due=due, outcome=Outcome.POSTED))
        shown = format_in_book(series.amount, series.account.currency, own=book.currency, sign="income")
        change.record.summary = f"Recorded by itself: {series}, {shown}"[:300]
    return txn
