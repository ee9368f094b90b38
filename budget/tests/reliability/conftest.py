"""Databases of their own for drills that kill processes: real files, real servers, real commits."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from config.places import CODE_DIR


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


def _migrate(url: str, folder: Path) -> None:
    for command in (["migrate", "--verbosity", "0"], ["createcachetable"]):
        subprocess.run(
            [sys.executable, "manage.py", *command], cwd=CODE_DIR, env=environment(url, folder), check=True, timeout=120
        )


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Path], str]]:
    """Makes copies of a migrated, empty database; each call answers the address of a new one."""
    folder = tmp_path_factory.mktemp("template")
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        _migrate(f"sqlite:///{folder}/template.sqlite3", folder)

        def copy(target: Path) -> str:
            shutil.copy(folder / "template.sqlite3", target / "drill.sqlite3")
            return f"sqlite:///{target}/drill.sqlite3"

        yield copy
        return

    template, made = f"template_{uuid.uuid4().hex}", []
    _run_sql(f"CREATE DATABASE {template}")
    _migrate(_server_url(template), folder)

    def clone(target: Path) -> str:
        name = f"drill_{uuid.uuid4().hex}"
        _run_sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        made.append(name)
        return _server_url(name)

    yield clone
    for name in [*made, template]:
        _run_sql(f"DROP DATABASE {name} WITH (FORCE)")
