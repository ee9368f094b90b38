"""Writes the history of an archive into a new book: the ids of this place, and a chain that holds here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from budget.archive.errors import ArchiveRefused
from budget.archive.lines import Arrivals
from budget.archive.pasts import carried
from budget.archive.reading import Archive
from budget.archive.tables import CHANGES, ENTRIES
from budget.archive.values import require
from budget.books.models import NO_CHANGE_YET, Book
from budget.history import bulk
from budget.history.digests import change_digest, entry_digest
from budget.history.models import Action, Change, Entry
from budget.history.rows import Column, canonical, column_of, shape_named

ENTRIES_AT_ONCE, CHANGES_AT_ONCE = 20, 500
CHANGE_FIELDS = {
    "at": "at",
    "by": "by_name",
    "key": "key",
    "key_digest": "key_digest",
    "kind": "kind",
    "summary": "summary",
}
_FIELDS = {field.name: field for field in Change._meta.concrete_fields}
CHANGE_COLUMNS = {name: column_of(_FIELDS[field]) for name, field in CHANGE_FIELDS.items()}
Line = tuple[int, dict[str, Any]]


def write_history(archive: Archive, book: Book, arrivals: Arrivals, told: Callable[[int], None]) -> tuple[str, int]:
    """Write changes and entries; answers the head of the new chain and how many changes it has."""
    count = archive.manifest["members"][CHANGES].get("lines")
    if not isinstance(count, int) or not 0 < count <= archive.size:
        raise ArchiveRefused("A book has at least the change that opened it.", CHANGES)
    arrivals.reserve_changes(count)
    entries = _Entries(archive, book, arrivals, told)
    head, number, records = NO_CHANGE_YET, 0, []
    for place, line in archive.lines(CHANGES):
        number += 1
        record = _change(book, arrivals, line, number, place)
        record.previous_digest = head
        digests = entries.write(number, record.pk)
        if not digests:
            raise ArchiveRefused("No entry says what this change did.", CHANGES, place)
        head = record.digest = change_digest(record, digests)
        records.append(record)
        if len(records) == CHANGES_AT_ONCE:
            _write_changes(records)
            records = []
        told(1)
    if number != count:
        raise ArchiveRefused(f"The manifest tells of {count:,} changes, and there are {number:,}.", CHANGES)
    _write_changes(records)
    entries.finish()
    return head, number


def _change(book: Book, arrivals: Arrivals, line: dict[str, Any], number: int, place: int) -> Change:
    expected = {*CHANGE_FIELDS, "number", "undoes"}
    if line.keys() != expected:
        odd = min(line.keys() ^ expected)[:60]
        raise ArchiveRefused(f"The field “{odd}” is missing or unknown.", CHANGES, place)
    name = "number"
    try:
        if line["number"] != number or isinstance(line["number"], bool):
            raise ValueError(f"is not {number}, the next one")
        for name, column in CHANGE_COLUMNS.items():
            require(column, line[name])
        name = "undoes"
        undoes = line["undoes"]
        if undoes is not None and not (isinstance(undoes, int) and not isinstance(undoes, bool) and undoes < number):
            raise ValueError("is no earlier change")
        return Change(
            pk=arrivals.id_of("change", number),
            book=book,
            number=number,
            at=datetime.fromisoformat(line["at"]),
            by_name=line["by"],
            kind=line["kind"],
            summary=line["summary"],
            key=line["key"],
            key_digest=line["key_digest"],
            undoes_id=arrivals.id_of("change", undoes) if undoes else None,
        )
    except (LookupError, ValueError, TypeError) as error:
        raise ArchiveRefused(f"“{name}” {error}.", CHANGES, place) from error


def _write_changes(records: list[Change]) -> None:
    if not records:
        return
    names = ["number", "by_name", "kind", "summary", "key", "key_digest", "undoes_id", "previous_digest", "digest"]
    varying: dict[str, list[Any]] = {name: [getattr(record, name) for record in records] for name in names}
    varying["at"] = [record.at.isoformat(timespec="microseconds") for record in records]
    same = {"book_id": records[0].book_id, "by_id": None}
    bulk.write(Change, same, varying, len(records), ids=[record.pk for record in records])


class _Entries:
    """The entries of an archive, one change after the other."""

    def __init__(self, archive: Archive, book: Book, arrivals: Arrivals, told: Callable[[int], None]) -> None:
        self._lines: Iterator[Line] = archive.lines(ENTRIES)
        self._next = next(self._lines, None)
        self._book, self._arrivals, self._told = book, arrivals, told
        self._pending: list[Entry] = []

    def write(self, number: int, change: int) -> list[str]:
        """Write those of a change; answers their digests."""
        digests: list[str] = []
        while self._next is not None and self._next[1].get("change") == number:
            place, line = self._next
            entry = self._entry(line, place)
            entry.change_id, entry.position = change, len(digests)
            entry.digest = entry_digest(entry)
            digests.append(entry.digest)
            self._pending.append(entry)
            if len(self._pending) == ENTRIES_AT_ONCE:
                self._flush()
            self._told(1)
            self._next = next(self._lines, None)
        return digests

    def finish(self) -> None:
        """Write what is left.

        Raises:
            ArchiveRefused: there are more entries than changes speak of.
        """
        if self._next is not None:
            raise ArchiveRefused("It belongs to no change, or is out of order.", ENTRIES, self._next[0])
        self._flush()

    def _entry(self, line: dict[str, Any], place: int) -> Entry:
        try:
            if line.keys() != {"action", "change", "model", "payload"} or line["action"] not in Action.values:
                raise ValueError("it has other fields than an entry")
            model = line["model"]
            payload = carried(model, line["payload"], self._arrivals.id_of)
            _require_values(model, line["action"], payload)
            ids = [row[0] for row in payload["rows"]]
            return Entry(
                book=self._book,
                model=model,
                action=line["action"],
                first_id=min(ids),
                last_id=max(ids),
                count=len(ids),
                payload=canonical(payload),
            )
        except (LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
            said = str(error).strip("'")[:200]
            raise ArchiveRefused(f"It cannot be read as history: {said}.", ENTRIES, place) from error

    def _flush(self) -> None:
        if not self._pending:
            return
        names = ("change_id", "position", "model", "action", "first_id", "last_id", "count", "payload", "digest")
        varying = {name: [getattr(entry, name) for entry in self._pending] for name in names}
        bulk.write(Entry, {"book_id": self._book.pk}, varying, len(self._pending))
        self._pending.clear()


def _require_values(model: str, action: str, payload: dict[str, Any]) -> None:
    """Refuse values that the fields could never have had, so that whoever reads the history later may trust them."""
    columns = {column.name: column for column in shape_named(model).columns}
    if unknown := set(payload["fields"]) - columns.keys():
        raise ValueError(f"a {model} has no {min(unknown)[:60]}")
    fields: list[Column] = [columns[name] for name in payload["fields"]]
    same: dict[str, Any] = payload.get("same") or {}
    varying = [column for column in fields if column.name not in same]
    for name, value in same.items():
        _require(columns[name], value)
    if not all(isinstance(label, str) for labels in payload["names"].values() for label in labels.values()):
        raise ValueError("a name is not a text")
    for _, before, after in payload["rows"]:
        if (before is None) != (action == Action.CREATE) or (after is None) != (action == Action.DELETE):
            raise ValueError(f"its rows are not those of {action}")
        if isinstance(after, dict) != (action == Action.UPDATE):
            raise ValueError(f"its rows are not those of {action}")
        for column, value in zip(fields if before is not None else (), before or (), strict=True):
            _require(column, value)
        changed = (
            after.items() if isinstance(after, dict) else zip([c.name for c in varying], after or (), strict=False)
        )
        for name, value in changed:
            _require(columns[name], value)


def _require(column: Column, value: Any) -> None:
    try:
        require(column, value)
    except ValueError as error:
        raise ValueError(f"“{column.name}” {error}") from error
