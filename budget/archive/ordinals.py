"""Ids in an archive: rows of each kind are counted from 1, in the order of the ids they have where they come from.

So an archive says nothing of the place it comes from, and the same book gives the same archive from any place.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable

GATHERED = 200_000


class Ordinals:
    """Every id of a book that rows or history speak of, also of rows that are gone; eight bytes for each."""

    def __init__(self) -> None:
        self._ids: dict[str, array[int]] = {}
        self._sorted: dict[str, int] = {}

    def meet(self, space: str, ids: Iterable[int]) -> None:
        """Note some ids of a kind of row."""
        met = self._ids.setdefault(space, array("q"))
        met.extend(ids)
        if len(met) > self._sorted.get(space, 0) * 2 + GATHERED:
            self._settle(space)

    def close(self) -> None:
        """From here on they can be asked for."""
        for space in self._ids:
            self._settle(space)

    def of(self, space: str, pk: int) -> int | None:
        """What stands for an id in the archive, from 1; None for kinds of rows that do not travel.

        Raises:
            LookupError: an id of a kind that travels, of which no row is or was there.
        """
        met = self._ids.get(space)
        if met is None:
            return None
        place = bisect_left(met, pk)
        if place == len(met) or met[place] != pk:
            raise LookupError(f"{space} {pk} is spoken of, and was never there")
        return place + 1

    def counts(self) -> dict[str, int]:
        """How many of each kind there are, or were."""
        return {space: len(met) for space, met in sorted(self._ids.items()) if len(met)}

    def _settle(self, space: str) -> None:
        self._ids[space] = array("q", sorted(set(self._ids[space])))
        self._sorted[space] = len(self._ids[space])
