"""The history's pages, and undo over HTTP."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from budget import history
from budget.books.models import Book, Role
from budget.envelopes.operations import set_budget, transfer
from budget.history import Change
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.months import Month
from budget.tests.factories import last_change, make_account, make_book, make_category, make_member, make_txn, make_user
from budget.users.models import User

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def signed_in(client: Client, owner: User, book: Book) -> Client:
    client.force_login(owner)
    return client


def _undo_url(change: Change) -> str:
    return reverse("history:undo", args=[change.number])


def _bulk(book: Book, account: Account, count: int) -> None:
    rows = [(account.pk, "2026-11-20", 1000 + n, f"Row {n}") for n in range(count)]
    with history.change(book, None, f"Loaded {count} rows", kind="ledger.load") as change:
        change.create_many(Transaction, ["account_id", "date", "amount", "description"], rows)


ACTS = {
    "create": lambda account, other, txn: make_txn(account, "3.20"),
    "edit": lambda account, other, txn: operations.change_transaction(txn, by=None, amount=Decimal("9.99")),
    "delete": lambda account, other, txn: operations.delete_transactions(
        book=txn.book, by=None, rows=Transaction.objects.filter(pk=txn.pk)
    ),
    "transfer": lambda account, other, txn: operations.transfer_between_accounts(
        book=txn.book, by=None, source=account, target=other, amount=Decimal(5)
    ),
    "bulk": lambda account, other, txn: _bulk(txn.book, account, 1200),
}


@pytest.mark.parametrize("act", ACTS)
def test_undo_over_http_gives_the_book_back_as_it_was(
    signed_in: Client, book: Book, account: Account, act: str
) -> None:
    """R003-44: a deletion among others."""
    other = make_account(book, "Savings", type="savings")
    txn = make_txn(account)
    before = history.digest(book)
    ACTS[act](account, other, txn)
    done = last_change(book)
    assert history.digest(book) != before

    response = signed_in.post(_undo_url(done), {"next": "/history/?q=coffee"})

    assert (response.status_code, response.headers["Location"]) == (302, "/history/?q=coffee")
    assert history.digest(book) == before
    assert last_change(book).undoes == done
    assert history.verify(book).is_whole


def test_undo_over_htmx_refreshes_the_page_and_offers_to_undo_itself(
    signed_in: Client, book: Book, account: Account
) -> None:
    make_txn(account)

    response = signed_in.post(_undo_url(last_change(book)), headers=HTMX)

    assert (response.status_code, response.headers["HX-Refresh"], response.content) == (200, "true", b"")
    page = signed_in.get("/history/").content.decode()
    assert "Undone: Recorded Coffee house, 12.50" in page
    assert f'action="{_undo_url(last_change(book))}"' in page


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)", ""])
def test_undo_leads_to_no_other_host(signed_in: Client, book: Book, account: Account, target: str) -> None:
    make_txn(account)

    response = signed_in.post(_undo_url(last_change(book)), {"next": target})

    assert response.headers["Location"] == "/history/"


def test_undo_that_cannot_be_done_says_what_stands_in_the_way(signed_in: Client, book: Book, account: Account) -> None:
    opened = last_change(book)
    make_txn(account)
    before = history.digest(book)

    plain, htmx = signed_in.post(_undo_url(opened)), signed_in.post(_undo_url(opened), headers=HTMX)

    for response in (plain, htmx):
        assert response.status_code == 422
        assert "cannot be undone, because something builds on it: 1 transaction" in response.content.decode()
    assert "<html" in plain.content.decode()
    assert htmx.content.decode().startswith('<div id="alert" hx-swap-oob')
    assert history.digest(book) == before


def test_undo_pressed_twice_has_one_effect(signed_in: Client, book: Book, account: Account) -> None:
    make_txn(account)
    done = last_change(book)
    signed_in.post(_undo_url(done))

    second = signed_in.post(_undo_url(done))

    assert second.status_code == 422
    assert "is undone already" in second.content.decode()
    assert Change.objects.filter(undoes=done).count() == 1


def test_changes_of_somebody_elses_book_are_not_found(signed_in: Client, book: Book) -> None:
    other = make_book(make_user(), "Theirs")
    for number in range(3):
        make_account(other, f"Account {number}")
    foreign = last_change(other)
    assert foreign.number > last_change(book).number

    answers = [signed_in.get(f"/history/{foreign.number}/"), signed_in.post(_undo_url(foreign))]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert Account.objects.filter(book=other).count() == 3


def test_viewer_reads_the_history_and_undoes_nothing(client: Client, book: Book, account: Account) -> None:
    viewer = make_user()
    make_member(book, viewer, Role.VIEWER)
    make_txn(account)
    client.force_login(viewer)

    page, refused = client.get("/history/"), client.post(_undo_url(last_change(book)))

    assert (page.status_code, refused.status_code) == (200, 403)
    assert "/undo/" not in page.content.decode()
    assert Transaction.objects.of(book).count() == 1


def test_list_is_newest_first_and_paged_by_number(signed_in: Client, book: Book, account: Account) -> None:
    for number in range(60):
        make_txn(account, description=f"Coffee {number}")

    first = signed_in.get("/history/")
    second = signed_in.get(first.context["older_url"])

    numbers = [line.change.number for response in (first, second) for line in response.context["rows"]]
    assert numbers == list(range(last_change(book).number, 0, -1))
    assert (len(first.context["rows"]), second.context["older_url"]) == (50, "")


def test_list_says_what_each_change_did(signed_in: Client, book: Book, account: Account) -> None:
    other = make_account(book, "Savings")
    operations.transfer_between_accounts(book=book, by=None, source=account, target=other, amount=Decimal(5))

    lines = signed_in.get("/history/").context["rows"]

    assert lines[0].what == "1 account transfer added, 2 transactions added"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?show=accounts", ["Opened Everyday"]),
        ("?show=categories", ["Added category Food"]),
        ("?show=transactions&q=tea", ["Recorded Tea, 2.00"]),
        ("?q=budget+tracker&show=transactions", ["Recorded Tea, 2.00", "Recorded Coffee house, 12.50"]),
        ("?show=nonsense&before=x&q=opened+every", ["Opened Everyday"]),
    ],
)
def test_list_is_narrowed_by_kind_and_text(
    signed_in: Client, account: Account, food: Category, query: str, expected: list[str]
) -> None:
    make_txn(account, category=food)
    make_txn(account, "2.00", description="Tea")

    response = signed_in.get(f"/history/{query}")

    assert [line.change.summary for line in response.context["rows"]] == expected


def test_filter_over_htmx_answers_the_results_alone(signed_in: Client, account: Account) -> None:
    response = signed_in.get("/history/?q=opened", headers=HTMX | {"HX-Target": "results"})

    assert response.content.decode().strip().startswith('<div id="results">')


@pytest.mark.parametrize(("show", "queries"), [("", 6), ("deletions", 8)])
def test_list_takes_the_same_queries_for_any_number_of_rows(
    signed_in: Client, book: Book, account: Account, django_assert_num_queries, show: str, queries: int
) -> None:
    signed_in.get("/history/")
    lengths = []
    for more in (1, 2, 40):
        for number in range(more):
            operations.delete_transactions(
                book=book,
                by=None,
                rows=Transaction.objects.filter(pk=make_txn(account, description=f"Row {number}").pk),
            )
        with django_assert_num_queries(queries):
            lengths.append(len(signed_in.get(f"/history/?show={show}").context["rows"]))
    assert lengths == {"": [4, 8, 50], "deletions": [1, 3, 43]}[show]


def test_deletion_stays_readable_after_account_and_category_are_gone(
    signed_in: Client, book: Book, food: Category
) -> None:
    """R003-41, R003-42, R003-43: account and category as text, every key field."""
    account = make_account(book, "Holiday cash", currency="USD")
    txn = make_txn(account, "41.22", food, description="SHELL 0042", payee="Shell")
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk=txn.pk))
    operations.delete_category(food, by=None)
    operations.delete_account(account, by=None)

    deleted = signed_in.get("/history/?show=deletions").context["rows"]

    assert [d.row.noun for d in deleted] == ["account", "category", "transaction"]
    row = deleted[-1].row
    assert (row.pk, row.title) == (txn.pk, "Shell")
    assert {f.name: f.before for f in row.fields if f.name != "created_at"} == {
        "account": "Holiday cash",
        "category": "Food",
        "date": "Fri 20 Nov",
        "amount": "41.22 USD",
        "description": "SHELL 0042",
        "payee": "Shell",
        "status": "Confirmed",
        "source": "Entered by hand",
    }


def test_deletions_are_paged_through_one_large_change(signed_in: Client, book: Book, account: Account) -> None:
    _bulk(book, account, 1120)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.of(book))

    seen, url = [], "/history/?show=deletions"
    while url:
        response = signed_in.get(url)
        seen += [deleted.row.pk for deleted in response.context["rows"]]
        url = response.context["older_url"]

    assert len(seen) == len(set(seen)) == 1120


def test_deletions_are_found_by_what_was_in_them(signed_in: Client, book: Book, account: Account) -> None:
    _bulk(book, account, 30)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.of(book))

    rows = signed_in.get("/history/?show=deletions&q=row+17").context["rows"]

    assert [deleted.row.title for deleted in rows] == ["Row 17"]


def test_detail_shows_before_and_after_in_words(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    txn = make_txn(account)
    operations.change_transaction(txn, by=None, amount=Decimal("-8.00"), category=food)

    row = signed_in.get(f"/history/{last_change(book).number}/").context["rows"][0]

    assert [(f.label, f.before, f.after) for f in row.fields] == [
        ("Category", "none", "Food"),
        ("Amount", "12.50 EUR", "+8.00 EUR"),
    ]


def test_detail_of_a_large_change_is_paged(signed_in: Client, book: Book, account: Account) -> None:
    _bulk(book, account, 1120)
    number = last_change(book).number

    seen, url = [], f"/history/{number}/"
    while url:
        response = signed_in.get(url)
        seen += [row.title for row in response.context["rows"]]
        url = f"/history/{number}/{response.context['more_url']}" if response.context["more_url"] else ""

    assert seen == [f"Row {n}" for n in range(1120)]


def test_undo_names_what_is_no_longer_there(signed_in: Client, book: Book, account: Account) -> None:
    bars = make_category(book, "Bars")
    txn = make_txn(account, category=bars)
    operations.change_transaction(txn, by=None, category=None)
    changed = last_change(book)
    operations.delete_category(bars, by=None)

    response = signed_in.post(_undo_url(changed))

    assert response.status_code == 422
    assert "because the category that it belonged to is no longer there" in response.content.decode()


def test_budgets_are_said_in_the_words_of_their_page(signed_in: Client, book: Book, food: Category) -> None:
    month = Month(2026, 11)
    rent = make_category(book, "Rent")
    set_budget(book=book, by=None, category=food, month=month, amount=Decimal("50.00"))
    transfer(book=book, by=None, source=food, target=rent, month=month, amount=Decimal("5.00"))

    page = signed_in.get("/history/").text

    assert "1 budget change added" in page
    assert "1 move of budget added" in page
    assert "allocation" not in page
    assert "envelope transfer" not in page
