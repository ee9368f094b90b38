"""One scratch database for all tests of a run that only look at it, or take back what they did."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from verification import scratch
from verification.tests.staging import Stage, staged


@pytest.fixture(scope="session")
def scratches(migrated_file: Path) -> Callable[[], AbstractContextManager[scratch.Place]]:
    """Opens scratch databases with all tables, on the engine of the run; a file is copied, which costs no `migrate`."""

    @contextmanager
    def opened() -> Iterator[scratch.Place]:
        is_file = connection.vendor == "sqlite"
        with scratch.opened(connection.vendor, migrated=not is_file) as found:
            if is_file:
                shutil.copyfile(migrated_file, found.folder / found.name)
            yield found

    return opened


@pytest.fixture(scope="session")
def place(scratches: Callable[[], AbstractContextManager[scratch.Place]]) -> Iterator[scratch.Place]:
    """The one of all tests that only look at it, or take back what they did."""
    with scratches() as found:
        yield found


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any) -> Stage:
    """A release check whose gates answer what a test tells them to."""
    return staged(tmp_path, monkeypatch, settings)
