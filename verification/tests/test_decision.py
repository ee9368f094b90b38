"""What decides, in words and codes; nothing can be skipped."""

from __future__ import annotations

import dataclasses

import pytest

from verification.decision import (
    EXITS,
    LEAST_CONTROLS,
    REASONS,
    REQUIRED,
    Circumstances,
    Decision,
    Exit,
    Profile,
    decide,
    policy,
    policy_digest,
)
from verification.gates.base import GATES, Check, GateResult, Json, Status, held, not_run

pytestmark = pytest.mark.once

SEEN = Circumstances(
    engine="postgresql", commit="4e1c9a2", is_dirty=False, is_signed=True, deploy_findings=(), secrets_shown=0
)


def gate(name: str, status: Status = Status.PASS, reason: str = "") -> GateResult:
    return GateResult(name, [Check(f"{name}.all", status, "good", "seen")], reason)


def all_gates(**instead: GateResult) -> list[GateResult]:
    return [instead.get(name, gate(name)) for name in GATES[:-1]]


def controls(missed: int = 0, count: int = LEAST_CONTROLS) -> list[dict[str, Json]]:
    return [{"id": f"fault{n}", "detected": n >= missed} for n in range(count)]


def decided(profile: Profile = Profile.PRODUCTION, **changes: object) -> Decision:
    seen = dataclasses.replace(SEEN, **{k: v for k, v in changes.items() if hasattr(SEEN, k)})
    return decide(
        profile,
        changes.get("gates", all_gates()),
        changes.get("controls", controls()),
        seen,
        changes.get("stopped", ()),
        str(changes.get("message", "")),
    )[0]


def test_a_release_is_verified_when_everything_holds():
    """R000-14, R000-35: verified, and ready for release."""
    found = decided()

    assert found.is_verified
    assert (found.exit, found.term) == (Exit.VERIFIED, "ready for release")
    assert found.explanation == (
        "Every gate of the profile production passed and every planted fault was detected. The bundle is signed."
    )


@pytest.mark.parametrize(("name", "reason"), [("schema", "schema_drift"), ("connection", "connection_failed")])
def test_a_failing_gate_blocks_and_nothing_else_is_blamed(name: str, reason: str):
    """R000-8, R000-14: what comes after it does not run."""
    place = GATES.index(name)
    ran = [gate(each) for each in GATES[:place]] + [gate(name, Status.FAIL, reason)]
    rest = [not_run(each) for each in GATES[place + 1 : -1]]

    found = decided(gates=[*ran, *rest], controls=[], is_signed=False)

    assert (found.reasons, found.exit) == ([reason], Exit.BLOCKED)
    assert REASONS[reason] in found.explanation


def test_a_gate_that_did_not_run_is_never_a_pass():
    """R000-5, R000-8: no release without the independent check."""
    found = decided(gates=all_gates(verification=not_run("verification")))

    assert not found.is_verified
    assert found.reasons == ["internal_error"]


def test_a_missing_gate_is_never_a_pass():
    """R000-8: none can be skipped."""
    assert decided(gates=all_gates()[:-1]).reasons == ["internal_error"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"controls": controls(missed=1)}, "control_missed"),
        ({"controls": controls(count=LEAST_CONTROLS - 1)}, "control_missed"),
        ({"controls": []}, "control_missed"),
        ({"engine": "sqlite"}, "wrong_engine"),
        ({"is_signed": False}, "unsigned"),
        ({"is_dirty": True}, "dirty_tree"),
        ({"commit": "unknown"}, "unknown_commit"),
        ({"deploy_findings": ["security.W004"]}, "deploy_check_failed"),
        ({"secrets_shown": 1}, "redaction_findings"),
    ],
)
def test_each_circumstance_blocks_production(changes: dict[str, object], reason: str):
    """R000-14, R000-28: no way around a reason."""
    found = decided(**changes)

    assert (found.reasons, found.exit, found.term) == ([reason], Exit.BLOCKED, "ready for demo")


@pytest.mark.parametrize(
    "changes", [{"is_signed": False}, {"is_dirty": True}, {"commit": "unknown"}, {"deploy_findings": ["security.W004"]}]
)
def test_the_embedded_profile_records_what_production_demands(changes: dict[str, object]):
    no_pool = GateResult("connection", [], not_applicable=True)
    seen = dataclasses.replace(SEEN, engine="sqlite", **changes)

    found, last = decide(Profile.EMBEDDED, all_gates(connection=no_pool), controls(), seen)

    assert found.is_verified
    assert last.status is Status.WARN


def test_a_connection_that_does_not_apply_blocks_production():
    no_pool = GateResult("connection", [], not_applicable=True)

    assert decided(gates=all_gates(connection=no_pool), engine="sqlite").reasons == ["wrong_engine"]
    assert decided(gates=all_gates(connection=no_pool)).reasons == ["internal_error"]


def test_a_warning_does_not_block():
    assert decided(gates=all_gates(verification=gate("verification", Status.WARN))).is_verified


def test_what_stopped_the_run_comes_first_and_has_its_exit_code():
    gates = [not_run(name) for name in GATES[:-1]]

    for reason, code in EXITS.items():
        found = decided(gates=gates, controls=[], stopped=[reason], message="Which one.")
        assert (found.reasons, found.exit, found.term) == ([reason], code, "not ready")
        assert found.explanation == f"{REASONS[reason]} Which one."


def test_ready_for_demo_needs_the_happy_paths():
    """R000-35: two terms, and the right one is told."""
    failing = all_gates(rollback=gate("rollback", Status.FAIL, "rollback_failed"))
    broken = all_gates(crud=gate("crud", Status.FAIL, "crud_failed"))

    assert decided(gates=failing, controls=[]).term == "ready for demo"
    assert decided(gates=broken, controls=[]).term == "not ready"


def test_the_last_gate_spells_the_reasons_out():
    """R000-37: a planted fault that was not detected blocks."""
    found, last = decide(Profile.PRODUCTION, all_gates(), controls(missed=2), SEEN)

    missed = next(check for check in last.checks if check.id == "decision.controls")
    assert (last.id, last.status, last.reason) == ("decision", Status.FAIL, "control_missed")
    assert missed.observed == f"{LEAST_CONTROLS - 2} of {LEAST_CONTROLS} detected"
    assert list(missed.failing_examples) == ["fault0", "fault1"]
    assert found.as_dict()["exit_code"] == 2


def test_the_policy_tells_every_limit_and_its_digest_tells_policies_apart():
    """R000-23, R000-39: every threshold is explicit."""
    assert policy(Profile.PRODUCTION)["tolerance"] == "0.01"
    assert policy(Profile.PRODUCTION)["required_gates"] == list(REQUIRED[Profile.PRODUCTION])
    assert policy(Profile.EMBEDDED)["not_applicable"] == ["connection"]
    assert policy_digest(Profile.PRODUCTION) != policy_digest(Profile.EMBEDDED)
    assert policy_digest(Profile.EMBEDDED) == policy_digest(Profile.EMBEDDED)


def test_every_reason_is_a_sentence_and_every_special_exit_has_one():
    """R000-34, R000-39: every blocking rule in words."""
    assert EXITS.keys() <= REASONS.keys()
    assert all(
        (sentence.endswith(".") and sentence[0].isupper()) or sentence[0] in "`R" for sentence in REASONS.values()
    )


def test_a_gate_without_checks_has_seen_nothing():
    assert GateResult("schema", []).status is Status.FAIL
    assert not_run("schema").status is Status.NOT_RUN
    assert GateResult("schema", [held("schema.a", True, expected="a", observed="a")]).status is Status.PASS
    assert GateResult.from_dict(gate("schema", Status.WARN).as_dict()).status is Status.WARN
