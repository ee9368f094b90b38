"""Which rows of an import a person changed since: what rules filed of their own accord is nobody's edit."""

from __future__ import annotations

import json

from django.db.models import Max, Min, Q, QuerySet

from budget.history.models import Change, Entry
from budget.history.rows import shape_of
from budget.ledger.models import Transaction
from budget.statements.standing import numbers_of

RUNS = ("rule.create", "rule.run", "rules.run")
"""The kinds of change that file rows by rules."""


def untouched(made: QuerySet[Transaction], done: Change) -> QuerySet[Transaction]:
    """Of the rows that a change made, those that only it, its undos and runs of rules (and theirs) wrote."""
    own = numbers_of(done)
    later = Change.objects.filter(book=done.book_id, number__gt=done.number, kind__in=RUNS).order_by("number")
    runs = [number for run in later for number in numbers_of(run)]
    filed = made.filter(version__in=runs) if runs else made.none()
    ends = filed.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return made.filter(version__in=own)
    entries = Entry.objects.filter(
        book=done.book_id, model=shape_of(Transaction).name, last_id__gte=ends["first"], first_id__lte=ends["last"]
    )
    by_people = entries.filter(change__number__gt=done.number).exclude(change__number__in=[*own, *runs])
    edited: set[int] = set()
    for payload in by_people.order_by("pk").values_list("payload", flat=True):
        ids = [row[0] for row in json.loads(payload)["rows"]]
        edited |= set(filed.filter(pk__in=ids).values_list("pk", flat=True))
    return made.filter(Q(version__in=own) | (Q(version__in=runs) & ~Q(pk__in=edited)))
