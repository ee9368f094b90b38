"""The database settings of each engine, and which address a command uses."""

import pytest
from django.core.management import call_command
from django.db import connection

from config.database import database_settings
from config.environment import Environment

ADDRESSES = {
    "DATABASE_URL": "postgresql://budget@host-pooler.example/budget?sslmode=require",
    "DATABASE_URL_DIRECT": "postgresql://budget@host.example/budget?sslmode=require",
}


@pytest.mark.parametrize(
    ("command", "host"),
    [("migrate", "host.example"), ("runserver", "host-pooler.example"), ("", "host-pooler.example")],
)
def test_migrations_use_the_direct_address(command, host):
    assert database_settings(Environment(ADDRESSES), "", command)["HOST"] == host


def test_migrations_without_a_direct_address_use_the_other():
    only_one = Environment({"DATABASE_URL": ADDRESSES["DATABASE_URL"]})

    assert database_settings(only_one, "", "migrate")["HOST"] == "host-pooler.example"


def test_pool_has_the_figures_asked_for():
    """R001-21: size 5, overflow 10, recycled after 3600 s, checked before it is lent."""
    found = database_settings(Environment(ADDRESSES), "", "")

    pool = found["OPTIONS"]["pool"]
    assert (pool["min_size"], pool["max_size"], pool["max_lifetime"]) == (5, 15, 3600)
    assert (found["CONN_HEALTH_CHECKS"], found["CONN_MAX_AGE"], found["DISABLE_SERVER_SIDE_CURSORS"]) == (True, 0, True)
    assert found["OPTIONS"]["sslmode"] == "require"


def test_embedded_database_waits_for_other_writers_and_syncs_each_change(tmp_path):
    found = database_settings(Environment({}), f"sqlite:///{tmp_path / 'budget.sqlite3'}", "")

    assert found["NAME"] == str(tmp_path / "budget.sqlite3")
    assert found["OPTIONS"] == {
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }


@pytest.mark.django_db
def test_foreign_keys_are_enforced():
    """R003-5; PostgreSQL cannot do otherwise."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA foreign_keys").fetchone() == (1,)
    else:
        assert connection.features.supports_foreign_keys


@pytest.mark.django_db
def test_migrate_makes_the_table_that_rate_limits_live_in():
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE cache")

    call_command("migrate", verbosity=0)

    assert "cache" in connection.introspection.table_names()
