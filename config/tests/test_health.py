"""What a platform is told about the program."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.executor import MigrationExecutor

from config import __version__


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/health", "/readyz"])
def test_ready_program_says_so_to_anybody(client, path):
    """R003-87: status and version."""
    response = client.get(path)

    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "version": __version__,
        "checks": {"database": "ok", "migrations": "ok", "rules": "ok"},
    }


def test_running_program_says_so_without_asking_the_database(client):
    response = client.get("/livez")

    assert (response.status_code, response.json()) == (200, {"status": "ok", "version": __version__})


@pytest.mark.django_db
def test_program_is_not_ready_while_a_migration_is_missing(client, monkeypatch):
    """R003-87: told apart from running."""
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda self, targets: [("0002", False)])

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "ok", "migrations": "1 not applied", "rules": "ok"}


@pytest.mark.django_db
def test_program_is_not_ready_while_a_rule_of_the_database_is_missing(client):
    with connection.cursor() as cursor:
        on_table = "" if connection.vendor == "sqlite" else " ON budget_change"
        cursor.execute(f"DROP TRIGGER change_never_altered{on_table}")

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "ok", "migrations": "ok", "rules": "1 missing"}


@pytest.mark.django_db
def test_program_is_not_ready_while_the_database_is_away(client, monkeypatch):
    """R003-87: 503, and nothing of the inside."""

    def away(*args):
        raise OperationalError("password=hunter2")

    monkeypatch.setattr("config.health.MigrationExecutor", away)

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "no answer", "migrations": "unknown", "rules": "unknown"}
    assert b"hunter2" not in response.content
