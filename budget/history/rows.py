"""How a row looks in the history: its fields in order, as JSON values that are exact and the same on every engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import models

from budget.books.models import Book
from budget.money import MoneyField, from_units, to_units

type_ = type
Value = str | int | bool | None
Values = list[Value]

UNRECORDED = frozenset({"id", "book_id", "version"})


def _plain(value: Any) -> Value:
    return value  # type: ignore[no-any-return]  # text, whole numbers, booleans and null are JSON already


def _money(value: Decimal | None) -> Value:
    return None if value is None else to_units(Decimal(value))


def _date(value: date | str | None) -> Value:
    return value.isoformat() if isinstance(value, date) else value


def _moment(value: datetime | None) -> Value:
    return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")


def _read_moment(value: Any) -> datetime:
    return datetime.fromisoformat(value)


@dataclass(frozen=True)
class Column:
    """One recorded field of a model, and how its values go into JSON and come back."""

    name: str
    field: models.Field[Any, Any]
    write: Callable[[Any], Value]
    read: Callable[[Any], Any]

    @property
    def target(self) -> type[models.Model] | None:
        """The model it points at, if it is a foreign key."""
        return self.field.related_model if self.field.is_relation else None


def column_of(field: models.Field[Any, Any]) -> Column:
    """How a field's values go into JSON and come back."""
    kinds: list[tuple[type_, Callable[[Any], Value], Callable[[Any], Any]]] = [
        (MoneyField, _money, from_units),
        (models.DateTimeField, _moment, _read_moment),
        (models.DateField, _date, date.fromisoformat),
    ]
    for kind, write, read in kinds:
        if isinstance(field, kind):
            return Column(field.attname, field, write, read)
    return Column(field.attname, field, _plain, _plain)


@dataclass(frozen=True)
class Shape:
    """The recorded fields of one model, in the order of their declaration."""

    model: type[models.Model]
    columns: tuple[Column, ...]

    @property
    def name(self) -> str:
        """The model's name in the history."""
        return self.model._meta.model_name or ""

    @property
    def names(self) -> list[str]:
        """The recorded fields' names; a foreign key's ends in `_id`."""
        return [column.name for column in self.columns]

    def values(self, row: models.Model) -> Values:
        """The row's recorded values, in order."""
        return [column.write(getattr(row, column.name)) for column in self.columns]

    def row(self, book: Book, pk: int, values: Sequence[Value]) -> models.Model:
        """A row made from recorded values, not yet saved."""
        known = {c.name: None if v is None else c.read(v) for c, v in zip(self.columns, values, strict=True)}
        owner = {} if self.model is Book else {"book_id": book.pk}
        return self.model(pk=pk, **owner, **known)

    def foreign_keys(self) -> list[tuple[int, Column]]:
        """The columns that point at other rows, with their place in `values`."""
        return [(i, column) for i, column in enumerate(self.columns) if column.target is not None]


_shapes: dict[type[models.Model], Shape] = {}


def shape_of(model: type[models.Model]) -> Shape:
    """The shape of `model`; of a proxy, that of the model with the table."""
    concrete = model._meta.concrete_model or model
    if concrete not in _shapes:
        _shapes[concrete] = _shape(concrete)
    return _shapes[concrete]


def _shape(concrete: type[models.Model]) -> Shape:
    wanted = getattr(concrete, "RECORDED", None)
    fields = [
        field
        for field in concrete._meta.concrete_fields
        if field.attname not in UNRECORDED and (wanted is None or field.name in wanted)
    ]
    return Shape(concrete, tuple(column_of(field) for field in fields))


def shape_named(name: str) -> Shape:
    """The shape of the model that the history calls `name`."""
    return shape_of(apps.get_model("budget", name))


def canonical(value: Mapping[str, Any] | Sequence[Any]) -> str:
    """JSON with sorted keys and no spare blanks: the same text for the same content, so that it can be hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
