"""New rows by column: what a bulk load hands to the database, the history and the keepers of derived data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from budget.history.rows import Shape, Value, canonical


@dataclass(frozen=True)
class NewRows:
    """Rows of one model that were not there before, by column.

    Most columns of a load hold one value: `same` has it once, `varying` has the others, a value for each row. Both
    name recorded fields, `varying` in the shape's order.
    """

    shape: Shape
    count: int
    same: Mapping[str, Value]
    varying: Mapping[str, Sequence[Value]]

    def column(self, name: str) -> Sequence[Value]:
        """The values of one field, a value for each row."""
        return self.varying[name] if name in self.varying else (self.same[name],) * self.count

    def distinct(self, name: str) -> set[Value]:
        """The different values of one field."""
        return set(self.varying[name]) if name in self.varying else {self.same[name]}

    def part(self, start: int, end: int) -> NewRows:
        """The rows from `start` to before `end`."""
        varying = {name: values[start:end] for name, values in self.varying.items()}
        return NewRows(self.shape, min(end, self.count) - start, self.same, varying)

    def payload(self, ids: Sequence[int], names: Mapping[str, Mapping[str, str]]) -> str:
        """What the history keeps of them; `undoing.rows_of` reads it."""
        rows = [(pk, None, values) for pk, values in zip(ids, self._values(), strict=True)]
        return canonical({"fields": self.shape.names, "names": names, "rows": rows, "same": self.same})

    def _values(self) -> Iterator[Sequence[Value]]:
        return zip(*self.varying.values(), strict=True) if self.varying else iter([()] * self.count)


def new_rows(shape: Shape, fields: Sequence[str], rows: Sequence[Sequence[Value]]) -> NewRows:
    """Rows given as tuples of `fields`, by column; what `fields` leaves out has the model's default.

    Raises:
        ValueError: the model has no such field, or a row is of another length.
    """
    unknown = set(fields) - set(shape.names)
    if unknown:
        raise ValueError(f"{shape.name} has no {', '.join(sorted(unknown))}.")
    given = dict(zip(fields, zip(*rows, strict=True), strict=True))
    same: dict[str, Value] = {}
    varying: dict[str, Sequence[Value]] = {}
    for column in shape.columns:
        values = given.get(column.name)
        if values is None:
            same[column.name] = column.write(column.field.get_default())
        elif values[0] == values[-1] and values.count(values[0]) == len(values):
            same[column.name] = values[0]
        else:
            varying[column.name] = values
    return NewRows(shape, len(rows), same, varying)
