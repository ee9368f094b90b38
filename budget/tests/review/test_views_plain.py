"""The queue without JavaScript, pressed twice, and with what no page of ours sends."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from budget import history
from budget.books.models import Book
from budget.categorization.models import AmountRule
from budget.history import Change
from budget.ledger.models import Account, AccountTransfer, Category, Status, Transaction
from budget.review import operations
from budget.statements.models import RejectedTransfer
from budget.tests import factories
from budget.tests.review.conftest import now, wait
from budget.tests.statements.bringing import csv, imported
from budget.users.models import User

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/review/"}
KEY = "a-key-of-this-page"


def told(answer: Any) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


@pytest.fixture
def staged(book: Book, owner: User, account: Account, food: Category) -> Transaction:
    """A row whose choice is kept."""
    row = wait(account)
    operations.decide(book=book, by=owner, choices={food: [row.pk]}, is_staged=True)
    return row


def pair(book: Book) -> tuple[Transaction, Transaction]:
    """Money that left one account and came to another; a third row keeps it from being certain."""
    everyday, savings = factories.make_account(book, "Checking"), factories.make_account(book, "Savings")
    imported(book, csv("2026-05-02,To savings,-300.00", "2026-05-03,To savings,-300.00"), account=everyday)
    imported(book, csv("2026-05-03,From checking,300.00"), account=savings)
    rows = Transaction.objects.of(book)
    return rows.filter(amount__gt=0).earliest("pk"), rows.get(amount__lt=0)


@pytest.mark.parametrize("button", ["save", "put back"])
def test_kept_choices_are_saved_or_put_back_once(
    signed_in: Client, book: Book, staged: Transaction, food: Category, button: str
) -> None:
    """C1: without JavaScript the answer leads back to the queue, with what was done."""
    path, form = {
        "save": ("/review/saving/", {"count": 1}),
        "put back": ("/review/staged/deletion/", {"txn": staged.pk}),
    }[button]
    before = Change.objects.filter(book=book).count()

    answers = [signed_in.post(path, form | {"request_key": KEY}) for _ in range(2)]

    assert [answer.headers["Location"] for answer in answers] == ["/review/", "/review/"]
    assert told(answers[0])[-1] == told(answers[1])[-1]
    assert Change.objects.filter(book=book).count() == before + 1
    assert now(staged) == ((food, Status.CONFIRMED) if button == "save" else (None, Status.PENDING_REVIEW))


def test_kept_choices_that_are_others_than_shown_are_not_saved(signed_in: Client, staged: Transaction) -> None:
    answer = signed_in.post("/review/saving/", {"count": 2, "request_key": KEY}, headers=HTMX)

    assert answer.status_code == 409
    assert now(staged)[1] == Status.PENDING_SAVE


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_choices_are_kept_from_now_on_or_filed_at_once(
    signed_in: Client, account: Account, food: Category, headers: dict[str, str]
) -> None:
    row = wait(account)
    signed_in.post("/review/staging/", {"stage": "1"}, headers=headers)

    signed_in.post("/review/decisions/", {"txn": row.pk, "category": food.pk, "request_key": KEY}, headers=headers)
    kept = now(row)
    answer = signed_in.post("/review/staging/", {}, headers=headers)

    assert kept == (food, Status.PENDING_SAVE)
    assert answer.status_code == (200 if headers else 302)


@pytest.mark.parametrize("answer", ["link", "reject"])
def test_pair_is_decided_without_javascript(signed_in: Client, book: Book, answer: str) -> None:
    outgoing, incoming = pair(book)
    form = {"outgoing": outgoing.pk, "incoming": incoming.pk, "answer": answer, "request_key": KEY}

    first, again = signed_in.post("/review/transfers/", form), signed_in.post("/review/transfers/", form)

    assert (first.status_code, first.headers["Location"]) == (302, "/review/")
    if answer == "link":
        assert AccountTransfer.objects.of(book).count() == 1
        assert (again.status_code, told(again)[-1]) == (302, told(first)[-1])
    else:
        assert told(first) == ["Remembered: this is no transfer."]
        assert RejectedTransfer.objects.filter(book=book).count() == 1
        asked = signed_in.post(f"/review/transfers/asking/?outgoing={outgoing.pk}&incoming={incoming.pk}")
        assert told(asked)[-1] == "Asking again about 1 pair."
        assert RejectedTransfer.objects.filter(book=book).count() == 0


def test_pair_of_another_book_is_not_decided(signed_in: Client, book: Book) -> None:
    theirs = factories.make_book(factories.make_user(), "Other")
    outgoing, incoming = pair(theirs)

    for answer in ("link", "reject"):
        form = {"outgoing": outgoing.pk, "incoming": incoming.pk, "answer": answer, "request_key": KEY}
        assert signed_in.post("/review/transfers/", form, headers=HTMX).status_code == 409

    assert (AccountTransfer.objects.count(), RejectedTransfer.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("decisions", {"txn": "1;2", "category": "1"}),
        ("decisions", {"category": "1"}),
        ("sure", {"sure": "0:{row}"}),
        ("sure", {"sure": "999999999999999999:{row}"}),
        ("sure", {"sure": "food:{row}"}),
        ("sure", {}),
        ("all", {"c-1": "999999999999999999", "r-1": "{row}"}),
        ("all", {"c-1": "", "r-1": "{row}"}),
        ("all", {"c-1": "x"}),
        ("staged/deletion", {"txn": "x"}),
        ("saving", {"count": "x"}),
        ("transfers", {"outgoing": "x", "incoming": "-1", "answer": "link"}),
    ],
)
def test_what_no_page_sends_is_refused_in_words_and_changes_nothing(
    signed_in: Client, book: Book, account: Account, path: str, form: dict[str, str]
) -> None:
    row = wait(account)
    before = Change.objects.filter(book=book).count()
    sent = {name: value.format(row=row.pk) for name, value in form.items()}

    answer = signed_in.post(f"/review/{path}/", sent | {"request_key": KEY}, headers=HTMX)

    assert answer.status_code == 409
    assert (now(row), Change.objects.filter(book=book).count()) == ((None, Status.PENDING_REVIEW), before)


def test_categories_of_rows_that_wait_no_longer_lead_back(
    signed_in: Client, book: Book, owner: User, account: Account, food: Category
) -> None:
    """Other… in a window that is an hour old."""
    row = wait(account)
    operations.decide(book=book, by=owner, choices={food: [row.pk]})

    plain = signed_in.get(f"/review/categories/?txn={row.pk}")
    over_htmx = signed_in.get(f"/review/categories/?txn={row.pk}", headers=HTMX)

    assert (plain.status_code, plain.headers["Location"], over_htmx.status_code) == (302, "/review/", 404)


def test_rule_of_a_row_is_made_once_and_leads_back(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    row = wait(account)
    offered = signed_in.get(f"/review/rule/?txn={row.pk}&category={food.pk}")
    form = {"pattern": "KROGER", "amount": "", "tolerance": "", "category": food.pk, "name": "", "note": ""}

    answers = [signed_in.post("/review/rule/", form | {"request_key": KEY}) for _ in range(2)]

    assert "KROGER" in offered.content.decode().upper()
    assert [answer.status_code for answer in answers] == [302, 302]
    assert told(answers[0])[-1] == told(answers[1])[-1]
    assert AmountRule.objects.of(book).count() == 1
    assert now(row) == (food, Status.AUTO_CONFIRMED)


def test_rule_that_fits_everything_is_refused_in_its_form(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    wait(account)
    form = {"pattern": "*", "amount": "", "tolerance": "", "category": food.pk, "name": "", "note": ""}

    answer = signed_in.post("/review/rule/", form | {"request_key": KEY}, headers=HTMX)

    assert answer.status_code == 422
    assert AmountRule.objects.of(book).count() == 0


def test_proposal_says_what_it_comes_from(signed_in: Client, book: Book, account: Account, food: Category) -> None:
    """R003-37: the file's own word; what it looked like once; what the row is under and nobody confirmed."""
    imported(book, b"Date,Payee,Amount,Category\n2026-11-02,Corner shop,-4.50,Food\n", account=account)
    guessed = wait(account, payee="Old guess")
    with history.change(book, None, "Guessed", kind="test") as change:
        change.update(guessed, predicted_category=food, tier="ai", confidence=700)
    wait(account, payee="Half done", category=food)

    page = signed_in.get("/review/").content.decode()

    assert "The file says “Food”." in page
    assert "It looked like Food." in page
    assert "It is under Food, which nobody confirmed yet." in page
