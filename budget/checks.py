"""Refuses an unsafe configuration at start, in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.database)
def databases_are_safe(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """SQLite takes its write lock at the start of a transaction; PostgreSQL is the one with the surviving pool."""
    found: list[CheckMessage] = []
    for alias, database in settings.DATABASES.items():
        engine = str(database["ENGINE"])
        options = database.get("OPTIONS", {})
        if engine.endswith("sqlite3") and options.get("transaction_mode") != "IMMEDIATE":
            found.append(
                Error(
                    f"The database {alias} is SQLite without transaction_mode IMMEDIATE: writers would fail.",
                    id="budget.E001",
                )
            )
        if engine.startswith("django.db.backends.postgresql"):
            found.append(
                Error(
                    f"The database {alias} uses Django's own PostgreSQL backend: its pool does not survive a restart.",
                    hint="Use config.postgresql, as config/settings.py does for every PostgreSQL address.",
                    id="budget.E002",
                )
            )
    return found
