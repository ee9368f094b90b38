"""Chooses the database of a test run before the settings are read, and starts the servers it needs.

pytest-django reads the settings before any ``conftest.py`` runs: a database address set there comes too late, and every
"PostgreSQL" test would pass on SQLite. So this plugin is loaded by ``-p`` and acts before the first conftest.
"""

import contextlib
import fcntl
import gc
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from config.bootstrap import ROOT
from config.testing.servers import PgBouncer, PostgreSQL

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

ENGINES = ("sqlite", "postgresql", "pgbouncer")
GARBAGE_COLLECTION = (20_000, 20, 50)
"""Rarer than the interpreter's own (700, 10, 10), which spends a sixth of a run on looking for garbage."""

LONG_IN = (
    "budget/tests/reliability/test_crashes.py",
    "budget/tests/reliability/test_programs.py",
    "budget/tests/reliability/test_retries.py",
    "budget/tests/security/test_denial.py",
    "budget/tests/security/test_strangers.py",
    "verification/tests/gates/test_crud.py",
    "verification/tests/gates/test_rollback.py",
    "verification/tests/test_release_unreachable.py",
)
"""Where single tests take many seconds: begun first, so that no worker waits in the end for the other's last."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--engine``."""
    parser.addoption(
        "--engine",
        choices=ENGINES,
        default="sqlite",
        help="database of the tests; postgresql and pgbouncer start a server unless TEST_DATABASE_URL names one",
    )


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Point the settings at the chosen engine; a wrapper, so that it runs before pytest-django's own hook."""
    if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker inherits what its controller set
        _heed_ctrl_c()
        _choose(early_config.known_args_namespace.engine, early_config)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What was imported stays until the end, so no later search for garbage need look at it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE_COLLECTION)
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where workers share the tests, the long ones come first; the others stay in their order."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: not item.nodeid.startswith(LONG_IN))


def _heed_ctrl_c() -> None:
    """What a shell starts in the background ignores Ctrl-C, and so would every program that a test interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _choose(engine: str, config: pytest.Config) -> None:
    folder = tempfile.TemporaryDirectory(prefix="budget-tests-")
    config.add_cleanup(folder.cleanup)
    for name in (
        "BUDGET_PRODUCTION",
        "HTTPS",
        "DEBUG",
        "SQL_ECHO",
        "EMAIL_URL",
        "DATABASE_URL_DIRECT",
        "ENCRYPTION_KEYS",
    ):
        os.environ.pop(name, None)
    os.environ.setdefault("BUDGET_TESTS_MIGRATED", folder.name)
    os.environ |= {
        "BUDGET_DATA_DIR": folder.name,
        "BUDGET_READ_ENV_FILES": "no",
        "BUDGET_EXPECT_VENDOR": "sqlite" if engine == "sqlite" else "postgresql",
        "DATABASE_URL": f"sqlite:///{folder.name}/budget.sqlite3",
        "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # the browser's driver runs an event loop in the test's thread
        "SECRET_KEY": "only-for-tests-" * 5,
        "TIME_ZONE": "UTC",
    }
    if engine == "sqlite":
        return
    if given := os.environ.get("TEST_DATABASE_URL"):
        os.environ["DATABASE_URL"] = os.environ["DATABASE_URL_DIRECT"] = given
        return
    # A run that is told to end takes its servers along.
    signal.signal(signal.SIGTERM, lambda number, frame: pytest.exit("told to end", 128 + number))
    server = PostgreSQL(Path(folder.name) / "postgresql")
    server.start()
    config.add_cleanup(server.stop)
    os.environ["BUDGET_THROWAWAY_SERVER"] = "yes"
    os.environ["DATABASE_URL"] = os.environ["DATABASE_URL_DIRECT"] = server.url("postgres")
    if engine == "pgbouncer":
        pooler = PgBouncer(Path(folder.name) / "pgbouncer", server)
        pooler.start()
        config.add_cleanup(pooler.stop)
        os.environ["DATABASE_URL"] = pooler.url("postgres")


def pytest_configure(config: pytest.Config) -> None:
    """A server that is thrown away needs no tidying up, which a pooler's open connections would prevent."""
    if "BUDGET_THROWAWAY_SERVER" in os.environ:
        config.option.reuse_db = True


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_looked_for_once() -> Generator[None, None, None]:
    """A server looks for them when it starts, but every client of a test is a server of its own."""
    from django.conf import settings  # not above: the engine is chosen before the settings are read
    from whitenoise.middleware import WhiteNoiseMiddleware

    original = WhiteNoiseMiddleware.add_files_from_finders
    found: dict[tuple[Any, ...], dict[str, Any]] = {}

    def add_files_from_finders(self: Any) -> None:
        asked = (settings.STATICFILES_DIRS[0], self.static_prefix, self.max_age, self.charset)
        if asked not in found:
            original(self)
            found[asked] = dict(self.files)
        self.files.update(found[asked])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_files_from_finders)
        yield


@pytest.fixture(scope="session", autouse=True)
def _sqlite_is_migrated_once() -> Generator[None, None, None]:
    """The first process of a self-test migrates and leaves a copy, in which the others find nothing left to migrate."""
    from django.core import management  # not above: the engine is chosen before the settings are read
    from django.db import connection

    original, folder = management.call_command, Path(os.environ["BUDGET_TESTS_MIGRATED"])

    def call_command(name: str, *arguments: Any, **options: Any) -> Any:
        if name != "migrate" or not options.get("run_syncdb"):  # as only the making of a test database asks for it
            return original(name, *arguments, **options)
        copy = folder / "migrated-for-tests.sqlite3"
        with (folder / "migrating").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            connection.ensure_connection()
            if copy.exists():
                with contextlib.closing(sqlite3.connect(copy)) as kept:
                    kept.backup(connection.connection)
                return original(name, *arguments, **options)
            answer = original(name, *arguments, **options)
            with contextlib.closing(sqlite3.connect(f"{copy}.new")) as keeping:
                connection.connection.backup(keeping)
            os.replace(f"{copy}.new", copy)
            return answer

    with pytest.MonkeyPatch.context() as patch:
        if connection.vendor == "sqlite":
            patch.setattr(management, "call_command", call_command)
        yield


@pytest.fixture(scope="session")
def migrated_file(
    django_db_setup: None, django_db_blocker: "DjangoDbBlocker", tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """An SQLite database that has all tables and no rows of a test, to be copied: migrating takes seconds.

    The database of the tests is empty while a fixture of the whole run is made: no test is inside it.
    """
    from django.db import connection  # not above: the engine is chosen before the settings are read

    file = tmp_path_factory.mktemp("migrated") / "budget.sqlite3"
    with django_db_blocker.unblock():
        is_there = connection.vendor == "sqlite" and "django_migrations" in connection.introspection.table_names()
        if is_there:  # not on another engine, nor where no test of the run uses a database
            with connection.cursor() as cursor:
                cursor.execute("VACUUM INTO %s", [str(file)])
            return file
    environment = os.environ | {"DATABASE_URL": f"sqlite:///{file}", "DATABASE_URL_DIRECT": ""}
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    return file
