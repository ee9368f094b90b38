"""What is confirmed survives, what is not leaves nothing, and writers wait for each other instead of failing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from budget.tests.reliability.conftest import environment
from config.places import CODE_DIR

pytestmark = pytest.mark.django_db  # there has to be a database to copy


def _drill(url: str, folder: Path, *arguments: object) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "budget.tests.reliability.driver", *map(str, arguments)],
        cwd=CODE_DIR,
        env=environment(url, folder) | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        timeout=1800,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_killed_writers_lose_nothing_and_leave_nothing_half(
    empty_database: Callable[[Path], str], tmp_path: Path
) -> None:
    """D1, R001-25, R002-6, R004-20: 50 kills, half of them in time, half at named statements."""
    found = _drill(empty_database(tmp_path), tmp_path, "kills", 50, 20261121)

    assert found["problems"] == []
    assert found["confirmed"] >= 25  # those that are killed in time have each confirmed something


@pytest.mark.nightly
def test_a_thousand_killed_writers(empty_database: Callable[[Path], str], tmp_path: Path) -> None:
    """D1: 1,000 kills."""
    found = _drill(empty_database(tmp_path), tmp_path, "kills", 1000, 7)

    assert found["problems"] == []


def test_a_crowd_of_writers_waits_and_adds_up(empty_database: Callable[[Path], str], tmp_path: Path) -> None:
    """C6, R003-6: 32 processes, 20 writes each, no "database is locked", the sum exact."""
    found = _drill(empty_database(tmp_path), tmp_path, "crowd", 32, 20)

    assert found == {"writes": 640, "errors": [], "rows": 640, "sum": "6.40", "whole": True, "differences": 0}
