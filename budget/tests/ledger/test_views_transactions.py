"""The pages of transactions: lists, adding, changing, deleting; with HTMX and without."""

from __future__ import annotations

import pytest
from django.test import Client

from budget.books.models import Book
from budget.ledger.models import Account, Category, Transaction
from budget.tests import factories
from budget.users.models import User

HTMX = {"HX-Request": "true"}


@pytest.fixture
def signed_in(client: Client, owner: User, book: Book) -> Client:
    """A browser that the owner of `book` is signed in with."""
    client.force_login(owner)
    return client


def test_list_shows_rows_and_totals(signed_in: Client, account: Account, food: Category) -> None:
    factories.make_txn(account, "12.50", food)
    factories.make_txn(account, "-4.00", food, description="Refund")

    page = signed_in.get("/transactions/")

    assert page.status_code == 200
    assert [row.title for row in page.context["page"].rows] == ["Refund", "Coffee house"]
    assert (page.context["totals"].count, page.context["totals"].sums[0].spent) == (2, "8.50")


def test_add_with_the_full_form(signed_in: Client, book: Book, account: Account, food: Category) -> None:
    form = signed_in.get("/transactions/new/").context["form"]
    sent = {
        "amount": "12.50",
        "direction": "out",
        "payee": "Nopa",
        "category": food.pk,
        "date": "2026-11-20",
        "account": account.pk,
        "description": "",
        "note": "",
        "request_key": form["request_key"].value(),
    }

    answer = signed_in.post("/transactions/new/", sent)

    assert answer.status_code == 302
    assert Transaction.objects.of(book).values_list("payee", "description").get() == ("Nopa", "Nopa")
