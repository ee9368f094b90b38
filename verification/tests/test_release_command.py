"""What the command shows while it runs, and what it judges: the terminal's side, and the code's."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from verification import evidence
from verification import subject as judged
from verification.decision import Profile
from verification.gates.base import Check, Status
from verification.management.commands import release_check as command
from verification.tests.samples import sample_bundle, sample_gate
from verification.tests.staging import Stage

ERASE = "\r\x1b[K"


class Terminal(io.StringIO):
    """Says that somebody is watching."""

    def isatty(self) -> bool:
        return True


def run(stage: Stage, monkeypatch: pytest.MonkeyPatch, out: io.StringIO, *words: str) -> tuple[int, str]:
    """The command with the stage's gates."""

    def check(asked: Any, tell: Any) -> Any:
        stage.told = tell
        return stage.run(asked.profile)

    monkeypatch.setattr(command, "release_check", check)
    with pytest.raises(SystemExit) as ended:
        call_command("release_check", "--output", str(stage.output), *words, stdout=out)
    return int(str(ended.value.code)), out.getvalue()


def test_a_terminal_shows_which_gate_is_running(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """R000-30: each gate's name while it runs, and its result in the same place."""
    code, shown = run(stage, monkeypatch, Terminal(), "--profile", "embedded")

    assert code == 0
    assert f"{ERASE}1 Schema ...{ERASE}1 Schema " in shown
    assert f"{ERASE}Planting faults ...{ERASE}  Planted faults " in shown
    assert "is ready for release. Bundle: " in shown.splitlines()[-1]


def test_a_file_gets_only_the_lines_that_stay(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    stage.fails("rollback")

    code, shown = run(stage, monkeypatch, io.StringIO(), "--profile", "embedded")

    assert code == 2
    assert (ERASE in shown, "..." in shown) == (False, False)
    assert "    rollback.all: expected 0 differing, observed 0 differing." in shown
    assert "is blocked (ready for demo): A failure left something behind. Bundle: " in shown.splitlines()[-1]


def test_json_is_the_bundle_and_nothing_else(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    code, shown = run(stage, monkeypatch, Terminal(), "--profile", "embedded", "--json")

    (place,) = stage.output.iterdir()
    assert code == 0
    assert shown.strip().encode() == (place / "bundle.json").read_bytes()


def test_the_profile_follows_the_engine(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    """V17: nobody gets the easier profile on a server by leaving the word out."""
    _, shown = run(stage, monkeypatch, io.StringIO(), "--json")

    bundle = json.loads(shown)
    expected = Profile.PRODUCTION if connection.vendor == "postgresql" else Profile.EMBEDDED
    assert bundle["decision"]["profile"] == expected.value


def test_a_bundle_that_would_be_too_large_names_fewer_examples():
    """EVIDENCE 4: under 200 kB; how many there were is still told."""
    many = [f"transaction {number} differs {'x' * 200}" for number in range(20)]
    checks = [
        Check(f"crud.row{number}", Status.FAIL, "0", "20", failing_examples=many, failing_total=900)
        for number in range(60)
    ]
    gate = type(sample_gate("crud"))("crud", checks, "crud_failed")
    lines = [{"id": "R000-1", "code": [], "tests": ["a", "b"], "tests_total": 2, "gates": []}]
    table = {"lines": lines, "not_shown": [], "unknown": [], "critical_paths": []}
    pair = {"category": "Rent", "currency": "EUR", "month": "2026-10", "sql": "1.00", "raw": "2.00", "delta": "1.00"}
    found = type(gate)(
        "verification",
        [Check("verification.rows", Status.FAIL, "0", "1")],
        "rows_altered",
        {"result": {"mismatches": [pair] * 20}, "live_books": {"result": {"warnings": [pair] * 20}}},
    )

    bundle = sample_bundle([gate, found], traceability=table)

    kept = bundle["gates"][1]["checks"]
    assert len(evidence.canonical(bundle)) <= evidence.LARGEST
    assert {len(check["failing_examples"]) for check in kept} == {10}
    assert {check["failing_total"] for check in kept} == {900}
    assert bundle["traceability"]["lines"][0]["tests"] == ["a"]
    assert len(bundle["gates"][4]["details"]["result"]["mismatches"]) == 10
    assert len(bundle["gates"][4]["details"]["live_books"]["result"]["warnings"]) == 10


def repository(folder: Path) -> None:
    def git(*words: str) -> None:
        subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)

    (folder / "requirements.txt").write_text("django==5.2\n    # a remark\n", encoding="utf-8")
    (folder / "manage.py").write_text("", encoding="utf-8")
    git("init", "--quiet")
    git("-c", "core.autocrlf=false", "add", ".")
    git("-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "-m", "Begin")


def test_the_subject_is_the_commit_and_says_whether_files_differ(tmp_path: Path, settings: Any):
    """V14: one changed byte makes another tree, and a dirty one."""
    repository(tmp_path)
    settings.BASE_DIR = tmp_path

    clean = judged.subject()
    (tmp_path / "manage.py").write_text("x", encoding="utf-8")
    dirty = judged.subject()

    assert (clean["dirty"], dirty["dirty"], clean["packages"]) == (False, True, 1)
    assert len(clean["commit"]) == 40
    assert clean["tree_sha256"] != dirty["tree_sha256"]


def test_without_a_repository_the_host_says_the_commit(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch):
    """A release as a host unpacks it, be it inside of somebody else's repository."""
    repository(tmp_path)
    inside = tmp_path / "slug"
    inside.mkdir()
    (inside / "requirements.txt").write_text("", encoding="utf-8")
    settings.BASE_DIR = inside
    for name in judged.COMMIT_VARIABLES:
        monkeypatch.delenv(name, raising=False)

    assert (judged.subject()["commit"], judged.subject()["dirty"]) == ("unknown", None)
    monkeypatch.setenv("SOURCE_COMMIT", "f" * 40)
    assert (judged.subject()["commit"], judged.subject()["dirty"]) == ("f" * 40, None)
    monkeypatch.setenv("PATH", str(inside))
    assert judged.subject()["commit"] == "f" * 40
