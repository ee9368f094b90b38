"""What became of a preview while somebody looked at it: who changed the book, and what that means for its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from django.utils import timezone

from budget.history.models import Change
from budget.history.wording import spell_moment
from budget.statements.models import Fate, StatementImport, StatementLine
from budget.statements.standing import is_taught

CHANGES_TOLD, PLACES_TOLD = 3, 5
LARGEST = 20_000
"""Lines of an import whose fates are compared one by one."""
WORDS = {
    Fate.NEW: "new",
    Fate.THERE: "already here",
    Fate.DOUBTFUL: "perhaps already here",
    Fate.JOINED: "joined",
    Fate.DELETED: "deleted here before",
    Fate.SKIPPED: "left out",
    Fate.REFUSED: "not readable",
}

Fates = Mapping[int, tuple[str, str]]
"""Fate and place of lines, by their ids."""


def fates_of(found: StatementImport) -> Fates:
    """What was to become of each line of an import; of one that is very long nothing. Two queries."""
    if sum(found.statements.values_list("lines_count", flat=True)) > LARGEST:
        return {}
    lines = StatementLine.objects.filter(statement__source=found).order_by("number")
    return {pk: (fate, place) for pk, fate, place in lines.values_list("pk", "fate", "place")}


def sentences(found: StatementImport, since: int, before: Fates) -> Sequence[str]:
    """What a person who had pressed Import is told, the preview being compared anew by now.

    Args:
        since: the version of the book that they saw.
        before: what they saw the rows would become.
    """
    moved = _moved(before, fates_of(found))
    told = [*_changes(found, since), *moved]
    if is_taught(found.book_id, since):
        told.append("Rules, known merchants or categories changed, so the categories below may be others.")
    elif not moved:
        told.append("Rows that go with a row on another of your accounts are others now: see those marked Transfer.")
    return [*told, "What you chose for rows is kept. Look at them, then import."]


def _changes(found: StatementImport, since: int) -> Sequence[str]:
    newer = Change.objects.filter(book=found.book, number__gt=since).order_by("-number")
    shown, today = list(newer[: CHANGES_TOLD + 1]), timezone.localdate()
    told = [
        f"{change.by_name}, {spell_moment(change.at, today)}: {change.summary}."
        for change in reversed(shown[:CHANGES_TOLD])
    ]
    more = newer.count() - len(told) if len(shown) > CHANGES_TOLD else 0
    return [f"{more:,} earlier change{'' if more == 1 else 's'}.", *told] if more else told


def _moved(before: Fates, after: Fates) -> Sequence[str]:
    """Such as: Row 2 and row 3 were new and are already here now."""
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for pk, (fate, place) in after.items():
        was, _ = before.get(pk, (fate, place))
        if was != fate:
            places[was, fate].append(place)
    return [
        f"{_listed(found)} {'was' if len(found) == 1 else 'were'} {WORDS[Fate(was)]} and"
        f" {'is' if len(found) == 1 else 'are'} {WORDS[Fate(now)]} now."
        for (was, now), found in places.items()
    ]


def _listed(places: Sequence[str]) -> str:
    more = len(places) - PLACES_TOLD
    named = [*places[:PLACES_TOLD], f"{more:,} more"] if more > 0 else list(places)
    text = named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"
    return text[:1].upper() + text[1:]
