"""The pages on which an account is held against its bank, and the certificates that come of it."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from budget import history
from budget.books.models import Book, Role
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements.models import Certificate, Statement
from budget.tests.factories import (
    last_change,
    make_account,
    make_book,
    make_certificate,
    make_import,
    make_line,
    make_member,
    make_statement,
    make_txn,
    make_user,
)
from budget.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # security/ asks every page and form on both engines

MAY = {"first": "2026-05-01", "last": "2026-05-31"}


@pytest.fixture
def signed_in(client: Client, owner: User, book: Book) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture
def account(book: Book) -> Account:
    return make_account(book, opening_balance=Decimal(100))


def url(account: Account) -> str:
    return reverse("reconcile:account", args=[account.pk])


def typed(opening: str, closing: str, *rows: Transaction, **more: Any) -> dict[str, Any]:
    told = MAY | {"opening": opening, "closing": closing, "row": [row.pk for row in rows]}
    return told | {"request_key": str(uuid.uuid4())} | more


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def test_period_of_the_first_row_is_proposed_with_what_the_account_has(signed_in: Client, account: Account) -> None:
    make_txn(account, "12.50", date="2026-05-07")

    form = signed_in.get(url(account)).context["form"]

    assert form.initial == MAY | {"opening": "100.00", "closing": ""}


def test_period_after_the_last_certificate_is_proposed(signed_in: Client, account: Account) -> None:
    make_txn(account, "12.50", date="2026-05-07")
    make_certificate(account, "2026-05-01", "2026-05-31")

    form = signed_in.get(url(account)).context["form"]

    assert form.initial == {"first": "2026-06-01", "last": "2026-06-30", "opening": "87.50", "closing": ""}


def test_gap_follows_the_ticks(signed_in: Client, account: Account) -> None:
    bakery = make_txn(account, "12.50", date="2026-05-07")
    make_txn(account, "30.00", date="2026-05-08")

    guess = signed_in.get(url(account), typed("100.00", "87.50")).context["sheet"]
    one = signed_in.post(url(account), typed("100.00", "87.50", bakery, action="count")).context["sheet"]

    assert (guess.gap, sorted(guess.ticked)) == (Decimal("12.50"), [])
    assert (one.gap, one.unticked[0].amount, one.next_day) == (Decimal(0), Decimal(30), dt.date(2026, 6, 1))


def test_ticks_over_htmx_answer_the_gap_alone(signed_in: Client, account: Account) -> None:
    bakery = make_txn(account, "12.50", date="2026-05-07")
    make_txn(account, "30.00", date="2026-05-08")

    answer = signed_in.post(
        url(account), typed("100.00", "70.00", bakery, action="count"), headers={"HX-Request": "true"}
    )

    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()
    assert "Gap 17.50" in text_of(answer)


def test_rows_that_agree_are_ticked_and_closed_in_one_press(signed_in: Client, account: Account) -> None:
    row = make_txn(account, "12.50", date="2026-05-07")
    page = signed_in.get(url(account), typed("100.00", "87.50"))
    assert "Close as right" in text_of(page)
    assert page.context["sheet"].ticked == {row.pk}

    asked = typed("100.00", "87.50", row, action="close")
    answers = [signed_in.post(url(account), asked) for _ in range(2)]

    made = Certificate.objects.get()
    assert (made.opening, made.closing, made.rows) == (Decimal(100), Decimal("87.50"), 1)
    assert [answer["Location"] for answer in answers] == [reverse("reconcile:certificate", args=[made.pk])] * 2
    assert last_change(account.book).kind == "certificate.create"


def test_rows_that_the_bank_books_later_are_dated_after_the_period_in_the_same_change(
    signed_in: Client, account: Account
) -> None:
    bakery = make_txn(account, "12.50", date="2026-05-07")
    late = make_txn(account, "30.00", date="2026-05-30")
    before = account.book.version

    refused = signed_in.post(url(account), typed("100.00", "87.50", bakery, action="close"))
    signed_in.post(url(account), typed("100.00", "87.50", bakery, action="later"))

    late.refresh_from_db()
    assert refused.status_code == 422
    assert "1 row is not ticked" in text_of(refused)
    assert late.date == dt.date(2026, 6, 1)
    assert last_change(account.book).number == before + 1
    history.undo(last_change(account.book), by=None)
    late.refresh_from_db()
    assert (late.date, Certificate.objects.count()) == (dt.date(2026, 5, 30), 0)


def test_gap_is_refused_with_its_amount(signed_in: Client, account: Account) -> None:
    row = make_txn(account, "12.50", date="2026-05-07")

    refused = signed_in.post(url(account), typed("100.00", "80.00", row, action="close"))

    assert refused.status_code == 422
    assert "7.50 EUR apart" in text_of(refused)
    assert not Certificate.objects.exists()


def test_account_that_began_with_another_balance_is_mended_with_one_press(signed_in: Client, account: Account) -> None:
    row = make_txn(account, "12.50", date="2026-05-07")
    page = signed_in.get(url(account), typed("250.00", "237.50"))
    assert "Begin with 250.00" in text_of(page)

    signed_in.post(url(account), typed("250.00", "237.50", row, action="opening"))
    account.refresh_from_db()

    assert account.opening_balance == Decimal(250)
    assert "Close as right" in text_of(signed_in.get(url(account), typed("250.00", "237.50")))


def test_opening_balance_stays_where_rows_come_before(signed_in: Client, account: Account) -> None:
    make_txn(account, "12.50", date="2026-04-07")

    page = signed_in.get(url(account), typed("250.00", "250.00"))
    refused = signed_in.post(url(account), typed("250.00", "250.00", action="opening"))

    assert "Begin with" not in text_of(page)
    assert refused.status_code == 422


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("first", "31 feb", "31 February does not exist"),
        ("last", "2026-04-30", "The period ends before it begins"),
        ("opening", "much", "could not read"),
        ("closing", "", "Enter the balance that the statement ends with"),
        ("closing", "10.0555", "two decimals"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(
    signed_in: Client, account: Account, field: str, value: str, said: str
) -> None:
    for send in (signed_in.get, signed_in.post):
        answer = send(url(account), typed("100.00", "87.50") | {field: value})

        assert answer.status_code == 422
        assert said in text_of(answer)


@pytest.mark.parametrize(
    ("currency", "amounts"), [("JPY", ("1000", "-250", "1250")), ("KWD", ("10.500", "2.125", "8.375"))]
)
def test_currencies_keep_their_decimals(
    signed_in: Client, book: Book, currency: str, amounts: tuple[str, str, str]
) -> None:
    opening, moved, closing = amounts
    own = make_account(book, currency, currency=currency, opening_balance=Decimal(opening))
    row = make_txn(own, moved, date="2026-05-07")

    signed_in.post(url(own), typed(opening, closing, row, action="close"))

    assert Certificate.objects.get().closing == Decimal(closing)
    assert f"{closing} {currency}" in text_of(
        signed_in.get(reverse("reconcile:certificate", args=[Certificate.objects.get().pk]))
    ).replace(",", "")


def test_card_that_owes_is_closed_with_a_minus(signed_in: Client, book: Book) -> None:
    card = make_account(book, "Visa", type="credit", opening_balance=Decimal("-40.00"))
    row = make_txn(card, "12.50", date="2026-05-07")

    page = signed_in.get(url(card), typed("-40.00", "−52.50"))
    signed_in.post(url(card), typed("-40.00", "-52.50", row, action="close"))

    assert "Put a minus before what you owe" in text_of(page)
    assert Certificate.objects.get().closing == Decimal("-52.50")


def test_many_rows_are_not_ticked_one_by_one(signed_in: Client, account: Account) -> None:
    with history.change(account.book, None, "Many", kind="ledger.load") as change:
        change.create_many(
            Transaction,
            ["account_id", "date", "amount", "description"],
            [(account.pk, "2026-05-07", 10, f"Row {n}") for n in range(501)],
        )

    page = signed_in.get(url(account), typed("100.00", "94.99"))
    signed_in.post(url(account), typed("100.00", "94.99", action="close"))

    assert "501 rows are too many to tick" in text_of(page)
    assert Certificate.objects.get().rows == 501


# --- From a file ---


@pytest.fixture
def statement(account: Account) -> Statement:
    """A file's statement of May: from 100.00 to 87.50, its one line in the ledger."""
    source = make_import(account.book, stage="recorded")
    made = make_statement(
        source,
        account,
        opening=Decimal(100),
        opening_on=dt.date(2026, 4, 30),
        closing=Decimal("87.50"),
        closing_on=dt.date(2026, 5, 31),
        first=dt.date(2026, 5, 7),
        last=dt.date(2026, 5, 7),
    )
    make_line(made, "12.50", "2026-05-07")
    make_txn(account, "12.50", date="2026-05-07")
    return made


def test_statement_of_a_file_is_closed_with_its_name_and_digest(signed_in: Client, statement: Statement) -> None:
    page = signed_in.get(reverse("reconcile:statement", args=[statement.pk]), follow=True)
    sheet = page.context["sheet"]
    asked = typed("100.00", "87.50", *sheet.rows, statement=statement.pk, action="close")
    asked |= {"first": sheet.first.isoformat(), "last": sheet.last.isoformat()}

    signed_in.post(url(sheet.account), asked)

    made = Certificate.objects.get()
    assert (sheet.gap, sheet.gap_before, sheet.may_close) == (0, 0, True)
    assert (made.file_name, made.file_sha256) == ("may.csv", statement.source.kept.sha256)
    assert made.last == dt.date(2026, 5, 31)


def test_page_of_the_account_says_whether_it_agrees_and_offers_to_reconcile(
    signed_in: Client, statement: Statement
) -> None:
    assert statement.account is not None
    detail = reverse("ledger:account-detail", args=[statement.account.pk])

    agreeing = text_of(signed_in.get(detail))
    make_txn(statement.account, "5.00", date="2026-05-09", description="Twice")
    differing = signed_in.get(detail)

    assert "make 87.50, as the bank says" in agreeing
    assert "The account agrees on 31 May" in agreeing
    assert "The account has 82.50 on 31 May, 5.00 less than the bank says" in text_of(differing)
    assert "Without it both agree" in text_of(differing)
    assert reverse("reconcile:statement", args=[statement.pk]) in differing.content.decode()


# --- Certificates ---


def test_certificate_shows_what_was_agreed_and_is_withdrawn_with_undo(
    signed_in: Client, account: Account, owner: User
) -> None:
    make_txn(account, "12.50", date="2026-05-07", description="Bakery")
    made = make_certificate(account, "2026-05-01", "2026-05-31")
    at = reverse("reconcile:certificate", args=[made.pk])

    shown = text_of(signed_in.get(at))
    asked = {"request_key": str(uuid.uuid4())}
    answers = [signed_in.post(f"{at}withdrawal/", asked, follow=True) for _ in range(2)]

    for said in ("1 May 2026 to 31 May 2026", "100.00 EUR", "87.50 EUR", made.digest, "Bakery", "Holds"):
        assert said in shown
    assert [answer.status_code for answer in answers] == [200, 200]
    assert not Certificate.objects.exists()
    assert signed_in.get(at)["Location"] == reverse("ledger:account-detail", args=[account.pk])
    undo = reverse("history:undo", args=[last_change(account.book).number])
    assert undo in answers[0].content.decode()
    signed_in.post(undo)
    assert Certificate.objects.get().digest == made.digest


def test_change_inside_the_period_breaks_it_visibly_and_undo_mends_it(signed_in: Client, account: Account) -> None:
    row = make_txn(account, "12.50", date="2026-05-07", description="Bakery")
    made = make_certificate(account, "2026-05-01", "2026-05-31")
    pages = [reverse("reconcile:certificate", args=[made.pk]), reverse("ledger:account-detail", args=[account.pk])]
    operations.change_transaction(row, by=None, amount=Decimal("13.50"))

    broken = [text_of(signed_in.get(page)) for page in pages]
    history.undo(last_change(account.book), by=None)
    mended = [text_of(signed_in.get(page)) for page in pages]

    for text in broken:
        assert "Bakery was changed: 12.50 is now 13.50 , 7 May 2026" in text
        assert "Broken" in text
    assert not any("Broken" in text or "was changed" in text for text in mended)


def test_change_before_the_period_is_said_on_the_certificate(signed_in: Client, account: Account) -> None:
    made = make_certificate(account, "2026-05-01", "2026-05-31")
    make_txn(account, "7.00", date="2026-04-07")

    text = text_of(signed_in.get(reverse("reconcile:certificate", args=[made.pk])))

    assert "now has 7.00 less than was agreed" in text


# --- Who may ---


def test_viewer_is_refused_in_words(client: Client, account: Account) -> None:
    viewer = make_user()
    make_member(account.book, viewer, Role.VIEWER)
    made = make_certificate(account, "2026-05-01", "2026-05-31")
    client.force_login(viewer)

    shown = client.get(reverse("reconcile:certificate", args=[made.pk]))
    refused = [
        client.get(url(account)),
        client.post(url(account), typed("100.00", "100.00", action="close")),
        client.post(reverse("reconcile:certificate-withdraw", args=[made.pk])),
    ]

    assert shown.status_code == 200
    assert "Withdraw" not in text_of(shown)
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert all("You can view this book, not change it." in text_of(answer) for answer in refused)
    assert "Reconcile" not in text_of(client.get(reverse("ledger:account-detail", args=[account.pk])))


def test_what_is_of_another_book_is_not_there(signed_in: Client) -> None:
    other = make_account(make_book(make_user()))
    made = make_certificate(other, "2026-05-01", "2026-05-31")
    statement = make_statement(make_import(other.book, stage="recorded"), other)

    answers = [
        signed_in.get(url(other)),
        signed_in.post(url(other), typed("0", "0", action="close")),
        signed_in.get(reverse("reconcile:statement", args=[statement.pk])),
        signed_in.get(reverse("reconcile:certificate", args=[made.pk])),
        signed_in.post(reverse("reconcile:certificate-withdraw", args=[made.pk])),
        signed_in.get(reverse("reconcile:certificate", args=[2**63])),
    ]

    assert [answer.status_code for answer in answers] == [404] * 6


def test_statement_of_another_account_is_not_taken_for_its_own(
    signed_in: Client, account: Account, statement: Statement
) -> None:
    other = make_account(account.book, "Other")

    signed_in.post(url(other), typed("0.00", "0.00", statement=statement.pk, action="close"))

    assert Certificate.objects.get().file_name == ""


# --- How much it asks of the database ---


@pytest.mark.parametrize("page", ["reconcile:account", "ledger:account-detail", "reconcile:certificate", "list"])
def test_pages_take_the_same_queries_for_1_3_and_300_rows(signed_in: Client, account: Account, page: str) -> None:
    counts = set()
    for rows in (1, 2, 297):
        with history.change(account.book, None, "Many", kind="ledger.load") as change:
            change.create_many(
                Transaction,
                ["account_id", "date", "amount", "description"],
                [(account.pk, "2026-05-07", 1000, f"Row {n}") for n in range(rows)],
            )
        for old in Certificate.objects.all():
            with history.change(account.book, None, "Gone", kind="certificate.delete") as change:
                change.delete(old)
        made = make_certificate(account, "2026-05-01", "2026-05-31")
        at = {
            "reconcile:account": f"{url(account)}?first=2026-05-01&last=2026-05-31&opening=100&closing=7",
            "ledger:account-detail": reverse("ledger:account-detail", args=[account.pk]),
            "reconcile:certificate": reverse("reconcile:certificate", args=[made.pk]),
            "list": reverse("ledger:account-list"),
        }[page]
        signed_in.get(at)
        with CaptureQueriesContext(connection) as asked:
            signed_in.get(at)
        counts.add(len(asked))

    assert len(counts) == 1
    assert counts.pop() <= 26
