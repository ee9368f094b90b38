"""The CRUD gate passes on this code, whatever the day, and an empty cell or another output makes it fail."""

import hashlib
from dataclasses import replace
from datetime import date
from unittest.mock import patch

import pytest
from django.core import mail
from django.db import connection

from budget.history import recording
from budget.history.chain import recorded_models
from budget.ledger import operations
from budget.users.models import User
from verification.drills.state import State, effects, unsound
from verification.drills.world import world
from verification.gates import crud
from verification.gates.base import GateResult, Status
from verification.matrix.cells import ACTIONS, OURS, THEIRS, Cell, CellFailed, Output, Row, get
from verification.matrix.ledger import Accounts
from verification.matrix.people import Profile
from verification.matrix.plan import Allocations
from verification.tests.spelled import spelled, told

pytestmark = pytest.mark.django_db


BY_DESIGN = {
    ("user profile", "list"),
    ("transfer between accounts", "update"),
    ("allocation", "update"),
    ("transfer between budgets", "update"),
    ("certificate", "update"),
    ("change", "update"),
    ("change", "delete"),
    ("entry of the history", "update"),
    ("entry of the history", "delete"),
}


def cells(result):
    return {(cell["row"], cell["action"]): cell for cell in result.details["cells"]}


def test_matrix_passes():
    """R000-10, R000-32: six cells of every model."""
    with patch("django.utils.timezone.localdate", lambda *args: date(2026, 11, 20)):
        result = crud.run()

    assert [(c.id, list(c.failing_examples)) for c in result.checks if c.status is not Status.PASS] == []
    assert (result.status, result.reason) == (Status.PASS, "")
    assert len(cells(result)) == len(crud.ROWS) * len(ACTIONS) == 120
    assert {place for place, cell in cells(result).items() if cell["outcome"] == crud.BY_DESIGN} == BY_DESIGN


@pytest.mark.once
@pytest.mark.parametrize("row", crud.ROWS, ids=lambda row: row.name.replace(" ", "_"))
def test_row_passes_on_any_day_and_hides_what_its_owner_sees(monkeypatch, row):
    """A name that no page of the owner shows would be hidden from the stranger in vain."""
    shown, hidden = {*OURS, *THEIRS, "Owner"}, set()
    original = Row.shown

    def noting(self, view, *args, **more):
        if "client" in more:
            hidden.update(more.get("hides", ()))
        else:
            shown.update(more.get("shows", ()))
        return original(self, view, *args, **more)

    monkeypatch.setattr(Row, "shown", noting)
    with patch("django.utils.timezone.localdate", lambda *args: date(2030, 12, 31)):
        result = crud.run([row], ())

    assert [(c.id, list(c.failing_examples)) for c in result.checks if c.status is not Status.PASS] == []
    assert {name for name in hidden if not any(name in text for text in shown)} == set()


def test_matrix_has_a_row_for_every_model_that_a_person_can_write():
    """R000-10: none is left out."""
    rows = {row.model for row in crud.ROWS}

    assert rows == set(crud.required_models())
    assert {model._meta.model_name for model in recorded_models()} <= rows


def test_matrix_says_what_must_come_out_of_every_cell():
    assert list(crud.expected()) == [f"{row.name} x {action}" for row in crud.ROWS for action in ACTIONS]
    assert all(crud.expected().values())


def test_output_of_a_cell_is_kept_short_with_the_digest_of_all_of_it():
    """R000-32: what came out is in the evidence."""
    found = cells(crud.run([Accounts], ()))["account", "foreign"]
    whole = crud.expected()["account x foreign"]

    assert found["output"] == f"{whole[:160]}…"
    assert found["output_sha256"] == hashlib.sha256(whole.encode()).hexdigest()


def test_model_without_a_row_is_six_empty_cells_and_fails_the_gate():
    result = crud.run((), ["tag"])

    assert (result.status, result.reason) == (Status.FAIL, "crud_failed")
    assert list(result.checks[0].failing_examples) == [f"tag x {action}" for action in ACTIONS]
    assert {cell["outcome"] for cell in result.details["cells"]} == {crud.EMPTY}


class Half(Row):
    """A row of which only two cells are there, one of them with another output than anybody expects."""

    name = "half"
    model = "half"

    def create(self):
        return Output("made")

    def read(self):
        raise ZeroDivisionError


def test_row_without_all_its_methods_fails_the_gate():
    result = crud.run([Half], ())

    assert list(result.checks[0].failing_examples) == [
        "half x update",
        "half x delete",
        "half x list",
        "half x foreign",
    ]
    assert {place: (cell["outcome"], cell["problem"]) for place, cell in cells(result).items()} == {
        ("half", "create"): (crud.FAILED, "not expected: made"),
        ("half", "read"): (crud.FAILED, "raised ZeroDivisionError"),
        ("half", "update"): (crud.EMPTY, "empty cell"),
        ("half", "delete"): (crud.EMPTY, "empty cell"),
        ("half", "list"): (crud.EMPTY, "empty cell"),
        ("half", "foreign"): (crud.EMPTY, "empty cell"),
    }


def test_row_that_finds_nothing_to_work_on_fails_in_every_cell():
    with patch.object(operations, "create_book", side_effect=ZeroDivisionError):
        result = crud.run([Accounts], ())

    assert {cell["problem"] for cell in result.details["cells"]} == {"nothing to work on: ZeroDivisionError"}


def test_refusal_of_the_product_where_none_is_due_is_told_in_its_words():
    row = Accounts()
    operations.open_account(book=row.world.book, by=row.world.owner, name="Purse")

    assert crud._cell(row, "create").problem == (
        "raised NameTaken: There is an account named “Purse” already. Choose another name."
    )


def test_mail_that_leaves_fails_the_gate():
    class Chatty(Half):
        def create(self):
            mail.send_mail("Hello", "Somebody wrote.", None, ["somebody@drill.invalid"])
            return Output("made")

    checks = {check.id: check for check in crud.run([Chatty], ()).checks}

    assert (checks["crud.silent"].status, checks["crud.silent"].observed) == (Status.FAIL, "1 mails")


@pytest.mark.parametrize(
    ("wanted", "found", "said"),
    [
        ("a\nb", "a\nc", "not expected: c"),
        ("a\nb", "a", "missing: b"),
        ("a\nb", "b\na", "the same lines in another order or number"),
    ],
)
def test_first_difference_names_a_line(wanted, found, said):
    assert crud._first_difference(wanted, found) == said


def test_write_that_leaves_no_history_is_unsound():
    made = world()
    before = State.now()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_category SET name = 'Feed' WHERE id = %s", [made.food.pk])

    assert effects(before, State.now()) == ["~ category Food: name Food -> Feed"]
    assert unsound(before, State.now()) == [
        "the history of Household does not lead to its rows",
        "1 written rows of Household do not have its version",
    ]


def test_cell_that_is_allowed_what_must_be_refused_fails():
    row = Accounts()

    with pytest.raises(CellFailed, match=r"it was allowed; \+ transaction: account Everyday"):
        row.refused(row.world.record)


def test_cell_sees_what_is_refused_and_written_all_the_same():
    row = Accounts()

    def write_and_complain():
        row.world.record()
        raise ZeroDivisionError

    with pytest.raises(CellFailed, match="refused, and written all the same"):
        row.refused(write_and_complain)


@pytest.mark.parametrize(
    ("view", "shows", "hides", "problem"),
    [
        ("ledger:account-list", ["Pocket"], (), "does not show Pocket"),
        ("ledger:account-list", [], ["Everyday"], "shows somebody else's Everyday"),
        ("ledger:account-transfer-create", [], ["Savings"], "shows somebody else's Savings"),
    ],
)
def test_cell_fails_over_a_page_that_lacks_or_leaks(view, shows, hides, problem):
    with pytest.raises(CellFailed, match=problem):
        Accounts().shown(view, shows=shows, hides=hides)


def test_cell_fails_over_a_page_that_is_not_there():
    row = Accounts()

    with pytest.raises(CellFailed, match="ledger:account-detail answers 404"):
        row.shown("ledger:account-detail", 10**15)
    with pytest.raises(CellFailed, match="ledger:account-close answers 404"):
        row.answers_to(row.own, "ledger:account-close", {"x": "1"}, 10**15)
    assert row.answers(row.own, get("ledger:account-detail", 10**15)) == "GET ledger:account-detail: 404"


def test_cell_fails_over_a_request_of_somebody_else_that_writes():
    row = Accounts()

    with pytest.raises(CellFailed, match="somebody else wrote; POST ledger:account-close: 302; ~ account Everyday"):
        row.answers(row.own, ("POST", "ledger:account-close", [row.world.everyday.pk], {"x": "1"}))


def test_write_that_breaks_the_chain_of_the_history_is_unsound():
    made = world()
    before = State.now()
    made.record("1.00")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_book SET head = %s WHERE id = %s", ["0" * 64, made.book.pk])

    assert unsound(before, State.now()) == ["the history of Household is not whole"]


def test_write_that_leaves_the_history_of_a_removed_book_is_unsound():
    made = world()
    before = State.now()
    gone = replace(before, numbers={}, rows={}, books={})

    assert unsound(before, gone) == ["the history of a removed book is still there"]
    assert made.book.pk in before.numbers


def test_row_that_points_at_one_that_is_gone_is_told():
    made = world()
    before = State.now()
    made.record("1.00")
    after = State.now()
    food = ("category", made.food.pk)
    lost = replace(after, rows={place: values for place, values in after.rows.items() if place != food})

    assert any("category a row that is gone" in line for line in effects(before, lost))


@pytest.mark.parametrize(
    ("address", "password", "problem"),
    [
        ("Somebody@Else.example", None, "the address is not stored in its one spelling"),
        ("", "password-of-a-guest", "somebody without a password can sign in with one"),
    ],
)
def test_person_made_wrong_fails_their_cell(monkeypatch, address, password, problem):
    create = User.objects.create_user

    def wrong(email, name):
        return create(address or email, name, password)

    row = Profile()
    monkeypatch.setattr(type(User.objects), "create_user", lambda self, email, name: wrong(email, name))

    with pytest.raises(CellFailed, match=problem):
        row.create()


def test_stranger_who_may_write_fails_the_cell_of_a_budget(monkeypatch):
    monkeypatch.setattr(recording, "_require_writer", lambda book, by: None)
    row = Allocations()
    row.create()

    with pytest.raises(CellFailed, match="it was allowed; - allocation"):
        row.foreign()


class Odd(Half):
    """A row with a cell of each kind: refused by design, failed, as it must be, mistaken."""

    name = "odd row of 2"

    def create(self):
        return Output("as it must be")

    def read(self):
        return Output("as it must be", by_design=True)

    def update(self):
        raise CellFailed("it was allowed")

    def delete(self):
        return Output("x" * 161)


@pytest.mark.parametrize("name", ["odd", "missing"])
def test_gate_says_of_every_cell_what_came_out_of_it(monkeypatch, name):
    """R000-32, R000-34."""
    wanted = {f"odd row of 2 x {action}": "as it must be" for action in ("create", "read", "delete")}
    monkeypatch.setattr(crud, "expected", lambda: wanted)

    result = crud.run([Odd], ["odd"]) if name == "odd" else crud.run([], ["half", "odd"])

    lines = [f"{cell}" for cell in result.details["cells"]]
    summary = GateResult(result.id, result.checks, result.reason, {**result.details, "cells": len(lines)})
    assert "\n".join([spelled(summary), *lines]) == told(f"crud_{name}")


def test_requirements_of_a_row_are_those_of_its_check():
    (row,) = [row for row in crud.ROWS if row.requirements][:1]
    cell = Cell(row.name, row.model, "create", Status.PASS, crud.DONE, "")

    assert tuple(crud._check(row.name, [cell]).requirements) == ("R000-10", "R000-32", "R000-45", *row.requirements)
