"""One scratch database for all tests of a run that only look at it, or take back what they did."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from verification import scratch
from verification.tests.staging import Stage, staged


@pytest.fixture(scope="session")
def place() -> Iterator[scratch.Place]:
    """Empty and freshly migrated, on the engine of the run; it costs a `migrate`, so there is one."""
    with scratch.opened(connection.vendor) as found:
        yield found


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Stage:
    """A release check whose gates answer what a test tells them to."""
    return staged(tmp_path, monkeypatch, settings)
