"""Waits for a run to end, then removes its scratch database: `python -m verification.janitor`.

What to remove comes as one line of JSON on standard input, which then stays open until the run has ended, by itself or
by `kill -9`. It needs neither Django nor the product, and no signal meant for the run reaches it.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import sys
import time
from pathlib import Path
from typing import Any

import psycopg

FILE_PREFIX = "release-drill-"
SCHEMA_PREFIX = "release_drill_"
OWNER = "owner"
"""The file in a scratch folder that its run holds a lock on."""

AWAKE = b"awake\n"
PATIENCE = 30.0
"""Seconds in which a database that does not answer is asked again."""

NEEDED = {"PATH", "HOME", "LANG", "SYSTEMROOT", "TMPDIR", "TEMP", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH"}
"""What of the environment a janitor gets: no secret among it, except those that libpq itself would read."""

ABANDONED = """
    SELECT nspname FROM pg_namespace
     WHERE nspname ~ '^release_drill_[0-9a-f]+$' AND pg_has_role(nspowner, 'MEMBER')
       AND pg_try_advisory_lock(hashtextextended(nspname::text, 0))
     ORDER BY nspname
"""


def main() -> int:
    """Read what to remove, wait for the end of the input, remove it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if hasattr(signal, "SIGHUP") else ():
        signal.signal(number, signal.SIG_IGN)
    what = json.loads(sys.stdin.readline() or "{}")
    with contextlib.suppress(BrokenPipeError):  # it was interrupted already: all the more reason to tidy up
        sys.stdout.buffer.write(AWAKE)
        sys.stdout.buffer.flush()
    sys.stdin.read()
    if "schema" in what:
        _drop(what["address"], what["schema"])
    if "folder" in what:
        _remove(Path(what["folder"]))
    return 0


def sweep_schemas(session: psycopg.Connection[Any]) -> list[str]:
    """Drop the scratch schemas that no session owns any more; which ones. The session is in autocommit."""
    swept = [str(row[0]) for row in session.execute(ABANDONED).fetchall()]
    for name in swept:
        drop_schema(session, name)
        session.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])
    return swept


def drop_schema(session: psycopg.Connection[Any], name: str) -> None:
    """End the sessions that still work in a scratch schema, and drop it. Refuses any other schema."""
    require_scratch(name)
    session.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = %s AND datname = current_database() AND pid <> pg_backend_pid()",
        [name],
    )
    session.execute(f'DROP SCHEMA IF EXISTS "{name}" CASCADE'.encode())


def require_scratch(name: str) -> None:
    """Raise ValueError for the name of any other schema."""
    if not name.startswith(SCHEMA_PREFIX) or not name.removeprefix(SCHEMA_PREFIX).isalnum():
        raise ValueError(f"{name} is no scratch schema")


def _drop(address: str, name: str) -> None:
    require_scratch(name)
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with psycopg.connect(address, autocommit=True, connect_timeout=10, prepare_threshold=None) as session:
                drop_schema(session, name)
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _remove(folder: Path) -> None:
    """Until it is gone: a process of the run that is just dying may still write into it."""
    if not folder.name.startswith(FILE_PREFIX):
        return
    deadline = time.monotonic() + PATIENCE
    shutil.rmtree(folder, ignore_errors=True)
    while folder.exists():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{folder.name} is still written to")
        time.sleep(0.05)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
