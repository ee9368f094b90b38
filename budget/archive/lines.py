"""The lines of an archive's tables: checked against the fields, with the ids of the place where they arrive."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

from budget.archive.errors import ArchiveRefused
from budget.archive.tables import MANIFEST, NAMED, Table, translated
from budget.archive.values import require, units_of
from budget.books.models import Book
from budget.history import bulk
from budget.history.models import Change
from budget.money import MoneyField

ABSENT, WANTED, THERE = 0, 1, 2


class Arrivals:
    """The ids that stand here for an archive's own; and which of its rows are there, so that none points at nothing."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        if unknown := counts.keys() - NAMED.keys():
            raise ArchiveRefused(f"There is no “{min(unknown)[:40]}” in a book.", MANIFEST)
        self._counts = dict(counts)
        self._ids: dict[str, array[int]] = {}
        self._state = {space: bytearray(count) for space, count in counts.items()}

    def reserve(self, book: Book) -> None:
        """Take ids for all rows, also for those that are gone and only the history speaks of."""
        self._ids["book"] = array("q", [book.pk])
        for space, count in self._counts.items():
            if space != "book" and count:
                self._ids[space] = array("q", bulk.reserve(NAMED[space].model, count))

    def reserve_changes(self, count: int) -> None:
        """Take ids for the changes, whose numbers go from 1 to `count`."""
        self._ids["change"] = array("q", bulk.reserve(Change, count))

    def id_of(self, space: str, ordinal: Any) -> int:
        """The id here.

        Raises:
            LookupError: the archive has no such row and never had.
        """
        ids = self._ids.get(space, ())
        if isinstance(ordinal, bool) or not isinstance(ordinal, int) or not 1 <= ordinal <= len(ids):
            raise LookupError(f"{space} {str(ordinal)[:30]} is not in the archive")
        return ids[ordinal - 1]

    def arrive(self, space: str, ordinal: Any) -> None:
        """Note that a row is there."""
        states = self._state.get(space, b"")
        if isinstance(ordinal, bool) or not isinstance(ordinal, int) or not 1 <= ordinal <= len(states):
            raise LookupError("its id is beyond those that the manifest tells of")
        if self._state[space][ordinal - 1] == THERE:
            raise LookupError(f"{space} {ordinal} is there twice")
        self._state[space][ordinal - 1] = THERE

    def want(self, space: str, ordinal: Any) -> None:
        """Note that a row must be there, now or later."""
        self.id_of(space, ordinal)
        if space in self._state and self._state[space][ordinal - 1] == ABSENT:
            self._state[space][ordinal - 1] = WANTED

    def require_there(self) -> None:
        """Refuse what points at rows that never came."""
        for space, states in self._state.items():
            if (place := states.find(WANTED)) >= 0:
                raise ArchiveRefused(f"A row points at {space} {place + 1}, which is missing.", NAMED[space].member)


def row_of(table: Table, line: dict[str, Any], arrivals: Arrivals, number: int) -> dict[str, Any]:
    """The values of a line: amounts in thousandths, ids of this place.

    Raises:
        ArchiveRefused: with the file, the line and the field.
    """
    expected = {*table.names, "id"}
    if line.keys() != expected:
        odd = min(line.keys() ^ expected)[:60]
        state = "is missing" if odd in expected else "is unknown"
        raise ArchiveRefused(f"The field “{odd}” {state}.", table.member, number)
    values = {name: line[name] for name in table.names}
    name = "id"
    try:
        arrivals.arrive(table.name, line["id"])
        for column in table.columns:
            name = column.name
            if isinstance(column.field, MoneyField) and values[name] is not None:
                values[name] = units_of(values[name])
            require(column, values[name])
            if column.target is not None and values[name] is not None and getattr(column.field, "db_constraint", True):
                arrivals.want(column.target._meta.model_name or "", values[name])
        name = "an id"
        return translated(table, values, arrivals.id_of)
    except LookupError as error:
        raise ArchiveRefused(f"“{name}”: {str(error).strip(chr(39))}.", table.member, number) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise ArchiveRefused(f"“{name}” {error}.", table.member, number) from error
