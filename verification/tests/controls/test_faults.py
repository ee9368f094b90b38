"""Every planted fault by its name, and the sentence of the gate that counts as seeing it; and how that is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from verification.controls import connection, crud, drilled, rollback, schema
from verification.controls.base import Fault, Outcome, attempt, seen
from verification.gates import connection as connection_gate
from verification.gates import schema as schema_gate
from verification.gates.base import Check, GateResult, Status
from verification.scratch import Place
from verification.tests.spelled import spelled, spelled_faults, told

pytestmark = pytest.mark.once
BY_MODULE: dict[str, Callable[[], Sequence[Fault[Any]]]] = {
    "schema": lambda: schema.FAULTS,
    "crud": lambda: [fault for fault, _ in crud.FAULTS],
    "rollback": lambda: [fault for fault, _ in rollback.FAULTS],
    "connection": lambda: connection.FAULTS,
}


@pytest.mark.parametrize("module", BY_MODULE)
def test_faults_are_those_that_the_evidence_names(module: str) -> None:
    faults = BY_MODULE[module]()

    assert spelled_faults(faults) == told(f"faults_{module}")
    assert {fault.gate for fault in faults} == {module}


@contextmanager
def nothing(ground: object) -> Iterator[None]:
    yield


FAULT: Fault[Any] = Fault("crud_x", "Something", "crud", "crud.x", nothing, "lost a cent")


def answer(*checks: Check, gate: str = "crud", reason: str = "") -> GateResult:
    return GateResult(gate, checks, reason)


def check(name: str, status: Status = Status.FAIL, *examples: str, observed: str = "", message: str = "") -> Check:
    return Check(name, status, "", observed, message=message, failing_examples=examples)


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (answer(check("crud.x", Status.FAIL, "other", "lost a cent")), (True, "crud.x: lost a cent")),
        (answer(check("crud.x", observed="it lost a cent here")), (True, "crud.x: it lost a cent here")),
        (answer(check("crud.x", message="lost a cent")), (True, "crud.x: lost a cent")),
        (
            answer(check("crud.a"), check("crud.x", Status.PASS), check("crud.x", Status.FAIL, "lost a cent")),
            (True, "crud.x: lost a cent"),
        ),
        (answer(check("crud.x", Status.PASS, "lost a cent")), (False, "the gate crud passed")),
        (
            answer(check("crud.x", Status.FAIL, "found a cent"), check("crud.y", Status.FAIL, "lost a cent")),
            (False, "the gate crud failed for another reason: crud.x, crud.y"),
        ),
        (
            answer(check("crud.x", Status.PASS), reason="crud_failed"),
            (False, "the gate crud failed for another reason: crud_failed"),
        ),
        (
            answer(check("crud.x", Status.FAIL, "lost a cent"), gate="schema"),
            (False, "the gate schema was asked instead of crud"),
        ),
    ],
)
def test_fault_is_seen_only_by_its_own_check_and_sign(found: GateResult, verdict: tuple[bool, str]) -> None:
    assert seen(FAULT, found) == verdict


def test_check_that_says_nothing_has_not_seen_a_fault_without_a_sign() -> None:
    assert seen(replace(FAULT, sign=""), answer(check("crud.x")))[0] is False
    assert seen(replace(FAULT, sign=""), answer(check("crud.x", observed="2 differing")))[0] is True


def test_outcome_is_told_in_the_bundle_by_its_fields() -> None:
    outcome = attempt(FAULT, None, lambda ground: answer(check("crud.x", Status.FAIL, "lost a cent")))

    assert outcome.as_dict() == {
        "id": "crud_x",
        "title": "Something",
        "gate": "crud",
        "detected": True,
        "how": "crud.x: lost a cent",
    }


def test_step_of_the_drill_fails_over_one_fault_that_was_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = [Outcome("a", "One", "crud", True, "seen"), Outcome("b", "Two", "crud", False, "the gate crud passed")]
    monkeypatch.setattr(drilled, "ATTEMPTS", (lambda: outcomes[:1], lambda: outcomes[1:]))

    found = drilled.run()

    controls = [outcome.as_dict() for outcome in outcomes]
    assert found.details == {"controls": controls}
    assert spelled(GateResult(found.id, found.checks, found.reason)) == told("controls")
    monkeypatch.setattr(drilled, "ATTEMPTS", (lambda: outcomes[:1],))
    assert (drilled.run().status, drilled.run().reason) == (Status.PASS, "")


def test_every_fault_of_the_connection_is_tried_on_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool, bool]] = []

    def judge(measured: tuple[str, str], demand: connection_gate.Demand) -> GateResult:
        asked.append((measured[1], demand.needs_tls, demand.spares_local))
        return GateResult("connection", [])

    monkeypatch.setattr(connection, "connections", {"other": SimpleNamespace(vendor="postgresql")})
    monkeypatch.setattr(connection_gate, "measure", lambda alias, planted: (alias, planted))
    monkeypatch.setattr(connection_gate, "judge", judge)

    outcomes = connection.run("other")

    assert [outcome.fault for outcome in outcomes] == [fault.id for fault in connection.FAULTS]
    assert asked == [
        ("no_health_check", True, True),
        ("tls_off", True, False),
        ("session_state", True, True),
        ("server_side_cursors", True, True),
        ("prepared_statements", True, True),
    ]


def test_faults_of_the_schema_are_tried_on_the_engines_that_have_them(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []
    whole: Any = object()
    place: Any = SimpleNamespace(engine="sqlite")

    def plant(name: str, *engines: str) -> Fault[Place]:
        @contextmanager
        def planted(place: Place) -> Iterator[None]:
            judged.append(name)
            yield

        return Fault(name, name, "schema", "schema.x", planted, "x", frozenset(engines))

    monkeypatch.setattr(schema, "FAULTS", (plant("both", "sqlite", "postgresql"), plant("one", "postgresql")))
    passed = GateResult("schema", [check("schema.x", Status.PASS)])
    monkeypatch.setattr(schema_gate, "describe_scratch", lambda place: whole)
    monkeypatch.setattr(schema_gate, "judge", lambda live, scratch: passed)

    outcomes = schema.run(place)

    assert [outcome.fault for outcome in outcomes] == judged == ["both"]
