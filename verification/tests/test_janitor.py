"""The janitor tidies up behind a run, however long a server or a dying process takes; and only what is the drill's."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import psycopg
import pytest

from verification import janitor

pytestmark = pytest.mark.once
NAME = f"{janitor.SCHEMA_PREFIX}0a1b"


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long it waited; a clock that only waiting moves."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(time, "monotonic", lambda: sum(waits))
    return waits


def answering(monkeypatch: pytest.MonkeyPatch, refusals: int) -> list[tuple[Any, str]]:
    """A server that refuses some times; which schemas were dropped in which session."""
    left: Iterator[int] = iter(range(refusals))
    dropped: list[tuple[Any, str]] = []

    def connect(address: str, **options: Any) -> Any:
        if next(left, None) is not None:
            raise psycopg.OperationalError("connection refused")
        return nullcontext(f"session at {address}")

    monkeypatch.setattr(psycopg, "connect", connect)
    monkeypatch.setattr(janitor, "drop_schema", lambda session, name: dropped.append((session, name)))
    return dropped


def test_server_that_does_not_answer_is_asked_again(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    dropped = answering(monkeypatch, refusals=3)

    janitor._drop("the address", NAME)

    assert (dropped, slept) == ([("session at the address", NAME)], [0.5, 0.5, 0.5])


def test_server_that_never_answers_ends_the_janitor_with_an_error(
    monkeypatch: pytest.MonkeyPatch, slept: list[float]
) -> None:
    dropped = answering(monkeypatch, refusals=1_000)

    with pytest.raises(psycopg.OperationalError):
        janitor._drop("the address", NAME)

    assert (dropped, sum(slept)) == ([], janitor.PATIENCE + 0.5)


@pytest.mark.parametrize("name", ["public", janitor.SCHEMA_PREFIX, f"{janitor.SCHEMA_PREFIX}a; x", "x_release_drill_a"])
def test_any_other_schema_is_refused_before_anybody_is_asked(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    dropped = answering(monkeypatch, refusals=0)

    with pytest.raises(ValueError, match="is no scratch schema"):
        janitor._drop("the address", name)

    assert dropped == []


def test_folder_that_is_still_written_to_is_removed_when_that_ends(
    monkeypatch: pytest.MonkeyPatch, slept: list[float], tmp_path: Path
) -> None:
    folder = tmp_path / f"{janitor.FILE_PREFIX}x"
    folder.mkdir()
    remove = shutil.rmtree

    def dying(path: Path, **options: Any) -> None:
        if len(slept) >= 2:
            remove(path, **options)

    monkeypatch.setattr(shutil, "rmtree", dying)

    janitor._remove(folder)

    assert (folder.exists(), slept) == (False, [0.05, 0.05])


def test_folder_that_cannot_be_removed_is_an_error(
    monkeypatch: pytest.MonkeyPatch, slept: list[float], tmp_path: Path
) -> None:
    folder = tmp_path / f"{janitor.FILE_PREFIX}x"
    folder.mkdir()
    monkeypatch.setattr(shutil, "rmtree", lambda path, **options: None)

    with pytest.raises(TimeoutError, match="is still written to"):
        janitor._remove(folder)

    assert janitor.PATIENCE < sum(slept) < janitor.PATIENCE + 0.2


def test_any_other_folder_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / f"my-{janitor.FILE_PREFIX}x"
    folder.mkdir()

    janitor._remove(folder)

    assert folder.is_dir()
