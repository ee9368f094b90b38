"""A run of the release check as it goes from gate to gate."""

from __future__ import annotations

import pytest

from verification.decision import Profile
from verification.gates.base import GATES, Check, GateResult, Status
from verification.run import Asked, Run, Stopped
from verification.tests.samples import Told

pytestmark = pytest.mark.once


def test_run_stops_at_the_first_gate_that_blocks():
    """R000-8, R000-30: what comes after it did not run, and that is told."""
    told = Told()
    run = Run(Asked(Profile.EMBEDDED), told)
    run.gate("schema", lambda: GateResult("schema", [Check("schema.a", Status.PASS, "a", "a")]))

    with pytest.raises(Stopped) as stopped:
        run.gate("crud", lambda: GateResult("crud", [Check("crud.a", Status.FAIL, "a", "b")], "crud_failed"))

    ended = {gate.id: gate.status for gate in run.as_far_as_it_came}
    assert stopped.value.reason == "crud_failed"
    assert list(ended) == list(GATES[:-1])
    assert list(ended.values()) == [Status.PASS, Status.FAIL, *[Status.NOT_RUN] * 3]
    assert any("crud.a: expected a, observed b" in line for line in told.lines)
