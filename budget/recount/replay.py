"""Adds up a book's history from where it was read last, checking every digest and link on the way.

Additive: what was added counts, what was deleted counts back, a change does both. So nothing but sums is kept, and
reading may stop anywhere and go on later.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from budget.books.models import NO_CHANGE_YET, Book
from budget.history.models import Change, Entry
from budget.history.rows import Values
from budget.history.undoing import rows_of
from budget.recount.entries import (
    NAMED,
    TRANSACTION,
    in_batches,
    named,
    problem_of_change,
    problem_of_entry,
)
from budget.recount.tallies import Adding, Tallies, places

CHANGES_AT_ONCE = 200
States = dict[str, dict[int, Values | None]]
"""The last state of rows by model and id; None of those that were deleted."""


class Broken(Exception):
    """The history is not as it was written; says which record."""


class Place(NamedTuple):
    """How far the history was read: all of change `version`, and `position` entries of the next one."""

    version: int = 0
    position: int = 0
    head: str = NO_CHANGE_YET
    entries: int = 0


BEGINNING = Place()


@dataclass
class Steps:
    """What was read from a place on: where that led, and what it adds to each month."""

    start: Place
    place: Place
    is_complete: bool = False
    problem: str = ""
    touched: dict[str, int] = field(default_factory=dict)
    """Months, 2026-11, with the last change that has rows of them."""

    states: States = field(default_factory=lambda: defaultdict(dict))
    _adding: Adding = field(default_factory=Adding)
    _deltas: dict[str, Tallies] | None = None

    @property
    def entries(self) -> int:
        """How many entries were read."""
        return self.place.entries - self.start.entries

    def deltas(self) -> dict[str, Tallies]:
        """What the months gained and lost; asked for when all is read."""
        if self._deltas is None:
            self._deltas = self._adding.by_month()
        return self._deltas

    def take(self, entry: Entry, number: int) -> None:
        """Add what an entry of change `number` says."""
        self._deltas = None
        if entry.model == TRANSACTION:
            day, add, touched = places().date, self._adding.add, self.touched
            for pk, before, after in rows_of(entry):
                for sign, values in ((-1, before), (1, after)):
                    if values is not None:
                        month = str(values[day])[:7]
                        add(pk, values, sign, month)
                        touched[month] = number
        elif entry.model in NAMED:
            for pk, _, after in rows_of(entry):
                self.states[entry.model][pk] = None if after is None else list(after)


class _Outline(NamedTuple):
    pk: int
    position: int
    rows: int
    digest: str


def replay(book: Book, start: Place, seconds: float | None = None, onto: Steps | None = None) -> Steps:
    """Read the history of `book` from `start` up to the version that `book` has.

    It stops at the first record that was altered, which `problem` names, and when the time is up.

    Args:
        onto: what was read before, to be gone on with; of no use where that started elsewhere.
    """
    until = None if seconds is None else time.monotonic() + seconds
    steps = Steps(start, start)
    if onto is not None and onto.start == start and not onto.problem:
        steps = onto
        steps.is_complete = False
    try:
        while steps.place.version < book.version:
            if not _read(steps, _next_changes(book, steps.place.version), until):
                return steps
        if (steps.place.position, steps.place.head) != (0, book.head):
            raise Broken(f"Change {book.version} is not the one that the book was left with.")
    except Broken as broken:
        steps.problem = str(broken)
    steps.is_complete = not steps.problem
    return steps


def _next_changes(book: Book, version: int) -> Sequence[Change]:
    changes = Change.objects.filter(book=book, number__gt=version, number__lte=book.version).order_by("number")
    page = list(changes[:CHANGES_AT_ONCE])
    if not page:
        raise Broken(f"The history ends with change {version}; the book is at {book.version}.")
    return page


def _read(steps: Steps, page: Sequence[Change], until: float | None) -> bool:
    """Read some changes; answers whether there was time for all of them."""
    outlines = _outlines(page, steps.place.position)
    contents = _contents([outline for change in page for outline in outlines[change.pk]])
    for change in page:
        _require_link(change, steps.place)
        position = steps.place.position
        digests = _digests(change, position)
        for outline in outlines[change.pk]:
            entry = next(contents)
            if outline.position != position:
                raise Broken(f"{named(change)} lacks its entry {position}.")
            _require_none(problem_of_entry(entry, change))
            steps.take(entry, change.number)
            digests.append(outline.digest)
            position += 1
            steps.place = steps.place._replace(position=position, entries=steps.place.entries + 1)
            if until is not None and time.monotonic() > until:
                return False
        _require_none(problem_of_change(change, digests))
        steps.place = Place(change.number, 0, change.digest, steps.place.entries)
    return True


def _digests(change: Change, position: int) -> list[str]:
    """The digests of the entries that were read before."""
    if not position:
        return []
    read = Entry.objects.filter(change=change, position__lt=position).order_by("position")
    return list(read.values_list("digest", flat=True))


def _outlines(page: Sequence[Change], position: int) -> dict[int, list[_Outline]]:
    """The entries of some changes without what they hold; of the first one from `position` on."""
    found: dict[int, list[_Outline]] = {change.pk: [] for change in page}
    entries = Entry.objects.filter(change__in=list(found)).order_by("change", "position")
    for change, pk, place, rows, digest in entries.values_list("change_id", "pk", "position", "count", "digest"):
        if change != page[0].pk or place >= position:
            found[change].append(_Outline(pk, place, rows, digest))
    return found


def _contents(outlines: Sequence[_Outline]) -> Iterator[Entry]:
    for batch in in_batches((outline.pk, outline.rows) for outline in outlines):
        by_id = Entry.objects.in_bulk(batch)
        yield from (by_id[pk] for pk in batch)


def _require_link(change: Change, place: Place) -> None:
    if change.number != place.version + 1:
        raise Broken(f"Change {place.version + 1} is missing; the next one is {change.number}.")
    if change.previous_digest != place.head:
        raise Broken(f"{named(change)} does not follow the change before it.")


def _require_none(problem: str) -> None:
    if problem:
        raise Broken(problem)
