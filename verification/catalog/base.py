"""A schema as a flat list of parts, the fingerprint of all of them, and the differences between two such lists."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from django.db.backends.base.base import BaseDatabaseWrapper

Ask = Callable[[str], Sequence[tuple[Any, ...]]]
"""Runs one fixed statement and answers its rows, whichever driver is behind it."""

KINDS = ("table", "column", "constraint", "foreign key", "index", "trigger", "function")
MIGRATIONS = "django_migrations"
SHOWN = 160
"""Longer definitions are cut in sentences; the fingerprint covers them whole."""


class Part(NamedTuple):
    """One part of a schema: of which table, one of `KINDS`, and its name."""

    table: str
    kind: str
    name: str


Schema = Mapping[Part, str]
"""Every part with its definition, written the same way whoever made it."""


def asking(connection: BaseDatabaseWrapper) -> Ask:
    """Ask through one of Django's connections."""

    def ask(sql: str) -> Sequence[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return [tuple(row) for row in cursor.fetchall()]

    return ask


def tables(schema: Schema) -> set[str]:
    """The tables that a schema has."""
    return {part.table for part in schema if part.kind == "table"}


def only(schema: Schema, wanted: Iterable[str]) -> Schema:
    """The parts of some tables."""
    names = set(wanted)
    return {part: definition for part, definition in schema.items() if part.table in names}


def fingerprint(schema: Schema) -> str:
    """One sha256 over every part and its definition, whatever the order in which they were made."""
    parts = sorted([*part, definition] for part, definition in schema.items())
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def count(schema: Schema, kind: str) -> int:
    """How many parts of one kind there are."""
    return sum(part.kind == kind for part in schema)


def drift(found: Schema, expected: Schema) -> list[tuple[str, str]]:
    """Every difference as its kind and a sentence; a table that is missing as a whole is one difference."""
    absent, stale = tables(expected) - tables(found), tables(found) - tables(expected)
    said: list[tuple[Part, str]] = []
    for part in found.keys() | expected.keys():
        if part.table in absent or part.table in stale:
            if part.kind == "table":
                said.append((part, "is missing" if part.table in absent else "is no table of this version any more"))
        elif part not in found:
            said.append((part, "is missing"))
        elif part not in expected:
            said.append((part, "is not of this version"))
        elif found[part] != expected[part]:
            said.append((part, _change(part, found[part], expected[part])))
    return [(part.kind, _sentence(part, words)) for part, words in sorted(said)]


def _sentence(part: Part, words: str) -> str:
    what = "the table" if part.kind == "table" else f"{part.kind} {part.name}"
    return f"{part.table}: {what} {words}"


def _change(part: Part, found: str, expected: str) -> str:
    if part.kind in ("trigger", "function"):
        return "was altered"
    return f"is {_short(found)}, not {_short(expected)}"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
