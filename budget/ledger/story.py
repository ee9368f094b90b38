"""What happened to one transaction: its changes, newest first, and where each of its values comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from budget.history import Change, Entry, rows_of
from budget.history.rows import shape_of
from budget.ledger.models import Source, Transaction

TOLD = {
    "amount": "Amount",
    "date": "Date",
    "payee": "Payee",
    "description": "Description",
    "category_id": "Category",
    "account_id": "Account",
    "note": "Note",
}
MOST = 200
"""Entries that are read; a row that was changed more often shows the newest of them."""

ITSELF = "recurring.post"
"""The kind of change by which what is due records itself."""


@dataclass(frozen=True)
class Origin:
    """Where a field's value comes from."""

    label: str
    change: Change


@dataclass
class Story:
    """The changes of one row, newest first, and the origin of every field."""

    changes: list[Change] = field(default_factory=list)
    origins: list[Origin] = field(default_factory=list)
    source: str = ""


def story_of(txn: Transaction) -> Story:
    """Read it from the history. One query."""
    entries = Entry.objects.filter(
        book_id=txn.book_id, model="transaction", last_id__gte=txn.pk, first_id__lte=txn.pk
    ).select_related("change")
    found: dict[int, Change] = {}
    origins: dict[str, Change] = {}
    names = shape_of(Transaction).names
    for entry in entries.order_by("-change__number", "-position")[:MOST]:
        for pk, before, after in rows_of(entry):
            if pk == txn.pk:
                found.setdefault(entry.change_id, entry.change)
                for name in _altered(names, before, after):
                    origins.setdefault(name, entry.change)
    return Story(
        changes=list(found.values()),
        origins=[Origin(label, origins[name]) for name, label in TOLD.items() if name in origins],
        source=_source(txn, list(found.values())),
    )


def _source(txn: Transaction, changes: Sequence[Change]) -> str:
    """Where the row came from, in words; nobody entered what recorded itself."""
    if changes and changes[-1].kind == ITSELF:
        return "Recorded by itself"
    return Source(txn.source).label


def _altered(names: Sequence[str], before: Sequence[object] | None, after: Sequence[object] | None) -> list[str]:
    if before is None or after is None:
        return list(names)
    return [name for name, old, new in zip(names, before, after, strict=True) if old != new]
