"""The history in words: what a row is called, and how its values read."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from budget import history
from budget.books.models import Book
from budget.envelopes import operations as plan
from budget.history import Action, Entry, queries
from budget.history.wording import RowInWords, Wording, noun, summed_up
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.months import Month
from budget.tests.factories import last_change, make_account, make_member, make_txn, make_user
from budget.users.models import User

pytestmark = pytest.mark.django_db


def rows(book: Book) -> dict[str, RowInWords]:
    """The rows of the newest change, the last of each kind."""
    wording = Wording(book)
    return {entry.model: row for entry in last_change(book).entries.all() for row in wording.rows(entry)}


def values(row: RowInWords) -> dict[str, tuple[str, str]]:
    return {field.label: (field.before, field.after) for field in row.fields}


def test_row_without_a_name_of_its_own_is_called_after_what_it_belongs_to(book: Book, food: Category) -> None:
    plan.set_budget(book=book, by=None, category=food, month=Month(2026, 11), amount=Decimal(50))
    budget = rows(book)
    make_member(book, make_user(name="Ned"))

    assert budget["envelope"].title == "Food"
    assert budget["allocation"].title == "Food in November 2026"
    assert rows(book)["membership"].title.startswith("Ned <")


def test_row_that_nothing_names_has_no_title(book: Book) -> None:
    assert Wording(book)._title({"category_id": 4, "user_id": None}, {"category_id": {"4": ""}}, "EUR") == ""
    assert Wording(book)._title({"category_id": 4}, {"category_id": {"5": "Food"}}, "EUR") == ""


def test_change_is_told_by_what_differs(account: Account, food: Category) -> None:
    txn = make_txn(account, "12.50", food)
    operations.change_transaction(txn, by=None, amount=Decimal("-14.00"), category=None)

    told = rows(account.book)["transaction"]

    assert (told.noun, told.action, told.pk) == ("transaction", "update", txn.pk)
    assert values(told) == {"Amount": ("12.50 EUR", "+14.00 EUR"), "Category": ("Food", "none")}
    assert told.title == "Coffee house"


def test_deleted_row_is_told_as_it_was(account: Account) -> None:
    txn = make_txn(account, "12.50")
    operations.delete_transactions(book=account.book, by=None, rows=Transaction.objects.filter(pk=txn.pk))

    told = values(rows(account.book)["transaction"])

    assert told["Account"] == ("Everyday", "")
    assert told["Date"] == ("Fri 20 Nov", "")
    assert told["Amount"] == ("12.50 EUR", "")
    assert "Category" not in told


def test_yes_and_no_and_choices_are_words(account: Account) -> None:
    operations.change_account(account, by=None, is_archived=True)

    told = values(rows(account.book)["account"])

    assert ("no", "yes") in told.values()
    operations.change_account(account, by=None, type="savings")
    assert ("Checking", "Savings") in values(rows(account.book)["account"]).values()


def test_what_nobody_named_is_told_by_its_number(book: Book) -> None:
    column = next(c for _, c in history_shape().foreign_keys() if c.name == "category_id")

    assert Wording(book)._say(column, 4, "EUR", {}) == "category 4"
    assert Wording(book)._say(column, 4, "EUR", {"category_id": {"4": "Food"}}) == "Food"
    assert Wording(book)._say(column, None, "EUR", {}) == "none"


def history_shape() -> history.rows.Shape:
    return history.rows.shape_of(Transaction)


def test_amount_is_in_the_currency_of_an_account_that_is_gone(book: Book) -> None:
    dollars = make_account(book, "Cash", currency="USD")
    txn = make_txn(dollars, "5.00")
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk=txn.pk))
    deletion = last_change(book)
    operations.delete_account(dollars, by=None)

    [told] = Wording(book).rows(deletion.entries.get())

    assert told.amount == "5.00 USD"


def test_nouns_are_those_of_people() -> None:
    assert [noun("transaction", count) for count in (1, 2)] == ["transaction", "transactions"]
    assert noun("category", 2) == "categories"
    assert summed_up([("transaction", "create", 1200), ("account", "update", 1)]) == (
        "1,200 transactions added, 1 account changed"
    )


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7])
def test_every_deletion_is_read_once_whatever_the_size_of_a_page(
    account: Account, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    for _ in range(count):
        txn = make_txn(account)
        operations.delete_transactions(book=account.book, by=None, rows=Transaction.objects.filter(pk=txn.pk))
    entries = Entry.objects.of(account.book).filter(action=Action.DELETE).order_by("-change__number", "-position")

    read = [entry.pk for entry in queries._payloads(entries, skipped=0)]

    assert read == list(entries.values_list("pk", flat=True))
    assert len(read) == count


def test_same_undo_sent_twice_is_done_once(client: Client, owner: User, account: Account) -> None:
    client.force_login(owner)
    make_txn(account)
    address = reverse("history:undo", args=[last_change(account.book).number])

    answers = [client.post(address, {"request_key": "key-12345678"}, follow=True) for _ in range(2)]

    told = [str(message) for answer in answers for message in answer.context["messages"]]
    assert told == ["Undone: Recorded Coffee house, 12.50", "Already saved."]
    assert last_change(account.book).number == account.book.version + 1
