"""A second connection: what another client of the database sees while a transaction of ours is open.

It talks to the driver, not to Django, so that nothing the drills patch can make it look away.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import psycopg
from django.apps import apps
from django.db import connection, models

from budget.books.models import Book
from budget.money import MoneyField, from_units

VOLATILE = frozenset(
    {"created_at", "at", "head", "digest", "previous_digest", "payload", "key", "key_digest", "first_id", "last_id"}
    | {"by_id", "user_id", "sealed", "beat_at", "trained_at"}
)
"""Columns that hold moments, are made from them, or number people: they differ between two runs of the same drill."""

NUMBERS_OF = {
    "same_as_id": "budget_statementline",
    "matched_id": "budget_transaction",
    "outgoing_id": "budget_transaction",
    "incoming_id": "budget_transaction",
}
"""Columns that hold the id of a row of another table without being a foreign key, and that table."""

Rows = Mapping[int, tuple[Any, ...]]
Execute = Callable[[str], Sequence[tuple[Any, ...]]]


@dataclass(frozen=True)
class Table:
    """A table of books, with its columns in the order that they are read in; the id comes first."""

    name: str
    columns: tuple[str, ...]
    targets: Mapping[str, str]
    money: tuple[str, ...]
    owner: str

    @property
    def select(self) -> str:
        """Every row of the books from a number on, in order.

        As an expression a column of SQLite has no declared type, so that Django's connection converts nothing either.
        """
        plus = "+" if connection.vendor == "sqlite" else ""
        names = ", ".join(f'{plus}"{column}"' for column in self.columns)
        return f'SELECT {names} FROM "{self.name}" WHERE "{self.owner}" >= %d ORDER BY "id"'  # noqa: S608  (names of ours)


@dataclass(frozen=True)
class Look:
    """Every row of the drill's books at one moment, as one client saw them."""

    tables: Mapping[str, Rows]

    def counts(self) -> dict[str, int]:
        """Rows by table, the empty ones left out."""
        return {name: len(rows) for name, rows in self.tables.items() if rows}

    def sums(self) -> dict[str, str]:
        """What the columns of money add up to, in whatever currency: `table.column`, tables without rows left out."""
        found = {}
        for table in tables():
            rows = self.tables[table.name].values()
            for column in table.money if rows else ():
                place = table.columns.index(column)
                units = sum(row[place] or 0 for row in rows)
                found[f"{table.name}.{column}"] = str(from_units(units))
        return found

    def digest(self) -> str:
        """A hash over all content but moments; ids count by their order, so that two runs agree."""
        ranks = {name: {pk: rank for rank, pk in enumerate(rows)} for name, rows in self.tables.items()}
        total = hashlib.sha256()
        for table in tables():
            total.update(table.name.encode())
            for row in self.tables[table.name].values():
                values = [
                    str(ranks[target].get(value, value)) if target else str(value)
                    for column, value in zip(table.columns, row, strict=True)
                    if column not in VOLATILE
                    for target in [table.name if column == "id" else table.targets.get(column)]
                ]
                total.update("\x1f".join(values).encode() + b"\x1e")
        return total.hexdigest()

    def figures(self) -> dict[str, Any]:
        """Counts, sums and digest, for the evidence."""
        return {"counts": self.counts(), "sums": self.sums(), "digest": self.digest()}

    def differing(self, other: Look) -> int:
        """How many rows are in one and not, or not so, in the other: whole rows, moments and versions included."""
        found = 0
        for name, rows in self.tables.items():
            theirs = other.tables[name]
            found += sum(1 for pk in rows.keys() | theirs.keys() if rows.get(pk) != theirs.get(pk))
        return found


_tables: list[Table] = []


def tables() -> list[Table]:
    """The tables that hold what belongs to a book, the book's own first."""
    if not _tables:
        owned = [
            model
            for model in apps.get_app_config("budget").get_models()
            if not model._meta.proxy and (model is Book or any(f.attname == "book_id" for f in model._meta.fields))
        ]
        names = {model: model._meta.db_table for model in owned}
        _tables.extend(_table(model, names) for model in sorted(owned, key=lambda m: (m is not Book, names[m])))
    return _tables


def _table(model: type[models.Model], names: Mapping[Any, str]) -> Table:
    fields = sorted(model._meta.concrete_fields, key=lambda field: not field.primary_key)
    return Table(
        name=names[model],
        columns=tuple(field.column or "" for field in fields),
        targets=NUMBERS_OF
        | {f.column or "": names[f.related_model] for f in fields if f.is_relation and f.related_model in names},
        money=tuple(field.column or "" for field in fields if isinstance(field, MoneyField)),
        owner="id" if model is Book else "book_id",
    )


def look(since: int) -> Look:
    """What a second client sees now, of the books from number `since` on."""
    with _second() as execute:
        return _look(execute, since)


def own_look(since: int) -> Look:
    """What the first connection sees now, what it has not committed yet included."""

    def execute(statement: str) -> Sequence[tuple[Any, ...]]:
        raw = connection.connection
        with closing(raw.cursor()) as cursor:
            return list(cursor.execute(statement).fetchall())

    connection.ensure_connection()
    return _look(execute, since)


def _look(execute: Execute, since: int) -> Look:
    return Look({table.name: {row[0]: tuple(row) for row in execute(table.select % since)} for table in tables()})


@contextmanager
def _second() -> Iterator[Execute]:
    if connection.vendor == "sqlite":
        address = f"file:{quote(str(connection.settings_dict['NAME']))}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as other:
            yield lambda statement: other.execute(statement).fetchall()
        return
    with psycopg.connect(**_address(), autocommit=True) as server:
        yield lambda statement: server.execute(statement).fetchall()


def _address() -> dict[str, Any]:
    """Where the first connection leads, without Django's own ways of reading values."""
    found = connection.get_connection_params()
    return {name: value for name, value in found.items() if name not in ("context", "cursor_factory")}


def end_first_connection() -> None:
    """End the first connection in the middle: from the second on PostgreSQL; SQLite's is closed under Django's feet."""
    if connection.vendor == "sqlite":
        connection.connection.close()
        return
    pid = connection.connection.info.backend_pid
    with psycopg.connect(**_address(), autocommit=True) as server:
        server.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
