"""Reads entries of the history as rows before and after, in the order of the fields that a model has today."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache

from budget.history.digests import change_digest, entry_digest
from budget.history.keeping import RowChange
from budget.history.models import Change, Entry
from budget.history.rows import Shape, Value, Values, canonical, shape_named
from budget.history.undoing import rows_of

TRANSACTION = "transaction"
NAMED = ("account", "category", "book")
"""The models whose last state says what a figure is called and which currency it is in."""

ROWS_AT_ONCE = 4000
ENTRIES_AT_ONCE = 400


@cache
def _today(model: str) -> tuple[str, Shape]:
    shape = shape_named(model)
    return canonical({"fields": shape.names})[:-1], shape


def changes_in(entry: Entry) -> Iterator[RowChange]:
    """What an entry says of its rows. One that was written when the model had other fields is put in today's order."""
    beginning, shape = _today(entry.model)
    if entry.payload.startswith(beginning):
        yield from rows_of(entry)
        return
    fields: list[str] = json.loads(entry.payload)["fields"]
    for pk, before, after in rows_of(entry):
        yield pk, _arranged(shape, fields, before), _arranged(shape, fields, after)


def _arranged(shape: Shape, fields: Sequence[str], values: Sequence[Value] | None) -> Values | None:
    if values is None:
        return None
    known = dict(zip(fields, values, strict=True))
    return [
        known[column.name] if column.name in known else column.write(column.field.get_default())
        for column in shape.columns
    ]


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
