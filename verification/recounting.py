"""Asks the independent program to count, in a process without Django, installed packages or settings."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.conf import settings

from verification.gates.base import Json

PROGRAM = "verification.independent.count"
ISOLATED = ("-S", "-E", "-s", "-B")
"""No installed packages, no PYTHON variables, no packages of the user, nothing written beside the source."""


class CounterFailed(RuntimeError):
    """The independent program ended without an answer."""


def count_ledger(
    file: Path, *, users: Sequence[str] = (), month: str = "", category_map: Path | None = None
) -> dict[str, Json]:
    """What the independent program counts in a raw ledger: `status` ok with `totals`, or blocked with a `reason`."""
    words = ["--ledger", str(file)]
    for user in users:
        words.append(f"--user={user}")
    if month:
        words += ["--month", month]
    if category_map is not None:
        words += ["--category-map", str(category_map)]
    return _answer(subprocess.run(_command(words), cwd=settings.BASE_DIR, env={}, capture_output=True, check=False))


def count_history(lines: Iterable[bytes]) -> dict[str, Json]:
    """What it counts in raw entries of the history, streamed to it one JSON object a line."""
    with subprocess.Popen(
        _command(["--history", "-"]),
        cwd=settings.BASE_DIR,
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        try:
            for line in lines:
                process.stdin.write(line)
        except BrokenPipeError:
            pass  # it has refused a line and said so; its answer is read below
        except BaseException:
            process.kill()
            raise
        out, err = process.communicate()
    return _answer(subprocess.CompletedProcess(process.args, process.returncode, out, err))


def _command(words: Sequence[str]) -> list[str]:
    return [sys.executable, *ISOLATED, "-m", PROGRAM, *words]


def _answer(done: subprocess.CompletedProcess[bytes]) -> dict[str, Json]:
    try:
        found: dict[str, Json] = json.loads(done.stdout)
    except json.JSONDecodeError:
        raise CounterFailed(f"The independent program ended with {done.returncode} and no answer.") from None
    return found
