"""Django's PostgreSQL backend, and a pool that recovers at once when all its idle connections died together.

The pool checks a connection before it lends it and, when it is dead, waits 0, 1, 2, 4, 8... seconds before it looks at
the next. After a suspended server, a restarted PgBouncer or a failover every idle connection is dead, so that the first
request walks through the corpses until it times out. Here one failed check is news about all older connections: the
pool drops them together and opens fresh ones.
"""

import threading
import time
from typing import Any
from weakref import WeakKeyDictionary

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg_pool import ConnectionPool

type_of_pool = ConnectionPool[Connection[Any]]
_born: WeakKeyDictionary[Connection[Any], float] = WeakKeyDictionary()


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


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's own, with ``PrePing`` as the check of its pool."""

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

    def _configure_connection(self, connection: Connection[Any]) -> bool:
        _born[connection] = time.monotonic()
        return bool(super()._configure_connection(connection))  # type: ignore[misc]  # the stubs do not know it
