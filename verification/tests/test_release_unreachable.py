"""The release check on databases that do not answer, that somebody else is judging, and when it is interrupted."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from verification import locking, release
from verification.decision import Exit, Profile
from verification.reaching import SENTENCES, Trouble, reach_address
from verification.tests.running import Home, interrupt, read_until
from verification.tests.staging import Stage, written
from verification.tests.test_reaching import a_server, error_message

pytestmark = pytest.mark.once  # the databases are servers that nobody has, or files of their own

ANSWERED_WITHIN = 15
USER, PASSWORD, HOST, NAME = "annabel77", "planted-word-51", "127.0.0.1", "ledgerbook88"
REFUSED = error_message(b"28P01", f'password authentication failed for user "{USER}"'.encode())


def address(port: int, host: str = HOST, more: str = "sslmode=disable") -> str:
    return f"postgresql://{USER}:{PASSWORD}@{host}:{port}/{NAME}?{more}"


def unreachable(stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: Any, where: str) -> release.Outcome:
    """A run against an address; whatever comes of it, no part of the address is told to anybody."""
    monkeypatch.setenv("DATABASE_URL", where)
    monkeypatch.setattr(release, "reach", lambda connection: reach_address(where))
    began = time.monotonic()

    outcome = stage.run(Profile.PRODUCTION)

    assert time.monotonic() - began < ANSWERED_WITHIN
    assert outcome.decision.exit == Exit.UNREACHABLE
    bundle = written(stage)
    assert bundle["verification_policy_result"] == "blocked: database_unreachable"
    assert [gate["status"] for gate in bundle["gates"]] == ["not_run"] * 5 + ["fail"]
    out, err = capsys.readouterr()
    files = [file.read_text(encoding="utf-8") for file in outcome.place.iterdir()]
    told = "\n".join([out, err, *files, *stage.told.lines, *stage.told.passing])
    assert [word for word in (USER, PASSWORD, NAME, "nowhere.invalid") if word in told] == []
    return outcome


def test_a_server_that_is_down(stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    """V3: nobody listens on the port."""
    with a_server(lambda: b"") as port:
        pass

    assert SENTENCES[Trouble.DOWN] in unreachable(stage, monkeypatch, capsys, address(port)).decision.explanation


def test_a_password_that_is_wrong(stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    """V3: the server's own words name the user, ours do not."""
    with a_server(lambda: REFUSED) as port:
        outcome = unreachable(stage, monkeypatch, capsys, address(port))

    assert SENTENCES[Trouble.PASSWORD] in outcome.decision.explanation


def test_a_host_that_nobody_has(stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    """V3: an address set aside for examples, where at most a network answers that it knows no way."""
    outcome = unreachable(stage, monkeypatch, capsys, address(5432, "192.0.2.1"))

    assert any(SENTENCES[kind] in outcome.decision.explanation for kind in (Trouble.HOST, Trouble.DOWN, Trouble.NAME))


def test_a_name_that_cannot_be_resolved(stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    """V3: DNS."""
    outcome = unreachable(stage, monkeypatch, capsys, address(5432, "nowhere.invalid"))

    assert SENTENCES[Trouble.NAME] in outcome.decision.explanation


def test_a_server_without_the_tls_that_is_demanded(stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    """V3: it is never talked to in clear instead."""
    with a_server(lambda: b"N") as port:
        outcome = unreachable(stage, monkeypatch, capsys, address(port, more="sslmode=verify-full"))

    assert SENTENCES[Trouble.TLS] in outcome.decision.explanation


def test_the_command_itself_ends_with_3_and_shows_no_secret(tmp_path: Path):
    """V3, V15: a process of its own, with the password in its environment."""
    with a_server(lambda: REFUSED) as port:
        home = Home(tmp_path, {"DATABASE_URL": address(port), "DATABASE_URL_DIRECT": address(port)})
        ran = home.check()

    assert (ran.code, ran.err) == (3, "")
    assert ran.seconds < ANSWERED_WITHIN
    assert "is blocked (not ready): The database does not answer." in ran.out
    assert [word for word in (USER, PASSWORD, NAME) if word in ran.told] == []
    assert ran.bundle["decision"]["exit_code"] == 3


def empty_database(home: Home) -> None:
    with sqlite3.connect(home.database) as session:
        session.execute("CREATE TABLE something (id INTEGER)")


@pytest.mark.nightly
def test_a_second_run_waits_and_then_ends_with_5(tmp_path: Path):
    """V11: with a bundle that says so; the lock of the first is untouched."""
    home = Home(tmp_path)
    empty_database(home)
    lock = home.database.with_name("budget.sqlite3.release-check")

    with locking._file(lock, 0):
        ran = home.check()
        assert lock.exists()

    assert ran.code == 5
    assert ran.seconds >= locking.WAIT
    assert ran.bundle["decision"]["reasons"] == ["another_run"]


@pytest.fixture(scope="module")
def migrated(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("interrupted"))
    shutil.copyfile(migrated_file, home.database)
    return home


def test_ctrl_c_puts_everything_back_and_says_so(migrated: Home):
    """V13: in the middle of the drill; no drill remains, the lock is free, the bundle is whole."""
    before = migrated.bundles()
    with migrated.checking() as process:
        read_until(process, "1 Schema")
        assert migrated.scratch_left() != []
        code, out, err = interrupt(process)

    (place,) = migrated.bundles() - before
    assert code == int(Exit.INTERNAL)
    assert "The run was interrupted." in out
    assert err == ""
    assert {"bundle.json", "summary.txt", "bundle.dsse.json"} <= {file.name for file in place.iterdir()}
    assert migrated.scratch_left() == []
    with locking._file(migrated.database.with_name("budget.sqlite3.release-check"), 0):
        pass


@pytest.mark.nightly
def test_a_killed_run_leaves_nothing_either(migrated: Home):
    """V13: kill -9; the janitor takes the scratch database away, the kernel the lock."""
    before = migrated.bundles()
    with migrated.checking() as process:
        read_until(process, "1 Schema")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    while migrated.scratch_left():
        time.sleep(0.1)
    assert migrated.bundles() == before
    with locking._file(migrated.database.with_name("budget.sqlite3.release-check"), 0):
        pass


@pytest.mark.nightly
def test_a_database_that_lacks_a_rule_is_blocked_at_the_first_gate(migrated: Home, tmp_path: Path):
    """V2: an index dropped by hand, seen by the command; nothing after it runs."""
    home = Home(tmp_path)
    with sqlite3.connect(migrated.database) as source, sqlite3.connect(home.database) as copy:
        source.backup(copy)
        copy.execute("DROP INDEX category_name_once_per_book_and_parent")

    ran = home.check("--json")

    assert (ran.code, ran.err) == (2, "")
    assert ran.out.strip().encode() == (ran.place / "bundle.json").read_bytes() if ran.place else False
    assert ran.bundle["decision"]["reasons"] == ["schema_drift"]
    assert ran.bundle["crud_matrix"] == "not_run"
    assert "category_name_once_per_book_and_parent is missing" in str(ran.bundle["database"]["drift"])


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--month", "2026-13"], "2026-13"),
        (["--database", "elsewhere"], "The settings have no database named elsewhere."),
        (["--output", "{file}/inside"], "The evidence cannot be written to"),
    ],
    ids=["month", "database", "output"],
)
def test_arguments_that_cannot_be_meant_are_bad_input(tmp_path: Path, words: list[str], problem: str):
    """V4: exit 4 before anything runs, in one line."""
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")

    with pytest.raises(CommandError, match=problem) as refused:
        call_command("release_check", *(word.replace("{file}", str(file)) for word in words))

    assert refused.value.returncode == Exit.BAD_INPUT
