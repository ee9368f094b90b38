"""Statements whose SQL Django writes once: for the few reads of every page, writing it costs more than running it.

PostgreSQL also plans them once per connection, where nothing stands between (see `config.postgresql`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.db import NotSupportedError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import BigIntegerField, CharField, DateField, Expression, Field, QuerySet
from django.db.models.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    from budget.books.models import Book
    from budget.months import Month


class Slot(Expression):
    """The place of a value that each reading gives anew, by its name: ``filter(book=Slot("book", BigIntegerField()))``.

    The value is bound like any other; it never becomes part of the SQL.
    """

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Any]:
        """A placeholder, with the slot itself where its value will be."""
        return "%s", (self,)


def run(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of a statement whose text is always the same; the server keeps its plan where it can."""
    try:
        return _run(sql, values)
    except NotSupportedError:  # a migration changed the type of a column under the plan
        if connection.in_atomic_block or connection.vendor != "postgresql":
            raise  # the end of the transaction forgets it
        connection.forget_plans()  # type: ignore[attr-defined]  # of our own backend
        return _run(sql, values)


def _run(sql: str, values: Sequence[Any] | Mapping[str, Any]) -> list[tuple[Any, ...]]:
    open_cursor: Callable[[], CursorWrapper] = getattr(connection, "prepared_cursor", connection.cursor)
    with open_cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _spelled_out(sql: str, bound: Sequence[Any]) -> tuple[str, tuple[Slot, ...]]:
    """The same with what never varies in its text: the server plans better the less is left open."""
    left = iter(bound)
    slots: list[Slot] = []

    def spell(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return found[0]
        value = next(left)
        if isinstance(value, Slot):
            slots.append(value)
            return found[0]
        text: str = connection.ops.compose_sql("%s", [value])  # type: ignore[attr-defined]  # PostgreSQL's alone
        return text.replace("%", "%%")

    return re.sub("%[%s]", spell, sql), tuple(slots)


class _Written(NamedTuple):
    """What Django made of a queryset: the text, what is bound to it, and what turns the driver's values into ours."""

    sql: str
    bound: tuple[Any, ...]
    converters: tuple[tuple[int, tuple[Any, ...], Any], ...]


class Prepared:
    """A queryset of tuples with `Slot`s in it, written as SQL at the first reading on each engine, then only run.

    It answers what the queryset's own ``values_list`` would, row for row: Django wrote the SQL, and the columns'
    converters are Django's and the fields'.
    """

    def __init__(self, rows: Callable[[], QuerySet[Any, Any]]) -> None:
        self._rows = rows
        self._written: dict[str, _Written] = {}

    def read(self, **values: Any) -> list[list[Any]]:
        """The rows, with these values in the slots. One statement."""
        written = self._written.get(connection.vendor) or self._write()
        bound = [
            each.output_field.get_db_prep_value(values[each.name], connection) if isinstance(each, Slot) else each
            for each in written.bound
        ]
        rows = [list(row) for row in run(written.sql, bound)]
        for place, converters, expression in written.converters:
            for convert in converters:
                for row in rows:
                    row[place] = convert(row[place], expression, connection)
        return rows

    def _write(self) -> _Written:
        # The converters stay with the connection that they were made for; they only read the value they are given.
        compiler = self._rows().query.get_compiler(connection=connection)
        sql, bound = compiler.as_sql()
        if connection.vendor == "postgresql":
            sql, bound = _spelled_out(sql, bound)
        columns = [column[0] for column in compiler.select[: compiler.col_count]]
        converters = tuple(
            (place, tuple(several), expression)
            for place, (several, expression) in compiler.get_converters(columns).items()
        )
        written = self._written[connection.vendor] = _Written(sql, tuple(bound), converters)
        return written


class _AnyBook(Slot):
    """Stands for the book of a reading."""

    def __init__(self) -> None:
        super().__init__("book", BigIntegerField())
        self.currency = Slot("currency", CharField())


class _AnyMonth:
    """Stands for the month of a reading."""

    first = Slot("first", DateField())
    end = Slot("end", DateField())


ANY_BOOK = cast("Book", _AnyBook())
"""Given to a query in place of a book, whose ``book`` (its id) and ``currency`` each reading then says."""
ANY_MONTH = cast("Month", _AnyMonth())
"""The same for a month, by ``first`` and ``end``."""
