"""Raw SQL against the database's own rules: rows copied with something wrong in them, rows altered behind our back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from budget import guards

Do = Callable[[Any], None]
"""One attack: what it does to a world of rows."""


@dataclass(frozen=True)
class Attack:
    """Something that one rule must refuse; `aside` names rules that would refuse it too, and are taken away first."""

    does: Do
    aside: tuple[str, ...] = ()


Attacks = Mapping[str, list[Attack]]


def copy(model: type[models.Model], pk: int, **wrong: Any) -> None:
    """Insert a row like an existing one, with other values in some columns."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM {table} WHERE "id" = %s', [pk])  # noqa: S608  (names of ours)
        names = [column[0] for column in cursor.description]
        row = dict(zip(names, cursor.fetchone(), strict=True)) | wrong
        if "id" not in wrong:
            del row["id"]
        columns, places = ", ".join(f'"{name}"' for name in row), ", ".join(["%s"] * len(row))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({places})"  # noqa: S608  (names of ours)
        cursor.execute(statement, list(row.values()))


def alter(model: type[models.Model], pk: int, **values: Any) -> None:
    """Give a row other values."""
    changes = ", ".join(f'"{name}" = %s' for name in values)
    statement = f'UPDATE {model._meta.db_table} SET {changes} WHERE "id" = %s'  # noqa: S608  (names of ours)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values.values(), pk])


def remove(model: type[models.Model], pk: int) -> None:
    """Delete a row."""
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM {model._meta.db_table} WHERE "id" = %s', [pk])  # noqa: S608  (names of ours)


def take_away_rules(*tables: type[models.Model]) -> None:
    """Be somebody who reaches the database past its rules, until the test's transaction ends."""
    names = {model._meta.db_table for model in tables}
    for rule in guards.rules():
        if rule.table in names:
            _take_away(rule.name)


def assert_refused(name: str, attack: Attack, world: Any) -> None:
    """The database itself refuses the attack, by the rule of this name and no other."""
    for other in attack.aside:
        _take_away(other)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        attack.does(world)
    assert _identity(name) in _identities(refused.value)


def rules_of(tables: Iterable[type[models.Model]]) -> set[str]:
    """The names of everything that the database must refuse for these models."""
    chosen = list(tables)
    named = {constraint.name for model in chosen for constraint in model._meta.constraints}
    names_of_tables = {model._meta.db_table for model in chosen}
    return named | {rule.name for rule in guards.rules() if rule.table in names_of_tables}


def all_models() -> set[type[models.Model]]:
    """Every model with a table of its own."""
    return {model for model in apps.get_app_config("budget").get_models() if not model._meta.proxy}


def named(attacks: Attacks) -> list[Any]:
    """One test case per attack, named by the rule."""
    return [
        pytest.param(name, attack, id=name if len(several) == 1 else f"{name}-{place}")
        for name, several in attacks.items()
        for place, attack in enumerate(several, start=1)
    ]


def _take_away(name: str) -> None:
    rule = next(rule for rule in guards.rules() if rule.name == name)
    where = "" if connection.vendor == "sqlite" else f" ON {rule.table}"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {rule.name}{where}")


def _identity(name: str) -> str:
    """What the engine calls the rule: SQLite names the columns of a plain unique constraint instead of itself."""
    if connection.vendor != "sqlite":
        return name
    for model in all_models():
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.UniqueConstraint) and constraint.name == name and constraint.fields:
                columns = [model._meta.get_field(field).column for field in constraint.fields]  # type: ignore[union-attr]  # plain fields
                return ", ".join(f"{model._meta.db_table}.{column}" for column in columns)
    return name


def _identities(error: IntegrityError) -> set[str]:
    if connection.vendor != "sqlite":
        diagnosis = getattr(error.__cause__, "diag", None)
        return {str(diagnosis.constraint_name)} if diagnosis else set()
    message = str(error)
    return {message, message.rpartition(": ")[2], message.rpartition(": index ")[2].strip("'")}
