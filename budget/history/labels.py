"""What rows are called at the time of a change, so that the history reads well when they are gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db import models

from budget.history.batch import NewRows
from budget.history.keeping import RowChange
from budget.history.rows import Shape, Value, shape_of

LabelsByColumn = dict[str, dict[str, str]]
"""For each foreign key's name, what the rows are called that it points at, by their id as text."""


class Labels:
    """The names of rows that others point at; each is asked for once in a change.

    A model that says `IS_NAMED = False` is left out: its rows never go while something points at them.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[type[models.Model], int], str] = {}

    def remember(self, rows: Iterable[models.Model]) -> None:
        """Keep the names of what `rows` point at, where that is loaded."""
        for row in rows:
            for _, column in shape_of(type(row)).foreign_keys():
                cached = row._state.fields_cache.get(column.field.name)
                if cached is not None:
                    self._known[cached._meta.concrete_model, cached.pk] = str(cached)

    def of_changes(self, shape: Shape, rows: Sequence[RowChange]) -> LabelsByColumn:
        """What some rows point at, and did before."""
        return self._by_id(
            shape,
            {
                column.name: {values[place] for _, *sides in rows for values in sides if values}
                for place, column in shape.foreign_keys()
            },
        )

    def of_new(self, rows: NewRows) -> LabelsByColumn:
        """What many new rows point at."""
        return self._by_id(rows.shape, {c.name: rows.distinct(c.name) for _, c in rows.shape.foreign_keys()})

    def _by_id(self, shape: Shape, ids_by_column: Mapping[str, set[Value]]) -> LabelsByColumn:
        labels: LabelsByColumn = {}
        for _, column in shape.foreign_keys():
            target = column.target
            ids = ids_by_column[column.name] - {None}
            if target is None or not ids or not getattr(target, "IS_NAMED", True):
                continue
            unknown = [pk for pk in ids if (target, pk) not in self._known]
            if unknown:
                for pk, found in target._base_manager.in_bulk(unknown).items():
                    self._known[target, int(pk)] = str(found)
            labels[column.name] = {str(pk): self._known.get((target, int(str(pk))), "") for pk in sorted(ids, key=str)}
        return labels


def labels_of_part(part: NewRows, labels: LabelsByColumn) -> LabelsByColumn:
    """Of the labels of many rows those that a part of them needs; asks nobody."""
    needed = {column: part.distinct(column) - {None} for column in labels}
    return {column: {str(pk): labels[column][str(pk)] for pk in ids} for column, ids in needed.items() if ids}
