"""One run at a time: a lock that the database server, or the machine's kernel, takes back when a run is killed."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.core.files import locks
from django.db import DEFAULT_DB_ALIAS, connections

from verification.reaching import Trouble, Unreachable, trouble_of
from verification.scratch import direct_address

WAIT = 5.0
PAUSE = 0.1
KEY = 0x5EED_B00C
"""Of the advisory lock: any number that nothing else in this program takes."""


class AnotherRun(RuntimeError):
    """Another run holds the lock of this database."""

    def __init__(self) -> None:
        super().__init__("Another run is judging this database. Try again when it has ended.")


@contextmanager
def held(alias: str = DEFAULT_DB_ALIAS, wait: float = WAIT) -> Iterator[None]:
    """Hold the lock of a database while the block runs.

    PostgreSQL: an advisory lock of a transaction on the direct address, which a pooler would pass on as well.
    SQLite: a lock on a file beside the database. Both end with the process, also after `kill -9`.

    Raises:
        AnotherRun: it was not free within `wait` seconds.
        Unreachable: there is no place to lock.
    """
    connection = connections[alias]
    if connection.vendor == "sqlite":
        with _file(Path(str(connection.settings_dict["NAME"]) + ".release-check"), wait):
            yield
    else:
        with _advisory(direct_address(), wait):
            yield


@contextmanager
def _advisory(address: str, wait: float) -> Iterator[None]:
    try:
        session = psycopg.connect(address, prepare_threshold=None, connect_timeout=10, application_name="release_check")
    except psycopg.OperationalError as error:
        raise Unreachable(trouble_of(error)) from None
    with contextlib.closing(session):
        _wait_for(lambda: session.execute("SELECT pg_try_advisory_xact_lock(%s)", [KEY]).fetchone() == (True,), wait)
        # A server that ends idle transactions must not end this one. As the last statement it also lets go of the
        # snapshot that the one before held, which would keep the server from tidying up.
        session.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        yield


@contextmanager
def _file(path: Path, wait: float) -> Iterator[None]:
    taken: list[int] = []

    def take() -> bool:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        # Whoever held it before may have removed the file in the meantime: then this is the lock of nothing.
        if locks.lock(handle, locks.LOCK_EX | locks.LOCK_NB) and _is_at(path, handle):
            taken.append(handle)
            return True
        os.close(handle)
        return False

    try:
        _wait_for(take, wait)
    except OSError:
        raise Unreachable(Trouble.RIGHTS) from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(taken[0])


def _is_at(path: Path, handle: int) -> bool:
    return path.exists() and os.path.samestat(path.stat(), os.fstat(handle))


def _wait_for(take: Callable[[], bool], wait: float) -> None:
    deadline = time.monotonic() + wait
    while not take():
        if time.monotonic() >= deadline:
            raise AnotherRun
        time.sleep(PAUSE)
