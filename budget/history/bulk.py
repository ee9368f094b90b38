"""Many rows at once: multi-row INSERT on SQLite, COPY on PostgreSQL; ids are reserved first, for the history."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from typing import Any

from django.apps import apps
from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper

from budget.books.models import Book
from budget.history.batch import NewRows
from budget.history.rows import Value

SQLITE_VARIABLES = 32_000
"""Below SQLite's limit of 32,766 variables in one statement."""

TEXTS = (models.CharField, models.TextField, models.JSONField)

COPY_ESCAPES = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})
"""What COPY's text format would take for something else."""


def insert(
    rows: NewRows,
    book: Book,
    version: int,
    meanwhile: Callable[[Sequence[int], NewRows], None],
    *,
    part: int,
    scattered: str = "",
    idle: Callable[[], object] | None = None,
) -> None:
    """Write rows of `book` in one statement.

    Args:
        meanwhile: given the ids and rows of a `part` at a time. PostgreSQL takes a part in while this works on it, so
            it must not use the database.
        scattered: a field whose values come in no order, and which an index begins with.
        idle: what may be done while PostgreSQL checks the rows; it must not use the database either.
    """
    columns = {c.name: c.field.column or c.name for c in rows.shape.columns}
    same = {"book_id": book.pk, "version": version} | {columns[name]: value for name, value in rows.same.items()}
    connection = connections[router.db_for_write(rows.shape.model)]
    ids = reserve(rows.shape.model, rows.count)
    parts = [(ids[start : start + part], rows.part(start, start + part)) for start in range(0, rows.count, part)]
    table = rows.shape.model._meta.db_table
    if connection.vendor == "postgresql":
        names = [columns[name] for name in rows.varying]
        if idle:
            _check_at_once(connection, table)
        with _copy(connection, table, same, ["id", *names], idle) as send:
            for part_ids, part_rows in parts:
                send([part_ids, *part_rows.varying.values()])
                meanwhile(part_ids, part_rows)
        return
    varying = {"id": ids} | {columns[name]: values for name, values in rows.varying.items()}
    if columns.get(scattered) in varying:
        varying = _in_order(varying, columns[scattered])
    _insert(connection, rows.shape.model, same, varying, rows.count)
    for part_ids, part_rows in parts:
        meanwhile(part_ids, part_rows)


def write(
    model: type[models.Model],
    same: Mapping[str, Value],
    varying: Mapping[str, Sequence[Value]],
    count: int,
    *,
    ids: Sequence[int] | None = None,
) -> None:
    """Write `count` rows, by column: what is the same for all of them, and what varies.

    Args:
        ids: theirs, where they were reserved before.
    """
    connection = connections[router.db_for_write(model)]
    varying = {"id": reserve(model, count) if ids is None else ids, **varying}
    if connection.vendor == "postgresql":
        with _copy(connection, model._meta.db_table, same, list(varying)) as send:
            send(list(varying.values()))
        return
    _insert(connection, model, same, varying, count)


def refresh_statistics(*of: type[models.Model]) -> None:
    """Let the database look at its tables anew: all of them, or those of some models.

    Right after a large load PostgreSQL plans for tables as they were: a list of 100,000 rows took 29 ms instead of 1.
    It is not asked to look into texts that no index has: sorting those took longer than all the rest, and it looks at
    them by itself within a minute or so.
    """
    connection = connections[router.db_for_write(Book)]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit = 1000")
            for each in [f" {model._meta.db_table}" for model in of] or [""]:
                cursor.execute(f"ANALYZE{each}")
            return
        asked = of or tuple(apps.get_app_config("budget").get_models())
        cursor.execute(f"ANALYZE {', '.join(map(_looked_up, asked))}")


def _looked_up(model: type[models.Model]) -> str:
    """The table with its columns that are no text, or that an index has."""
    has_index = {name.removeprefix("-") for index in model._meta.indexes for name in index.fields}
    columns = [
        str(field.column)
        for field in model._meta.concrete_fields
        if field.name in has_index or field.unique or not isinstance(field, TEXTS)
    ]
    return f"{model._meta.db_table} ({', '.join(columns)})"


def reserve(model: type[models.Model], count: int) -> list[int]:
    """Ids that no other row of `model` has or will get."""
    connection = connections[router.db_for_write(model)]
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "WITH ids AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS of_table) "
                "SELECT array_agg(nextval(of_table)) FROM ids, generate_series(1, %s)",
                [table, count],
            )
            (reserved,) = cursor.fetchone()
            return list(reserved)
        # SQLite has one writer at a time, and it is this transaction.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
        last = int(row[0]) if row else 0
        if row:
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [last + count, table])
        else:
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, count])
    return list(range(last + 1, last + count + 1))


def _sqlite_moment(moment: Value) -> Value:
    """A moment as Django keeps it on SQLite: UTC, without saying so."""
    if isinstance(moment, str):
        return str(datetime.fromisoformat(moment).astimezone(UTC).replace(tzinfo=None))
    return moment


def _in_order(varying: Mapping[str, Sequence[Value]], column: str) -> dict[str, Sequence[Value]]:
    """The same rows, sorted by one column.

    Neighbours in an index go to the same page of it: a third less time for SQLite, which keeps a table in the order of
    its ids anyway. PostgreSQL keeps it in the order of writing, where rows of one month had better stay together.
    """
    order = sorted(range(len(varying[column])), key=varying[column].__getitem__)  # type: ignore[arg-type]  # no None
    return {name: [values[place] for place in order] for name, values in varying.items()}


def _insert(
    connection: BaseDatabaseWrapper,
    model: type[models.Model],
    same: Mapping[str, Value],
    varying: Mapping[str, Sequence[Value]],
    count: int,
) -> None:
    """Rows as `VALUES` of what varies, joined with what does not: a third of the variables of the plain statement.

    The driver is called directly, because Django would rewrite the placeholders of every statement.
    """
    moments = {field.column for field in model._meta.concrete_fields if isinstance(field, models.DateTimeField)}
    same = {name: _sqlite_moment(value) if name in moments else value for name, value in same.items()}
    varying = {
        name: [_sqlite_moment(value) for value in values] if name in moments else values
        for name, values in varying.items()
    }
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in (*same, *varying))
    chosen = ", ".join(["?"] * len(same) + [f"column{place}" for place in range(1, len(varying) + 1)])
    table = quote(model._meta.db_table)
    head = f"INSERT INTO {table} ({names}) SELECT {chosen} FROM (VALUES "  # noqa: S608  (names of ours)
    one = f"({','.join('?' * len(varying))})"
    step = (SQLITE_VARIABLES - len(same)) // len(varying)
    with connection.wrap_database_errors:
        for start in range(0, count, step):
            parts = [values[start : start + step] for values in varying.values()]
            values: list[Any] = [*same.values(), *chain.from_iterable(zip(*parts, strict=True))]
            connection.connection.execute(head + ",".join([one] * len(parts[0])) + ")", values)


def _check_at_once(connection: BaseDatabaseWrapper, table: str) -> None:
    """Have the foreign keys of a table checked with each statement instead of all together at the end."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f' AND condeferrable",
            [table],
        )
        if names := ", ".join(connection.ops.quote_name(name) for (name,) in cursor.fetchall()):
            cursor.execute(f"SET CONSTRAINTS {names} IMMEDIATE")


@contextmanager
def _copy(
    connection: BaseDatabaseWrapper,
    table: str,
    same: Mapping[str, Value],
    varying: Sequence[str],
    idle: Callable[[], object] | None = None,
) -> Iterator[Callable[[Sequence[Sequence[Value]]], None]]:
    """Send rows in COPY's text format, made here: a third of the time that the driver takes for value by value.

    What it gives takes the varying columns of some rows. It answers before the server has written them.
    """
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in (*same, *varying))
    fixed = "".join(f"{value}\t" for value in _copied(list(same.values()))).replace("%", "%%")
    line = fixed + "\t".join(["%s"] * len(varying)) + "\n"
    copying = f"COPY {quote(table)} ({names}) FROM STDIN"
    # Outermost, so that what the server refuses is Django's IntegrityError, as with every other statement.
    if idle:
        from budget.history.patience import copy_patiently  # the driver, which SQLite does without
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        copy_patiently(cursor.cursor, copying, idle) if idle else cursor.copy(copying) as stream,
    ):
        yield lambda columns: stream.write("".join(map(line.__mod__, zip(*map(_copied, columns), strict=True))))


def _copied(values: Sequence[Value]) -> Sequence[Value]:
    r"""Values as COPY reads them: nothing is `\N`, and no text looks like the end of a line or column."""
    kinds = set(map(type, values))
    if kinds <= {int, bool}:
        return values
    if kinds == {str}:
        together = "".join(values)  # type: ignore[arg-type]  # all of them are text
        if together.isprintable() and "\\" not in together:
            return values
    return [
        r"\N" if value is None else value.translate(COPY_ESCAPES) if isinstance(value, str) else value
        for value in values
    ]
