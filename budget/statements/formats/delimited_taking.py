"""Giving the columns of a table their roles, and saying what is not certain about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from budget.statements.formats.delimited_columns import FAR, Column
from budget.statements.formats.layout import Layout
from budget.statements.formats.texts import shorten


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that a person should confirm. `about` is the part of the layout: "sign", "columns", "date_order"..."""

    about: str
    text: str


@dataclass(frozen=True, slots=True)
class Guess:
    """What a table most likely means, and what of it is not certain."""

    layout: Layout
    doubts: tuple[Doubt, ...] = ()


class Taking:
    """The columns, each of which gets one role at most."""

    def __init__(self, made: list[Column]) -> None:
        self.columns = made
        self.taken: set[int] = set()

    def named(self, role: str, fits: Callable[[Column], bool], *, near: bool = False) -> Column | None:
        """The column with the best name for a role among those that also look like it; it is free afterwards too."""
        found = [
            (rank, column.place, column)
            for column in self.columns
            if column.place not in self.taken and (rank := column.rank(role)) is not None and fits(column)
            if not near or rank < FAR
        ]
        return min(found)[2] if found else None

    def take(self, column: Column | None) -> int | None:
        """Give the column away; its place."""
        if column is None:
            return None
        self.taken.add(column.place)
        return column.place

    def free(self, fits: Callable[[Column], bool]) -> list[Column]:
        """The columns without a role that look as asked, from the left."""
        return [column for column in self.columns if column.place not in self.taken and fits(column)]


def called(column: Column) -> str:
    """What a sentence calls a column."""
    return f"column “{shorten(column.name, 40)}”" if column.name else f"column {column.place + 1}"
