"""Ways to make a write fail in the middle, each at a place that can be named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from django.db import connection

from budget.history.recorder import Recorder

Act = Callable[[], None]


class DrillFailure(RuntimeError):
    """What the drill raises in the middle of a write; no code of the product knows it."""


@contextmanager
def before_statement(beginning: str, number: int, act: Act) -> Iterator[None]:
    """Call `act` just before the `number`th statement that begins so is sent to the database."""
    seen = 0

    def watch(execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
        nonlocal seen
        if re.match(beginning, str(sql).lstrip().replace('"', "")):
            seen += 1
            if seen == number:
                act()
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        yield


@contextmanager
def after_last_row(act: Act) -> Iterator[None]:
    """Call `act` when a change has written all that it writes, its history included, just before the commit."""
    close = Recorder.close

    def closing(recorder: Recorder) -> None:
        close(recorder)
        act()

    with patch.object(Recorder, "close", closing):
        yield


def fail() -> None:
    """Raise."""
    raise DrillFailure("The drill makes this write fail.")
