"""A run of the release check as it goes from gate to gate."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from verification.decision import Profile
from verification.gates.base import GATES, Check, GateResult, Status
from verification.run import UNKNOWN_DATABASE, Asked, Run, Stopped, parts_of
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


def test_failing_check_is_told_with_its_first_five_places():
    told = Told()
    run = Run(Asked(Profile.EMBEDDED), told)
    check = Check("crud.a", Status.FAIL, "a", "b", failing_examples=[f"row {n}" for n in range(7)])

    with pytest.raises(Stopped):
        run.gate("crud", lambda: GateResult("crud", [check], "crud_failed"))

    assert told.passing == ["2 Create, read, change, delete ..."]
    assert told.lines[0].startswith("2 Create, read, change, delete   fail            0 of 1 checks")
    assert told.lines[1:] == ["    crud.a: expected a, observed b.", *[f"      row {n}" for n in range(5)]]


def test_gate_that_fails_without_a_reason_is_an_internal_error():
    run = Run(Asked(Profile.EMBEDDED), Told())

    with pytest.raises(Stopped, match="internal_error"):
        run.gate("crud", lambda: GateResult("crud", []))


@pytest.mark.parametrize(
    ("asked", "person", "words"),
    [
        ({}, "", ""),
        (
            {"raw_ledger": Path("/data/of/alice/ledger.csv"), "category_map": Path("maps/map.csv")},
            "",
            " --raw-ledger ledger.csv --category-map map.csv",
        ),
        ({"user": "17", "month": "2026-10", "alias": "other"}, "", " --user 17 --month 2026-10 --database other"),
        ({"user": "alice@example.org"}, "", " --user EMAIL"),
        ({"user": "alice@example.org"}, "4", " --user 4"),
    ],
)
def test_command_to_run_again_names_files_and_nobody(asked: dict[str, Any], person: str, words: str):
    again = Asked(Profile.EMBEDDED, **asked).again(person)

    assert again == f"python3 manage.py release_check --profile embedded{words}"


def test_parts_of_a_bundle_come_from_gates_and_proofs():
    run = Run(Asked(Profile.EMBEDDED, month="2026-10"), Told(), began=datetime(2026, 11, 21, 9, 14, tzinfo=UTC))
    run.gates.append(GateResult("crud", [], details={"messages_sent": 2}))
    run.gates.append(GateResult("rollback", [], details={"messages_sent": 1}))
    proof = {"mode": "read only", "isolation": "snapshot", "locks": ["SHARED"]}
    run.proofs += [{**proof, "rows_written": 0}, {**proof, "rows_written": "2"}]

    parts = parts_of(run, {"name": "it"}, {"lines": []})

    assert parts["safety"] == {
        "mode": "an own scratch database, empty and freshly migrated, for everything that writes",
        "live_access": "read only, snapshot",
        "rows_changed": 2,
        "locks": "SHARED",
        "messages_sent": 3,
        "scratch": "removed when the run or its process ends",
    }
    assert (parts["subject"], parts["traceability"], parts["inputs"]) == ({"name": "it"}, {"lines": []}, [])
    assert parts["scope"] == {
        "user": "",
        "month": "2026-10",
        "currencies": [],
        "books": 0,
        "months": 0,
        "sql_rows": 0,
        "raw_rows": 0,
    }
    assert parts["run"]["started"] == "2026-11-21T09:14:00.000000Z"
    assert parts["run"]["longest_lock_ms"] == 0
    assert parts["run"]["duration_ms"] > 1000
    assert parts["database"] == UNKNOWN_DATABASE


def test_what_the_verification_gate_compared_is_its_scope_and_inputs():
    run = Run(Asked(Profile.EMBEDDED), Told())
    run.gates.append(GateResult("verification", [], details={"inputs": ["one"], "scope": {"books": 3}}))

    parts = parts_of(run, {}, {})

    assert (parts["inputs"], parts["scope"]) == (["one"], {"books": 3})
    assert parts["safety"]["live_access"] == parts["safety"]["locks"] == "none"
    assert parts["run"]["longest_lock_ms"] == 0
