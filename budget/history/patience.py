"""COPY whose end is awaited by another thread, so that Python goes on while PostgreSQL checks what it was sent."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import psycopg
from psycopg.copy import LibpqWriter


def copy_patiently(
    cursor: psycopg.Cursor[Any], statement: str, idle: Callable[[], object]
) -> AbstractContextManager[psycopg.Copy]:
    """COPY that does `idle` between its last row and the server's answer; that must not use the database."""
    return cursor.copy(statement, writer=_Patient(cursor, idle))


class _Patient(LibpqWriter):
    """Nothing but the driver's own waiting is done by the other thread, which leaves Python to this one meanwhile."""

    def __init__(self, cursor: psycopg.Cursor[Any], idle: Callable[[], object]) -> None:
        super().__init__(cursor)
        self._idle = idle

    def finish(self, exc: BaseException | None = None) -> None:
        """The last row is sent, or `exc` came in between."""
        if exc:
            super().finish(exc)
            return
        with ThreadPoolExecutor(1, "copy") as other:
            answer = other.submit(super().finish)
            self._idle()
        answer.result()
