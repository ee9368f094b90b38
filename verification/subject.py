"""What is judged, and with what: the commit, the tree of files, the locked packages, the machine."""

from __future__ import annotations

import hashlib
import os
import platform
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import django
import psycopg
from django.conf import settings
from django.utils.translation import get_language

from verification.gates.base import Json

CODE = ("manage.py", "Procfile", "requirements.txt", "config", "budget", "verification", "templates", "static")
"""What a release consists of; tests, caches and data are not in it."""

LEFT_OUT = frozenset({"__pycache__", "tests", ".mypy_cache", ".ruff_cache", ".pytest_cache"})
COMMIT_VARIABLES = ("SOURCE_COMMIT", "GITHUB_SHA", "RENDER_GIT_COMMIT", "HEROKU_SLUG_COMMIT", "HEROKU_BUILD_COMMIT")
"""Where hosts say which commit they built, for a release that has no repository beside it."""

UNKNOWN = "unknown"


def subject() -> dict[str, Json]:
    """What is judged. `dirty`: files differ from the commit; null where no repository can tell."""
    root = Path(settings.BASE_DIR)
    commit, dirty = _from_git(root)
    if commit == UNKNOWN:
        commit = next((os.environ[name] for name in COMMIT_VARIABLES if os.environ.get(name)), UNKNOWN)
    lock = (root / "requirements.txt").read_bytes()
    return {
        "name": "budget-tracker",
        "version": settings.VERSION,
        "commit": commit,
        "dirty": dirty,
        "tree_sha256": _tree_digest(root),
        "lock_sha256": hashlib.sha256(lock).hexdigest(),
        "packages": sum(line[:1].isalnum() and b"==" in line for line in lock.splitlines()),
    }


def environment() -> dict[str, Json]:
    """With what it was judged; nothing here differs between two runs on one machine."""
    return {
        "python": platform.python_version(),
        "django": django.get_version(),
        "psycopg": psycopg.__version__,
        "sqlite": sqlite3.sqlite_version,
        "system": platform.system(),
        "architecture": platform.machine(),
        "time_zone": settings.TIME_ZONE,
        "server_clock": time.tzname[0],
        "language": get_language() or "",
    }


def _from_git(root: Path) -> tuple[str, bool | None]:
    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(root), *words],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != root.resolve():
            return UNKNOWN, None
        return git("rev-parse", "HEAD"), bool(git("status", "--porcelain")) or _hides(git)
    except (OSError, subprocess.SubprocessError):
        # A release without its repository has none; one that git cannot read may hide anything.
        return UNKNOWN, True if (root / ".git").exists() else None


def _hides(git: Callable[..., str]) -> bool:
    """Whether git was told not to look: files taken for unchanged, and ones of ours that it was told to ignore."""
    marked = any(line[:1].islower() or line[:1] == "S" for line in git("ls-files", "-v").splitlines())
    others = git("ls-files", "--others", "--", *CODE).splitlines()
    return marked or any(not LEFT_OUT & set(Path(name).parts) for name in others if not name.endswith(".pyc"))


def _tree_digest(root: Path) -> str:
    """One hash over the path and content of every file of the release."""
    total = hashlib.sha256()
    for file in sorted(_files(root), key=lambda file: file.relative_to(root).as_posix()):
        content = hashlib.sha256(file.read_bytes()).hexdigest()
        total.update(f"{file.relative_to(root).as_posix()}\0{content}\n".encode())
    return total.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for name in CODE:
        place = root / name
        if place.is_file():
            yield place
        for folder, inner, files in os.walk(place):
            inner[:] = sorted(set(inner) - LEFT_OUT)
            yield from (Path(folder, file) for file in files if not file.endswith(".pyc"))
