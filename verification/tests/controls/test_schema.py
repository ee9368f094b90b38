"""Every fault planted in the schema is a real one, is seen by the schema gate for what it is, and is taken back."""

from contextlib import nullcontext

import pytest

from verification.controls import schema as controls
from verification.controls.base import Fault, Outcome, attempt, seen
from verification.gates import schema
from verification.gates.base import Check, GateResult, Status
from verification.scratch import Place

TRUTH = {
    "schema.check_dropped": "transaction_amount_not_zero is missing",
    "schema.check_weakened": "transaction_status_known is CHECK",
}


def test_every_fault_of_the_schema_is_detected_and_taken_back(place):
    """R000-37: planted in a real database."""
    before = schema.describe_scratch(place)

    outcomes = controls.run(place)

    assert [(outcome.fault, outcome.how) for outcome in outcomes if not outcome.detected] == []
    assert len(outcomes) == {"sqlite": 12, "postgresql": 14}[place.engine]
    assert schema.describe_scratch(place) == before


def fault(name):
    return next(fault for fault in controls.FAULTS if fault.id == name)


ZERO = (
    "INSERT INTO budget_transaction (version, date, amount, description, payee, note, status, source, is_pending, "
    "is_transfer, tier, pattern, created_at, account_id, book_id) VALUES (0, '2026-01-01', {amount}, 'x', '', '', "
    "'{status}', 'manual', {no}, {no}, '', '', '2026-01-01', 1, 1)"
)


@pytest.mark.parametrize(
    ("name", "amount", "status"), [("schema.check_dropped", 0, "confirmed"), ("schema.check_weakened", 5, "lost")]
)
def test_planted_fault_lets_through_what_was_refused(place, name, amount, status):
    statement = ZERO.format(amount=amount, status=status, no="0" if place.engine == "sqlite" else "false")

    assert "violates check" in refusal(place, statement) or "CHECK constraint failed" in refusal(place, statement)
    with fault(name).plant(place):
        said = refusal(place, statement)

    assert "check" not in said.lower()


def refusal(place, statement):
    """What the database says to a statement, which is taken back in any case."""
    session = place.connect()
    try:
        session.execute("BEGIN")
        session.execute(statement)
    except place_error(place) as error:
        return str(error)
    else:
        return "accepted"
    finally:
        session.execute("ROLLBACK")
        session.close()


def place_error(place):
    import sqlite3

    import psycopg

    return sqlite3.Error if place.engine == "sqlite" else psycopg.Error


def test_faults_have_names_of_their_own_and_enough_run_on_sqlite():
    names = [fault.id for fault in controls.FAULTS]

    assert len(set(names)) == len(names)
    assert sum("sqlite" in fault.engines for fault in controls.FAULTS) >= 10


def test_fault_where_there_is_nothing_to_break_is_an_error(place):
    other = Place("sqlite", place.name, place.url, place.folder, {})
    if place.engine == "sqlite":
        with (
            pytest.raises(controls.NotTakenBack, match="Nothing in budget_user"),
            controls._rewritten(other, "budget_user", "no such text", ""),
        ):
            raise AssertionError("planted")


def test_ground_that_is_not_whole_proves_nothing(place, monkeypatch):
    failing = GateResult("schema", [Check("schema.x", Status.FAIL, "", "")])
    monkeypatch.setattr(schema, "judge", lambda *_: failing)

    with pytest.raises(controls.NotTakenBack, match=r"fails before schema\.check_dropped"):
        controls.run(place)


def test_fault_that_stays_is_an_error(place, monkeypatch):
    found = iter([schema.Found("sqlite", {}, frozenset()), schema.Found("sqlite", {}, frozenset({"a.b"}))])
    monkeypatch.setattr(controls, "FAULTS", ())
    monkeypatch.setattr(schema, "describe_scratch", lambda _: next(found))

    with pytest.raises(controls.NotTakenBack, match="not taken back"):
        controls.run(place)


A_FAULT: Fault[None] = Fault("a.b", "Something", "schema", "schema.x", lambda _: nullcontext(), sign="is missing")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            GateResult("schema", [Check("schema.x", Status.FAIL, "", "1", failing_examples=["y is missing"])]),
            (True, "schema.x: y is missing"),
        ),
        (
            GateResult("schema", [Check("schema.x", Status.FAIL, "", "it is missing")]),
            (True, "schema.x: it is missing"),
        ),
        (GateResult("schema", [Check("schema.x", Status.PASS, "", "")]), (False, "the gate schema passed")),
        (
            GateResult("schema", [Check("schema.x", Status.FAIL, "", "something else")]),
            (False, "the gate schema failed for another reason: schema.x"),
        ),
        (
            GateResult("schema", [Check("schema.x", Status.PASS, "", "is missing")], reason="internal_error"),
            (False, "the gate schema failed for another reason: internal_error"),
        ),
        (GateResult("crud", []), (False, "the gate crud was asked instead of schema")),
    ],
)
def test_only_the_right_check_with_the_right_words_detects_a_fault(found, expected):
    assert seen(A_FAULT, found) == expected


def test_attempt_plants_judges_and_tells():
    found = GateResult("schema", [Check("schema.x", Status.FAIL, "", "is missing")])

    outcome = attempt(A_FAULT, None, lambda _: found)

    assert outcome == Outcome("a.b", "Something", "schema", True, "schema.x: is missing")
    assert outcome.as_dict() == {
        "id": "a.b",
        "title": "Something",
        "gate": "schema",
        "detected": True,
        "how": "schema.x: is missing",
    }
