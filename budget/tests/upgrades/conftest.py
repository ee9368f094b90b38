"""The rows of an old database, brought into one that is taken back to its migrations."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor
from pytest_django import DjangoDbBlocker

from budget.books.models import Book
from budget.money import MoneyField, from_units

FILE = Path(__file__).with_name("at_0002.json")


@pytest.fixture(scope="module")
def upgraded_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The old database, migrated to what the models are today: once, for tests that take back what they write."""
    with django_db_blocker.unblock():
        upgrade()
    yield
    with django_db_blocker.unblock():
        call_command("flush", verbosity=0, interactive=False)


@pytest.fixture
def upgraded(upgraded_database: None, db: None) -> Book:
    """Its book."""
    return Book.objects.get()


def upgrade() -> None:
    """Take the empty database back, fill it with the old rows, and migrate it."""
    call_command("migrate", "budget", "0002", verbosity=0)
    _load(json.loads(FILE.read_text(encoding="utf-8"))["tables"])
    call_command("migrate", verbosity=0)


def _load(tables: dict[str, dict[str, Any]]) -> None:
    old = MigrationExecutor(connection).loader.project_state(("budget", "0002_recount")).apps
    models_of = [old.get_model("budget", name) for name in tables]
    with transaction.atomic():
        for name, table in tables.items():
            model = old.get_model("budget", name)
            fields = {field.attname: field for field in model._meta.concrete_fields}
            assert set(fields) == set(table["columns"])
            rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
            model._base_manager.bulk_create(
                model(**{name: _value(fields[name], value) for name, value in row.items()}) for row in rows
            )
        with connection.cursor() as cursor:  # new rows get the numbers after those
            for statement in connection.ops.sequence_reset_sql(no_style(), models_of):
                cursor.execute(statement)


def _value(field: models.Field[Any, Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(field, MoneyField):
        return from_units(value)
    if isinstance(field, models.DateTimeField):
        return datetime.datetime.fromisoformat(value).replace(tzinfo=datetime.UTC)
    return datetime.date.fromisoformat(value) if isinstance(field, models.DateField) else value
