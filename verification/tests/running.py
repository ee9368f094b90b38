"""The release check as people run it: a process of its own, with an environment and a data folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from verification.gates.base import Json
from verification.janitor import FILE_PREFIX

CODE = Path(settings.BASE_DIR)
LEFT_OUT = (
    "DATABASE_URL",
    "BUDGET_",
    "RELEASE_",
    "EVIDENCE_DIR",
    "SECRET_KEY",
    "EMAIL_URL",
    "PYTEST",
    "GITHUB_SHA",
    "DJANGO_",
)
"""Of the environment that the tests run in: what decides where the program under test works."""


@dataclass(frozen=True)
class Ran:
    """How a command ended, and the bundle that it wrote, if it did."""

    code: int
    out: str
    err: str
    seconds: float
    place: Path | None

    @property
    def bundle(self) -> dict[str, Json]:
        """Read from its file."""
        assert self.place is not None, self.out + self.err
        found: dict[str, Json] = json.loads((self.place / "bundle.json").read_bytes())
        return found

    @property
    def told(self) -> str:
        """Everything that the run left for anybody to read: both streams and every file."""
        files = [file.read_text(encoding="utf-8") for file in sorted(self.place.iterdir())] if self.place else []
        return "\n".join([self.out, self.err, *files])


@dataclass(frozen=True)
class Home:
    """A data folder, and a folder for temporary files in which everything of the scratch database has to lie."""

    folder: Path
    more: Mapping[str, str] = field(default_factory=dict)
    code: Path = CODE

    @property
    def database(self) -> Path:
        """Where a database in a file lies."""
        return self.folder / "budget.sqlite3"

    @property
    def evidence(self) -> Path:
        """Where bundles go."""
        return self.folder / "evidence"

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of the command."""
        temporary = self.folder / "temporary"
        temporary.mkdir(parents=True, exist_ok=True)
        own = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
        return own | {
            "BUDGET_DATA_DIR": str(self.folder),
            "BUDGET_READ_ENV_FILES": "no",
            "SECRET_KEY": "only-for-these-tests-" * 4,
            "TMPDIR": str(temporary),
            **self.more,
        }

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the program, which has to succeed."""
        done = self._run(words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def check(self, *words: str) -> Ran:
        """Run the release check."""
        before, began = self.bundles(), time.monotonic()
        done = self._run(("release_check", *words))
        return self._ran(done.returncode, done.stdout, done.stderr, time.monotonic() - began, before)

    @contextmanager
    def checking(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """The release check while it runs."""
        with subprocess.Popen(
            [sys.executable, "-u", "manage.py", "release_check", *words],
            cwd=self.code,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def bundles(self) -> set[Path]:
        """Every folder among the evidence, those included that should not be there."""
        return set(self.evidence.iterdir()) if self.evidence.is_dir() else set()

    def scratch_left(self) -> list[str]:
        """What is left of scratch databases in files."""
        return sorted(path.name for path in (self.folder / "temporary").glob(f"*{FILE_PREFIX}*"))

    def _run(self, words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *words],
            cwd=self.code,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )

    def _ran(self, code: int, out: str, err: str, seconds: float, before: set[Path]) -> Ran:
        made = sorted(self.bundles() - before)
        assert len(made) <= 1, made
        return Ran(code, out, err, seconds, made[0] if made else None)


def read_until(process: subprocess.Popen[str], words: str) -> str:
    """What a run says until a line holds these words."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"The run ended before it said {words!r}: {said}")


def interrupt(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Ctrl-C, then everything else it says until it ends."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err
