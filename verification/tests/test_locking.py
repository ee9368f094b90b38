"""One run at a time; a second one waits a little, and a run that was killed leaves no lock."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections

from verification import locking, scratch
from verification.locking import AnotherRun, held
from verification.reaching import Trouble, Unreachable

HOLDER = """
import time
import django
django.setup()
from verification.locking import held
with held():
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def database(tmp_path, monkeypatch):
    """Where the lock of a database in a file would lie; PostgreSQL keeps its own."""
    if connection.vendor == "sqlite":
        monkeypatch.setitem(connections["default"].settings_dict, "NAME", str(tmp_path / "book.sqlite3"))
    return tmp_path / "book.sqlite3"


def test_second_run_waits_and_is_told(database):
    with held():
        began = time.monotonic()
        with pytest.raises(AnotherRun, match="Another run is judging this database"), held(wait=0.4):
            raise AssertionError("held twice")

    assert 0.4 <= time.monotonic() - began < 4


def test_lock_is_free_again_afterwards_and_leaves_no_file(database):
    for _ in range(2):
        with held(wait=0):
            pass

    assert list(database.parent.iterdir()) == []


def test_lock_is_free_after_a_failure(database):
    with pytest.raises(ZeroDivisionError), held():
        raise ZeroDivisionError

    with held(wait=0):
        pass


def test_killed_run_leaves_no_lock(database):
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    if connection.vendor == "sqlite":
        environment["DATABASE_URL"] = f"sqlite:///{database}"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(AnotherRun), held(wait=0):
            raise AssertionError("held twice")
        process.send_signal(signal.SIGKILL)
        process.wait()

    with held(wait=5):
        pass


def test_folder_that_cannot_be_written_is_said(monkeypatch):
    monkeypatch.setattr(locking, "connections", {"default": Somewhere("/proc/nowhere/book.sqlite3")})

    with pytest.raises(Unreachable) as refused, held():
        raise AssertionError("held")

    assert refused.value.trouble is Trouble.RIGHTS


def test_server_that_is_away_is_said(monkeypatch):
    monkeypatch.setenv("DATABASE_URL_DIRECT", "postgresql://annabel:topsecret@127.0.0.1:1/book")
    monkeypatch.setattr(locking, "connections", {"default": Somewhere("book", "postgresql")})

    with pytest.raises(Unreachable) as refused, held():
        raise AssertionError("held")

    assert refused.value.trouble is Trouble.DOWN


class Somewhere:
    def __init__(self, name, vendor="sqlite"):
        self.vendor = vendor
        self.settings_dict = {"NAME": name}


def test_lock_of_a_file_that_was_removed_in_the_meantime_is_none(tmp_path):
    file = tmp_path / "lock"
    handle = os.open(file, os.O_RDWR | os.O_CREAT)
    assert locking._is_at(file, handle)

    file.unlink()
    assert not locking._is_at(file, handle)
    file.touch()
    assert not locking._is_at(Path(file), handle)
    os.close(handle)


@pytest.mark.pooled
def test_lock_holds_no_snapshot_that_would_keep_the_server_from_tidying():
    with held(), psycopg.connect(scratch.direct_address()) as session:
        rows = session.execute(
            "SELECT backend_xmin FROM pg_stat_activity WHERE application_name = 'release_check'"
        ).fetchall()

    assert rows == [(None,)]
