"""The pages of the queue: what they show, what they answer, what they refuse."""

from __future__ import annotations

import gzip
import re
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from budget.books.models import Book, Role
from budget.categorization.models import AmountRule, MerchantMapping
from budget.categorization.operations import run_rules
from budget.ledger.models import Account, AccountTransfer, Category, Status, Transaction, today
from budget.ledger.operations import change_transaction
from budget.review import operations
from budget.statements.models import RejectedTransfer
from budget.tests import factories
from budget.tests.review.conftest import now, wait
from budget.tests.statements.bringing import csv, imported

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/review/"}
KEY = "a-key-of-this-page"
QUERIES, DECISION = 27, 33


def titles(page: str) -> list[str]:
    """The groups of a page with their tags, in order."""
    found = re.findall(r'<h2 id="t-\d+"><bdi>(.*?)</bdi></h2><span class="tag \w+">(?:<svg.*?svg>)?(.*?)<', page)
    return [f"{title}: {tag}" for title, tag in found]


def test_groups_are_by_merchant_and_the_hardest_come_first(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    """R003-54: look-alikes together, in words how sure each is, and why."""
    factories.make_mapping(food, "KROGER", confirmations=2)
    factories.make_mapping(food, "UBER", confirmations=9)
    wait(account, "60.10", "Kroger", description="KROGER #221 AUSTIN TX")
    wait(account, "61.32", "Kroger", description="KROGER #455 AUSTIN TX", date="2026-11-21")
    wait(account, "18.40", "Uber")
    wait(account, "22.00", "Bowl Lanes")

    page = signed_in.get("/review/").text

    assert titles(page) == ["Bowl Lanes: new payee", "Kroger, 2 charges: likely", "Uber: sure"]
    assert "121.42" in page
    assert "15 and 21 Nov, Everyday" in page
    assert "You chose Food for Kroger 2 times" in page
    assert "First time this payee appears." in page
    assert "%" not in re.sub(r"<[^>]+>", "", page)


def test_group_is_filed_under_what_was_chosen(
    signed_in: Client, book: Book, account: Account, food: Category, rent: Category
) -> None:
    rows = [wait(account, "60.10"), wait(account, "61.32")]
    other = wait(account, payee="Other")
    ids = f"{rows[0].pk},{rows[1].pk}"

    answer = signed_in.post(
        "/review/decisions/",
        {"txn": [row.pk for row in rows], "ids": ids, "category": rent.pk, "request_key": KEY},
        headers=HTMX,
    )

    assert answer.status_code == 200
    assert [now(row) for row in rows] == [(rent, Status.CONFIRMED)] * 2
    assert "Filed Kroger, 2 transactions, under Rent." in answer.text
    assert f"/history/{factories.last_change(book).number}/undo/" in answer.text
    assert 'innerHTML:.review-count">1<' in answer.text
    assert len(gzip.compress(answer.content)) < 2_000
    assert now(other) == (None, Status.PENDING_REVIEW)


def test_same_request_again_answers_the_same_and_counts_once(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    row, _ = wait(account), wait(account, payee="Other")
    form = {"txn": row.pk, "category": food.pk, "request_key": KEY}

    first = signed_in.post("/review/decisions/", form, headers=HTMX)
    again = signed_in.post("/review/decisions/", form, headers=HTMX)

    assert (first.status_code, again.status_code) == (200, 200)
    assert "Filed Kroger under Food." in again.text
    assert MerchantMapping.objects.of(book).get().confirmations == 1


def test_row_left_out_of_a_group_stays_as_a_group(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    rows = [wait(account, f"{amount}.00") for amount in (60, 61, 62)]
    ids = ",".join(str(row.pk) for row in rows)

    answer = signed_in.post(
        "/review/decisions/", {"txn": [rows[0].pk], "ids": ids, "category": food.pk, "request_key": KEY}, headers=HTMX
    )

    assert titles(answer.text) == ["Kroger, 2 charges: likely"]
    assert [now(row)[1] for row in rows] == [Status.CONFIRMED, Status.PENDING_REVIEW, Status.PENDING_REVIEW]


def test_last_decision_shows_that_nothing_is_left(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    row = wait(account)

    answer = signed_in.post(
        "/review/decisions/", {"txn": row.pk, "category": food.pk, "request_key": KEY}, headers=HTMX
    )

    assert answer.headers["HX-Retarget"] == "#review"
    assert "Nothing to review." in answer.text
    assert "Filed Kroger under Food." in answer.text


def test_all_sure_ones_are_accepted_with_one_undo(
    signed_in: Client, book: Book, account: Account, food: Category, rent: Category
) -> None:
    """R003-53: one press, one change, one Undo."""
    first, second, other = wait(account), wait(account, payee="Uber"), wait(account, payee="Bowl Lanes")

    answer = signed_in.post(
        "/review/sure/",
        {"sure": [f"{food.pk}:{first.pk}", f"{rent.pk}:{second.pk}"], "request_key": KEY},
        headers=HTMX,
    )

    assert [now(row) for row in (first, second, other)] == [
        (food, Status.CONFIRMED),
        (rent, Status.CONFIRMED),
        (None, Status.PENDING_REVIEW),
    ]
    assert f'id="g-{first.pk}" hx-swap-oob="delete"' in answer.text
    signed_in.post(f"/history/{factories.last_change(book).number}/undo/", headers=HTMX)
    assert [now(row) for row in (first, second)] == [(None, Status.PENDING_REVIEW)] * 2


def test_queue_without_javascript_saves_what_was_chosen(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    rows = [wait(account), wait(account, payee="Uber"), wait(account, payee="Later")]
    form: dict[str, Any] = {"request_key": KEY, "next": "/review/"}
    for row, category in zip(rows, (food.pk, food.pk, ""), strict=True):
        form |= {f"c-{row.pk}": category, f"r-{row.pk}": row.pk}

    answer = signed_in.post("/review/all/", form, follow=True)

    assert answer.redirect_chain == [("/review/", 302)]
    assert "Filed 2 transactions under Food." in answer.text
    assert titles(answer.text) == ["Later: new payee"]


def test_staging_keeps_choices_until_they_are_saved(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    """R003-32."""
    row, _ = wait(account), wait(account, payee="Other")
    assert "Stage first" in signed_in.post("/review/staging/", {"stage": "on"}, headers=HTMX).text

    answer = signed_in.post(
        "/review/decisions/", {"txn": row.pk, "category": food.pk, "request_key": KEY}, headers=HTMX
    )
    assert now(row) == (food, Status.PENDING_SAVE)
    assert "Chose Food for Kroger." in answer.text
    assert "Save 1" in answer.text

    refused = signed_in.post("/review/saving/", {"count": "2", "request_key": "another-key"}, headers=HTMX)
    assert refused.status_code == 409
    assert now(row) == (food, Status.PENDING_SAVE)

    signed_in.post("/review/saving/", {"count": "1", "request_key": "another-key2"}, headers=HTMX)
    assert now(row) == (food, Status.CONFIRMED)


def test_kept_choice_is_put_back_to_the_queue(signed_in: Client, book: Book, account: Account, food: Category) -> None:
    row = wait(account)
    operations.decide(book=book, by=None, choices={food: [row.pk]}, is_staged=True)
    assert titles(signed_in.get("/review/").text) == []

    answer = signed_in.post("/review/staged/deletion/", {"txn": row.pk, "request_key": KEY}, headers=HTMX)

    assert titles(answer.text) == ["Kroger: new payee"]


def test_rule_shows_its_rows_before_it_changes_them(
    signed_in: Client, book: Book, account: Account, food: Category, rent: Category
) -> None:
    """Always do this."""
    rows = [wait(account, "60.10"), wait(account, "61.32")]
    by_hand = factories.make_txn(account, "9.00", rent, description="KROGER 9")

    offer = signed_in.get(f"/review/rule/?txn={rows[0].pk}&category={food.pk}", headers=HTMX).text

    assert 'value="KROGER"' in offer
    assert "It files 2 rows now:" in offer
    assert "1 that you decided yourself stays as it is." in offer
    assert [now(row) for row in rows] == [(None, Status.PENDING_REVIEW)] * 2

    answer = signed_in.post(
        "/review/rule/", {"pattern": "KROGER", "category": food.pk, "request_key": KEY}, headers=HTMX
    )

    assert AmountRule.objects.of(book).get().pattern == "KROGER"
    assert [now(row) for row in rows] == [(food, Status.AUTO_CONFIRMED)] * 2
    assert now(by_hand) == (rent, Status.CONFIRMED)
    assert answer.headers["HX-Trigger"] == "app:close"
    signed_in.post(f"/history/{factories.last_change(book).number}/undo/")
    assert [now(row) for row in rows] == [(None, Status.PENDING_REVIEW)] * 2
    assert AmountRule.objects.of(book).count() == 0


def test_rule_without_a_category_is_refused_in_its_form(signed_in: Client, book: Book, account: Account) -> None:
    answer = signed_in.post("/review/rule/", {"pattern": "KROGER", "category": "", "request_key": KEY}, headers=HTMX)

    assert answer.status_code == 422
    assert "Choose a category." in answer.text
    assert AmountRule.objects.of(book).count() == 0


def ambiguous(book: Book) -> tuple[Transaction, Transaction, Transaction]:
    """250 that left one account, and two rows of 250 that came to another."""
    day = today().isoformat()
    everyday, savings = factories.make_account(book, "Checking"), factories.make_account(book, "Savings")
    imported(book, csv(f"{day},To savings,-250.00"), "a.csv", account=everyday)
    imported(book, csv(f"{day},From checking,250.00", f"{day},Interest,250.00"), "b.csv", account=savings)
    rows = {row.payee: row for row in Transaction.objects.of(book)}
    return rows["To savings"], rows["From checking"], rows["Interest"]


def test_possible_transfer_is_linked(signed_in: Client, book: Book) -> None:
    sent, came, _ = ambiguous(book)
    page = signed_in.get("/review/").text
    assert page.count('class="pair') == 2
    assert titles(page) == []

    answer = signed_in.post(
        "/review/transfers/",
        {"outgoing": sent.pk, "incoming": came.pk, "answer": "link", "request_key": KEY},
        headers=HTMX,
    )

    assert AccountTransfer.objects.of(book).get().outgoing == sent
    assert titles(answer.text) == ["Interest: new payee"]


def test_pairs_come_first_in_the_order_of_the_keys(signed_in: Client, book: Book) -> None:
    """One row is current: the first pair, and the first group where there is none."""
    _, came, interest = ambiguous(book)
    wait(factories.make_account(book, "Visa"), payee="Bowl Lanes")
    page = signed_in.get("/review/").text
    assert re.findall(r'class="(\w+) cur"', page) == ["pair"]
    assert page.index('class="pair cur"') < page.index('class="pair"')

    sent = Transaction.objects.of(book).get(payee="To savings")
    for other in (came, interest):
        form = {"outgoing": sent.pk, "incoming": other.pk, "answer": "reject"}
        answer = signed_in.post("/review/transfers/", form, headers=HTMX)

    assert re.findall(r'class="(\w+) cur"', answer.text) == ["rq"]


def test_other_categories_are_of_the_group_that_the_address_names(
    signed_in: Client, book: Book, account: Account
) -> None:
    """The menu goes into its own group, also where tick boxes of the page are sent along."""
    rows = [wait(account, f"{euros}.00") for euros in (10, 11, 12)]
    found = re.search(r'href="(/review/categories/\?txn=[\d,]+)" hx-include="unset"', signed_in.get("/review/").text)
    assert found
    address = found[1]
    group = address.partition("=")[2].split(",")[0]

    for asked in (address, address + "".join(f"&txn={row.pk}" for row in rows)):
        menu = signed_in.get(asked, headers=HTMX).text
        assert f'hx-target="#g-{group}"' in menu
        assert f'hx-include="#g-{group}"' in menu


def test_no_transfer_is_remembered_until_asked_again(signed_in: Client, book: Book) -> None:
    sent, came, interest = ambiguous(book)
    for other in (came, interest):
        answer = signed_in.post(
            "/review/transfers/", {"outgoing": sent.pk, "incoming": other.pk, "answer": "reject"}, headers=HTMX
        )
    assert 'class="pair' not in answer.text
    assert len(titles(answer.text)) == 3
    assert f"/review/transfers/asking/?outgoing={sent.pk}&amp;incoming={interest.pk}" in answer.text

    again = signed_in.post("/review/transfers/asking/", headers=HTMX)

    assert again.text.count('class="pair') == 2
    assert RejectedTransfer.objects.filter(book=book).count() == 0


def test_import_has_a_queue_of_its_own(signed_in: Client, book: Book, account: Account) -> None:
    wait(account, payee="Elsewhere")
    found = imported(book, csv(f"{today()},Bakery,-4.50"))

    page = signed_in.get(f"/review/?import={found.pk}").text

    assert titles(page) == ["Bakery: new payee"]
    assert "Only rows of" in page
    other = factories.make_import(factories.make_book(factories.make_user()))
    assert signed_in.get(f"/review/?import={other.pk}").status_code == 404


def test_more_than_fifty_groups_come_fifty_at_a_time_and_sure_ones_are_folded(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    factories.make_mapping(food, "UBER", confirmations=9)
    wait(account, payee="Uber")
    for first in "ABCDEFGH":
        for second in "KLMNOPR":
            wait(account, payee=f"Shop {first}{second}anova")

    answer = signed_in.get("/review/")

    assert len(titles(answer.text)) == 51
    assert '<details class="fold">' in answer.text
    assert "1 sure one, 1 payee" in answer.text
    assert 'href="/review/?page=2"' in answer.text
    assert len(titles(signed_in.get("/review/?page=2").text)) == 7
    assert len(gzip.compress(answer.content)) < 20_000


def test_viewer_sees_the_queue_and_may_not_decide(client: Client, book: Book, account: Account, food: Category) -> None:
    viewer = factories.make_user()
    factories.make_member(book, viewer, Role.VIEWER)
    client.force_login(viewer)
    row = wait(account)

    page = client.get("/review/").text
    answer = client.post("/review/decisions/", {"txn": row.pk, "category": food.pk}, headers=HTMX)

    assert titles(page) == ["Kroger: new payee"]
    assert "decisions/" not in page
    assert (answer.status_code, answer.text) == (403, "You can view this book, not change it.")
    assert now(row) == (None, Status.PENDING_REVIEW)


@pytest.mark.parametrize(
    "form",
    [
        {"txn": "x", "category": "1"},
        {"txn": "1", "category": "x"},
        {"category": "1"},
        {"txn": "1" * 30, "category": "1"},
        {},
    ],
)
def test_form_that_says_nothing_is_refused_in_words(signed_in: Client, form: dict[str, str]) -> None:
    answer = signed_in.post("/review/decisions/", form, headers=HTMX)

    assert answer.status_code == 409
    assert "could not read which transactions" in answer.text


def test_rows_and_categories_of_another_book_are_not_found(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    other = factories.make_book(factories.make_user())
    foreign, theirs = wait(factories.make_account(other)), factories.make_category(other)
    row = wait(account)

    answers = [
        signed_in.post("/review/decisions/", {"txn": foreign.pk, "category": food.pk}, headers=HTMX),
        signed_in.post("/review/decisions/", {"txn": row.pk, "category": theirs.pk}, headers=HTMX),
        signed_in.post("/review/sure/", {"sure": f"{theirs.pk}:{row.pk}"}, headers=HTMX),
        signed_in.post(
            "/review/transfers/", {"outgoing": foreign.pk, "incoming": row.pk, "answer": "reject"}, headers=HTMX
        ),
    ]

    assert [answer.status_code for answer in answers] == [409] * 4
    assert (now(row), now(foreign)) == ((None, Status.PENDING_REVIEW), (None, Status.PENDING_REVIEW))


def test_side_says_what_came_of_the_last_import(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    factories.make_mapping(food, "BAKERY", confirmations=3)
    found = imported(book, csv("2026-05-02,Bakery,-4.50", f"{today()},Bowl Lanes,-22.00"))

    page = signed_in.get("/review/").text

    assert "Last import" in page
    assert f'href="/review/?import={found.pk}"' in page
    assert f"/import/{found.pk}/undo/" in page
    assert re.search(r'href="/transactions/\?filed=[0-9-]+">1<', page)


def test_filed_this_week_is_by_the_run_and_leads_to_its_rows(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    """Rows of last month that a run files today count; those that a person touched since do not."""
    old, edited = wait(account, date="2026-03-01"), wait(account, date="2026-03-02", payee="Kroger North")
    wait(account, payee="Bowl Lanes")
    factories.make_txn(account, "9.00", food, status=Status.AUTO_CONFIRMED, payee="Long ago")
    factories.make_rule(food, "kroger")
    run_rules(book, by=None)
    edited.refresh_from_db()
    change_transaction(edited, by=None, note="Ours")

    page = signed_in.get("/review/").text

    found = re.search(r'href="(/transactions/\?filed=[0-9-]+)">1<', page)
    assert found
    listed = signed_in.get(found[1])
    assert f"/transactions/{old.pk}/" in listed.text
    assert f"/transactions/{edited.pk}/" not in listed.text
    assert "Filed by rules since" in listed.text


def test_badges_say_how_much_waits_on_every_page(signed_in: Client, book: Book, account: Account) -> None:
    """R003-88, R003-94: the header's badges, on the queue and accounts pages too."""
    rows = [wait(account), wait(account, payee="Uber")]

    for path in ("/", "/transactions/", "/review/", f"/budgets/{today():%Y-%m}/", "/history/", "/accounts/"):
        assert signed_in.get(path).text.count(f'review-count">{len(rows)}<') >= 2, path


@pytest.mark.parametrize("count", [1, 3, 300])
def test_page_costs_the_same_whatever_the_rows(
    signed_in: Client, book: Book, account: Account, food: Category, count: int, django_assert_num_queries: Any
) -> None:
    imported(
        book, csv(*(f"{today()},Shop {place % 90} anova,-{place + 1}.50" for place in range(count))), account=account
    )
    signed_in.get("/review/")

    with django_assert_num_queries(QUERIES):
        assert signed_in.get("/review/").status_code == 200


@pytest.mark.parametrize("count", [1, 3, 30])
def test_decision_costs_the_same_whatever_the_rows(
    signed_in: Client, book: Book, account: Account, food: Category, count: int, django_assert_num_queries: Any
) -> None:
    rows = [wait(account, f"{place + 1}.00") for place in range(count)]
    wait(account, payee="Other")
    form = {"txn": [row.pk for row in rows], "category": food.pk, "request_key": KEY}

    with django_assert_num_queries(DECISION):
        assert signed_in.post("/review/decisions/", form, headers=HTMX).status_code == 200


def test_accepting_all_sure_ones_where_none_is_says_so(signed_in: Client, book: Book, account: Account) -> None:
    wait(account)

    answer = signed_in.post("/review/sure/", {"request_key": KEY}, headers=HTMX)

    assert unquote(answer.headers["X-Message"]) == "None is sure enough to accept at once."
