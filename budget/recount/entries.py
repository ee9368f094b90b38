"""Reads entries of the history: what is wrong with one, and how many are read at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from budget.history.digests import change_digest, entry_digest
from budget.history.models import Change, Entry

TRANSACTION = "transaction"
NAMED = ("account", "category", "book")
"""The models whose last state says what a figure is called and which currency it is in."""

ROWS_AT_ONCE = 4000
ENTRIES_AT_ONCE = 400


def problem_of_entry(entry: Entry, change: Change) -> str:
    """What is wrong with an entry, in words; empty where it is as it was written."""
    if entry.book_id == change.book_id and entry_digest(entry) == entry.digest:
        return ""
    rows = f"{entry.first_id}" if entry.count == 1 else f"{entry.first_id} to {entry.last_id}"
    return f"{named(change)} was altered: entry {entry.position} ({entry.action} {entry.model} {rows})."


def problem_of_change(change: Change, digests: Sequence[str]) -> str:
    """What is wrong with a change, given the digests of its entries in order; empty where nothing is."""
    at: datetime | None = change.at  # which a hand behind the application's back can make unreadable
    if at is not None and change_digest(change, digests) == change.digest:
        return ""
    return f"{named(change)} was altered: it or the list of its entries does not match its digest."


def named(change: Change) -> str:
    """A change as people find it in the history."""
    return f"Change {change.number}, “{change.summary}”,"


def in_batches(outline: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """Entries by their ids, as many at a time as memory bears: pairs of an id and its number of rows."""
    batch: list[int] = []
    rows = 0
    for pk, count in outline:
        if batch and (rows + count > ROWS_AT_ONCE or len(batch) >= ENTRIES_AT_ONCE):
            yield batch
            batch, rows = [], 0
        batch.append(pk)
        rows += count
    if batch:
        yield batch
