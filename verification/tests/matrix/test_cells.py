"""How a cell acts and looks, and what it says of it."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from budget.ledger import operations, standing
from verification.drills.world import world
from verification.matrix import cells
from verification.matrix.cells import NOWHERE, OURS, THEIRS, CellFailed, get, lines, named, post
from verification.matrix.ledger import Accounts

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_names_that_are_hidden_are_those_of_the_two_people():
    made = world()

    assert (made.book.name, made.everyday.name, made.savings.name, made.record().description, "Bakery") == OURS
    assert (
        made.theirs.name,
        made.their_account.name,
        made.their_category.name,
        made.their_txn.description,
        made.stranger.name,
    ) == THEIRS
    assert NOWHERE == 10**15


def test_written_rows_are_told_a_line_each():
    row = Accounts()

    assert row.wrote(lambda: None) == "nothing was written"
    assert row.wrote(row.world.move).splitlines() == [
        "+ accounttransfer: outgoing Transfer to Savings 40.00, incoming Transfer from Everyday -40.00, book Household",
        "+ transaction: account Everyday, date 2026-11-20, amount 40.00, description Transfer to Savings, "
        "status confirmed, source manual, is_transfer True, book Household",
        "+ transaction: account Savings, date 2026-11-20, amount -40.00, description Transfer from Everyday, "
        "status confirmed, source manual, is_transfer True, book Household",
    ]


def test_write_without_history_fails_its_cell_with_all_that_is_wrong():
    row = Accounts()

    def behind():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE budget_account SET name = 'X' WHERE id = %s", [row.world.everyday.pk])

    with pytest.raises(CellFailed) as failed:
        row.wrote(behind)

    assert str(failed.value) == (
        "the history of Household does not lead to its rows; 1 written rows of Household do not have its version"
    )


def test_each_refusal_is_told_by_who_refused():
    row = Accounts()
    rename = row.sql("UPDATE budget_entry SET payload = %s", "x")

    def fail():
        raise ZeroDivisionError

    said = row.refused(
        fail, rename, lambda: operations.open_account(book=row.world.book, by=row.world.owner, name="Everyday")
    )

    assert said == "\n".join(
        ["refused by ZeroDivisionError", "refused by IntegrityError (entry_never_altered)", "refused by NameTaken"]
    )


def test_act_that_is_allowed_or_written_in_spite_of_its_refusal_is_told_with_all_it_did():
    row = Accounts()
    told = (
        "+ transaction: account Everyday, category Food, date 2026-11-20, amount 12.50, description Coffee house, "
        "status confirmed, source manual, book Household"
    )

    def complaining():
        row.world.record()
        raise ZeroDivisionError

    for act, said in (
        (row.world.record, "it was allowed"),
        (complaining, "it was refused, and written all the same"),
    ):
        with pytest.raises(CellFailed) as failed:
            row.refused(act)
        assert str(failed.value) == f"{said}; {told}"


def test_page_is_read_as_people_read_it():
    row = Accounts()
    operations.change_account(row.world.everyday, by=row.world.owner, name="Bread & <rolls>")

    said = row.shown("ledger:account-list", shows=["Bread & <rolls>", "Savings"])

    assert said == "ledger:account-list shows Bread & <rolls>, Savings, and nothing of others"
    assert row.shown("ledger:account-list") == "ledger:account-list shows nothing, and nothing of others"
    with pytest.raises(CellFailed, match=r"^ledger:account-list does not show Cellar, Attic$"):
        row.shown("ledger:account-list", shows=["Cellar", "Savings", "Attic"])
    with pytest.raises(CellFailed, match=r"^ledger:account-list shows somebody else's Savings, rolls$"):
        row.shown("ledger:account-list", hides=["Savings", "Elsewhere", "rolls"])
    with pytest.raises(CellFailed, match=r"^ledger:account-list shows somebody else's Their account$"):
        row.shown("ledger:account-list", client=row.other, hides=THEIRS[1:2])
    row.world.record()
    with pytest.raises(CellFailed, match="does not show Coffee house"):
        row.shown("ledger:transaction-list", query="?q=tea", shows=["Coffee house"])


def test_script_and_style_are_no_text_of_a_page():
    page = "a<script>one\n</script>b<style media='x'>two</style>c<br>d<scripture>e</scripture>"

    assert cells.TAGS.sub("|", page) == "a|b|c|d|e|"


def test_page_that_breaks_is_a_failed_cell_and_no_error(monkeypatch):
    def broken(*args):
        raise ZeroDivisionError

    row = Accounts()
    monkeypatch.setattr(standing, "standing", broken)

    with pytest.raises(CellFailed, match=r"^ledger:account-list answers 500$"):
        row.shown("ledger:account-list")


def test_requests_are_told_with_their_status():
    row = Accounts()
    pk = row.world.everyday.pk

    said = row.answers(
        row.other,
        get("ledger:account-detail", pk),
        post("ledger:account-close", pk),
        get("ledger:account-list"),
        post("ledger:account-change", pk, name="Mine"),
    )

    assert said.splitlines() == [
        "GET ledger:account-detail: 404",
        "POST ledger:account-close: 404",
        "GET ledger:account-list: 200",
        "POST ledger:account-change: 404",
    ]
    with pytest.raises(CellFailed) as failed:
        row.answers(row.own, get("ledger:account-detail", pk), post("ledger:account-close", pk))
    assert str(failed.value) == (
        "somebody else wrote; GET ledger:account-detail: 200; POST ledger:account-close: 302; "
        "~ account Everyday: is_archived nothing -> True"
    )


@pytest.mark.parametrize("status", [200, 204, 302])
def test_form_that_is_taken_answers_its_status(status):
    sent = []

    def send(url, form):
        sent.append((url, form))
        return SimpleNamespace(status_code=status)

    client: Any = SimpleNamespace(post=send)

    assert Accounts().answers_to(client, "ledger:account-change", {"name": "X"}, 7) == status
    assert sent == [("/accounts/7/edit/", {"name": "X"})]


@pytest.mark.parametrize("status", [201, 205, 303, 400, 404, 500])
def test_form_that_is_not_taken_fails_the_cell(status):
    client: Any = SimpleNamespace(post=lambda url, form: SimpleNamespace(status_code=status))

    with pytest.raises(CellFailed, match=f"^ledger:account-change answers {status}$"):
        Accounts().answers_to(client, "ledger:account-change", {}, 7)


def test_requests_and_texts_are_put_together_alike():
    assert get("a:b", 1, 2) == ("GET", "a:b", (1, 2), {})
    assert post("a:b", 1, name="x") == ("POST", "a:b", (1,), {"name": "x"})
    assert post("a:b") == ("POST", "a:b", (), {"x": "1"})
    assert lines("one", "two") == "one\ntwo"
    assert named([1, "two", None]) == "1 | two | None"
