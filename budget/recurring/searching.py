"""Searching a book's history for what comes again: new series become suggestions, known ones stay as they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta

from django.utils import timezone

from budget import history
from budget.books.models import Book
from budget.history import IdempotentRequest
from budget.ledger.models import Account, Transaction, today
from budget.money import from_units, to_units
from budget.recurring.detection import Found, Seen, find
from budget.recurring.links import key_of, recent
from budget.recurring.models import Origin, RecurringSeries, SeriesRow, SeriesSearch, State
from budget.recurring.prices import is_near
from budget.recurring.rhythm import slot
from budget.users.models import User

AT_ONCE = 25_000
"""With more rows in a book a page leaves the search to `run_due`."""
LARGEST = 10**16 - 1
EVERY = timedelta(hours=20)
"""A book that changed is searched about once a day."""
CLOSE = 4
"""Two series of a payee with due dates at most so many days apart, and amounts alike, are one."""


def is_large(book: Book) -> bool:
    """Whether a search takes longer than a page may. One query, which reads at most as many rows as that."""
    return Transaction.objects.of(book).order_by()[AT_ONCE : AT_ONCE + 1].exists()


def ask_for_search(book: Book) -> None:
    """Have the next run of `run_due` search the book."""
    SeriesSearch.objects.update_or_create(book=book, defaults={"is_wanted": True})


def search(book: Book, by: User | None, *, on: date | None = None, request: IdempotentRequest | None = None) -> int:
    """Suggest what comes again and is not known yet; answers how many are new.

    Reads the rows of the last three years, without transfers, and writes one change, or none where nothing is new.

    Args:
        on: the day from which it looks back; today where nothing is said.
    """
    found = [each for each in find(seen_rows(book, on or today()), on or today()) if not each.is_over]
    made = 0
    if found:
        with history.change(book, by, "Looked for what comes again", kind="recurring.find", request=request) as change:
            new = _unknown(book, found)
            if new:
                accounts = Account.objects.of(book).in_bulk({each.account for each in new})
                there = [each for each in new if each.account in accounts]
                change.create_all([suggestion(each, accounts[each.account]) for each in there])
            made = len(new)
            change.record.summary = f"Found {made} recurring payment{'' if made == 1 else 's'}"
    SeriesSearch.objects.update_or_create(
        book=book, defaults={"version": book.version, "searched_at": timezone.now(), "is_wanted": False}
    )
    return made


def seen_rows(book: Book, on: date) -> Iterator[Seen]:
    """The rows that a search looks at."""
    currencies = dict(Account.objects.of(book).values_list("pk", "currency"))
    for page in recent(book, -LARGEST, LARGEST, on):
        for row in page:
            yield Seen(
                row.pk,
                row.day,
                row.units,
                row.account,
                currencies[row.account],
                key_of(row.payee, row.description),
                row.payee or row.description,
                row.category,
            )


def suggestion(found: Found, account: Account) -> RecurringSeries:
    """The series that a search found, not yet saved."""
    varies = not found.is_fixed
    return RecurringSeries(
        account=account,
        category_id=found.category,
        name=found.title[:100].strip(),
        merchant=found.payee,
        amount=from_units(found.units),
        low=from_units(found.low) if varies else None,
        high=from_units(found.high) if varies else None,
        amount_since=found.last - timedelta(days=1),
        rhythm=found.rhythm,
        anchor=found.anchor,
        state=State.SUGGESTED,
        origin=Origin.FOUND,
        is_sure=found.is_sure,
    )


def _unknown(book: Book, found: list[Found]) -> list[Found]:
    """Those that no series of the book stands for yet, in whatever state: what was dismissed is not suggested again."""
    linked = dict(SeriesRow.objects.filter(book=book).values_list("transaction_id", "series_id"))
    known: dict[tuple[str, bool], list[RecurringSeries]] = defaultdict(list)
    for series in RecurringSeries.objects.of(book):
        for key in {series.merchant, key_of(series.name, series.name)}:
            known[key, series.amount > 0].append(series)
    return [
        each
        for each in found
        if 2 * sum(pk in linked for pk in each.rows) < len(each.rows)
        and not any(_is_same(series, each) for series in known[each.payee, each.units > 0])
    ]


def _is_same(series: RecurringSeries, found: Found) -> bool:
    off = slot(series.rhythm, series.anchor, found.next_due)[1]
    return series.rhythm == found.rhythm and abs(off) <= CLOSE and is_near(to_units(series.amount), found.units, 40)


def wants_search(book: Book) -> bool:
    """Whether the book changed since it was searched, at least a day ago, or somebody asked for it. One query."""
    last = SeriesSearch.objects.filter(book=book).first()
    if last is None or last.is_wanted or last.searched_at is None:
        return True
    return last.version < book.version and timezone.now() - last.searched_at >= EVERY
