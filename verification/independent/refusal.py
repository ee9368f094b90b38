"""Why a file cannot be counted: a reason, a sentence, and the places, which never repeat a value."""

from __future__ import annotations

from bisect import insort
from dataclasses import asdict, dataclass
from typing import Any

MOST_PLACES = 20


@dataclass(frozen=True, order=True)
class Place:
    """Where something is wrong: the physical line on which the row starts, counted from 1, and the column's name."""

    line: int
    column: str
    kind: str


class Places:
    """The first places by line, and how many there are in all."""

    def __init__(self) -> None:
        self.first: list[Place] = []
        self.total = 0

    def add(self, line: int, column: str, kind: str) -> None:
        """Note one, wherever in the file it is."""
        self.total += 1
        insort(self.first, Place(line, column, kind))
        del self.first[MOST_PLACES:]


class Refused(Exception):
    """A file that cannot be counted. `reason` is the code that blocks a release."""

    def __init__(self, reason: str, message: str, places: Places | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.places = places or Places()

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "status": "blocked",
            "reason": self.reason,
            "message": self.message,
            "places": [asdict(place) for place in self.places.first],
            "places_total": self.places.total,
        }


def malformed(reason: str, what: str, places: Places) -> Refused:
    """A file with values that cannot be read, the first of which the sentence names."""
    first = places.first[0]
    where = f"line {first.line}" + (f", column {first.column}" if first.column else "")
    noun = "place" if places.total == 1 else "places"
    return Refused(reason, f"{what} cannot be read in {places.total} {noun}, first {where}: {first.kind}.", places)
