"""S3: ids of somebody else's objects in forms, addresses and bulk lists are never accepted and never shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from budget import history
from budget.books.models import Membership
from budget.history.models import Change
from budget.ledger.models import today
from budget.months import Month
from budget.tests.factories import make_txn
from budget.tests.security.client import HTMX, CheckedClient
from budget.tests.security.routes import OWN, Form
from budget.tests.security.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # whose an id is, the program asks before it writes

FIELDS: list[tuple[str, Callable[[World], Form]]] = [
    ("ledger:transaction-create", lambda w: {"category": w.food.pk}),
    ("ledger:transaction-create", lambda w: {"account": w.account.pk}),
    ("ledger:transaction-change", lambda w: {"category": w.food.pk}),
    ("ledger:transaction-change", lambda w: {"account": w.account.pk}),
    ("ledger:transaction-category", lambda w: {"category": w.food.pk}),
    ("ledger:transactions-change", lambda w: {"txn": [w.txn.pk, w.spent.pk]}),
    ("ledger:transactions-change", lambda w: {"category": w.food.pk}),
    ("ledger:transactions-change", lambda w: {"action": "delete", "txn": [w.txn.pk]}),
    ("ledger:account-transfer-create", lambda w: {"source": w.account.pk}),
    ("ledger:account-transfer-create", lambda w: {"target": w.savings.pk}),
    ("ledger:account-delete", lambda w: {"typed_name": w.savings.name}),
    ("ledger:category-create", lambda w: {"parent": w.food.pk}),
    ("ledger:category-change", lambda w: {"parent": w.food.pk}),
    ("ledger:category-merge", lambda w: {"target": w.rent.pk}),
    ("envelopes:budget-move", lambda w: {"from": w.rent.pk}),
    ("envelopes:budget-move", lambda w: {"to": w.food.pk}),
    ("books:book-switch", lambda w: {"book": w.book.pk}),
    ("books:book-delete", lambda w: {"typed_name": w.book.name}),
]
QUERIES: dict[str, Callable[[World], object]] = {
    "category": lambda w: w.food.pk,
    "account": lambda w: w.account.pk,
    "parent": lambda w: w.food.pk,
    "from": lambda w: w.rent.pk,
    "to": lambda w: w.food.pk,
    "source": lambda w: w.account.pk,
    "target": lambda w: w.savings.pk,
    "txn": lambda w: w.txn.pk,
    "book": lambda w: w.book.pk,
    "before": lambda w: w.number,
    "after": lambda w: w.number,
    "page": lambda w: f"a.{w.txn.pk}.{today()}",
    "line": lambda w: f'4 #"{w.food}" @"{w.account}"',
    "q": lambda w: f'#"{w.food}" @"{w.account}" {w.mark}',
}


def test_foreign_ids_in_forms_are_refused_and_change_nothing(mine: World, theirs: World, site: CheckedClient) -> None:
    before = history.digest(mine.book), history.digest(theirs.book)

    for name, foreign in FIELDS:
        own = OWN[name]
        form = {**(own.form(mine) if own.form else {}), **foreign(theirs)}
        typed = {str(value) for values in form.values() for value in (values if isinstance(values, list) else [values])}
        for headers in ({}, HTMX):
            answer = site.post(own.path(name, mine), form | {"request_key": ""}, headers=headers)
            said = answer.text
            for text in typed:
                said = said.replace(text, "")
            nothing = name == "ledger:transactions-change" and answer.status_code in (200, 302)
            assert nothing or answer.status_code in (404, 409, 422), (name, foreign(theirs))
            assert theirs.mark not in said, name
            assert (history.digest(mine.book), history.digest(theirs.book)) == before, name


def test_bulk_list_with_ids_of_both_books_changes_only_ones_own(
    mine: World, theirs: World, site: CheckedClient
) -> None:
    before = history.digest(theirs.book)

    answer = site.post("/transactions/bulk/", {"action": "delete", "txn": [mine.txn.pk, theirs.txn.pk]})

    assert answer.status_code == 302
    assert not type(mine.txn).objects.filter(pk=mine.txn.pk).exists()
    assert history.digest(theirs.book) == before


def test_budgets_named_by_foreign_categories_are_refused(mine: World, theirs: World, site: CheckedClient) -> None:
    before = history.digest(mine.book), history.digest(theirs.book)
    month = Month.of(today())

    page = site.post(f"/budgets/{month}/", {f"budget-{theirs.food.pk}": "77.00", "seen": ""})
    row = site.post(f"/budgets/{month}/{mine.food.pk}/", {f"budget-{theirs.food.pk}": "77.00"})

    assert (page.status_code, row.status_code) == (422, 422)
    assert (history.digest(mine.book), history.digest(theirs.book)) == before
    assert theirs.mark not in page.text + row.text


def test_foreign_ids_in_addresses_show_nothing(mine: World, theirs: World, site: CheckedClient) -> None:
    before = history.digest(mine.book), history.digest(theirs.book)
    reading = [own.path(name, mine) for name, own in OWN.items() if own.reads]
    searching = ["/transactions/", "/expenses/", "/history/", "/transactions/new/", "/accounts/transfer/", "/"]

    for value in (theirs.food.pk, theirs.number):
        for path in reading:
            answer = site.get(path, dict.fromkeys(QUERIES, value))
            assert answer.status_code in (200, 302, 404, 422), path
            assert theirs.mark not in answer.text, path
    for query, foreign in QUERIES.items():
        for path in searching:
            asked: dict[str, Any] = {query: foreign(theirs)}
            answer = site.get(path, asked, headers=HTMX)
            echoed = str(foreign(theirs)).replace('"', "&quot;")
            shown = answer.text.replace(echoed, "")
            assert f"{theirs.mark} Payee" not in shown, (path, query)
            assert theirs.mark not in shown or query in ("q", "line"), (path, query)
    assert (history.digest(mine.book), history.digest(theirs.book)) == before


def test_suggestions_come_from_ones_own_book_only(mine: World, theirs: World, site: CheckedClient) -> None:
    make_txn(theirs.account, "4.00", theirs.food, today().isoformat(), "Corner shop", payee="Corner shop")

    preview = site.get("/transactions/new/", {"line": "4 Corner shop"}, headers=HTMX | {"HX-Target": "quick-preview"})
    named = site.post("/transactions/new/", {"line": f'4 #"{theirs.mark} Food" @"{theirs.mark} Everyday"'})

    assert theirs.mark not in preview.text
    assert named.status_code == 422
    assert not Change.objects.filter(book=theirs.book, by=mine.user).exists()


def test_book_of_the_session_is_left_when_the_membership_ends(mine: World, theirs: World, site: CheckedClient) -> None:
    with history.change(theirs.book, None, "Added", kind="member.create") as change:
        joined = change.create(Membership(user=mine.user, role="editor"))
    site.post("/books/switch/", {"book": theirs.book.pk})
    assert theirs.mark in site.get("/accounts/").text

    with history.change(theirs.book, None, "Removed", kind="member.delete") as change:
        change.delete(joined)

    assert theirs.mark not in site.get("/accounts/").text
    assert site.get(f"/accounts/{theirs.account.pk}/").status_code == 404


def test_undo_number_means_a_change_of_ones_own_book(mine: World, theirs: World, site: CheckedClient) -> None:
    before = history.digest(theirs.book)
    shared = 3  # both books have a change of this number

    answer = site.post(f"/history/{shared}/undo/")

    assert answer.status_code in (302, 422)
    assert history.digest(theirs.book) == before
    assert theirs.mark not in site.get("/history/").text
