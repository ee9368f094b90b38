"""Can the database be reached, and if not, why not? Answered within 15 seconds, or 30 where a server has to wake up.

What is said holds neither host nor user nor password: the driver's own words never leave this module.
"""

from __future__ import annotations

import queue
import re
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.conninfo import conninfo_to_dict

ANSWER_WITHIN = 12.0
"""Seconds for an address to answer at all; what then follows leaves room below 15."""

AWAKE_WITHIN = 30.0
"""Seconds for a server that took the call and has to start up first, as Neon's do after five idle minutes."""

PAUSE = 0.5
T = TypeVar("T")


class Trouble(StrEnum):
    """Why a database cannot be reached, with the sentence a person reads."""

    DOWN = "down"
    HOST = "host"
    NAME = "name"
    PASSWORD = "password"  # noqa: S105  (a kind of trouble)
    TLS = "tls"
    ASLEEP = "asleep"
    MISSING = "missing"
    FULL = "full"
    RIGHTS = "rights"
    OTHER = "other"

    @property
    def sentence(self) -> str:
        """What is the matter and what to do."""
        return SENTENCES[self]


SENTENCES: Mapping[Trouble, str] = {
    Trouble.DOWN: "The database server refuses connections: it is not running, or listens on another port.",
    Trouble.HOST: "The database's host does not answer. Check the host and port of the address, and the network.",
    Trouble.NAME: "The name of the database's host cannot be resolved. Check the host of the address.",
    Trouble.PASSWORD: "The database refuses the user or the password of the address.",
    Trouble.TLS: "No TLS connection can be made as the address demands it. Check sslmode and the certificate.",
    Trouble.ASLEEP: f"The database server took the call but was not ready after {AWAKE_WITHIN:.0f} seconds.",
    Trouble.MISSING: "The database does not exist. Check the address, then run: python3 manage.py migrate",
    Trouble.FULL: "The database server has no connection left.",
    Trouble.RIGHTS: "The database file cannot be opened. Check the rights of the file and its folder.",
    Trouble.OTHER: "The database cannot be opened.",
}

SIGNS: Sequence[tuple[Trouble, tuple[str, ...]]] = (
    (Trouble.DOWN, ("invalid response to ssl", "expected authentication request")),
    (Trouble.TLS, ("ssl", "tls", "certificate", "channel binding", "no encryption")),
    (Trouble.ASLEEP, ("starting up", "shutting down", "in recovery mode", "not yet accepting", "endpoint is")),
    (
        Trouble.PASSWORD,
        (
            "password",
            "authentication",
            "no pg_hba.conf entry",
            "role",
            "sasl",
            "login",
        ),
    ),
    (Trouble.MISSING, ("does not exist", "no such database", "3d000")),
    (Trouble.FULL, ("too many", "remaining connection slots", "no more connections")),
    (Trouble.NAME, ("could not translate host name", "name or service not known", "failed to resolve", "getaddrinfo")),
    (Trouble.DOWN, ("connection refused", "server closed the connection", "connection reset", "no such file")),
    (Trouble.HOST, ("timeout", "timed out", "no route", "unreachable")),
)
"""Words of libpq, PostgreSQL, PgBouncer and Neon's proxy, small letters; the first kind with a match is it."""


QUOTED = re.compile('"[^"]*"')


class Unreachable(RuntimeError):
    """The database does not answer; the message is the kind's sentence."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.sentence)
        self.trouble = trouble


@dataclass(frozen=True)
class Reached:
    """A database that answered, after so many milliseconds and attempts."""

    milliseconds: int
    attempts: int


def trouble_of(error: BaseException) -> Trouble:
    """The kind of a driver's error."""
    words = QUOTED.sub("", str(error)).lower()  # a host may be called anything
    state = str(getattr(error, "sqlstate", None) or "")
    if state.startswith("28"):
        return Trouble.PASSWORD
    if isinstance(error, psycopg.errors.InvalidCatalogName):
        return Trouble.MISSING
    return next((kind for kind, signs in SIGNS if any(sign in words for sign in signs)), Trouble.OTHER)


def reach(connection: BaseDatabaseWrapper) -> Reached:
    """Ask the database for a sign of life, through the address that Django has for it.

    Raises:
        Unreachable: with the kind of trouble.
    """
    if connection.vendor == "sqlite":
        return _reach_file(connection.settings_dict["NAME"])
    return reach_server(connection.get_connection_params())


def reach_address(address: str) -> Reached:
    """The same for an address such as `postgresql://user:password@host/name`."""
    try:
        parameters = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        raise Unreachable(Trouble.OTHER) from None
    return reach_server(parameters)


def reach_server(parameters: Mapping[str, Any]) -> Reached:
    """The same for the parameters of a PostgreSQL connection."""
    began = time.monotonic()
    parameters = dict(parameters) | _found_host(parameters, began + ANSWER_WITHIN)
    attempts = 0
    while True:
        attempts += 1
        left = began + AWAKE_WITHIN - time.monotonic()
        try:
            with psycopg.connect(**parameters | {"connect_timeout": max(2, int(left))}) as session:
                session.execute("SELECT 1")
            return Reached(_milliseconds(began), attempts)
        except psycopg.Error as error:
            trouble = trouble_of(error)
        # The host answered the call before: what is silent now is a server that wakes up.
        if trouble is Trouble.HOST:
            trouble = Trouble.ASLEEP
        if trouble is not Trouble.ASLEEP or time.monotonic() + PAUSE >= began + AWAKE_WITHIN:
            raise Unreachable(trouble) from None
        time.sleep(PAUSE)


def _found_host(parameters: Mapping[str, Any], deadline: float) -> dict[str, str]:
    """The first numeric address of the host that takes a call, so that libpq waits for no other; empty for a socket."""
    host = str(parameters.get("host") or "")
    if not host or host.startswith(("/", "@")) or "," in host or parameters.get("hostaddr"):
        return {}
    port = int(parameters.get("port") or 5432)
    try:
        found = _within(deadline, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (socket.gaierror, UnicodeError, queue.Empty):
        raise Unreachable(Trouble.NAME) from None
    trouble = Trouble.HOST
    for number, (family, kind, protocol, _, place) in enumerate(found):
        left = (deadline - time.monotonic()) / (len(found) - number)
        try:
            with socket.socket(family, kind, protocol) as caller:
                caller.settimeout(max(0.1, left))
                caller.connect(place)
            return {"hostaddr": str(place[0])}
        except ConnectionRefusedError:
            trouble = Trouble.DOWN
        except OSError:
            continue  # no answer from this one; the next may
    raise Unreachable(trouble)


def _within(deadline: float, work: Callable[[], T]) -> T:
    """The result of a call that knows no time limit; raises `queue.Empty` when it takes too long."""
    results: queue.Queue[T | BaseException] = queue.Queue()

    def do() -> None:
        try:
            results.put(work())
        except (OSError, UnicodeError) as error:
            results.put(error)

    threading.Thread(target=do, daemon=True).start()
    result = results.get(timeout=max(0.1, deadline - time.monotonic()))
    if isinstance(result, BaseException):
        raise result
    return result


def _reach_file(name: Any) -> Reached:
    """Open a file for reading only, so that a missing one is not made."""
    began = time.monotonic()
    if "memory" in str(name):
        return Reached(0, 1)
    file = Path(name)
    if not file.exists():
        raise Unreachable(Trouble.MISSING)
    try:
        session = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=10)
        try:
            session.execute("SELECT count(*) FROM sqlite_master").fetchone()
        finally:
            session.close()
    except sqlite3.OperationalError:
        raise Unreachable(Trouble.RIGHTS) from None
    except sqlite3.DatabaseError:
        raise Unreachable(Trouble.OTHER) from None
    return Reached(_milliseconds(began), 1)


def _milliseconds(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
