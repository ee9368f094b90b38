"""The rollback drills, run as the release runs them, and what a look at a database can tell from another one."""

import json
import os
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.core import mail
from django.db import connection

from verification.controls import rollback as controls
from verification.drills.failing import DrillFailure
from verification.drills.rollbacks import DRILLS
from verification.drills.witness import Look, tables
from verification.drills.world import world
from verification.gates import rollback
from verification.gates.base import GateResult, Status
from verification.tests.spelled import spelled, told

CONTROLS = """
import json
from verification import drill
drill.prepare()
from verification.controls import {module}
print(json.dumps([outcome.as_dict() for outcome in {module}.attempts()]))
"""


@pytest.fixture(scope="module")
def place(scratches):
    """A scratch database of this module's own: the drills fill it.

    In a self-test they run here on SQLite alone: on PostgreSQL the release check behind the pooler does the same drills
    and plants the same faults, and would not be verified if one of them came out otherwise.
    """
    with scratches() as found:
        yield found


@pytest.fixture(scope="module")
def result(place):
    answer = place.folder / "rollback.json"
    done = place.run(["-m", "verification.drill", "rollback", "--answer", str(answer)])
    assert done.returncode == 0, done.stderr
    return GateResult.from_dict(json.loads(answer.read_text()))


@pytest.mark.once
def test_every_drill_leaves_nothing_behind(result):
    """R000-2, R000-11: no partial row."""
    assert [(c.id, list(c.failing_examples)) for c in result.checks if c.status is not Status.PASS] == []
    assert (result.status, result.reason) == (Status.PASS, "")
    assert [drill["id"] for drill in result.details["drills"]] == [drill.id for drill in DRILLS]
    assert len(DRILLS) >= rollback.FEWEST


@pytest.mark.once
def test_every_drill_shows_the_same_before_and_after_and_something_else_inside(result):
    """R000-33: counts, sums and digests."""
    for drill in result.details["drills"]:
        inside = drill["inside"]
        assert drill["before"] == drill["after"] == inside["second_connection"], drill["id"]
        assert inside["first_connection"]["digest"] != drill["before"]["digest"], drill["id"]
        assert (drill["partial_rows"], inside["rows_it_saw_differ_from_outside"]) == (0, 0), drill["id"]
        assert inside["rows_it_saw_differ"] > 0, drill["id"]


@pytest.mark.once
def test_drills_end_in_the_failure_that_was_made(result):
    """R000-11: the failures are real."""
    ended = {drill["id"]: drill["ended"] for drill in result.details["drills"]}
    by_engine = {"sqlite": "ProgrammingError", "postgresql": "OperationalError"}

    assert ended["account_transfer"] == "IntegrityError (account_transfer_balances)"
    assert ended["constraint"] == "IntegrityError (allocation_amount_not_zero)"
    assert ended["foreign_book"] == "IntegrityError (category_parent_of_its_book_new)"
    assert ended["commit"] == "IntegrityError (foreign key)"
    assert ended["load_constraint"].endswith("(transaction_amount_not_zero)")
    assert ended["connection"] == by_engine[connection.vendor]
    assert ended["import_constraint"].endswith("(transaction_amount_not_zero)")
    assert ended["killed"] == ended["import_killed"] == "killed by signal 9"
    assert ended["load_unreadable"] == "LedgerRefused"
    assert {ended[name] for name in ("envelope_transfer", "bulk_edit", "history_entry", "undo")} == {"DrillFailure"}
    assert {ended[name] for name in ("import_application", "import_taken_back")} == {"DrillFailure"}


@pytest.mark.once
def test_thousands_of_rows_were_written_when_the_load_failed(result):
    found = {drill["id"]: drill for drill in result.details["drills"]}

    inside = found["load_constraint"]["inside"]

    assert inside["first_connection"]["counts"]["budget_transaction"] == 5001
    assert inside["second_connection"]["counts"]["budget_transaction"] == 1
    assert inside["second_connection"]["sums"]["budget_transaction.amount"] == "77.77"


@pytest.mark.once
def test_import_that_fails_leaves_its_lines_and_nothing_of_the_ledger(result):
    """R003-18, D1: what was read stays to be confirmed again; no account, link, joined row or transaction does."""
    found = {drill["id"]: drill for drill in result.details["drills"]}

    inside = found["import_application"]["inside"]
    mine, theirs = inside["first_connection"], inside["second_connection"]
    assert mine["counts"]["budget_statementline"] == theirs["counts"]["budget_statementline"] == 604
    assert (mine["counts"]["budget_transaction"], theirs["counts"]["budget_transaction"]) == (604, 2)
    assert (mine["counts"]["budget_account"], theirs["counts"]["budget_account"]) == (4, 3)
    assert (mine["counts"]["budget_accounttransfer"], theirs["counts"].get("budget_accounttransfer")) == (1, None)
    assert theirs["sums"]["budget_transaction.amount"] == "85.85"
    constraint = found["import_constraint"]["inside"]
    # A page of 5,000 lines without the one joined and the one left out, beside two rows that were there.
    assert constraint["first_connection"]["counts"]["budget_transaction"] == 5000


@pytest.mark.once
@pytest.mark.parametrize(("module", "count"), [("crud", 11), ("rollback", 6)])
def test_every_planted_fault_is_detected(place, module, count):
    """R000-37: a gate that is deceived does not pass."""
    done = place.run(["-c", CONTROLS.format(module=module)])

    assert done.returncode == 0, done.stderr
    outcomes = json.loads(done.stdout)
    assert [(outcome["id"], outcome["how"]) for outcome in outcomes if not outcome["detected"]] == []
    assert len({outcome["id"] for outcome in outcomes}) == len(outcomes) == count


def test_a_drill_named_by_a_fault_is_there():
    assert {name for _, ids in controls.FAULTS for name in ids} <= {drill.id for drill in DRILLS}


def look(**rows):
    return Look({table.name: rows.get(table.name, {}) for table in tables()})


def book(pk, name="Household", version=1, head="0"):
    table = tables()[0]
    values = {"id": pk, "name": name, "currency": "EUR", "version": version, "head": head, "created_at": "now"}
    values |= {"confirmations_needed": 3}
    return {pk: tuple(values[column] for column in table.columns)}


def test_looks_differ_by_rows_that_came_went_or_were_altered():
    one = look(budget_book=book(1) | book(2))

    assert one.differing(look(budget_book=book(1) | book(2))) == 0
    assert one.differing(look(budget_book=book(1))) == 1
    assert one.differing(look(budget_book=book(1) | book(2) | book(3))) == 1
    assert one.differing(look(budget_book=book(1, head="1") | book(2, version=2))) == 2


def test_sums_of_a_look_leave_out_what_is_not_said_and_empty_tables():
    """A statement need not have balances."""
    table = next(table for table in tables() if table.name == "budget_statement")
    rows = {
        pk: tuple({"id": pk, "opening": opening}.get(column) for column in table.columns)
        for pk, opening in ((1, None), (2, 12_500))
    }

    assert look(budget_statement=rows).sums() == {
        "budget_statement.opening": "12.50",
        "budget_statement.closing": "0.00",
    }


def test_digest_of_a_look_counts_rows_named_by_number_by_their_order():
    """What a line is the same as is told by an id that no foreign key knows."""
    table = next(table for table in tables() if table.name == "budget_statementline")

    def lines(*pairs):
        return look(
            budget_statementline={
                pk: tuple({"id": pk, "same_as_id": same}.get(column) for column in table.columns) for pk, same in pairs
            }
        ).digest()

    assert lines((1, None), (2, 1)) == lines((7, None), (9, 7))
    assert lines((1, None), (2, 1)) != lines((1, None), (2, None))


def test_digest_of_a_look_counts_content_and_neither_ids_nor_moments():
    digest = look(budget_book=book(1) | book(2)).digest()

    assert look(budget_book=book(7, head="1") | book(9)).digest() == digest
    assert look(budget_book=book(1) | book(2, version=2)).digest() != digest
    assert look(budget_book=book(1)).digest() != digest


def test_tables_of_a_look_are_all_that_belong_to_a_book():
    names = [table.name for table in tables()]

    assert names[0] == "budget_book"
    assert {"budget_transaction", "budget_monthlytotal", "budget_entry", "budget_allocation"} <= set(names)
    assert "budget_user" not in names


def report(**more):
    seen = look(budget_book=book(1))
    inside = rollback.Inside({}, 1, {}, 0)
    return replace(rollback.Report(DRILLS[0], before=seen, inside=inside, after=seen), **more)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("more", "problems"),
    [
        ({}, []),
        ({"inside": None}, ["the place where it should fail was never reached"]),
        (
            {"inside": rollback.Inside({}, 0, {}, 0)},
            ["nothing was written yet when it failed, so nothing was proved"],
        ),
        ({"inside": rollback.Inside({}, 1, {}, 3)}, ["a second connection saw 3 uncommitted rows"]),
        ({"after": look(budget_book=book(1, version=2))}, ["1 rows are not as before"]),
    ],
)
def test_report_says_what_a_drill_did_not_prove(more, problems):
    found = report(**more)

    rollback._judge(found, world())

    assert found.problems == problems


@pytest.mark.once
def test_books_that_do_not_fit_are_a_problem_of_the_drill(monkeypatch):
    monkeypatch.setattr(rollback, "_unsound", lambda made: ["the history of Household is not whole"])
    found = report()

    rollback._judge(found, NO_WORLD)

    assert found.problems == ["the history of Household is not whole"]


def test_report_without_an_end_is_no_pass():
    unfinished = report(inside=None, after=None)

    assert (unfinished.partial_rows, unfinished.as_dict()["after"], unfinished.as_dict()["inside"]) == (-1, None, None)


def test_fewer_drills_than_agreed_fail_the_gate():
    result = rollback.run([])

    assert (result.status, result.reason) == (Status.FAIL, "rollback_failed")
    assert result.checks[0].observed == "0 drills"


@contextmanager
def nothing_strikes(world, act):
    """Nor is anything told in the middle."""
    yield


@contextmanager
def strikes_at_once(world, act):
    act()
    yield


def raising(error):
    def operation():
        raise error

    return operation


@pytest.fixture
def seen_from_afar(monkeypatch):
    """Drills run here inside of a test's own transaction, which no second connection sees."""
    monkeypatch.setattr(rollback, "look", lambda since: look())
    monkeypatch.setattr(rollback, "own_look", lambda since: look(budget_book=book(1)))
    monkeypatch.setattr(rollback, "connection", SimpleNamespace(close=lambda: None))


NO_WORLD: Any = None
"""What these strikes do not look at."""


def drilled(**more):
    drill = replace(DRILLS[0], **{"strike": nothing_strikes, "raises": DrillFailure, **more})
    return rollback.Report(drill, before=look(), after=look())


@pytest.mark.once
@pytest.mark.parametrize(
    ("operation", "ended", "problems"),
    [
        (raising(DrillFailure("as made")), "DrillFailure", []),
        (raising(KeyError("x")), "KeyError", ["another error than the one made reached the caller: KeyError"]),
        (lambda: None, "", ["the caller was told that all is well"]),
    ],
)
def test_failure_has_to_reach_the_caller_as_it_was_made(seen_from_afar, operation, ended, problems):
    found = drilled(strike=strikes_at_once)

    rollback._fail(found, NO_WORLD, operation, 1)

    assert (found.ended, found.problems) == (ended, problems)
    assert (found.inside.first_differs, found.inside.second_differs) == (1, 0)


@pytest.mark.once
@pytest.mark.parametrize(
    ("operation", "problems"),
    [
        (raising(ValueError("x")), ["afterwards the same operation fails: ValueError"]),
        (lambda: None, ["afterwards the same operation writes nothing", "afterwards unsound"]),
    ],
)
def test_same_operation_has_to_succeed_and_write_afterwards(seen_from_afar, monkeypatch, operation, problems):
    monkeypatch.setattr(rollback, "_unsound", lambda made: ["unsound"])
    found = drilled()

    rollback._again(found, NO_WORLD, operation, 1)

    assert found.problems == problems


@pytest.mark.once
def test_process_that_ends_by_itself_was_not_killed(seen_from_afar, monkeypatch):
    monkeypatch.setattr(rollback, "_work_until_killed", lambda *given: os._exit(0))
    found = drilled(kills=True)

    rollback._kill(found, NO_WORLD, lambda: None, 1)

    assert found.problems == ["the process ended by itself before it was killed"]
    assert (found.inside, found.ended) == (None, "")


@pytest.mark.once
def test_process_is_killed_where_it_tells_what_it_sees(seen_from_afar):
    found = drilled(kills=True, strike=strikes_at_once)

    rollback._kill(found, NO_WORLD, lambda: None, 1)

    assert (found.problems, found.ended) == ([], "killed by signal 9")
    assert found.inside.first == look(budget_book=book(1)).figures()
    assert (found.inside.first_differs, found.inside.second_differs) == (1, 0)


@pytest.mark.once
@pytest.mark.parametrize("strike", [strikes_at_once, nothing_strikes])
def test_process_to_be_killed_never_goes_on_by_itself(seen_from_afar, monkeypatch, strike):
    """When its parent is gone it ends at once, and nothing of what it wrote is committed."""
    ends: list[int] = []
    monkeypatch.setattr(os, "_exit", ends.append)
    told, tells = os.pipe()
    leash, holds = os.pipe()
    os.close(holds)
    done: list[str] = []

    rollback._work_until_killed(drilled(strike=strike), NO_WORLD, lambda: done.append("done"), 1, tells, leash)

    os.close(tells)
    os.close(leash)
    with os.fdopen(told) as answer:
        said = answer.read()
    assert (ends, done) == ([1], ["done"])
    assert bool(said) == (strike is strikes_at_once)


@pytest.mark.once
@pytest.mark.parametrize(
    ("inside", "operation", "problems"),
    [
        (rollback.Inside({}, 1, {}, 0), lambda: None, []),
        (None, lambda: None, []),
    ],
)
def test_operation_that_writes_again_after_a_failure_is_whole(seen_from_afar, monkeypatch, inside, operation, problems):
    monkeypatch.setattr(rollback, "_unsound", lambda made: [])
    found = drilled()
    found.after = look(budget_book=book(9)) if inside else None

    rollback._again(found, NO_WORLD, operation, 1)

    assert found.problems == problems


@pytest.mark.once
def test_drill_is_looked_at_before_and_after_and_then_done_again(seen_from_afar, monkeypatch):
    steps: list[str] = []
    made = SimpleNamespace(book=SimpleNamespace(pk=7))
    monkeypatch.setattr(rollback, "world", lambda: made)

    def looking(since):
        steps.append(f"look {since}")
        return look()

    monkeypatch.setattr(rollback, "look", looking)
    for step in ("_fail", "_kill", "_again"):
        monkeypatch.setattr(rollback, step, lambda *given, step=step: steps.append(step))
    monkeypatch.setattr(rollback, "_judge", lambda *given: steps.append("_judge"))

    for kills in (False, True):
        drill = replace(DRILLS[0], prepare=lambda world: lambda: None, kills=kills)
        assert rollback._report(drill).after == look()

    assert steps == [
        *["look 7", "_fail", "look 7", "_judge", "_again"],
        *["look 7", "_kill", "look 7", "_judge", "_again"],
    ]


@pytest.mark.once
@pytest.mark.parametrize("name", ["whole", "partial", "unfinished"])
def test_every_drill_is_told_with_what_was_seen(monkeypatch, name):
    """R000-33, R000-34: counts, sums and digests before, inside and after, in the evidence."""
    before = look(budget_book=book(1))
    inside = rollback.Inside(look(budget_book=book(1) | book(2)).figures(), 1, before.figures(), 0)
    found = rollback.Report(
        replace(DRILLS[0], id="a", title="A drill"),
        before=before,
        inside=inside,
        after=before,
        ended="DrillFailure",
    )
    reports = [found, replace(found, drill=replace(DRILLS[0], id="b", title="Another drill"))]
    if name == "partial":
        reports[1].after, reports[1].problems = look(), ["1 rows are not as before"]
        mail.outbox.append(mail.EmailMessage())
    elif name == "unfinished":
        reports[1].inside = reports[1].after = None
    drills = iter(reports)
    letters = len(mail.outbox)

    def report(drill):
        mail.outbox.extend([mail.EmailMessage()] * (name == "partial"))
        return next(drills)

    monkeypatch.setattr(rollback, "_report", report)

    result = rollback.run([each.drill for each in reports], fewest=2)

    drilled = result.details["drills"]
    assert spelled(GateResult(result.id, result.checks, result.reason)) == told(f"rollback_{name}")
    assert (list(result.details), result.details["messages_sent"]) == (
        ["drills", "messages_sent"],
        len(mail.outbox) - letters,
    )
    assert drilled[0] == {
        "id": "a",
        "title": "A drill",
        "ended": "DrillFailure",
        "before": before.figures(),
        "inside": {
            "first_connection": inside.first,
            "rows_it_saw_differ": 1,
            "second_connection": before.figures(),
            "rows_it_saw_differ_from_outside": 0,
        },
        "after": before.figures(),
        "partial_rows": 0,
        "problems": [],
    }
    assert drilled[1]["problems"] == reports[1].problems
    assert len(mail.outbox) == letters + 2 * (name == "partial")


@pytest.mark.django_db
def test_books_whose_history_or_totals_do_not_fit_are_unsound():
    made = world()
    made.record("12.50")
    assert rollback._unsound(made) == []
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_monthlytotal SET total = total + 10 WHERE book_id = %s", [made.book.pk])
        cursor.execute("UPDATE budget_book SET head = %s WHERE id = %s", ["0" * 64, made.book.pk])

    assert rollback._unsound(made) == [
        "the history of Household is not whole",
        "1 monthly totals of Household are not what their rows add up to",
    ]
