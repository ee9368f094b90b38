"""The database settings of each engine, and which address a command uses."""

import os
import shutil
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.db import OperationalError, ProgrammingError, connection

from config import commands
from config.database import database_settings
from config.environment import Environment
from config.places import CODE_DIR

ADDRESSES = {
    "DATABASE_URL": "postgresql://budget@host-pooler.example/budget?sslmode=require",
    "DATABASE_URL_DIRECT": "postgresql://budget@host.example/budget?sslmode=require",
}


@pytest.mark.parametrize(
    ("command", "host"),
    [("migrate", "host.example"), ("runserver", "host-pooler.example"), ("", "host-pooler.example")],
)
def test_migrations_use_the_direct_address(command, host):
    """R001-25, R004-20: a hosted PostgreSQL, pooled and direct."""
    assert database_settings(Environment(ADDRESSES), "", command)["HOST"] == host


def test_migrations_without_a_direct_address_use_the_other():
    only_one = Environment({"DATABASE_URL": ADDRESSES["DATABASE_URL"]})

    assert database_settings(only_one, "", "migrate")["HOST"] == "host-pooler.example"


@pytest.mark.parametrize(("command", "is_pooled"), [("", True), ("up", True), ("migrate", False), ("seed", False)])
def test_only_what_serves_requests_has_a_pool(command, is_pooled):
    assert ("pool" in database_settings(Environment(ADDRESSES), "", command)["OPTIONS"]) is is_pooled


def test_pool_has_the_figures_asked_for():
    """R000-4, R001-21: size 5, overflow 10, recycled after 3600 s, checked before it is lent."""
    found = database_settings(Environment(ADDRESSES), "", "")

    pool = found["OPTIONS"]["pool"]
    assert (pool["min_size"], pool["max_size"], pool["max_lifetime"]) == (5, 15, 3600)
    assert (found["CONN_HEALTH_CHECKS"], found["CONN_MAX_AGE"], found["DISABLE_SERVER_SIDE_CURSORS"]) == (True, 0, True)
    assert found["OPTIONS"]["sslmode"] == "require"


def test_embedded_database_waits_for_other_writers_and_syncs_each_change(tmp_path):
    """R001-20, R003-1, R003-4, R003-6, R004-11: one file, 30 seconds."""
    found = database_settings(Environment({}), f"sqlite:///{tmp_path / 'budget.sqlite3'}", "")

    assert found["NAME"] == str(tmp_path / "budget.sqlite3")
    assert found["OPTIONS"] == {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }


COMMANDS = (
    ["verify_history"],
    ["load_ledger", "manage.py"],
    pytest.param(["rebuild_totals", "--check"], marks=pytest.mark.nightly),
    pytest.param(["seed"], marks=pytest.mark.nightly),
    pytest.param(["load_demo"], marks=pytest.mark.nightly),
)
MIGRATE = "The database lacks tables or columns of this version. Run: python3 manage.py migrate\n"


@pytest.mark.once
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_command_on_a_database_without_tables_says_what_to_run(command, tmp_path):
    done = manage(command, tmp_path, f"sqlite:///{tmp_path}/budget.sqlite3")

    assert (done.returncode, done.stdout, done.stderr) == (1, "", MIGRATE)


AWAY, NOWHERE = "postgresql://budget:hunter2@127.0.0.1:1/budget", "sqlite:///{}/none/budget.sqlite3"


@pytest.mark.once
@pytest.mark.parametrize(
    ("command", "url", "words"),
    [
        ("verify_history", AWAY, 'connection to server at "127.0.0.1", port 1 failed: Connection refused'),
        ("migrate", AWAY, 'connection to server at "127.0.0.1", port 1 failed: Connection refused'),
        ("check_connection", NOWHERE, "unable to open database file"),
        *(
            pytest.param(command, url, words, marks=pytest.mark.nightly)
            for command, url, words in (
                ("verify_history", NOWHERE, "unable to open database file"),
                ("migrate", NOWHERE, "unable to open database file"),
                ("check_connection", AWAY, "port 1 failed: Connection refused"),
            )
        ),
    ],
)
def test_command_on_a_database_that_is_away_repeats_the_driver_s_words(command, url, words, tmp_path):
    """R001-29: one sentence, without the password."""
    done = manage([command], tmp_path, url.format(tmp_path))

    assert (done.returncode, words in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


@pytest.mark.once
def test_traceback_of_a_command_is_to_be_had(tmp_path):
    done = manage(["seed", "--traceback"], tmp_path, f"sqlite:///{tmp_path}/budget.sqlite3")

    assert (done.returncode, "Traceback" in done.stderr) == (1, True)


@pytest.mark.once
@pytest.mark.parametrize(
    "command",
    [["make_ledger", "--rows", "20000"], pytest.param(["data_dictionary"], marks=pytest.mark.nightly)],
    ids=" ".join,
)
def test_command_whose_reader_has_enough_ends_in_silence(command, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)

    done = manage(command, tmp_path, f"sqlite:///{tmp_path}/budget.sqlite3", stdout=writing)

    os.close(writing)
    assert (done.returncode, done.stderr) == (commands.NO_READER, "")


@pytest.mark.django_db
@pytest.mark.parametrize("query", ["SELECT 1 FROM nowhere", "SELECT flavour FROM budget_book"])
def test_missing_table_or_column_is_explained_on_every_engine(query):
    with pytest.raises((OperationalError, ProgrammingError)) as failed, connection.cursor() as cursor:
        cursor.execute(query)

    assert commands.explained(failed.value) + "\n" == MIGRATE


@pytest.mark.django_db
def test_mistake_of_ours_is_not_explained_away():
    with pytest.raises((OperationalError, ProgrammingError)) as failed, connection.cursor() as cursor:
        cursor.execute("SELECT FROM WHERE")

    assert commands.explained(failed.value) == ""


def manage(command, folder, url, stdout=subprocess.PIPE):
    """A command on a database of its own."""
    names = {"DATABASE_URL_DIRECT", "PYTHONUNBUFFERED"}
    environment = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=CODE_DIR,
        env=environment | {"BUDGET_DATA_DIR": str(folder), "DATABASE_URL": url},
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.mark.once
def test_one_file_is_the_whole_database_and_may_be_carried_away(tmp_path, migrated_file):
    """R003-1, R003-3, R003-9, R003-79, R004-11: copied alone to another folder, everything is there."""
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    shutil.copyfile(migrated_file, here / "budget.sqlite3")
    call = "from django.core.management import call_command as call; "
    made = manage(
        ["shell", "-c", call + "call('migrate'); call('seed')"],
        here,
        f"sqlite:///{here}/budget.sqlite3",
    )

    shutil.copyfile(here / "budget.sqlite3", there / "copy.sqlite3")
    shutil.rmtree(here)
    again = manage(["seed"], there, f"sqlite:///{there}/copy.sqlite3")

    assert (made.returncode, "No migrations to apply." in made.stdout) == (0, True), made.stderr
    assert made.stdout.endswith("Made Alice with 4 categories and 4 expenses.\n")
    assert again.stdout == "Skipped: Alice and her book are there already.\n"


@pytest.mark.once
@pytest.mark.parametrize(("wanted", "is_logged"), [("yes", True), ("no", False)])
def test_statements_are_logged_where_that_is_asked_for(monkeypatch, tmp_path, wanted, is_logged):
    """R001-22: switched on by one setting."""
    monkeypatch.setenv("SQL_ECHO", wanted)

    done = manage(["check_connection"], tmp_path, f"sqlite:///{tmp_path}/budget.sqlite3")

    assert (done.stdout, "SELECT 1" in done.stderr) == ("true: The database answers.\n", is_logged)


@pytest.mark.django_db
def test_foreign_keys_are_enforced():
    """R001-45, R003-5: PostgreSQL cannot do otherwise."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA foreign_keys").fetchone() == (1,)
    else:
        assert connection.features.supports_foreign_keys


@pytest.mark.django_db
def test_migrate_makes_the_table_that_rate_limits_live_in():
    """R001-17, R003-9: a second time makes what is missing only."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE cache")

    call_command("migrate", verbosity=0)

    assert "cache" in connection.introspection.table_names()
