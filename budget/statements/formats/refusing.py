"""How a reader gives up on one row: from wherever in it the fault is found, with all that a person needs to mend it."""

from __future__ import annotations

from budget.statements.formats.base import RefusedLine
from budget.statements.formats.texts import shorten


class Refused(Exception):
    """What stands in a column, and why that cannot be; it makes its row a refused one."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        self.column, self.value, self.reason = column, value, reason
        super().__init__(reason)

    def line(self, *, number: int, place: str, original: str) -> RefusedLine:
        """The row that it was found in."""
        return RefusedLine(
            number=number,
            place=place,
            column=shorten(self.column),
            value=shorten(self.value),
            reason=self.reason,
            original=original,
        )
