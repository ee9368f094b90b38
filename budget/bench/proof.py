"""Measures the proof: counting a ledger beside merely reading it, recounting a book, and the gate as a whole."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from django.conf import settings

READ_ONLY = """
import csv, sys
with open(sys.argv[1], newline="", encoding="utf-8") as lines:
    for row in csv.reader(lines):
        pass
"""
"""What the csv module takes to read the same file and do nothing with it."""

PEAK = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


class ProofFailed(RuntimeError):
    """A program ended otherwise than it should, so its time means nothing."""


def measure(ledger: Path, rows: int) -> dict[str, Any]:
    """Everything about the proof of a book that was loaded from `ledger`."""
    python = [sys.executable]
    reading, _ = _timed([*python, "-S", "-c", READ_ONLY, str(ledger)])
    counting, memory = _timed([*python, "-S", "-m", "verification.independent.count", "--ledger", str(ledger)])
    manage = [*python, "manage.py"]
    recounting, recount_memory = _timed([*manage, "recount"])
    with tempfile.TemporaryDirectory() as folder:
        check = [*manage, "release_check", "--profile", "embedded", "--output", folder]
        checking, check_memory = _timed(check)
    return {
        "csv_rows_per_s": round(rows / reading),
        "count_rows_per_s": round(rows / counting),
        "count_of_csv": round(reading / counting, 2),
        "count_memory_mib": round(memory, 1),
        "recount_rows_per_s": round(rows / recounting),
        "recount_memory_mib": round(recount_memory, 1),
        "release_check_s": round(checking, 1),
        "release_check_memory_mib": round(check_memory, 1),
    }


def _timed(command: list[str]) -> tuple[float, float]:
    """Seconds that a program took, and the most memory that it or a child of it had, in MiB."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-S", "-c", PEAK, *command],
        cwd=settings.BASE_DIR,
        env=os.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - start
    code, kibibytes = map(int, done.stdout.split()[-2:])
    if code:
        raise ProofFailed(f"{' '.join(command[1:4])} ended with code {code}.")
    return seconds, kibibytes / (1024 * 1024 if sys.platform == "darwin" else 1024)
