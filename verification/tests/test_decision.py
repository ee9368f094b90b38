"""What decides, in words and codes; nothing can be skipped."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

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


def decided(profile: Profile = Profile.PRODUCTION, **changes: Any) -> Decision:
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
def test_each_circumstance_blocks_production(changes: dict[str, Any], reason: str):
    """R000-14, R000-28: no way around a reason."""
    found = decided(**changes)

    assert (found.reasons, found.exit, found.term) == ([reason], Exit.BLOCKED, "ready for demo")


@pytest.mark.parametrize(
    "changes", [{"is_signed": False}, {"is_dirty": True}, {"commit": "unknown"}, {"deploy_findings": ["security.W004"]}]
)
def test_the_embedded_profile_records_what_production_demands(changes: dict[str, Any]):
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


def test_tree_without_a_repository_is_remarked_and_no_reason():
    found, last = decide(Profile.PRODUCTION, all_gates(), controls(), dataclasses.replace(SEEN, is_dirty=None))

    tree = next(check for check in last.checks if check.id == "decision.tree")
    assert found.is_verified
    assert (tree.status, tree.observed) == (Status.WARN, "no repository beside it can tell")


def test_policy_is_the_same_to_the_letter():
    """A limit that moves shows in the digest, which a reader of two bundles compares."""
    assert policy(Profile.PRODUCTION) == {
        "tolerance": "0.01",
        "comparator": ">",
        "empty_scope": "blocked",
        "exactness": "row counts and grand totals must agree; a difference within the tolerance is a warning",
        "required_gates": ["schema", "crud", "rollback", "connection", "verification"],
        "not_applicable": [],
        "planted_faults_at_least": 20,
        "planted_faults_missed": 0,
        "partial_rows": 0,
        "rows_changed_outside_the_drill": 0,
        "signature": "required",
        "clean_tree": "required",
        "deploy_findings": 0,
        "secrets_shown": 0,
    }
    differing = {name for name, value in policy(Profile.EMBEDDED).items() if value != policy(Profile.PRODUCTION)[name]}
    assert differing == {"required_gates", "not_applicable", "signature", "clean_tree", "deploy_findings"}
    assert policy(Profile.EMBEDDED)["not_applicable"] == ["connection"]
    assert [policy(Profile.EMBEDDED)[name] for name in ("signature", "clean_tree", "deploy_findings")] == [
        "recorded"
    ] * 3
    spelled = json.dumps(policy(Profile.EMBEDDED), sort_keys=True, separators=(",", ":"))
    assert policy_digest(Profile.EMBEDDED) == hashlib.sha256(spelled.encode()).hexdigest()


def test_last_gate_spells_out_what_was_seen():
    seen = Circumstances("sqlite", "unknown", True, False, ("security.W004", "security.W008"), 2)

    _, last = decide(Profile.PRODUCTION, all_gates(), controls(missed=1), seen)

    told = {c.id.removeprefix("decision."): (c.status.value, c.expected, c.observed) for c in last.checks}
    assert told == {
        "gates": (
            "pass",
            "every required gate passes",
            "schema pass, crud pass, rollback pass, connection pass, verification pass",
        ),
        "controls": ("fail", "at least 20 planted faults, every one detected", "19 of 20 detected"),
        "engine": ("fail", "PostgreSQL", "sqlite"),
        "signature": ("fail", "signed", "not signed"),
        "tree": ("fail", "clean", "differs from the commit"),
        "commit": ("fail", "known", "unknown"),
        "deploy_check": ("fail", "0 findings", "2 findings: security.W004, security.W008"),
        "redaction": ("fail", "0 secrets", "2 secrets"),
    }
    assert {c.id: list(c.failing_examples) for c in last.checks if c.failing_examples} == {
        "decision.controls": ["fault0"]
    }
    assert [c.threshold for c in last.checks if c.id == "decision.redaction"] == ["0"]
    assert last.checks[0].requirements == ["R000-8", "R000-14", "R000-28", "R000-30", "R000-39", "R000-43"]
    assert [check.requirements for check in last.checks[1:3]] == [["R000-37"], ["R000-4"]]


def test_same_is_a_remark_under_the_embedded_profile():
    seen = Circumstances("sqlite", "unknown", True, False, ("security.W004",), 0)

    found, last = decide(Profile.EMBEDDED, all_gates(), controls(), seen)

    assert found.is_verified
    assert {
        c.id.removeprefix("decision."): c.status.value for c in last.checks if c.status is Status.WARN
    } == dict.fromkeys(("signature", "tree", "commit", "deploy_check"), "warn")
    assert next(c.expected for c in last.checks if c.id == "decision.engine") == "any engine"


def test_decision_is_told_whole():
    told = decided(
        gates=all_gates(crud=gate("crud", Status.FAIL, "crud_failed")), message="See budget.Thing."
    ).as_dict()

    assert {name: told[name] for name in list(told) if not name.startswith("policy")} == {
        "status": "blocked",
        "reasons": ["crud_failed"],
        "explanation": "A model cannot be written or read as it must. See budget.Thing.",
        "term": "not ready",
        "profile": "production",
        "signed": True,
        "exit_code": 2,
    }
    assert told["policy"] == policy(Profile.PRODUCTION)
    assert told["policy_sha256"] == policy_digest(Profile.PRODUCTION)
    assert decided().as_dict()["status"] == "verified"
    assert decided().explanation == (
        "Every gate of the profile production passed and every planted fault was detected. The bundle is signed."
    )
    assert decided(Profile.EMBEDDED, is_signed=False).explanation.endswith(" The bundle is not signed.")


def test_gate_that_fails_without_a_reason_is_an_internal_error():
    assert decided(gates=all_gates(crud=gate("crud", Status.FAIL))).reasons == ["internal_error"]


def test_run_that_never_came_to_a_gate_is_decided():
    found = decided(gates=[], controls=[], stopped=["database_unreachable"], message="Asked for it in vain.")

    assert (found.reasons, found.exit, found.term) == (["database_unreachable"], Exit.UNREACHABLE, "not ready")
    assert found.explanation == "The database does not answer. Asked for it in vain."


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_is_explained_in_a_sentence(reason: str):
    assert REASONS[reason].endswith(".")
    assert decided(stopped=[reason]).explanation == REASONS[reason]


def test_what_keeps_a_release_back_has_an_explanation():
    seen = Circumstances("sqlite", "unknown", True, False, ("security.W004",), 1)

    found, _ = decide(Profile.PRODUCTION, all_gates(), controls(missed=1), seen)

    assert found.reasons == [
        *["control_missed", "wrong_engine", "unsigned", "dirty_tree", "unknown_commit"],
        *["deploy_check_failed", "redaction_findings"],
    ]
    assert found.explanation == " ".join(REASONS[reason] for reason in found.reasons)
