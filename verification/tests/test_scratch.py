"""A scratch database is empty and migrated, holds its own rows, and goes when its run ends, however it ends."""

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from django.conf import settings
from django.core.files import locks
from django.db import connection

from verification import janitor, scratch

HOLDER = """
import sys, time
import django
django.setup()
from verification import scratch
with scratch.opened(migrated=False) as place:
    session = place.connect()
    session.execute("CREATE TABLE anything (id integer)")
    print(place.folder if place.engine == "sqlite" else place.name, flush=True)
    time.sleep(60)
"""


def is_there(name):
    """Whether a scratch database still exists, by its folder or its schema."""
    if connection.vendor == "sqlite":
        return Path(name).exists()
    with psycopg.connect(scratch.direct_address()) as session:
        return session.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [name]).fetchone() is not None


def gone_within(seconds, name):
    deadline = time.monotonic() + seconds
    while is_there(name) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not is_there(name)


def test_scratch_is_migrated_empty_and_apart(place):
    session = place.connect()

    people, applied = (
        session.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608  (names of ours)
        for table in ("budget_transaction", "django_migrations")
    )

    session.close()
    assert (people, applied > 20) == (0, True)
    assert place.environment["DATABASE_URL"] == place.environment["DATABASE_URL_DIRECT"] == place.url
    assert place.environment["RELEASE_DRILL"] == "1"
    assert place.name.startswith(("release-drill-", "release_drill_"))


def test_child_process_works_on_the_scratch_and_on_nothing_else(place):
    done = place.run(
        [
            "-c",
            "import django; django.setup()\n"
            "from django.db import connection as c\n"
            "from budget.users.models import User\n"
            "print(c.vendor, c.settings_dict['NAME'].rpartition('/')[2] if c.vendor == 'sqlite' else "
            "c.cursor().execute('SHOW search_path').fetchone()[0], User.objects.count())",
        ]
    )

    assert (done.stdout, done.stderr) == (f"{place.engine} {place.name} 0\n", "")


def test_scratch_goes_with_its_block():
    with scratch.opened(migrated=False) as place:
        name = str(place.folder) if place.engine == "sqlite" else place.name
        assert is_there(name)
        folder = place.folder

    assert (is_there(name), folder.exists()) == (False, False)


def test_scratch_goes_when_the_block_fails():
    with pytest.raises(ZeroDivisionError), scratch.opened(migrated=False) as place:
        raise ZeroDivisionError

    assert not place.folder.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_scratch_goes_when_its_process_is_killed(number):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert is_there(name)
        process.send_signal(number)
        process.wait()

        assert gone_within(10, name)


def test_what_no_janitor_removed_is_swept_by_the_next_run():
    left = Path(tempfile.mkdtemp(prefix=janitor.FILE_PREFIX))
    (left / janitor.OWNER).touch()
    held = Path(tempfile.mkdtemp(prefix=janitor.FILE_PREFIX))

    with (held / janitor.OWNER).open("wb") as owner:
        locks.lock(owner, locks.LOCK_EX)
        swept = scratch.sweep_files()

        assert (left.name in swept, left.exists(), held.exists()) == (True, False, True)

    assert held.name in scratch.sweep_files()


def test_folder_without_an_owner_file_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / f"{janitor.FILE_PREFIX}other").mkdir()
    (tmp_path / f"{janitor.FILE_PREFIX}link").symlink_to(tmp_path)

    assert scratch.sweep_files() == []


@pytest.mark.pooled
def test_abandoned_schema_is_swept_and_a_held_one_is_not():
    address = scratch.direct_address()
    with psycopg.connect(address, autocommit=True) as session, psycopg.connect(address, autocommit=True) as other:
        session.execute("CREATE SCHEMA release_drill_00")
        session.execute("CREATE SCHEMA release_drill_11")
        other.execute("SELECT pg_advisory_lock(hashtextextended('release_drill_11', 0))")

        swept = janitor.sweep_schemas(session)

        assert ("release_drill_00" in swept, "release_drill_11" in swept) == (True, False)
        janitor.drop_schema(session, "release_drill_11")


@pytest.mark.parametrize("name", ["public", "release_drill_", 'release_drill_a"; DROP SCHEMA public; --'])
def test_janitor_drops_no_other_schema(name):
    with pytest.raises(ValueError, match="no scratch schema"):
        janitor.drop_schema(cast(Any, None), name)


def test_janitor_removes_no_other_folder(tmp_path):
    janitor._remove(tmp_path)

    assert tmp_path.exists()


def test_address_of_a_schema_keeps_what_was_there():
    found = scratch.inside(
        "postgresql://me:p%40ss@host:5433/name?sslmode=require&options=endpoint%3Dep", "release_drill_a"
    )

    assert found == (
        "postgresql://me:p%40ss@host:5433/name?sslmode=require"
        "&options=endpoint%3Dep%20-c%20search_path%3Drelease_drill_a&application_name=release_drill_a"
    )


def test_server_that_is_away_is_said_without_its_address(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(scratch.NoScratch) as refused, scratch.opened("postgresql", "postgresql://ann:pw@127.0.0.1:1/x"):
        raise AssertionError("opened")

    assert (refused.value.reason, str(refused.value)) == (
        "database_unreachable",
        "The database server refuses connections: it is not running, or listens on another port.",
    )
    assert list(tmp_path.iterdir()) == []


class Session:
    """Answers what a server might; refuses to make a schema when told so."""

    def __init__(self, path, is_refused=False):
        self.path, self.is_refused = path, is_refused

    def execute(self, sql, values=()):
        if self.is_refused and b"CREATE SCHEMA" in (sql if isinstance(sql, bytes) else b""):
            raise psycopg.errors.InsufficientPrivilege("permission denied for database")
        return self

    def fetchone(self):
        return (self.path,)

    def fetchall(self):
        return []


@pytest.mark.parametrize(
    ("session", "reason"),
    [
        (Session("public"), "direct_address_missing"),
        (Session("release_drill_a", is_refused=True), "scratch_unavailable"),
    ],
)
def test_server_that_gives_no_schema_is_said(session, reason):
    with pytest.raises(scratch.NoScratch) as refused:
        scratch._make_schema(session, "release_drill_a")

    assert refused.value.reason == reason


def test_pooler_that_refuses_options_is_no_direct_address(monkeypatch):
    def refuse(*_, **__):
        raise psycopg.OperationalError("FATAL: unsupported startup parameter: options")

    monkeypatch.setattr(psycopg, "connect", refuse)

    with (
        pytest.raises(scratch.NoScratch, match="Set DATABASE_URL_DIRECT") as refused,
        scratch.opened("postgresql", "x"),
    ):
        raise AssertionError("opened")

    assert refused.value.reason == "direct_address_missing"


@pytest.mark.pooled
def test_scratch_is_never_made_through_a_pooler():
    pooled, direct = os.environ["DATABASE_URL"], os.environ["DATABASE_URL_DIRECT"]
    if pooled == direct:
        with scratch.opened("postgresql", pooled, migrated=False) as place:
            assert is_there(place.name)
    else:
        with pytest.raises(scratch.NoScratch) as refused, scratch.opened("postgresql", pooled, migrated=False):
            raise AssertionError("opened")
        assert refused.value.reason == "direct_address_missing"


def test_migrations_that_fail_are_said(tmp_path, monkeypatch):
    place = scratch.Place("sqlite", "release-drill-x.sqlite3", "", tmp_path, {})
    monkeypatch.setattr(scratch.Place, "run", lambda *_: subprocess.CompletedProcess([], 1))

    with pytest.raises(scratch.NoScratch, match="do not run through"):
        scratch._ready(place, True)


def test_janitor_that_does_not_answer_is_an_error(monkeypatch):
    monkeypatch.setattr(janitor, "AWAKE", b"something else")

    with pytest.raises(scratch.NoScratch, match="did not start"), scratch._watched({}):
        raise AssertionError("watched")


def test_janitor_that_fails_is_an_error(capfd):
    with (
        pytest.raises(scratch.NoScratch, match="could not be removed"),
        scratch._watched({"schema": "public", "address": ""}),
    ):
        pass

    assert "public is no scratch schema" in capfd.readouterr().err


def test_plain_connection_of_a_scratch_file_is_sqlite_s_own(tmp_path):
    place = scratch.Place("sqlite", "release-drill-x.sqlite3", "", tmp_path, {})

    session = place.connect()

    assert isinstance(session, sqlite3.Connection)
    session.close()
