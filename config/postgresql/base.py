"""Django's PostgreSQL backend, and a pool that recovers at once when all its idle connections died together.

The pool checks a connection before it lends it and, when it is dead, waits 0, 1, 2, 4, 8... seconds before it looks at
the next. After a suspended server, a restarted PgBouncer or a failover every idle connection is dead, so that the first
request walks through the corpses until it times out. Here one failed check is news about all older connections: the
pool drops them together and opens fresh ones.

Reads of every page are prepared: the server plans them once per connection instead of once per page, which took it as
long as the reading itself. Only on a connection to the server itself: behind a transaction pooler the next statement
may reach another process, which never heard of it.
"""

import threading
import time
from typing import Any, Self
from weakref import WeakKeyDictionary, WeakSet

from django.db.backends.postgresql import base, operations
from django.db.backends.postgresql.psycopg_any import register_tzloader
from django.db.backends.utils import CursorWrapper
from psycopg import Connection, Cursor, OperationalError, postgres
from psycopg.pq import Format
from psycopg_pool import ConnectionPool

type_of_pool = ConnectionPool[Connection[Any]]
_born: WeakKeyDictionary[Connection[Any], float] = WeakKeyDictionary()
_direct: WeakSet[Connection[Any]] = WeakSet()


class PrePing:
    """The check of one pool: asks the server for a sign of life, and drains the pool when there is none."""

    def __init__(self, pool: type_of_pool) -> None:
        self.pool = pool
        self.lock = threading.Lock()
        self.drained_at = 0.0

    def __call__(self, connection: Connection[Any]) -> None:
        """Return when the connection is alive; otherwise drain the pool, once per outage, and raise."""
        try:
            ConnectionPool.check_connection(connection)
        except OperationalError:
            with self.lock:
                is_first_to_know = _born.get(connection, 0.0) >= self.drained_at
                if is_first_to_know:
                    self.drained_at = time.monotonic()
            if is_first_to_know:
                self.pool.drain()
            raise


class PreparedCursor(base.CursorMixin, Cursor[Any]):
    """A cursor whose statements the server keeps.

    The driver prepares, or counts towards it, whatever a connection runs, by its whole text with all values where
    Django wrote them into it: a hundred texts of megabytes. So a connection is told to only while such a cursor runs.
    """

    def execute(self, *arguments: Any, **options: Any) -> Self:
        """Run a statement that is always the same, with its values beside it."""
        self.connection.prepare_threshold = 0
        try:
            return super().execute(*arguments, **options)
        finally:
            self.connection.prepare_threshold = None


class DatabaseOperations(operations.DatabaseOperations):
    """Django's own; a prepared statement is logged with its values, as every other is."""

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """The statement as the log shows it."""
        if isinstance(cursor, PreparedCursor):
            return str(self.compose_sql(sql, params))
        shown: str = super().last_executed_query(cursor, sql, params)
        return shown


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with ``PrePing`` as the check of its pool, and with prepared reads."""

    ops_class = DatabaseOperations
    _check_lock = threading.Lock()

    @property
    def pool(self) -> type_of_pool | None:
        """The pool of this alias in this process, shared by its threads."""
        pool: type_of_pool | None = super().pool
        # Django 5.2 takes no `check` among the pool's options; 6.1 does, and this property can go then.
        if pool is not None and not isinstance(pool._check, PrePing):
            with self._check_lock:
                if not isinstance(pool._check, PrePing):
                    pool._check = PrePing(pool)
        return pool

    def prepared_cursor(self) -> CursorWrapper:
        """A cursor whose statements the server keeps, by their text, with the values beside it; any other if it cannot.

        For statements that are few and always the same: a connection keeps a hundred.
        """
        self.ensure_connection()
        connection: Connection[Any] = self.connection
        if connection not in _direct:
            return self.cursor()
        cursor = PreparedCursor(connection)
        loader = connection.adapters.get_loader(postgres.types["timestamptz"].oid, Format.TEXT)
        if self.timezone != getattr(loader, "timezone", None):  # as Django does for its own cursors
            register_tzloader(self.timezone, cursor)
        return self._prepare_cursor(cursor)  # type: ignore[attr-defined,no-any-return]  # the stubs do not know it

    def forget_plans(self) -> None:
        """Let the server and the driver forget what they keep of this connection's statements."""
        with PreparedCursor(self.connection) as cursor:
            cursor.execute("DEALLOCATE ALL", prepare=False)

    def _configure_connection(self, connection: Connection[Any]) -> bool:
        _born[connection] = time.monotonic()
        if is_direct(connection):
            _direct.add(connection)
        # Asking opened a transaction where the connection does not commit by itself.
        return bool(super()._configure_connection(connection)) or not connection.autocommit  # type: ignore[misc]  # the same


def is_direct(connection: Connection[Any]) -> bool:
    """Whether the process that greeted us is the one that runs our statements; a pooler has a number of its own."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return bool(cursor.fetchone() == (connection.info.backend_pid,))
