"""What is judged: the commit as a repository or the host says it, and a digest over the files of the release."""

from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from verification.subject import COMMIT_VARIABLES, environment, subject

pytestmark = pytest.mark.once

LOCK = b"# by hand\nDjango==5.2\n    --hash=sha256:0\npsycopg==3.3\n"


@pytest.fixture
def release(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A release of a few files, without a repository beside it."""
    for name in COMMIT_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, content in {
        "manage.py": b"main()\n",
        "requirements.txt": LOCK,
        "budget/models.py": b"class Thing: ...\n",
        "budget/tests/test_models.py": b"assert True\n",
        "budget/__pycache__/models.pyc": b"",
        "budget/left.pyc": b"",
        "notes.txt": b"not of the release",
    }.items():
        place = tmp_path / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    settings.BASE_DIR = tmp_path
    return tmp_path


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=Alice", "-c", "user.email=alice@example.org"]
    return subprocess.run(
        ["git", "-C", str(folder), *identity, *words], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_tree_is_digested_without_tests_caches_and_data(release: Path):
    files = [("budget/models.py", b"class Thing: ...\n"), ("manage.py", b"main()\n"), ("requirements.txt", LOCK)]
    lines = "".join(f"{name}\0{hashlib.sha256(content).hexdigest()}\n" for name, content in files)

    found = subject()

    assert found["tree_sha256"] == hashlib.sha256(lines.encode()).hexdigest()
    assert found["lock_sha256"] == hashlib.sha256(LOCK).hexdigest()
    assert (found["name"], found["packages"]) == ("budget-tracker", 2)


def test_without_a_repository_the_host_says_the_commit(release: Path, monkeypatch: pytest.MonkeyPatch):
    assert (subject()["commit"], subject()["dirty"]) == ("unknown", None)

    monkeypatch.setenv("HEROKU_BUILD_COMMIT", "bbb")
    monkeypatch.setenv("SOURCE_COMMIT", "aaa")

    assert (subject()["commit"], subject()["dirty"]) == ("aaa", None)


@pytest.mark.parametrize("name", COMMIT_VARIABLES)
def test_every_host_is_asked(release: Path, monkeypatch: pytest.MonkeyPatch, name: str):
    monkeypatch.setenv(name, "ccc")

    assert subject()["commit"] == "ccc"
    assert name in {
        *["SOURCE_COMMIT", "GITHUB_SHA", "RENDER_GIT_COMMIT"],
        *["HEROKU_SLUG_COMMIT", "HEROKU_BUILD_COMMIT"],
    }


def test_repository_tells_the_commit_and_whether_files_differ(release: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOURCE_COMMIT", "the host's word")
    git(release, "init", "-q")
    git(release, "add", "-A")
    git(release, "commit", "-q", "-m", "All")

    assert (subject()["commit"], subject()["dirty"]) == (git(release, "rev-parse", "HEAD"), False)
    (release / "manage.py").write_text("other()\n")
    assert subject()["dirty"] is True


def test_repository_around_the_release_says_nothing_about_it(release: Path, settings: Any):
    git(release, "init", "-q")
    inner = release / "budget"
    (inner / "requirements.txt").write_bytes(LOCK)
    settings.BASE_DIR = inner

    assert (subject()["commit"], subject()["dirty"]) == ("unknown", None)


def test_machine_that_judged_is_named():
    found = environment()

    assert list(found) == [
        *["python", "django", "psycopg", "sqlite", "system"],
        *["architecture", "time_zone", "server_clock", "language"],
    ]
    assert all(isinstance(value, str) for value in found.values())


def committed(release: Path) -> None:
    git(release, "init", "-q")
    git(release, "add", "-A")
    git(release, "commit", "-q", "-m", "All")


@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
def test_file_that_git_was_told_not_to_look_at_makes_a_release_dirty(release: Path, mark: str):
    committed(release)
    git(release, "update-index", mark, "manage.py")

    assert subject()["dirty"] is True


@pytest.mark.parametrize(
    ("name", "dirty"),
    [
        ("budget/more.py", True),
        ("config/more.py", True),
        ("budget/tests/more.py", False),
        ("budget/__pycache__/more.py", False),
        ("budget/more.pyc", False),
        ("data/more.py", False),
    ],
)
def test_file_of_ours_that_git_was_told_to_ignore_makes_a_release_dirty(release: Path, name: str, dirty: bool):
    committed(release)
    (release / ".git" / "info" / "exclude").write_text("more.*\n")
    (release / name).parent.mkdir(parents=True, exist_ok=True)
    (release / name).write_text("x = 1\n")

    assert subject()["dirty"] is dirty


def test_repository_that_git_cannot_read_may_hide_anything(release: Path):
    (release / ".git").mkdir()

    assert (subject()["commit"], subject()["dirty"]) == ("unknown", True)


def test_digest_of_a_tree_follows_paths_and_contents(release: Path):
    seen = {subject()["tree_sha256"]}
    for name, content in (
        ("static/a.css", "x"),
        ("static/b.css", "x"),
        ("config/deep/er/c.py", ""),
        ("Procfile", "web"),
    ):
        (release / name).parent.mkdir(parents=True, exist_ok=True)
        (release / name).write_text(content)
        seen.add(subject()["tree_sha256"])
    (release / "static/a.css").rename(release / "static/c.css")
    seen.add(subject()["tree_sha256"])

    assert len(seen) == 6
    for name in ("elsewhere/a.py", "budget/.mypy_cache/a.json", "budget/.ruff_cache/a", "static/.pytest_cache/a"):
        (release / name).parent.mkdir(parents=True, exist_ok=True)
        (release / name).write_text("x")
    assert subject()["tree_sha256"] in seen
