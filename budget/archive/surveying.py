"""What a book speaks of before it is written down: the ids of its rows and the changes of its history that travel."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from budget.archive.errors import HistoryBroken
from budget.archive.ordinals import Ordinals
from budget.archive.tables import LEFT_BEHIND, NAMED, TABLES, Table
from budget.books.models import Book
from budget.history.models import Change, Entry
from budget.history.rows import shape_named

IDS_AT_ONCE, ENTRIES_AT_ONCE = 20_000, 50


class Survey:
    """The ids of a book, and which number each of its changes has among those that travel."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.ordinals = Ordinals()
        self.changes = _travelling(book)
        self._numbers = list(self.changes.values())
        self._places = {pk: place for place, pk in enumerate(self.changes, 1)}
        for table in TABLES:
            self._meet_rows(table)
        for entry in entries_of(book):
            self._meet_entry(entry)
        self.ordinals.close()

    def of(self, space: str, pk: int) -> int | None:
        """What stands for an id in the archive."""
        return self._places.get(pk) if space == "change" else self.ordinals.of(space, pk)

    def version(self, number: int) -> int:
        """How many of the changes up to a version of the book travel."""
        return bisect_right(self._numbers, number)

    def _meet_rows(self, table: Table) -> None:
        if table.model is Book:
            self.ordinals.meet("book", [self.book.pk])
            return
        own = table.model._base_manager.filter(book=self.book)
        self.ordinals.meet(table.name, ())
        for name, space in {"pk": table.name, **table.loose}.items():
            last = 0
            named = own.exclude(**{name: None}) if name != "pk" else own
            while page := list(
                named.filter(**{f"{name}__gt": last}).order_by(name).values_list(name, flat=True)[:IDS_AT_ONCE]
            ):
                self.ordinals.meet(space, page)
                last = page[-1]

    def _meet_entry(self, entry: Entry) -> None:
        payload: dict[str, Any] = json.loads(entry.payload)
        self.ordinals.meet(entry.model, [row[0] for row in payload["rows"]])
        spaces = {
            column.name: column.target._meta.model_name or ""
            for column in shape_named(entry.model).columns
            if column.target is not None
        }
        # Recorded rows are met where they are made; of others, such as a bank's lines, only here.
        kept = {"statementline"} & set(spaces.values())
        for name, space in spaces.items():
            if space in kept:
                self.ordinals.meet(space, _values(payload, name))


def _travelling(book: Book) -> dict[int, int]:
    """The changes that wrote more than who may open the book, by id: their numbers, in order."""
    own = Entry.objects.filter(book=book).exclude(model=LEFT_BEHIND).order_by().values("change_id").distinct()
    return dict(Change.objects.filter(book=book, pk__in=own).order_by("number").values_list("pk", "number"))


def entries_of(book: Book) -> Iterator[Entry]:
    """All entries that travel, in the order of changes and positions, a page at a time.

    Raises:
        HistoryBroken: they were not written in that order.
    """
    last, place = 0, (0, -1)
    own = Entry.objects.filter(book=book).exclude(model=LEFT_BEHIND).select_related("change").order_by("pk")
    while page := list(own.filter(pk__gt=last)[:ENTRIES_AT_ONCE]):
        for entry in page:
            at = (entry.change.number, entry.position)
            if at <= place:
                raise HistoryBroken(f"Entry {entry.position} of change {entry.change.number} is out of its order.")
            if entry.model not in NAMED:
                raise HistoryBroken(f"Change {entry.change.number} wrote a {entry.model}, which no book has.")
            place = at
            yield entry
        last = page[-1].pk


def _values(payload: dict[str, Any], name: str) -> Iterator[int]:
    """All values that the rows of an entry have or had in one field."""
    fields: list[str] = payload["fields"]
    same: dict[str, Any] = payload.get("same") or {}
    if name in same:
        if same[name] is not None:
            yield same[name]
        return
    varying = [field for field in fields if field not in same]
    for _, before, after in payload["rows"]:
        for values, names in ((before, fields), (after, varying)):
            if isinstance(values, dict):
                found = values.get(name)
            else:
                found = values[names.index(name)] if values is not None and name in names else None
            if found is not None:
                yield found
