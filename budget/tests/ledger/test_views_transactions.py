"""The pages of transactions: lists, adding, changing, deleting; with HTMX and without."""

from __future__ import annotations

import html
import json
import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import reverse

from budget import history
from budget.books.models import Book, Role
from budget.envelopes.operations import set_budget
from budget.history import Change
from budget.ledger import operations
from budget.ledger.models import Account, AccountTransfer, Category, Status, Transaction, today
from budget.months import Month
from budget.tests import factories
from budget.users.models import User

LIST = "/transactions/"
NEW = "/transactions/new/"
HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/transactions/"}


@pytest.fixture
def signed_in(client: Client, owner: User, book: Book) -> Client:
    """A browser that the owner of `book` is signed in with."""
    client.force_login(owner)
    return client


@pytest.fixture
def viewer(book: Book) -> Client:
    """A browser of somebody who may only view `book`."""
    person = factories.make_user(name="Vera Viewer")
    factories.make_member(book, person, Role.VIEWER)
    browser = Client()
    browser.force_login(person)
    return browser


@pytest.fixture
def stranger() -> tuple[Account, Category, Transaction]:
    """An account, a category and a row in somebody else's book."""
    book = factories.make_book(factories.make_user())
    account, category = factories.make_account(book), factories.make_category(book, "Secret")
    return account, category, factories.make_txn(account, "99.00", category, description="Not yours")


def filled(account: Account, /, **values: Any) -> dict[str, Any]:
    """What the full form sends; a fresh key unless one is given."""
    return {
        "amount": "12.50",
        "direction": "out",
        "payee": "Nopa",
        "category": "",
        "date": "2026-11-20",
        "account": account.pk,
        "description": "NOPA RESTAURANT",
        "note": "",
        "request_key": str(uuid.uuid4()),
    } | values


def line(text: str, **values: Any) -> dict[str, Any]:
    """What the one-line form sends."""
    return {"line": text, "request_key": str(uuid.uuid4())} | values


def rows_of(book: Book) -> list[tuple[str, Decimal]]:
    """Title and amount of every row, oldest first."""
    return [(txn.title, txn.amount) for txn in Transaction.objects.of(book).order_by("pk")]


def titles(answer: Any) -> list[str]:
    """The titles on the list's page, in order."""
    return [row.title for row in answer.context["page"].rows]


# --- The list ---


def test_list_groups_by_day_and_adds_up_the_whole_filter(signed_in: Client, account: Account, food: Category) -> None:
    """R001-8, R002-12, R004-2, R004-5: newest first, with the total of what is listed."""
    salary = factories.make_category(account.book, "Salary", is_income=True)
    factories.make_txn(account, "12.50", food, "2026-11-20")
    factories.make_txn(account, "-4.00", food, "2026-11-20", "Refund")
    factories.make_txn(account, "-2150", salary, "2026-11-19", "Acme")

    answer = signed_in.get(LIST)

    assert [(day.title, day.total) for day in answer.context["page"].days][1][1] == "+2,150.00"
    assert titles(answer) == ["Refund", "Coffee house", "Acme"]
    sums = answer.context["totals"].sums[0]
    assert (answer.context["totals"].count, sums.spent, sums.income, sums.net) == (
        3,
        "8.50",
        "+2,150.00",
        "+2,141.50",
    )


def test_expenses_and_income_are_the_same_list_narrowed(signed_in: Client, account: Account, food: Category) -> None:
    """R002-1, R002-12, R003-14: income stays out of spending."""
    salary = factories.make_category(account.book, "Salary", is_income=True)
    other = factories.make_account(account.book, "Savings")
    factories.make_txn(account, "12.50", food)
    factories.make_txn(account, "-2150", salary, description="Acme")
    operations.transfer_between_accounts(book=account.book, by=None, source=account, target=other, amount=Decimal(50))

    assert titles(signed_in.get("/expenses/")) == ["Coffee house"]
    assert titles(signed_in.get("/income/")) == ["Acme"]
    assert signed_in.get("/expenses/").context["title"] == "Expenses"
    both = signed_in.get(LIST).context["totals"]
    assert (both.count, both.sums[0].spent, both.sums[0].income) == (4, "12.50", "+2,150.00")


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
@pytest.mark.parametrize("query", ["", "?q=coffee&min=1&sort=-amount"], ids=["plain", "narrowed"])
def test_list_costs_six_statements_with_1_3_and_300_rows(
    signed_in: Client,
    account: Account,
    food: Category,
    owner: User,
    headers: dict[str, str],
    query: str,
    django_assert_num_queries: Any,
) -> None:
    """R001-38, R002-30: more rows, no more statements."""
    signed_in.get(LIST)  # the first request of a session writes when it began
    for rows in (1, 2, 297):
        with history.change(account.book, owner, "Many rows", kind="test") as change:
            values = [
                (account.pk, food.pk, f"2026-{place % 12 + 1:02}-03", 1000 + place, f"Coffee {place}", "confirmed")
                for place in range(rows)
            ]
            names = ["account_id", "category_id", "date", "amount", "description", "status"]
            change.create_many(Transaction, names, values)
        with django_assert_num_queries(6):
            assert signed_in.get(LIST + query, headers=headers).status_code == 200


def test_fragment_is_the_results_with_the_totals_beside_them(signed_in: Client, account: Account) -> None:
    factories.make_txn(account)

    answer = signed_in.get(LIST, {"q": "coffee", "category": ""}, headers=HTMX)

    text = answer.content.decode()
    assert text.lstrip().startswith('<div id="results">')
    assert 'id="totals" hx-swap-oob="innerHTML"' in text
    assert answer["HX-Push-Url"] == "/transactions/?q=coffee"
    assert "HX-Request" in answer["Vary"]


def test_nothing_yet_and_nothing_matching_say_so(signed_in: Client, account: Account) -> None:
    assert "Nothing here yet. Add your first expense." in signed_in.get(LIST).content.decode()
    factories.make_txn(account)
    text = " ".join(signed_in.get(LIST, {"q": "bakery", "month": "2026-03"}).content.decode().split())
    assert "No transactions match bakery, March 2026." in text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("sort=evil", "cannot be sorted by “evil”"),
        ("page=garbage", "names a page that there is not"),
        ("page=a.1.2026-13-77", "names a page that there is not"),
        ("page=a.1.x&sort=amount", "names a page that there is not"),
        ("rows=9999999", "A page shows 25 to 500 rows."),
        ("min=12,5o", "We could not read “12,5o”"),
        ("from=2026-02-31", "does not exist"),
        ("month=2026-13", "is not a month"),
        ("category=999999", "Category not found"),
        ("account=x", "Account not found"),
        ("type=evil", "There is no type “evil”"),
        ("status=evil", "There is no status “evil”"),
        ("q=%00", "control character"),
        ("q=%23nothing", "There is no category “nothing”"),
        ("q=" + "x" * 300, "too long to search for"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_address_that_means_nothing_is_refused_in_words(
    signed_in: Client, account: Account, query: str, sentence: str, headers: dict[str, str]
) -> None:
    factories.make_txn(account)

    answer = signed_in.get(f"{LIST}?{query}", headers=headers)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "Coffee house" not in answer.content.decode()


def test_somebody_elses_ids_in_the_filter_are_not_found(signed_in: Client, stranger: Any) -> None:
    """R001-27: nothing of another person's is listed."""
    account, category, _ = stranger
    assert signed_in.get(LIST, {"account": account.pk}).status_code == 422
    assert signed_in.get(LIST, {"category": category.pk}).status_code == 422
    assert "Not yours" not in signed_in.get(LIST).content.decode()


# --- Adding ---


def test_recording_and_listing_need_neither_categories_nor_budgets(
    signed_in: Client, book: Book, account: Account
) -> None:
    """R001-36: create and list, and nothing else."""
    assert not Category.objects.of(book).exists()

    signed_in.post(NEW, line("12.50 bakery"))
    signed_in.post(NEW, line("3 coffee"))

    assert titles(signed_in.get(LIST)) == ["Coffee", "Bakery"]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_one_line_records_with_what_is_known_about_the_payee(
    signed_in: Client, book: Book, account: Account, food: Category, headers: dict[str, str]
) -> None:
    other = factories.make_account(book, "Visa")
    factories.make_txn(other, category=food, payee="Coffee House", description="SQ *COFFEE", date="2026-10-01")
    factories.make_txn(account, description="Something else")

    answer = signed_in.post(NEW, line("12.50 coffee house"), headers=headers)

    assert answer.status_code == (200 if headers else 302)
    made = Transaction.objects.of(book).latest("pk")
    assert (made.payee, made.category, made.account, made.date) == ("Coffee House", food, other, today())
    if headers:
        assert json.loads(answer["HX-Trigger-After-Swap"]) == {
            "ledger:changed": {},
            "app:close": {"target": "#quick"},
        }


def test_one_line_with_again_keeps_the_dialog_and_gives_a_fresh_key(signed_in: Client, account: Account) -> None:
    sent = line("5 bakery", again="1")

    answer = signed_in.post(NEW, sent, headers=HTMX)

    assert json.loads(answer["HX-Trigger-After-Swap"]) == {"ledger:changed": {}}
    assert answer.context["request_key"] != sent["request_key"]
    assert "Saved Bakery, 5.00." in answer.content.decode()


def test_one_line_makes_a_transfer_and_income(signed_in: Client, book: Book, account: Account) -> None:
    """R002-1: income in one line."""
    factories.make_account(book, "Savings")

    signed_in.post(NEW, line("50 @everyday > @savings"))
    signed_in.post(NEW, line("+2150 acme"))

    assert AccountTransfer.objects.of(book).count() == 1
    assert rows_of(book)[-1] == ("Acme", Decimal("-2150.00"))


def test_income_without_a_category_takes_the_first_group_of_income(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    """R002-3: income is categorised."""
    later = factories.make_category(book, "Later", is_income=True, position=9)
    first = factories.make_category(book, "Pay", is_income=True, position=2)
    factories.make_category(book, "Bonus", is_income=True, position=0, parent=later)
    factories.make_txn(account, category=food, payee="Shop", description="Shop")

    for typed in ("+2150 acme", "+5 shop", "5 unknown"):
        signed_in.post(NEW, line(typed))
    page = signed_in.get(NEW, {"line": "+9 acme two"}, headers=HTMX | {"HX-Target": "quick-preview"})

    made = Transaction.objects.of(book).order_by("-pk")
    assert [txn.category for txn in made[:3]] == [None, None, first]
    assert "Pay?" in page.content.decode()


def test_phone_form_records_amount_and_chip_alone(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    sent = {"line": "", "amount": "7,20", "category": food.pk, "payee": "", "request_key": str(uuid.uuid4())}

    assert signed_in.post(NEW, sent, headers=HTMX).status_code == 200

    made = Transaction.objects.of(book).get()
    assert (made.amount, made.category, made.description) == (Decimal("7.20"), food, "Food")


def test_preview_shows_the_effect_on_the_budget_and_writes_nothing(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    set_budget(book=book, by=None, category=food, month=Month.of(today()), amount=Decimal(10))
    headers = HTMX | {"HX-Target": "quick-preview"}

    answer = signed_in.get(NEW, {"line": "12.50 coffee house #food"}, headers=headers)

    assert "Food goes to 2.50 over its 10.00 budget." in answer.content.decode()
    assert rows_of(book) == []


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"line": "12.50 coffee #fod"}, "There is no category “fod”. Did you mean Food?"),
        ({"line": "12.50 coffee 31.2.2026"}, "31 February 2026 does not exist."),
        ({"line": "-5 refund #food"}, "Write +5 for money in, or 5 for money out."),
        ({"amount": "-5", "payee": "Refund"}, "Write +5 for money in, or 5 for money out."),
        ({"line": "coffee"}, ""),
        ({"line": "12.50"}, ""),
        ({"line": "12.50 coffee #"}, ""),
        ({"payee": "Coffee"}, ""),
    ],
)
def test_preview_says_what_is_wrong_and_not_what_is_still_to_come(
    signed_in: Client, account: Account, food: Category, typed: dict[str, str], told: str
) -> None:
    answer = signed_in.get(NEW, typed, headers=HTMX | {"HX-Target": "quick-preview"})

    page = html.unescape(answer.content.decode())
    assert told in page
    assert ('class="after neg"' in page) == bool(told)


def test_chips_of_the_phone_are_the_categories_used_most(signed_in: Client, account: Account, food: Category) -> None:
    used = factories.make_category(account.book, "Zoo")
    factories.make_txn(account, category=used, date=today().isoformat())

    answer = signed_in.get(NEW, headers=HTMX | {"HX-Target": "quick-chips"})

    assert [chip.label for chip in answer.context["chips"]] == ["Zoo", "Food"]


def test_full_form_records_and_leads_to_the_list(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    """R001-7, R001-30, R004-1: amount, category, note and date."""
    answer = signed_in.post(NEW, filled(account, category=food.pk, direction="in", note="two\nlines"))

    assert answer.headers["Location"] == LIST
    made = Transaction.objects.of(book).get()
    assert (made.amount, made.category, made.note, made.status) == (
        Decimal("-12.50"),
        food,
        "two\nlines",
        Status.CONFIRMED,
    )


BAD = [
    ("amount", "12,5o", "We could not read “12,5o”. Use digits, such as 12.50."),
    ("amount", "", "Enter an amount, such as 12.50."),
    ("amount", "1.234", "1.234"),
    ("amount", "0", "The amount is zero"),
    ("amount", "12.5055", "too many decimals"),
    ("amount", "12.505", "Is “12.505” 12,505.00 or 12.505?"),
    ("amount", "9" * 400, "We could not read"),
    ("date", "2026-02-31", "does not exist"),
    ("date", "soon", "as a date"),
    ("payee", "x" * 101, "Payee has 101 characters; 100 is the most."),
    ("description", "x" * 201, "Description has 201 characters; 200 is the most."),
    ("description", "a\x07b", "Description has a control character at position 2."),
    ("description", "a\x00b", "Null characters are not allowed."),
    ("note", "x" * 1001, "Note has 1,001 characters; 1,000 is the most."),
    ("category", "999999", "Category not found."),
    ("account", "999999", "Account not found."),
    ("direction", "sideways", "Choose money out or money in."),
]


@pytest.mark.once
@pytest.mark.parametrize(("name", "value", "sentence"), BAD, ids=[f"{n}-{v[:12]!r}" for n, v, _ in BAD])
def test_bad_input_is_answered_beside_the_field_and_kept(
    signed_in: Client, book: Book, account: Account, name: str, value: str, sentence: str
) -> None:
    """R001-7, R004-17: a reason, and what was typed stays."""
    sent = filled(account, **{name: value})

    answer = signed_in.post(NEW, sent)

    form = answer.context["form"]
    assert answer.status_code == 422
    assert sentence in " ".join([*form.errors.get(name, []), *form.non_field_errors()])
    assert {key: form[key].value() for key in sent} == {key: str(kept) for key, kept in sent.items()}
    assert rows_of(book) == []


def test_ten_megabytes_in_a_field_are_refused_within_two_seconds(
    signed_in: Client, book: Book, account: Account
) -> None:
    answer = signed_in.post(NEW, filled(account, description="x" * 10_000_000))

    assert answer.status_code == 422
    assert "Description has 10,000,000 characters; 200 is the most." in answer.content[-20_000_000:].decode()
    assert rows_of(book) == []


def test_somebody_elses_ids_in_the_form_are_not_found(
    signed_in: Client, book: Book, account: Account, stranger: Any
) -> None:
    foreign_account, foreign_category, _ = stranger

    first = signed_in.post(NEW, filled(account, account=foreign_account.pk))
    second = signed_in.post(NEW, filled(account, category=foreign_category.pk))
    third = signed_in.post(NEW, {"amount": "5", "line": "", "category": foreign_category.pk}, headers=HTMX)

    assert [answer.status_code for answer in (first, second, third)] == [422, 422, 422]
    assert rows_of(book) == []


@pytest.mark.once
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@pytest.mark.parametrize("text", ["12,5o bakery", "bakery", "5", "5 x #nothing", "5 x @nothing", "5 x 31 feb", ""])
def test_bad_line_is_answered_in_words_and_kept(
    signed_in: Client, book: Book, account: Account, text: str, headers: dict[str, str]
) -> None:
    answer = signed_in.post(NEW, line(text), headers=headers)

    assert answer.status_code == 422
    assert answer.context["quick"]["errors"] if not headers else answer.context["errors"]
    assert f'value="{text}"' in answer.content.decode() or not text
    assert rows_of(book) == []


def test_c1_the_same_request_makes_one_row(signed_in: Client, book: Book, account: Account) -> None:
    """C1, R004-6, R004-8, R004-9, R004-15: the second answer says that it is saved already."""
    sent, quick = filled(account), line("5 bakery")

    answers = [signed_in.post(NEW, sent, follow=True) for _ in range(3)]
    twice = [signed_in.post(NEW, quick, headers=HTMX) for _ in range(2)]

    assert len(rows_of(book)) == 2
    assert "Already saved." in answers[-1].content.decode()
    assert "Already saved." in twice[-1].content.decode()


def test_c3_a_used_key_with_other_content_is_refused_with_a_fresh_key(
    signed_in: Client, book: Book, account: Account
) -> None:
    """C3, R004-7: the key stands for what was sent with it."""
    sent = filled(account)
    signed_in.post(NEW, sent)

    refused = signed_in.post(NEW, sent | {"amount": "13"})
    fresh = refused.context["form"]["request_key"].value()
    saved = signed_in.post(NEW, sent | {"amount": "13", "request_key": fresh})

    assert (refused.status_code, saved.status_code) == (422, 302)
    assert [amount for _, amount in rows_of(book)] == [Decimal("12.50"), Decimal("13.00")]


def test_c3_a_key_of_somebody_else_does_not_matter(signed_in: Client, book: Book, account: Account) -> None:
    """C3: another person's key is another request."""
    other = factories.make_user()
    factories.make_member(book, other)
    browser = Client()
    browser.force_login(other)
    sent = filled(account)

    signed_in.post(NEW, sent)
    browser.post(NEW, sent)

    assert len(rows_of(book)) == 2


@pytest.mark.once
def test_c5_a_hundred_twins_make_two_rows_each(signed_in: Client, book: Book, account: Account) -> None:
    """C5: equality alone never suppresses."""
    for place in range(100):
        for _ in range(2):
            signed_in.post(NEW, line(f"{place + 1} twin{place}"), headers=HTMX)

    assert len(rows_of(book)) == 200


def test_likely_duplicate_is_saved_and_mentioned(signed_in: Client, book: Book, account: Account) -> None:
    yesterday = (today() - timedelta(days=1)).isoformat()
    factories.make_txn(account, "12.50", description="Bakery", date=yesterday)

    answer = signed_in.post(NEW, line("12.50 bakery"), headers=HTMX)

    assert "Looks like one from yesterday. Keep both, or remove this one." in answer.content.decode()
    assert len(rows_of(book)) == 2


# --- Changing ---


def test_row_opens_as_a_form_and_saves_in_place(
    signed_in: Client, book: Book, account: Account, food: Category
) -> None:
    """R001-9, R002-2, R004-22: the total follows at once."""
    txn = factories.make_txn(account)
    url = f"/transactions/{txn.pk}/"

    opened = signed_in.get(url, headers=HTMX | {"HX-Target": f"txn-{txn.pk}"})
    sent = filled(account, amount="14", category=food.pk, seen=opened.context["form"]["seen"].value())
    saved = signed_in.post(url, sent, headers=HTMX)

    text = saved.content.decode()
    assert opened.content.decode().lstrip().startswith('<tr class="edit"')
    assert f'<template><tr id="txn-{txn.pk}" data-row hx-swap-oob="true"' in text
    assert saved["HX-Reswap"] == "none"
    assert 'id="totals" hx-swap-oob' in text
    assert 'id="toast" hx-swap-oob' in text
    assert saved.context["totals"].sums[0].spent == "14.00"
    txn.refresh_from_db()
    assert (txn.amount, txn.category, txn.payee) == (Decimal("14.00"), food, "Nopa")


def test_plain_edit_returns_to_where_it_was(signed_in: Client, account: Account) -> None:
    txn = factories.make_txn(account)

    for where, lands in (("/expenses/?q=nopa", "/expenses/?q=nopa"), ("https://evil.example/", LIST), ("//evil", LIST)):
        txn.refresh_from_db()
        answer = signed_in.post(f"/transactions/{txn.pk}/", filled(account, seen=txn.version, next=where))
        assert answer.headers["Location"] == lands


def test_changed_date_draws_the_whole_list(signed_in: Client, account: Account) -> None:
    txn = factories.make_txn(account)

    answer = signed_in.post(
        f"/transactions/{txn.pk}/", filled(account, date="2026-11-01", seen=txn.version), headers=HTMX
    )

    assert (answer["HX-Retarget"], answer["HX-Reswap"]) == ("#results", "outerHTML")
    assert [row.day for row in answer.context["page"].rows] == [date(2026, 11, 1)]


def test_row_that_no_longer_matches_stays_dimmed(
    signed_in: Client, account: Account, food: Category, rent: Category
) -> None:
    txn = factories.make_txn(account, category=food)
    headers = HTMX | {"HX-Current-URL": f"http://testserver/transactions/?category={food.pk}"}

    answer = signed_in.post(f"/transactions/{txn.pk}/category/", {"category": rent.pk}, headers=headers)

    assert answer.context["row"].past == "No longer in this list"
    assert answer.context["totals"].count == 0
    assert "Coffee house is now Rent." in answer.content.decode()


def test_wrong_input_leaves_the_row_as_a_form(signed_in: Client, account: Account) -> None:
    """R001-9: what cannot be read changes nothing."""
    txn = factories.make_txn(account)

    for headers in ({}, HTMX):
        answer = signed_in.post(
            f"/transactions/{txn.pk}/", filled(account, amount="12,5o", seen=txn.version), headers=headers
        )
        assert answer.status_code == 422
        assert "We could not read “12,5o”" in answer.content.decode()
    txn.refresh_from_db()
    assert txn.amount == Decimal("12.50")


def test_s18_only_the_forms_fields_change(signed_in: Client, account: Account, stranger: Any) -> None:
    """S18, R001-9: every other field is ignored."""
    txn = factories.make_txn(account, payee="Nopa", description="NOPA RESTAURANT")
    before: dict[str, Any] = dict(Transaction.objects.filter(pk=txn.pk).values().get())
    foreign_account, _, foreign = stranger
    extra = {
        "id": foreign.pk,
        "pk": foreign.pk,
        "book": foreign.book_id,
        "book_id": foreign.book_id,
        "account_id": foreign_account.pk,
        "version": 99,
        "status": "pending_review",
        "source": "plaid",
        "external_id": "x",
        "is_pending": "1",
        "is_transfer": "1",
        "created_at": "2001-01-01",
        "created_by": 1,
        "amount_minor": 1,
    }

    signed_in.post(f"/transactions/{txn.pk}/", filled(account, seen=txn.version, note="new") | extra)
    signed_in.post(NEW, filled(account) | extra)

    after: dict[str, Any] = dict(Transaction.objects.filter(pk=txn.pk).values().get())
    assert {name for name in after if after[name] != before[name]} == {"note", "version"}
    made = Transaction.objects.latest("pk")
    assert (made.book, made.source, made.status, made.is_transfer, made.is_pending) == (
        account.book,
        "manual",
        "confirmed",
        False,
        False,
    )


def test_undo_is_of_the_own_change_whatever_another_tab_did_since(
    signed_in: Client, book: Book, account: Account, owner: User, food: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same person's other tab writes between the change and its answer."""
    txn = factories.make_txn(account)
    change, record = operations.change_transaction, operations.record_transaction

    def other_tab() -> None:
        record(book=book, by=owner, account=account, amount=Decimal(99), description="Other tab")

    def changing(*args: Any, **kwargs: Any) -> Transaction:
        changed = change(*args, **kwargs)
        other_tab()
        return changed

    def recording(**kwargs: Any) -> Transaction:
        made = record(**kwargs)
        other_tab()
        return made

    monkeypatch.setattr(operations, "change_transaction", changing)
    monkeypatch.setattr(operations, "record_transaction", recording)
    signed_in.post(reverse("ledger:transaction-category", args=[txn.pk]), {"category": food.pk})
    signed_in.post(NEW, line("12 coffee house"))

    undone = [message.extra_tags for message in signed_in.get(LIST).context["messages"]]
    kinds = {reverse("history:undo", args=[c.number]): c.summary for c in Change.objects.filter(book=book)}
    assert [kinds[url] for url in undone] == ["Coffee house is now Food", "Recorded Coffee House, 12.00"]


def test_saved_amount_says_a_currency_that_is_not_the_books(signed_in: Client, book: Book, account: Account) -> None:
    factories.make_account(book, "Yen", currency="JPY")

    told = [signed_in.post(NEW, line(f"5 evil {at}"), headers=HTMX).content.decode() for at in ("@yen", "@everyday")]

    assert "Saved Evil, 5 JPY." in told[0]
    assert "Saved Evil, 5.00." in told[1]


@pytest.mark.parametrize("extra", [{}, HTMX], ids=["page", "htmx"])
def test_one_line_between_currencies_asks_what_arrives(
    signed_in: Client, book: Book, account: Account, extra: dict[str, str]
) -> None:
    factories.make_account(book, "Yen", currency="JPY")

    answer = signed_in.post(NEW, line("50 @everyday > @yen"), headers=extra)

    assert answer.status_code == 422
    assert "“Yen” holds JPY. Use Move money to say how much arrives." in answer.content.decode()
    assert not Transaction.objects.exists()


def test_c9_the_second_of_two_tabs_sees_both_versions(signed_in: Client, book: Book, account: Account) -> None:
    """C9, R004-17: neither version is lost."""
    for round_ in range(20):
        txn = factories.make_txn(account, "10.00")
        url, seen = f"/transactions/{txn.pk}/", txn.version
        headers = HTMX if round_ % 2 else {}

        signed_in.post(url, filled(account, amount="14.00", seen=seen))
        answer = signed_in.post(url, filled(account, amount="12.50", seen=seen), headers=headers)

        conflict = answer.context["conflict"]
        assert answer.status_code == 422
        assert [(d.label, d.yours, d.theirs) for d in conflict.differences] == [("Amount", "12.50", "14.00")]
        assert "Yours: 12.50. Theirs: 14.00. Keep yours, or take theirs." in answer.content.decode()
        txn.refresh_from_db()
        assert txn.amount == Decimal("14.00")

        again = dict(conflict.again) | {"seen": conflict.version, "request_key": answer.context["request_key"]}
        signed_in.post(url, again, headers=headers)
        txn.refresh_from_db()
        assert txn.amount == Decimal("12.50")


def test_same_change_from_two_tabs_is_no_conflict(signed_in: Client, account: Account) -> None:
    txn = factories.make_txn(account)
    url, seen = f"/transactions/{txn.pk}/", txn.version

    signed_in.post(url, filled(account, seen=seen))
    answer = signed_in.post(url, filled(account, seen=seen), headers=HTMX)

    assert answer.status_code == 200
    assert "Already saved." in answer.content.decode()


def test_page_tells_what_happened_and_where_each_field_came_from(
    signed_in: Client, owner: User, account: Account, food: Category
) -> None:
    txn = factories.make_txn(account)
    operations.change_transaction(txn, by=owner, category=food)

    story = signed_in.get(f"/transactions/{txn.pk}/").context["story"]

    assert [change.kind for change in story.changes] == ["transaction.update", "transaction.create"]
    origins = {origin.label: origin.change.by_name for origin in story.origins}
    assert (origins["Category"], origins["Amount"]) == ("Olive Owner", "Budget Tracker")


def test_category_menu_offers_likely_ones_with_what_is_left(
    signed_in: Client, book: Book, account: Account, food: Category, rent: Category
) -> None:
    set_budget(book=book, by=None, category=food, month=Month(2026, 11), amount=Decimal(10))
    txn = factories.make_txn(account, "12.50", food)

    over_htmx = signed_in.get(f"/transactions/{txn.pk}/", {"field": "category"}, headers=HTMX | {"HX-Target": "cats"})
    plain = signed_in.get(f"/transactions/{txn.pk}/", {"field": "category"})

    assert over_htmx.context["likely"][0] == (over_htmx.context["likely"][0][0], "2.50 over", True)
    assert "2.50 over" in plain.content.decode()


def test_guess_is_confirmed_in_one_press(signed_in: Client, account: Account, food: Category) -> None:
    txn = factories.make_txn(account, category=food, status=Status.PENDING_REVIEW)
    assert "Yes, Food" in signed_in.get(LIST).content.decode()

    signed_in.post(f"/transactions/{txn.pk}/category/", {"category": food.pk})

    txn.refresh_from_db()
    assert txn.status == Status.CONFIRMED


# --- Deleting, and many at once ---


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_delete_and_undo_restore_row_and_totals(
    signed_in: Client, book: Book, account: Account, headers: dict[str, str]
) -> None:
    """R001-10, R003-44, R004-22: nothing else goes, and it comes back."""
    factories.make_txn(account, "1.00", description="Stays")
    txn = factories.make_txn(account)
    before = history.digest(book)

    answer = signed_in.post(f"/transactions/{txn.pk}/deletion/", {"next": LIST}, headers=headers)

    assert answer.status_code == (200 if headers else 302)
    assert rows_of(book) == [("Stays", Decimal("1.00"))]
    signed_in.post(f"/history/{factories.last_change(book).number}/undo/")
    assert history.digest(book) == before


def test_delete_of_a_transfer_takes_both_sides(signed_in: Client, book: Book, account: Account) -> None:
    other = factories.make_account(book, "Savings")
    pair = operations.transfer_between_accounts(book=book, by=None, source=account, target=other, amount=Decimal(50))

    answer = signed_in.post(f"/transactions/{pair.incoming_id}/deletion/", headers=HTMX)

    assert rows_of(book) == []
    assert "Deleted the transfer from Everyday to Savings." in answer.content.decode()


def test_one_side_of_a_transfer_keeps_its_amount(signed_in: Client, book: Book, account: Account) -> None:
    other = factories.make_account(book, "Savings")
    pair = operations.transfer_between_accounts(book=book, by=None, source=account, target=other, amount=Decimal(50))
    txn = pair.outgoing

    signed_in.post(f"/transactions/{txn.pk}/", filled(account, amount="60", seen=txn.version))
    filed = signed_in.post(f"/transactions/{txn.pk}/category/", {"category": "none"}, headers=HTMX)

    txn.refresh_from_db()
    assert (txn.amount, txn.payee, filed.status_code) == (Decimal("50.00"), "Nopa", 200)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
def test_bulk_is_one_change_with_one_undo(
    signed_in: Client, book: Book, account: Account, food: Category, headers: dict[str, str]
) -> None:
    made = [factories.make_txn(account, description=f"Row {place}") for place in range(4)]
    before, number = history.digest(book), factories.last_change(book).number
    chosen = [txn.pk for txn in made[:3]]

    sent = {"txn": chosen, "action": "categorize", "category": food.pk, "next": LIST, "request_key": str(uuid.uuid4())}
    for _ in range(2):
        answer = signed_in.post("/transactions/bulk/", sent, headers=headers)

    assert answer.status_code == (200 if headers else 302)
    assert Transaction.objects.of(book).filter(category=food).count() == 3
    change = factories.last_change(book)
    assert (change.number, change.summary) == (number + 1, "Filed 3 transactions under Food")
    signed_in.post(f"/history/{change.number}/undo/")
    assert history.digest(book) == before


def test_bulk_takes_all_that_match_the_filter(signed_in: Client, book: Book, account: Account) -> None:
    for place in range(120):
        factories.make_txn(account, description=f"Row {place}")
    factories.make_txn(account, description="Other")
    sent = {"all": "1", "action": "delete", "next": "/transactions/?q=row"}

    refused = signed_in.post("/transactions/bulk/", sent | {"count": "119"})
    signed_in.post("/transactions/bulk/", sent | {"count": "120"})

    assert refused.status_code == 422
    assert "120 transactions match now, not 119." in refused.content.decode()
    assert rows_of(book) == [("Other", Decimal("12.50"))]


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"action": "delete"}, "Choose one or more transactions first."),
        ({"txn": ["x"], "action": "delete"}, "We could not read which transactions were chosen."),
        ({"txn": ["1"] * 1001, "action": "delete"}, "We could not read which transactions were chosen."),
        ({"txn": ["1"], "action": "evil"}, "Choose what to do with them"),
        ({"txn": ["1"], "action": "categorize", "category": "999999"}, "Choose a category of this book first."),
        ({"all": "1", "count": "0", "next": "/transactions/?sort=evil"}, "This list is no longer there."),
    ],
)
def test_bulk_that_means_nothing_is_refused_in_words(
    signed_in: Client, account: Account, sent: dict[str, Any], sentence: str
) -> None:
    plain = signed_in.post("/transactions/bulk/", sent)
    at = f"http://testserver{sent.get('next', LIST)}"
    over_htmx = signed_in.post("/transactions/bulk/", sent, headers=HTMX | {"HX-Current-URL": at})

    assert (plain.status_code, over_htmx.status_code) == (422, 409)
    assert sentence in plain.content.decode()
    assert sentence in unquote(over_htmx["X-Message"])


def test_somebody_elses_rows_are_not_found(
    signed_in: Client, book: Book, account: Account, food: Category, stranger: Any
) -> None:
    """R001-9, R001-10, R001-27: an id that is not one's own is not found."""
    _, foreign_category, foreign = stranger
    own = factories.make_txn(account)
    state = history.digest(foreign.book)

    paths = ["", "category/", "deletion/"]
    found = {signed_in.post(f"/transactions/{foreign.pk}/{path}", {"category": food.pk}).status_code for path in paths}
    seen = signed_in.get(f"/transactions/{foreign.pk}/").status_code
    filed = signed_in.post(f"/transactions/{own.pk}/category/", {"category": foreign_category.pk})
    signed_in.post("/transactions/bulk/", {"txn": [foreign.pk], "action": "delete"})

    assert (found, seen, filed.status_code) == ({404}, 404, 422)
    assert history.digest(foreign.book) == state


def test_viewer_reads_and_cannot_write(viewer: Client, book: Book, account: Account, food: Category) -> None:
    """R001-37: a book is shared with a friend who only looks."""
    txn = factories.make_txn(account)
    state = history.digest(book)

    page = viewer.get(LIST).content.decode()
    own = viewer.get(f"/transactions/{txn.pk}/").content.decode()
    urls = [NEW, "/transactions/bulk/", *(f"/transactions/{txn.pk}/{part}" for part in ("", "category/", "deletion/"))]
    plain = [viewer.post(url, filled(account)) for url in urls]
    over_htmx = [viewer.post(url, filled(account), headers=HTMX) for url in urls]

    assert 'method="post" action="/transactions' not in page + own
    assert {answer.status_code for answer in plain + over_htmx} == {403}
    assert all("You can view this book, not change it." in answer.content.decode() for answer in plain)
    assert all("You can view this book" in unquote(answer["X-Message"]) for answer in over_htmx)
    assert history.digest(book) == state


def test_current_url_of_another_site_is_never_followed(signed_in: Client, account: Account) -> None:
    txn = factories.make_txn(account)
    for at in ("https://evil.example/transactions/", "javascript:alert(1)", "//evil", "http://testserver/x\r\nA: b"):
        headers = HTMX | {"HX-Current-URL": at.replace("\r\n", "%0d%0a")}
        answer = signed_in.post(f"/transactions/{txn.pk}/category/", {"category": "none"}, headers=headers)
        assert "evil" not in str(dict(answer.headers))


def test_history_of_writes_names_who_did_it(signed_in: Client, book: Book, account: Account, owner: User) -> None:
    signed_in.post(NEW, line("5 bakery"))

    change = Change.objects.filter(book=book).latest("number")
    assert (change.by, change.summary) == (owner, "Recorded Bakery, 5.00")
