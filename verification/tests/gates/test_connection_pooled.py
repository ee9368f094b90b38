"""The connection gate and its planted faults on a real PostgreSQL, and through a real PgBouncer in transaction mode.

Run with `--engine postgresql` and with `--engine pgbouncer`.
"""

import os

import pytest

from verification import live
from verification.controls import connection as controls
from verification.decision import Profile
from verification.gates import connection as gate
from verification.gates.base import Status

pytestmark = [pytest.mark.pooled, pytest.mark.django_db(transaction=True)]
IS_POOLED_TWICE = os.environ.get("DATABASE_URL") != os.environ.get("DATABASE_URL_DIRECT")


def test_connection_gate_passes_and_sees_the_pooler_where_there_is_one():
    """R000-4, R000-12, R001-19: through the pooled address."""
    found = gate.run(Profile.PRODUCTION)

    assert [(check.id, check.failing_examples, check.observed) for check in found.checks if check.status.blocks] == []
    assert found.status is Status.PASS
    assert found.details == {"pooler_seen": IS_POOLED_TWICE}
    observed = {check.id: check.observed for check in found.checks}
    assert observed["connection.survives"] == "3 of 3 times"
    assert observed["connection.pooler"] == ("a transaction pooler" if IS_POOLED_TWICE else "none: the server itself")
    assert observed["connection.tls"] == "no TLS, sslmode prefer"


def test_snapshot_of_an_earlier_step_leaves_no_state():
    with live.snapshot() as look:
        look.rows("SELECT 1")

    state = next(check for check in gate.run(Profile.PRODUCTION).checks if check.id == "connection.session_state")

    assert (state.failing_examples, state.status) == ([], Status.PASS)


def test_every_fault_of_the_connection_is_detected():
    """R000-37: on a real server."""
    outcomes = controls.run()

    assert [(outcome.fault, outcome.how) for outcome in outcomes if not outcome.detected] == []
    assert len(outcomes) == 5


def test_two_runs_observe_the_same():
    first, second = (
        [(check.id, check.observed, check.message) for check in gate.run(Profile.PRODUCTION).checks] for _ in range(2)
    )

    assert first == second
