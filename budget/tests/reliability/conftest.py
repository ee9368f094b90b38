"""Databases of their own for drills that kill processes: real files, real servers, real commits."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from pytest_django import DjangoDbBlocker

from config.postgresql.base import DatabaseWrapper


def _server_url(database: str) -> str:
    db = settings.DATABASES["default"]
    return f"postgresql://{db['USER']}@{db['HOST']}:{db['PORT']}/{database}"


def _run_sql(statement: str) -> None:
    with psycopg.connect(_server_url("postgres"), autocommit=True) as connection:
        connection.execute(statement)


def environment(url: str, folder: Path) -> dict[str, str]:
    """The environment of a process that works on the database at `url`."""
    return os.environ | {
        "DATABASE_URL": url,
        "DATABASE_URL_DIRECT": url,
        "BUDGET_DATA_DIR": str(folder),
        "DB_POOL_MIN": "1",
    }


@pytest.fixture(scope="session")
def empty_database(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Path], str]]:
    """Makes copies of a migrated, empty database; each call answers the address of a new one.

    The database of the tests is migrated, and empty while a fixture of the whole run is made: no test is inside it.
    """
    folder = tmp_path_factory.mktemp("template")
    if connection.vendor == "sqlite":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(folder / "template.sqlite3")])

        def copy(target: Path) -> str:
            shutil.copy(folder / "template.sqlite3", target / "drill.sqlite3")
            return f"sqlite:///{target}/drill.sqlite3"

        yield copy
        return

    template, made = f"template_{uuid.uuid4().hex}", []
    with django_db_blocker.unblock():
        name = connection.settings_dict["NAME"]
        connection.close()
        cast(DatabaseWrapper, connection).close_pool()  # a database that somebody is connected to cannot be copied
    _run_sql(f"CREATE DATABASE {template} TEMPLATE {name}")

    def clone(target: Path) -> str:
        name = f"drill_{uuid.uuid4().hex}"
        _run_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        made.append(name)
        return _server_url(name)

    yield clone
    for name in [*made, template]:
        _run_sql(f"DROP DATABASE {name} WITH (FORCE)")
