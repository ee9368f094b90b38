"""What the digests of a change and its entries must be; the chain is made and checked by the same two functions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from budget.history.models import Change, Entry
from budget.history.rows import canonical


def entry_digest(entry: Entry) -> str:
    """What an entry's `digest` must be."""
    head = f"{entry.model}|{entry.action}|{entry.first_id}|{entry.last_id}|{entry.count}|"
    return hashlib.sha256((head + entry.payload).encode()).hexdigest()


def change_digest(record: Change, entries: Sequence[str]) -> str:
    """What a change's `digest` must be, given the digests of its entries in order."""
    content = {
        "at": record.at.isoformat(timespec="microseconds"),
        "book": record.book_id,
        "by": record.by_name,
        "entries": list(entries),
        "key": record.key,
        "key_digest": record.key_digest,
        "kind": record.kind,
        "number": record.number,
        "previous": record.previous_digest,
        "summary": record.summary,
        "undoes": record.undoes_id,
    }
    return hashlib.sha256(canonical(content).encode()).hexdigest()
