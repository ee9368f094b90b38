"""Counts months twice and keeps what came of it. Reading takes no lock; what is kept is written in one short moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from django.db import connection, transaction
from django.utils import timezone

from budget.books.models import Book
from budget.history.rows import canonical
from budget.months import Month, NotAMonth
from budget.recount import tallies as adding
from budget.recount.examining import Examined, examine, merged, read_states
from budget.recount.models import BookRecount, MonthRecount
from budget.recount.replay import BEGINNING, Place, Steps, replay
from budget.recount.snapshot import snapshot
from budget.recount.tallies import plus

SLICE = 1.5
"""So many seconds one request reads the history before it answers how far it came."""


def count_month(book: Book, month: Month, *, afresh: bool = False, seconds: float | None = None) -> Examined:
    """Count `month` twice and keep what came of it, as far as the history can be read in so many seconds.

    Two who count at once do not wait for each other: the one that comes second keeps nothing, having seen the same.
    """
    found = examine(book, month, seconds=seconds, afresh=afresh)
    if found.is_news:
        with transaction.atomic():
            if _take_on(found.book, found.steps, found.seen):
                _keep(found)
    return found


def recount_book(book: Book, months: Sequence[Month] | None = None) -> Iterator[Examined]:
    """Read all of a book's history from its beginning, then count every month of it twice, or those given."""
    with snapshot():
        current = Book.objects.get(pk=book.pk)
        known = BookRecount.objects.filter(book=current).first()
        steps = replay(current, BEGINNING)
    with transaction.atomic():
        is_kept = _take_on(current, steps, Place(*known.place) if known else BEGINNING, anew=True)
    for month in all_months(current) if months is None else months:
        yield count_month(current, month, afresh=not is_kept)


def all_months(book: Book) -> list[Month]:
    """Every month with rows, with kept totals or in the history, oldest first."""
    day = "CAST(date AS TEXT)" if connection.vendor == "sqlite" else "date::text"
    queries = {
        f"SELECT DISTINCT substr({day}, 1, 7) FROM budget_transaction WHERE book_id = %s",  # noqa: S608  (of ours)
        f"SELECT DISTINCT substr({day.replace('date', 'month', 1)}, 1, 7) FROM budget_monthlytotal WHERE book_id = %s",  # noqa: S608
        f"SELECT DISTINCT substr({day.replace('date', 'month', 1)}, 1, 7) FROM budget_monthrecount WHERE book_id = %s",  # noqa: S608
    }
    found: set[Month] = set()
    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(query, [book.pk])
            for (text,) in cursor.fetchall():
                try:
                    found.add(Month.parse(str(text)))
                except NotAMonth:
                    continue  # an altered date; its row is missed in the month that the history has it in
    return sorted(found)


def _take_on(book: Book, steps: Steps, seen: Place, *, anew: bool = False) -> bool:
    """Add what was read to what is kept, or put it in its place; answers whether nobody else was faster.

    Args:
        seen: how far the history had been read when reading went on.
        anew: put it in the place of everything before, which was read from the beginning as well.
    """
    BookRecount.objects.get_or_create(book=book)
    known = BookRecount.objects.select_for_update().get(book=book)
    if Place(*known.place) != seen:
        return False
    forgets = anew or steps.start != seen
    if forgets:
        MonthRecount.objects.filter(book=book).update(tallies="[]", touched=0)
    elif steps.place == steps.start:
        return True
    _add(book, steps)
    states = {} if forgets else read_states(known.states)
    known.states = canonical(
        {
            model: {str(pk): values for pk, values in rows.items()}
            for model, rows in merged(states, steps.states).items()
        }
    )
    if steps.start == BEGINNING:
        known.begun_at = timezone.now()
    known.version, known.position, known.head, known.entries = steps.place
    known.save()
    return True


def _add(book: Book, steps: Steps) -> None:
    deltas = {date.fromisoformat(f"{month}-01"): delta for month, delta in steps.deltas().items()}
    there = {row.month: row for row in MonthRecount.objects.filter(book=book, month__in=deltas)}
    rows = [there.get(day) or MonthRecount(book=book, month=day) for day in deltas]
    for row in rows:
        row.tallies = adding.write(plus(adding.read(row.tallies), deltas[row.month]))
        row.touched = steps.touched[f"{row.month:%Y-%m}"]
    MonthRecount.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["book", "month"],
        update_fields=["tallies", "touched"],
        batch_size=500,
    )


def _keep(found: Examined) -> None:
    """Keep what came of counting a month, if it was counted."""
    if found.finding is None:
        return
    kept = {
        "status": found.status,
        "version": found.book.version,
        "counted_at": found.at,
        "finding": found.finding.write(),
    }
    if found.history is not None:
        kept |= {"tallies": adding.write(found.history), "reread_at": found.at}
    MonthRecount.objects.update_or_create(book=found.book, month=found.month.first, defaults=kept)
