"""Makes the schema of a scratch database, by the migrations of this very code."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from budget import guards
from verification.gates.base import GateResult, held


def migrate() -> GateResult:
    """Migrate, add the cache's table, and see that nothing is left to do."""
    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)
    applied = len(MigrationRecorder(connection).applied_migrations())
    missing = guards.missing(connection)
    connection.close()
    return GateResult(
        "migrate",
        [
            held("migrate.applied", applied > 0, expected="at least one migration", observed=str(applied)),
            held(
                "migrate.guards",
                not missing,
                expected="every trigger",
                observed="every trigger" if not missing else f"without {len(missing)}",
                failing_examples=missing,
            ),
        ],
    )
