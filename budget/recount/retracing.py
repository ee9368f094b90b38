"""Reads a month's history from its very beginning, beside the rows: which ones differ, and which entry was altered.

Entries of a book get their ids in the order of its changes, because writers of a book come one after the other. This
needs no sums from before, so it also finds what was altered in entries that were read long ago.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.db.models import Value as Literal
from django.db.models.functions import StrIndex

from budget.books.models import Book
from budget.history.keeping import RowChange
from budget.history.models import Change, Entry
from budget.history.rows import Values, shape_named
from budget.history.undoing import rows_of
from budget.months import Month
from budget.recount.entries import NAMED, TRANSACTION, in_batches, problem_of_change, problem_of_entry
from budget.recount.replay import States
from budget.recount.tallies import Adding, Tallies, places

CHANGES_AT_ONCE = 400
PROBLEMS = 20
SEARCHED = 20
"""So many rows are looked for in the rest of the history."""


@dataclass
class Retraced:
    """What the history says of a month, read anew.

    `others` are the rows that are not as the history has them: their values there, None where the month has no such
    row according to the history.
    """

    tallies: Tallies
    states: States
    others: dict[int, Values | None]
    problems: list[str] = field(default_factory=list)
    entries: int = 0


def retrace(book: Book, month: Month, marks: dict[int, int]) -> Retraced:
    """Read everything that the history says of `month`.

    Args:
        marks: the digests of the month's rows by id, as they are in the table.
    """
    found = Retraced({}, {model: {} for model in NAMED}, {})
    _read_rows(found, book, month, marks)
    for model, rows in _checked(found, Entry.objects.of(book).filter(model__in=NAMED)):
        for pk, _, after in rows:
            found.states[model][pk] = None if after is None else list(after)
    for pk in [pk for pk, values in found.others.items() if values is None][:SEARCHED]:
        found.others[pk] = _elsewhere(found, book, pk)
    return found


def _read_rows(found: Retraced, book: Book, month: Month, marks: dict[int, int]) -> None:
    """Add the month up and follow every row of it to its last state; only what differs from the table is kept."""
    adding, day, text = Adding(), places().date, str(month)
    same: set[int] = set()
    days = StrIndex("payload", Literal(f'"{text}-'))
    for _, rows in _checked(found, Entry.objects.of(book).filter(model=TRANSACTION).alias(at=days).filter(at__gt=0)):
        for pk, before, after in rows:
            if before is not None and str(before[day])[:7] == text:
                adding.add(pk, before, -1)
                same.discard(pk)
                found.others.pop(pk, None)
            if after is not None and str(after[day])[:7] == text:
                if adding.add(pk, after, 1) == marks.get(pk):
                    same.add(pk)
                else:
                    found.others[pk] = list(after)
    found.tallies = adding.tallies()
    found.others |= {pk: None for pk in marks if pk not in same and pk not in found.others}


def _checked(found: Retraced, entries: QuerySet[Any]) -> Iterator[tuple[str, list[RowChange]]]:
    """The model and rows of entries in their order, with their changes checked."""
    last = 0
    while page := list(
        entries.filter(pk__gt=last).order_by("pk").values_list("pk", "count", "change_id")[:CHANGES_AT_ONCE]
    ):
        last = page[-1][0]
        changes = _changes(found, {change for _, _, change in page})
        for batch in in_batches((pk, count) for pk, count, _ in page):
            for entry in Entry.objects.filter(pk__in=batch).order_by("pk"):
                change = changes[entry.change_id]
                found.entries += 1
                if problem := problem_of_entry(entry, change):
                    _say(found, problem)
                    yield entry.model, _as_it_stands(entry)
                else:
                    yield entry.model, list(rows_of(entry))


def _as_it_stands(entry: Entry) -> list[RowChange]:
    """What an altered entry says now, so that the row can be named; nothing where that is no longer rows."""
    length = len(shape_named(entry.model).names)
    try:
        rows = list(rows_of(entry))
        whole = all(len(side) == length for _, *sides in rows for side in sides if side is not None)
    except (ValueError, LookupError, TypeError, AttributeError):
        return []
    return rows if whole else []


def _changes(found: Retraced, ids: set[int]) -> dict[int, Change]:
    changes = Change.objects.in_bulk(ids)
    digests: dict[int, list[str]] = {pk: [] for pk in ids}
    rows = Entry.objects.filter(change__in=ids).order_by("change", "position")
    for owner, digest in rows.values_list("change_id", "digest"):
        digests[owner].append(digest)
    for pk, change in changes.items():
        if problem := problem_of_change(change, digests[pk]):
            _say(found, problem)
    return changes


def _say(found: Retraced, problem: str) -> None:
    if problem not in found.problems and len(found.problems) < PROBLEMS:
        found.problems.append(problem)


def _elsewhere(found: Retraced, book: Book, pk: int) -> Values | None:
    """What the history says of a row that it does not have in this month: in another one, or nowhere."""
    touching = Entry.objects.of(book).filter(model=TRANSACTION, first_id__lte=pk, last_id__gte=pk)
    last: Values | None = None
    for _, rows in _checked(found, touching):
        for row, _, after in rows:
            if row == pk:
                last = None if after is None else list(after)
    return last
