"""What the tests of recounts have in common: writing behind the application's back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.db import connection

from budget import guards

__all__ = ["Behind", "behind"]

Behind = Callable[..., None]


@pytest.fixture
def behind(db: None) -> Behind:
    """Runs SQL as somebody with the rights of the schema's owner would, who takes the triggers away first."""

    def run(sql: str, values: Sequence[Any] = ()) -> None:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":  # deferred checks of earlier statements come first
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            for rule in guards.rules():
                on = "" if connection.vendor == "sqlite" else f" ON {rule.table}"
                cursor.execute(f"DROP TRIGGER {rule.name}{on}")
            cursor.execute(sql, values)
            if connection.vendor == "postgresql":
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        guards.install(connection)

    return run
