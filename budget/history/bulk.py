"""Many rows at once: multi-row INSERT on SQLite, COPY on PostgreSQL; ids are reserved, so they can be recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

from budget.books.models import Book
from budget.history.rows import Shape, Value, Values

SQLITE_VARIABLES = 32_000
"""Below SQLite's limit of 32,766 variables in one statement."""


def completed(shape: Shape, fields: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[Values]:
    """Rows with a value for every recorded field, in the shape's order; what `fields` leaves out gets its default."""
    unknown = set(fields) - set(shape.names)
    if unknown:
        raise ValueError(f"{shape.name} has no {', '.join(sorted(unknown))}.")
    given = {name: place for place, name in enumerate(fields)}
    defaults = [None if c.name in given else c.write(c.field.get_default()) for c in shape.columns]
    places = [given.get(name) for name in shape.names]
    if places == list(range(len(places))):
        for row in rows:
            yield list(row)
        return
    for row in rows:
        yield [default if place is None else row[place] for place, default in zip(places, defaults, strict=True)]


def insert(shape: Shape, book: Book, version: int, rows: Sequence[Values]) -> list[int]:
    """Write rows of `book`; answers their ids, in the rows' order."""
    connection = connections[router.db_for_write(shape.model)]
    ids = reserve(shape.model, len(rows))
    moments = [place for place, c in enumerate(shape.columns) if isinstance(c.field, models.DateTimeField)]
    columns = ["id", "book_id", "version", *(c.field.column or c.name for c in shape.columns)]
    if connection.vendor == "postgresql":
        _copy(connection, shape.model._meta.db_table, columns, ids, book, version, rows)
    else:
        ready = [_sqlite_moments(row, moments) for row in rows]
        _insert(connection, shape.model._meta.db_table, columns, ids, book, version, ready)
    return ids


def reserve(model: type[models.Model], count: int) -> list[int]:
    """Ids that no other row of `model` has or will get."""
    connection = connections[router.db_for_write(model)]
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
            )
            return [int(row[0]) for row in cursor.fetchall()]
        # SQLite has one writer at a time, and it is this transaction.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        last = int(row[0]) if row else 0
        if row:
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [last + count, table])
        else:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count])
    return list(range(last + 1, last + count + 1))


def _sqlite_moments(row: Values, places: Sequence[int]) -> Values:
    """The row with its moments as Django keeps them on SQLite: UTC, without saying so."""
    ready = list(row)
    for place in places:
        moment = ready[place]
        if isinstance(moment, str):
            ready[place] = str(datetime.fromisoformat(moment).astimezone(UTC).replace(tzinfo=None))
    return ready


def _insert(
    connection: BaseDatabaseWrapper,
    table: str,
    columns: Sequence[str],
    ids: Sequence[int],
    book: Book,
    version: int,
    rows: Sequence[Values],
) -> None:
    quote = connection.ops.quote_name
    head = f"INSERT INTO {quote(table)} ({', '.join(quote(c) for c in columns)}) VALUES "  # noqa: S608  (names of ours)
    one = f"({', '.join(['%s'] * len(columns))})"
    step = SQLITE_VARIABLES // len(columns)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), step):
            part = rows[start : start + step]
            values: list[Any] = []
            for pk, row in zip(ids[start : start + step], part, strict=True):
                values += (pk, book.pk, version, *row)
            cursor.execute(head + ", ".join([one] * len(part)), values)


def _copy(
    connection: BaseDatabaseWrapper,
    table: str,
    columns: Sequence[str],
    ids: Sequence[int],
    book: Book,
    version: int,
    rows: Sequence[Values],
) -> None:
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    with connection.cursor() as cursor, cursor.copy(f"COPY {quote(table)} ({names}) FROM STDIN") as stream:
        for pk, row in zip(ids, rows, strict=True):
            stream.write_row((pk, book.pk, version, *row))
