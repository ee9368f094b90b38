"""The live database, looked at in one snapshot and never written; says how it knows that nothing was written."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from verification.gates.base import Json

PROOF_SQL = """
    SELECT pg_current_xact_id_if_assigned() IS NULL,
           (SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint FROM pg_stat_xact_user_tables),
           (SELECT coalesce(string_agg(DISTINCT mode, ', ' ORDER BY mode), '')
              FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation'),
           current_setting('transaction_isolation'),
           current_setting('transaction_read_only')
"""
READERS_LOCK = "AccessShareLock"
"""What a SELECT holds: only DROP, TRUNCATE and the like wait for it."""


class Wrote(RuntimeError):
    """The look at the live database wrote to it."""


@dataclass
class Look:
    """One snapshot of the live database; `proof` is there when its block has ended."""

    connection: BaseDatabaseWrapper
    proof: dict[str, Json] = field(default_factory=dict)

    @property
    def engine(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.connection.vendor

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The answer to a fixed statement."""
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]


@contextmanager
def snapshot(alias: str = DEFAULT_DB_ALIAS) -> Iterator[Look]:
    """Everything that is read inside the block is of one moment, and nothing can be written.

    PostgreSQL: a transaction that is REPEATABLE READ and READ ONLY. SQLite: a deferred transaction under
    `PRAGMA query_only`, which keeps no writer waiting. At its end `look.proof` says what the database itself counted:
    rows written, and which locks were held.

    Raises:
        Wrote: rows were written all the same.
    """
    connection = connections[alias]
    look = Look(connection)
    with _sqlite(look) if connection.vendor == "sqlite" else _postgresql(look):
        yield look
    if look.proof["rows_written"] or look.proof["blocking_locks"]:
        raise Wrote(f"The look at the live database was to write nothing, but: {look.proof}")


@contextmanager
def _postgresql(look: Look) -> Iterator[None]:
    with transaction.atomic(using=look.connection.alias, durable=True):
        with look.connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        before = look.rows(PROOF_SQL)[0][1]  # what earlier transactions of this session have not handed in yet
        yield
        is_unwritten, rows, locks, isolation, is_read_only = look.rows(PROOF_SQL)[0]
        held = [lock for lock in str(locks).split(", ") if lock]
        look.proof = {
            "mode": "read only" if is_read_only == "on" else "read and write",
            "isolation": isolation,
            "rows_written": int(rows) - int(before),
            "transaction_id_assigned": not is_unwritten,
            "locks": held,
            "blocking_locks": [lock for lock in held if lock != READERS_LOCK],
        }


@contextmanager
def _sqlite(look: Look) -> Iterator[None]:
    connection: Any = look.connection
    connection.ensure_connection()
    mode, before = connection.transaction_mode, connection.connection.total_changes
    connection.transaction_mode = "DEFERRED"
    _pragma(connection, "query_only = ON")
    try:
        with transaction.atomic(using=connection.alias, durable=True):
            look.rows("SELECT count(*) FROM sqlite_master")  # the snapshot is of this moment
            is_read_only = look.rows("PRAGMA query_only")[0][0] == 1
            yield
            look.proof = {
                "mode": "read only" if is_read_only else "read and write",
                "isolation": "snapshot",
                "rows_written": connection.connection.total_changes - before,
                "transaction_id_assigned": False,
                "locks": ["SHARED"],
                "blocking_locks": [],
            }
    finally:
        _pragma(connection, "query_only = OFF")
        connection.transaction_mode = mode


def _pragma(connection: BaseDatabaseWrapper, words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {words}")


def digests(look: Look) -> dict[str, dict[str, Json]]:
    """Every table's number of rows and a digest of all their values, to show that a run changed none.

    It does not depend on the order of the rows. PostgreSQL computes it itself; SQLite's rows are streamed.
    """
    quote = look.connection.ops.quote_name
    with look.connection.cursor() as cursor:
        tables = sorted(look.connection.introspection.table_names(cursor))
    found: dict[str, dict[str, Json]] = {}
    for table in tables:
        if look.engine == "postgresql":
            sql = f"SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) FROM {quote(table)} t"  # noqa: S608  (a name that the catalog gave, quoted)
            count, total = look.rows(sql)[0]
            found[table] = {"rows": int(count), "digest": str(total)}
        else:
            found[table] = _streamed(look, f"SELECT * FROM {quote(table)}")  # noqa: S608  (a name that the catalog gave, quoted)
    return found


def _streamed(look: Look, sql: str) -> dict[str, Json]:
    count = total = 0
    with look.connection.cursor() as cursor:
        cursor.execute(sql)
        while rows := cursor.fetchmany(2_000):
            count += len(rows)
            for row in rows:
                total += int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=16).digest())
    return {"rows": count, "digest": str(total)}
