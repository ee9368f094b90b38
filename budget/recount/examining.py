"""Looks at one month in one snapshot, from all three sources; writes nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone

from budget.books.models import NO_CHANGE_YET, Book
from budget.history.models import Change, Entry
from budget.history.rows import Values
from budget.months import Month
from budget.recount import tallies as adding
from budget.recount.comparing import NAMED_ROWS, Finding, altered_rows, compare
from budget.recount.counting import count_rows, rows_with
from budget.recount.models import BookRecount, MonthRecount, Standing
from budget.recount.replay import BEGINNING, Place, States, Steps, replay
from budget.recount.retracing import retrace
from budget.recount.shown import names, shown
from budget.recount.snapshot import snapshot
from budget.recount.tallies import Tallies, plus

REREAD_AFTER = timedelta(days=1)
"""After that a month's history is read from its beginning again, even if nothing seems to differ."""

KEPT_FOR = timedelta(minutes=1)
"""So long it is not written down anew that a month still agrees."""


@dataclass
class Examined:
    """What was seen of a month, and what was read of the history to see it."""

    book: Book
    month: Month
    steps: Steps
    stored: MonthRecount | None
    """What was kept of the month before."""

    seen: Place
    """How far the history had been read before. Where `steps` did not start there, that was another history."""

    finding: Finding | None = None
    """None as long as the history is not read to its end."""

    history: Tallies | None = None
    """The month's tallies read from the very beginning, where they were."""

    at: datetime = field(default_factory=timezone.now)
    all_entries: int = 0
    states: States = field(default_factory=dict)
    """Every account, category and the book, as the history has them."""

    named: dict[str, dict[int, Values]] = field(default_factory=dict)
    """The same as they are."""

    @property
    def status(self) -> Standing:
        """What came of it."""
        if self.finding is None:
            return Standing.NOT_COUNTED
        return Standing.VERIFIED if self.finding.agrees else Standing.BLOCKED

    def is_of(self, book: Book, known: BookRecount | None) -> bool:
        """Whether `book` is still where its history ended, and as much of that is kept as was then."""
        end = (book.version, 0, book.head)
        is_same = (Place(*known.place) if known else BEGINNING) == self.seen
        return is_same and self.steps.is_complete and self.steps.place[:3] == end

    @property
    def is_news(self) -> bool:
        """Whether anything came of it that is not kept already, or was kept more than a minute ago."""
        if self.steps.place != self.steps.start or self.history is not None or self.stored is None:
            return True
        kept = (self.stored.status, self.stored.version)
        is_old = self.stored.counted_at is None or self.at - self.stored.counted_at > KEPT_FOR
        return is_old or kept != (self.status, self.book.version)

    @property
    def percent(self) -> int:
        """How much of the history is read, from 0 to 99."""
        return min(99, 100 * self.steps.place.entries // max(1, self.all_entries))


def examine(
    book: Book, month: Month, *, seconds: float | None = None, afresh: bool = False, before: Examined | None = None
) -> Examined:
    """Count `month` from the rows and from the history, and compare both with what pages show.

    Args:
        seconds: how long the history may be read; where that is too short, there is no finding yet.
        afresh: read the month's history from its beginning, whatever was read before. That is also done where
            something differs, where the month was held back before, and once a day.
        before: another month that was looked at just now, so that what both have of the history is not read for each:
            as long as the book is at the same change, all of it, and the accounts and categories.
    """
    with snapshot():
        current = Book.objects.get(pk=book.pk)
        known = BookRecount.objects.filter(book=current).first()
        if before is not None and not before.is_of(current, known):
            before = Examined(current, month, before.steps, None, before.seen)
        if before is not None and before.states:
            place, steps = before.steps.start, before.steps
        else:
            place = place_of(known, current)
            steps = replay(current, place, seconds, before.steps if before else None)
        stored = MonthRecount.objects.filter(book=current, month=month.first).first()
        seen = Place(*known.place) if known else BEGINNING
        found = Examined(current, month, steps, stored, seen)
        if not steps.is_complete and not steps.problem:
            found.all_entries = Entry.objects.of(current).count()
            return found
        is_kept = known is not None and place == seen
        tallies = adding.read(stored.tallies) if stored and is_kept else {}
        history = plus(tallies, steps.deltas().get(str(month), {}))
        if before is not None and before.states:
            found.states, found.named = before.states, before.named
        else:
            found.states = merged(read_states(known.states) if known and is_kept else {}, steps.states)
            found.named = names(current)
        _look(found, history, found.states, afresh or _is_due(found, known))
    return found


def place_of(known: BookRecount | None, book: Book) -> Place:
    """Up to where the history of `book` was read; the beginning, if that was another history than the book has now."""
    if known is None or known.version > book.version:
        return BEGINNING
    last = Change.objects.filter(book=book, number=known.version).values_list("digest", flat=True).first()
    return Place(*known.place) if (last or NO_CHANGE_YET) == known.head else BEGINNING


def _is_due(found: Examined, known: BookRecount | None) -> bool:
    """Whether the month's history is to be read from its beginning, although nothing seems to differ yet."""
    if found.steps.start == BEGINNING:
        return False
    stored = found.stored
    if stored and stored.status == Standing.BLOCKED:
        return True
    read = [at for at in (known and known.begun_at, stored and stored.reread_at) if at]
    now = timezone.now()
    return not read or max(read) > now or now - max(read) > REREAD_AFTER


def _look(found: Examined, history: Tallies, states: States, afresh: bool) -> None:
    book, month = found.book, found.month
    seen = shown(book, month, found.named)
    if not afresh and not found.steps.problem:
        found.finding = compare(book.currency, seen, count_rows(book, month).tallies, history, states)
        if found.finding.agrees:
            return
    counted = count_rows(book, month, with_marks=True)
    retraced = retrace(book, month, counted.marks)
    found.history = retraced.tallies
    finding = compare(book.currency, seen, counted.tallies, retraced.tallies, retraced.states)
    finding.altered_rows = len(retraced.others)
    named = dict(sorted(retraced.others.items())[:NAMED_ROWS])
    finding.altered += altered_rows(rows_with(list(named)), named, seen)
    finding.problems = list(
        dict.fromkeys([*retraced.problems, *([found.steps.problem] if found.steps.problem else [])])
    )
    found.finding = finding


def merged(states: States, newer: States) -> States:
    """States with newer ones in their place."""
    return {model: {**states.get(model, {}), **newer.get(model, {})} for model in ("account", "category", "book")}


def read_states(text: str) -> States:
    """States from their JSON, in which ids are text."""
    known: dict[str, dict[str, Values | None]] = json.loads(text)
    return {model: {int(pk): values for pk, values in rows.items()} for model, rows in known.items()}
