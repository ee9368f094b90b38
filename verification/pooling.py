"""Measures the product's own pool on the pooled address: `python -m verification.pooling --answer FILE`.

A process of its own, because only what serves requests has the pool: same settings, same pool class, same middleware as
in production, asked through Django's test client. It reads and never writes. It ends only connections of its own, which
it knows by a name that nobody else uses.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any, cast

import django
import psycopg

TAG = "BUDGET_POOL_TAG"
"""The variable with the name by which the server knows the connections of this process."""

SAMPLES, ROUNDS, HELD = 50, 3, 10
FAULTS = ("no_health_check", "tls_off", "session_state", "server_side_cursors", "prepared_statements")

TRACKED = (
    "application_name",
    "client_encoding",
    "DateStyle",
    "IntervalStyle",
    "standard_conforming_strings",
    "TimeZone",
)
"""Settings that PgBouncer keeps apart for each client, and hands on with a server connection."""

OF_A_TRANSACTION = ("transaction_deferrable", "transaction_isolation", "transaction_read_only")
"""What SET TRANSACTION changes: gone with the transaction, although the catalogue goes on naming the session."""

STATE = """
    SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()),
           (SELECT count(*) FROM pg_prepared_statements WHERE name NOT LIKE 'PGBOUNCER%%'),
           (SELECT count(*) FROM pg_cursors WHERE name <> ''),
           (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),
           (SELECT count(*) FROM pg_listening_channels()),
           (SELECT coalesce(string_agg(name, ', ' ORDER BY name), '') FROM pg_settings
             WHERE source = 'session' AND NOT name = ANY(%s))
"""
STATE_NAMES = ("temporary_tables", "prepared_statements", "cursors", "advisory_locks", "channels", "settings")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and write what was seen as JSON."""
    parser = argparse.ArgumentParser(prog="python -m verification.pooling", description=__doc__)
    parser.add_argument("--answer", type=Path, required=True)
    parser.add_argument("--plant", choices=FAULTS)
    asked = parser.parse_args(arguments)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    from django.conf import settings

    plant_settings(settings.DATABASES["default"], asked.plant)
    django.setup()
    asked.answer.write_text(json.dumps(measured(asked.plant)), encoding="utf-8")
    return 0


def plant_settings(database: dict[str, Any], fault: str | None) -> None:
    """Break the settings as a fault asks, before Django reads them."""
    if fault == "no_health_check":
        database |= {"ENGINE": "django.db.backends.postgresql", "CONN_HEALTH_CHECKS": False}
    elif fault == "tls_off":
        database["OPTIONS"]["sslmode"] = "disable"
    elif fault == "server_side_cursors":
        database["DISABLE_SERVER_SIDE_CURSORS"] = False
    elif fault == "prepared_statements":
        database["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 2}


def measured(fault: str | None) -> dict[str, Any]:
    """Everything the connection gate judges by; `unreachable` alone when there is no connection."""
    from django.db import OperationalError, connection

    from verification.reaching import Unreachable, reach, trouble_of

    try:
        reach(connection)
        cold = _seconds(_select_1)
    except Unreachable as error:
        return {"unreachable": error.trouble.value}
    except OperationalError as error:
        return {"unreachable": trouble_of(error).value}
    samples = [_seconds(_select_1) for _ in range(2 if fault else SAMPLES)]
    between = _between(connection)
    return {
        "cold_start": cold,
        "latencies": samples,
        "pool": _pool_facts(connection),
        "settings": _setting_facts(connection),
        "tls": _tls_facts(connection),
        "between": between,
        "shared": _shared(connection),
        "state": _state(fault),
        "rounds": [_survive(between) for _ in range(rounds_with(fault))],
    }


def rounds_with(fault: str | None) -> int:
    """How often the loss of all connections is tried; not at all with a fault that has nothing to do with it."""
    return ROUNDS if fault is None else int(fault == "no_health_check")


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _select_1() -> None:
    """As a request does it: take a connection from the pool, use it, give it back."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    connection.close()


def _pool_facts(connection: Any) -> dict[str, Any]:
    check = connection.pool._check
    return {
        "check": type(check).__name__ if check is not None else "",
        "is_checked": check is not None and bool(connection.settings_dict["CONN_HEALTH_CHECKS"]),
        "smallest": connection.pool.min_size,
        "largest": connection.pool.max_size,
        "seconds": connection.pool.max_lifetime,
    }


def _setting_facts(connection: Any) -> dict[str, Any]:
    database = connection.settings_dict
    parameters = connection.get_connection_params()
    return {
        "server_side_cursors": not database["DISABLE_SERVER_SIDE_CURSORS"],
        "prepared_statements": parameters["prepare_threshold"] is not None,
        "startup_options": bool(parameters.get("options")),
        "role_assumed": bool(database["OPTIONS"].get("assume_role")),
        "kept_by_django": bool(database["CONN_MAX_AGE"]),
    }


def _tls_facts(connection: Any) -> dict[str, Any]:
    parameters = connection.get_connection_params()
    with connection.cursor() as cursor:
        info = connection.connection.info
        mode = info.get_parameters().get("sslmode") or parameters.get("sslmode") or "prefer"
        is_used = bool(connection.connection.pgconn.ssl_in_use)
        cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        row = cursor.fetchone()
    connection.close()
    return {
        "is_used": is_used,
        "mode": mode,
        "is_verified": is_used and mode in ("verify-ca", "verify-full"),
        "is_local": is_local(str(parameters.get("host", ""))),
        "server_side": bool(row and row[0]),
    }


def is_local(host: str) -> bool:
    """Whether an address never leaves this machine: a socket or the loopback."""
    return not host or host.startswith(("/", "127.")) or host in ("localhost", "::1")


def _between(connection: Any) -> bool:
    """Whether somebody answers for the server.

    On connecting, a server names its own process (the cancel key of the protocol). A pooler gives a key of its own
    making, so that this number and the process which then runs the statement differ.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        told: int = connection.connection.info.backend_pid
        ran = int(cursor.fetchone()[0])
    connection.close()
    return told != ran


def _shared(connection: Any) -> bool:
    """Whether clients share server processes: several connections, open at once, of which two ran on one process.

    Without a transaction pooler every connection has a process of its own, so that this cannot happen.
    """
    parameters = connection.get_connection_params()
    clients = [psycopg.connect(**parameters, autocommit=True) for _ in range(4)]
    try:
        processes = []
        for client in clients:
            row = client.execute("SELECT pg_backend_pid()").fetchone()
            processes.append(row[0] if row else None)
    finally:
        for client in clients:
            client.close()
    return len(set(processes)) < len(clients)


def _state(fault: str | None) -> dict[str, Any]:
    """What the product leaves behind in its sessions: while it reads in pages, and after requests.

    Looked at in several connections at once, each inside a transaction, so that behind a pooler as many server
    connections are seen.
    """
    _request()
    if fault == "session_state":
        _leave_state()
    found = _together(4, _state_here)
    if not rounds_with(fault):
        _terminate()  # what was left behind on purpose goes before anybody else gets it
    return {
        name: sorted({part for row in found for part in str(row[name]).split(", ") if part})
        if name == "settings"
        else max(int(row[name]) for row in found)
        for name in STATE_NAMES
    }


def _state_here(together: Barrier) -> dict[str, Any]:
    from django.db import connection, transaction
    from django.db.migrations.recorder import MigrationRecorder

    rows = MigrationRecorder(connection).migration_qs.order_by("pk")
    with transaction.atomic():
        for _ in range(8):  # psycopg would prepare a statement the sixth time
            rows.filter(app="budget").count()
        pages = rows.iterator(chunk_size=1)
        next(pages, None)
        with connection.cursor() as cursor:
            together.wait(timeout=20)
            cursor.execute(STATE, [[*TRACKED, *OF_A_TRANSACTION]])
            row = cursor.fetchone()
        del pages
    connection.close()
    return dict(zip(STATE_NAMES, row, strict=True))


def _leave_state() -> None:
    """The planted fault: what a plain SET and a temporary table leave behind for whoever comes next."""
    from django.db import connection

    def leave(together: Barrier) -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SET geqo_seed = 0.54321")  # does no harm where it lands before it is ended below
            cursor.execute("CREATE TEMPORARY TABLE IF NOT EXISTS left_behind (id integer)")
            together.wait(timeout=20)
            cursor.execute("COMMIT")
        connection.close()

    _together(4, leave)


def _together(size: int, work: Callable[[Barrier], Any]) -> list[Any]:
    """Run the same in several threads that hold their connections at the same moment."""
    together = Barrier(size)
    with ThreadPoolExecutor(size) as threads:
        return list(threads.map(lambda _: work(together), range(size)))


def _survive(is_between: bool) -> dict[str, Any]:
    """Fill the pool, let every connection die, and send the very next request."""
    from django.db import connection

    def hold(together: Barrier) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            together.wait(timeout=20)
        connection.close()

    pool = cast(Any, connection).pool
    _together(min(HELD, pool.max_size), hold)
    idle = list(pool._pool)
    ended = _terminate()
    if is_between:  # the death of a server process behind a pooler is not seen by its clients
        for each in idle:
            _cut(each)
    began = time.perf_counter()
    status = _request()
    return {"cut": len(idle), "ended": ended, "status": status, "seconds": time.perf_counter() - began}


def _terminate() -> int:
    """End the server processes that work for this process, through the direct address; how many there were."""
    address = os.environ.get("DATABASE_URL_DIRECT") or os.environ["DATABASE_URL"]
    with closing(psycopg.connect(address, autocommit=True, prepare_threshold=None, connect_timeout=10)) as session:
        rows = session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = %s AND datname = current_database() AND pid <> pg_backend_pid()",
            [os.environ[TAG]],
        ).fetchall()
    return sum(bool(row[0]) for row in rows)


def _cut(each: Any) -> None:
    """End a connection under the pool's feet, as a pooler does that restarts."""
    with socket.socket(fileno=os.dup(each.pgconn.socket)) as wire:
        wire.shutdown(socket.SHUT_RDWR)


def _request() -> int:
    """A request of the product that reads the database; its status."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    hosts = [host.lstrip(".") for host in settings.ALLOWED_HOSTS if host != "*"]
    client = Client(raise_request_exception=False, headers={"host": (hosts or ["localhost"])[0]})
    status = client.get("/readyz", secure=settings.HTTPS).status_code
    connection.close()
    return int(status)


if __name__ == "__main__":
    sys.exit(main())
