"""Statements whose SQL Django writes once: for the few reads of every page, writing it costs more than running it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
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
        with connection.cursor() as cursor:
            cursor.execute(written.sql, bound)
            rows = [list(row) for row in cursor.fetchall()]
        for place, converters, expression in written.converters:
            for convert in converters:
                for row in rows:
                    row[place] = convert(row[place], expression, connection)
        return rows

    def _write(self) -> _Written:
        # The converters stay with the connection that they were made for; they only read the value they are given.
        compiler = self._rows().query.get_compiler(connection=connection)
        sql, bound = compiler.as_sql()
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
