"""What a gate answers goes through JSON from the drill's process to the bundle, and means the same there."""

from __future__ import annotations

import json

import pytest

from verification.gates.base import GATES, Check, GateResult, Status, held, not_run

pytestmark = pytest.mark.once
CHECK = Check(
    "crud.x",
    Status.WARN,
    "two",
    "three",
    unit="rows",
    threshold="1",
    message="One more.",
    failing_examples=("a", "b"),
    failing_total=7,
    measured={"p50": "1.2 ms"},
    requirements=("R000-9",),
)


def test_gates_run_in_this_order() -> None:
    """R000-8."""
    assert GATES == ("schema", "crud", "rollback", "connection", "verification", "decision")


def test_answer_comes_back_from_json_as_it_went() -> None:
    result = GateResult("crud", [CHECK], "crud_failed", {"cells": []}, not_applicable=True)

    written = json.loads(json.dumps(result.as_dict()))

    assert written == {
        "id": "crud",
        "status": "not_applicable",
        "reason": "crud_failed",
        "checks": [
            {
                "id": "crud.x",
                "status": "warn",
                "expected": "two",
                "observed": "three",
                "unit": "rows",
                "threshold": "1",
                "message": "One more.",
                "failing_examples": ["a", "b"],
                "failing_total": 7,
                "measured": {"p50": "1.2 ms"},
                "requirements": ["R000-9"],
            }
        ],
        "details": {"cells": []},
        "not_applicable": True,
    }
    assert GateResult.from_dict(written).as_dict() == written
    assert GateResult.from_dict(written).checks[0].status is Status.WARN


def test_examples_are_cut_and_counted_in_full() -> None:
    many = [str(number) for number in range(30)]

    told = Check("x", Status.FAIL, "", "", failing_examples=many, failing_total=3).as_dict()

    assert (told["failing_examples"], told["failing_total"]) == (many[:20], 30)


@pytest.mark.parametrize(
    ("statuses", "reason", "expected"),
    [
        ([], "", Status.FAIL),
        ([Status.PASS], "", Status.PASS),
        ([Status.PASS, Status.WARN], "", Status.WARN),
        ([Status.PASS, Status.NOT_APPLICABLE], "", Status.PASS),
        ([Status.WARN, Status.FAIL], "", Status.FAIL),
        ([Status.PASS, Status.NOT_RUN], "", Status.FAIL),
        ([Status.NOT_RUN], "", Status.NOT_RUN),
        ([Status.PASS], "crud_failed", Status.FAIL),
    ],
)
def test_gate_is_as_good_as_its_worst_check(statuses: list[Status], reason: str, expected: Status) -> None:
    checks = [Check("x", status, "", "") for status in statuses]

    assert GateResult("crud", checks, reason).status is expected
    assert GateResult("crud", checks, reason, not_applicable=True).status is Status.NOT_APPLICABLE


def test_only_what_was_not_seen_to_be_right_blocks() -> None:
    assert [status for status in Status if status.blocks] == [Status.FAIL, Status.NOT_RUN]
    assert held("x", True, expected="", observed="").status is Status.PASS
    assert held("x", False, expected="", observed="").status is Status.FAIL


def test_gate_that_was_kept_from_running_says_why() -> None:
    (check,) = not_run("crud").checks

    assert (check.id, check.status, check.expected, check.observed) == (
        "crud.not_run",
        Status.NOT_RUN,
        "to run",
        "an earlier gate failed",
    )
    assert not_run("crud").id == "crud"
