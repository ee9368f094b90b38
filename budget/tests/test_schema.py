"""The schema in the database is the one that the models describe (M4)."""

from __future__ import annotations

from io import StringIO

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from budget import guards

pytestmark = pytest.mark.django_db


def test_models_and_migrations_agree() -> None:
    """M4: no change of a model is without its migration."""
    out = StringIO()
    call_command("makemigrations", "--check", "--dry-run", stdout=out)

    assert out.getvalue() == "No changes detected\n"


def test_database_holds_every_constraint_and_index_of_the_models() -> None:
    """M4, R000-9, R003-39: models against the catalogue."""
    with connection.cursor() as cursor:
        for model in apps.get_app_config("budget").get_models():
            if model._meta.proxy:
                continue
            there = set(connection.introspection.get_constraints(cursor, model._meta.db_table))
            expected = {c.name for c in model._meta.constraints} | {i.name for i in model._meta.indexes}
            assert expected <= there | _sqlite_checks(model._meta.db_table), model


def test_database_holds_every_guard() -> None:
    assert guards.missing(connection) == []


def test_money_columns_are_whole_numbers() -> None:
    """F1, R000-7, R004-10: no floating point anywhere near an amount."""
    from budget.money import MoneyField

    wanted = "bigint"
    for model in apps.get_app_config("budget").get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, MoneyField):
                assert field.db_type(connection) == wanted, field


def _sqlite_checks(table: str) -> set[str]:
    """Names of constraints on expressions, which Django does not read back on SQLite."""
    if connection.vendor != "sqlite":
        return set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE tbl_name = %s", [table])
        rows = cursor.fetchall()
    words: set[str] = {str(name) for name, _ in rows}
    for _, sql in rows:
        words.update((sql or "").replace('"', " ").split())
    return words
