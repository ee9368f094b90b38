"""A database of the drill's own: empty, freshly migrated, and gone afterwards, however the run ends.

SQLite gets a file in a folder of its own, PostgreSQL a schema of its own, on the direct address. A janitor, a second
process in a session of its own, waits for this one to end and then removes it; what even the janitor could not remove
(the machine went down) is swept by the next run. A lock shows what still has an owner.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import psycopg
from django.conf import settings
from django.core.files import locks
from django.db import connection

from verification import janitor
from verification.janitor import FILE_PREFIX, OWNER, SCHEMA_PREFIX
from verification.reaching import trouble_of

MIGRATION_SECONDS: Final = 300
FAREWELL_SECONDS: Final = 60
CONNECTING_SECONDS: Final = 30
"""A database server that was asleep may take so long to answer."""


class NoScratch(RuntimeError):
    """A scratch database cannot be had. `reason` is the decision's code; the sentence holds no address."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Place:
    """A scratch database while it exists.

    `environment` is the whole environment of a child process that works on it: no other database, no mail, no
    settings of production that would only stand in the way (redirects, hashed static files).
    """

    engine: str
    name: str
    url: str
    folder: Path
    environment: Mapping[str, str]

    def connect(self) -> Any:
        """A plain connection of the driver, in autocommit, for SQL that no product code takes part in."""
        if self.engine == "sqlite":
            return sqlite3.connect(self.folder / self.name, isolation_level=None, timeout=30)
        return psycopg.connect(self.url, autocommit=True, prepare_threshold=None, connect_timeout=CONNECTING_SECONDS)

    def run(self, words: Sequence[str], seconds: float = MIGRATION_SECONDS) -> subprocess.CompletedProcess[str]:
        """Run a Python program (`["-m", "verification.drill", ...]`) on it and wait; the answer tells how it ended."""
        return subprocess.run(
            [sys.executable, *words],
            cwd=settings.BASE_DIR,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
            stdin=subprocess.DEVNULL,
        )


def direct_address() -> str:
    """Where a session of one's own is to be had: `DATABASE_URL_DIRECT`, or `DATABASE_URL` where only that is set."""
    return os.environ.get("DATABASE_URL_DIRECT", "").strip() or os.environ.get("DATABASE_URL", "").strip()


@contextmanager
def opened(engine: str = "", address: str = "", *, migrated: bool = True) -> Iterator[Place]:
    """A scratch database with all migrations applied; removed at the end, also when this process is killed.

    Args:
        engine: `sqlite` or `postgresql`; the live database's own when empty.
        address: of the PostgreSQL server, direct; `direct_address()` when empty.
        migrated: False leaves it without tables.

    Raises:
        NoScratch: it could not be made or migrated.
    """
    engine = engine or connection.vendor
    sweep_files()
    draft = Path(tempfile.mkdtemp(prefix=f".{FILE_PREFIX}"))  # gets its name when it has its lock
    with (draft / OWNER).open("wb") as owner:
        locks.lock(owner, locks.LOCK_EX)
        folder = draft.rename(draft.with_name(draft.name.removeprefix(".")))
        try:
            if engine == "sqlite":
                with _in_a_file(folder) as place:
                    yield _ready(place, migrated)
            else:
                with _in_a_schema(folder, address or direct_address()) as place:
                    yield _ready(place, migrated)
        finally:
            shutil.rmtree(folder, ignore_errors=True)  # only where no janitor watched it yet: the server said no


def sweep_files() -> list[str]:
    """Remove the scratch folders of runs that ended without their janitor; which ones."""
    swept = []
    for folder in sorted(Path(tempfile.gettempdir()).glob(f"{FILE_PREFIX}*")):
        if folder.is_symlink() or not folder.is_dir() or not _is_ours(folder):
            continue
        try:
            with (folder / OWNER).open("rb") as owner:
                is_abandoned = bool(locks.lock(owner, locks.LOCK_EX | locks.LOCK_NB))
        except OSError:
            continue  # just being made, just being removed, or not to be opened: its own run sees to it
        if is_abandoned:
            shutil.rmtree(folder, ignore_errors=True)
            swept.append(folder.name)
    return swept


def _is_ours(folder: Path) -> bool:
    return not hasattr(os, "geteuid") or folder.lstat().st_uid == os.geteuid()


@contextmanager
def _in_a_file(folder: Path) -> Iterator[Place]:
    name = f"{FILE_PREFIX}{secrets.token_hex(6)}.sqlite3"
    url = f"sqlite:///{quote(str(folder / name))}"
    with _watched({"folder": str(folder)}):
        yield Place("sqlite", name, url, folder, _environment(url, folder))


@contextmanager
def _in_a_schema(folder: Path, address: str) -> Iterator[Place]:
    name = f"{SCHEMA_PREFIX}{secrets.token_hex(6)}"
    url = inside(address, name)
    session = _session(url)
    with _watched({"folder": str(folder), "address": address, "schema": name}), session:
        _make_schema(session, name)
        yield Place("postgresql", name, url, folder, _environment(url, folder))


def _session(url: str) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(url, autocommit=True, connect_timeout=CONNECTING_SECONDS)
    except psycopg.OperationalError as error:
        if "unsupported startup parameter" in str(error).lower():
            raise _not_direct() from None
        raise NoScratch("database_unreachable", trouble_of(error).sentence) from None


def inside(address: str, schema: str) -> str:
    """The address of a server with one schema as its whole search path, and that name for its sessions."""
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query["options"] = f"{query.get('options', '')} -c search_path={schema}".strip()
    query["application_name"] = schema
    return parts._replace(query=urlencode(query, quote_via=quote)).geturl()


def _make_schema(session: psycopg.Connection[Any], name: str) -> None:
    """In the session that owns it: a lock of the session shows that somebody is there."""
    asked = session.execute("SELECT current_setting('search_path')").fetchone()
    if asked != (name,):  # a pooler that ignores what it cannot keep
        raise _not_direct()
    janitor.sweep_schemas(session)
    session.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
    try:
        session.execute(f'CREATE SCHEMA "{name}"'.encode())
    except psycopg.errors.InsufficientPrivilege:
        raise NoScratch(
            "scratch_unavailable", "The database's user may not make a schema. Let its owner GRANT CREATE ON DATABASE."
        ) from None


def _not_direct() -> NoScratch:
    return NoScratch(
        "direct_address_missing",
        "The database is reached through a transaction pooler. Set DATABASE_URL_DIRECT to the address without it.",
    )


@contextmanager
def _watched(what: Mapping[str, str]) -> Iterator[None]:
    """A janitor that removes `what` when the pipe to it closes: at the end of this block or of this process."""
    environment = {name: value for name, value in os.environ.items() if name.upper() in janitor.NEEDED}
    with subprocess.Popen(
        [sys.executable, "-m", "verification.janitor"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        there, back = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        try:
            there.write(json.dumps(dict(what)).encode() + b"\n")
            there.flush()
            if back.readline() != janitor.AWAKE:
                raise NoScratch("scratch_unavailable", "The janitor of the scratch database did not start.")
            yield
        finally:
            there.close()
            code = process.wait(FAREWELL_SECONDS)
        if code:
            raise NoScratch("scratch_unavailable", "The scratch database could not be removed.")


def _ready(place: Place, migrated: bool) -> Place:
    if migrated:
        done = place.run(["manage.py", "migrate", "--verbosity", "0"])
        if done.returncode:
            raise NoScratch("scratch_unavailable", "The migrations do not run through on an empty database.")
    return place


def _environment(url: str, folder: Path) -> dict[str, str]:
    return dict(os.environ) | {
        "DATABASE_URL": url,
        "DATABASE_URL_DIRECT": url,
        "RELEASE_DRILL": "1",
        "BUDGET_DATA_DIR": str(folder),
        "BUDGET_READ_ENV_FILES": "no",
        "BUDGET_PRODUCTION": "no",
        "HTTPS": "no",
        "DEBUG": "no",
        "SQL_ECHO": "no",
        "EMAIL_URL": "dummymail://",
        "SECRET_KEY": settings.SECRET_KEY,
        "TIME_ZONE": settings.TIME_ZONE,
    }
