"""Derived data that every change keeps true, in its own transaction: who watches the writing of which rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from django.db import models

from budget.books.models import Book
from budget.history.batch import NewRows
from budget.history.rows import Values

RowChange = tuple[int, Values | None, Values | None]
"""A row's id, all its recorded values before, and after."""


class Keeper(Protocol):
    """Keeps derived data true: sees every row that a change writes, then has its turn before the commit."""

    def take(self, rows: Iterable[RowChange]) -> None:
        """Note what happened to some rows."""

    def take_new(self, rows: NewRows) -> None:
        """Note many rows that were not there before."""

    def close(self) -> None:
        """Write what follows from them."""


_keepers: dict[type[models.Model], list[Callable[[Book], Keeper]]] = {}


class Keepers:
    """Several keepers of one model's rows, one after the other."""

    def __init__(self, keepers: Sequence[Keeper]) -> None:
        self.keepers = keepers

    def take(self, rows: Iterable[RowChange]) -> None:
        """Have each note the rows."""
        seen = list(rows)
        for keeper in self.keepers:
            keeper.take(seen)

    def take_new(self, rows: NewRows) -> None:
        """Have each note many new rows."""
        for keeper in self.keepers:
            keeper.take_new(rows)

    def close(self) -> None:
        """Have each write what follows."""
        for keeper in self.keepers:
            keeper.close()


def keep(model: type[models.Model], keeper: Callable[[Book], Keeper]) -> None:
    """Have a keeper watch all writing of `model`, after those that watch it already."""
    watching = _keepers.setdefault(model, [])
    if keeper not in watching:
        watching.append(keeper)


def keeper_of(model: type[models.Model], book: Book) -> Keeper | None:
    """A new keeper for one change's writing of `model`, if anybody watches it."""
    made = [keeper(book) for keeper in _keepers.get(model, ())]
    return made[0] if len(made) == 1 else Keepers(made) if made else None
