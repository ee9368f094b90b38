"""Certificates: what may be closed as right, what breaks it and is named, what is said before."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from budget import history
from budget.books.models import Book
from budget.history.errors import MayOnlyView
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.money import TooPrecise
from budget.statements import breaches as breaking
from budget.statements.breaches import breaches, broken_among, drift, is_broken
from budget.statements.certificates import AlreadyCertified, DaysOutOfOrder, DoesNotAgree, certify, digest_of, withdraw
from budget.statements.dependence import CertifiedInCurrency
from budget.statements.models import Certificate, Statement
from budget.statements.warning import TakenBack, before_importing, before_taking_back
from budget.tests.factories import (
    last_change,
    make_account,
    make_category,
    make_certificate,
    make_import,
    make_line,
    make_statement,
    make_txn,
    make_user,
)
from budget.tests.statements.bringing import csv, imported
from budget.users.models import User

pytestmark = pytest.mark.django_db

FIRST, LAST = dt.date(2026, 5, 1), dt.date(2026, 5, 31)


@pytest.fixture
def rows(account: Account) -> list[Transaction]:
    """Three rows of May, between one of April and one of June."""
    make_txn(account, "1.00", date="2026-04-30", description="April")
    made = [make_txn(account, f"{n}.50", date=f"2026-05-{n:02}", description=f"Row {n}") for n in (1, 15, 31)]
    make_txn(account, "2.00", date="2026-06-01", description="June")
    return made


@pytest.fixture
def certificate(account: Account, rows: list[Transaction]) -> Certificate:
    return make_certificate(account, "2026-05-01", "2026-05-31")


def found_in(certificate: Certificate) -> list[tuple[str, str]]:
    """What broke it, and that the quick answer for many is the same as the exact one."""
    assert (certificate.pk in broken_among([certificate])) == is_broken(certificate)
    return [(breach.what, breach.title) for breach in breaches(certificate).breaches]


def close(account: Account, opening: str, closing: str, first: dt.date = FIRST, last: dt.date = LAST) -> Certificate:
    return certify(account=account, by=None, first=first, last=last, opening=Decimal(opening), closing=Decimal(closing))


# --- Closing ---


def test_period_that_agrees_at_both_ends_is_closed(account: Account, rows: list[Transaction]) -> None:
    made = close(account, "-1.00", "-49.50")

    assert (made.rows, made.digest) == digest_of(account, FIRST, LAST).state
    assert made.rows == 3
    assert last_change(account.book).summary == "Certified Everyday from 2026-05-01 to 2026-05-31"


@pytest.mark.parametrize(
    ("opening", "closing", "error"),
    [("0.00", "-49.50", DoesNotAgree), ("-1.00", "-49.51", DoesNotAgree), ("-1.00", "-49.505", TooPrecise)],
)
def test_nothing_is_written_where_ledger_and_bank_differ(
    account: Account, rows: list[Transaction], opening: str, closing: str, error: type[Exception]
) -> None:
    before = history.digest(account.book)

    with pytest.raises(error):
        close(account, opening, closing)

    assert history.digest(account.book) == before


def test_period_is_closed_once_and_in_order(account: Account) -> None:
    close(account, "0.00", "0.00")

    with pytest.raises(AlreadyCertified):
        close(account, "0.00", "0.00")
    with pytest.raises(DaysOutOfOrder):
        close(account, "0.00", "0.00", LAST, FIRST)


def test_stranger_neither_closes_nor_withdraws(account: Account, certificate: Certificate) -> None:
    stranger = make_user()

    with pytest.raises(MayOnlyView):
        certify(
            account=account, by=stranger, first=FIRST, last=FIRST, opening=Decimal("-1.00"), closing=Decimal("-2.50")
        )
    with pytest.raises(MayOnlyView):
        withdraw(certificate, by=stranger)


@pytest.mark.parametrize(("currency", "amount"), [("JPY", "-1250"), ("KWD", "-12.345"), ("EUR", "-12.34")])
def test_digest_counts_every_unit_of_a_currency(book: Book, currency: str, amount: str) -> None:
    own = make_account(book, currency, type="credit", currency=currency, opening_balance=Decimal(amount))
    row = make_txn(own, amount.lstrip("-"), date="2026-05-02")
    made = close(own, amount, str(2 * Decimal(amount)))
    step = {"JPY": Decimal(1), "KWD": Decimal("0.001"), "EUR": Decimal("0.01")}[currency]

    operations.change_transaction(row, by=None, amount=row.amount + step)

    (breach,) = breaches(made).breaches
    assert (breach.was_amount, breach.amount) == (row.amount - step, row.amount)


# --- Breaking and mending ---


def test_change_to_another_period_breaks_nothing(account: Account, certificate: Certificate) -> None:
    for txn in Transaction.objects.filter(account=account).exclude(date__range=(FIRST, LAST)):
        operations.change_transaction(txn, by=None, amount=Decimal("9.99"))
    make_txn(make_account(account.book, "Other"), "5.00", date="2026-05-02")

    assert found_in(certificate) == []
    assert drift(account, certificate) == breaking.Drift(Decimal("-8.99"), Decimal("-8.99"))


def test_category_payee_and_note_break_nothing(
    account: Account, certificate: Certificate, rows: list[Transaction]
) -> None:
    operations.change_transaction(
        rows[0], by=None, category=make_category(account.book), payee="Bakery", note="Bread", description="Other"
    )

    assert found_in(certificate) == []


def test_rows_that_were_altered_added_deleted_and_moved_are_named(
    account: Account, certificate: Certificate, rows: list[Transaction]
) -> None:
    other = make_account(account.book, "Other")
    operations.change_transaction(rows[0], by=None, amount=Decimal("7.00"), date=dt.date(2026, 5, 2))
    operations.delete_transactions(
        book=account.book, by=None, rows=Transaction.objects.of(account.book).filter(pk=rows[1].pk)
    )
    operations.change_transaction(rows[2], by=None, account=other, amount=rows[2].amount)
    make_txn(account, "3.00", date="2026-05-20", description="New")

    assert found_in(certificate) == [
        ("altered", "Row 1"),
        ("added", "New"),
        ("deleted", "Row 15"),
        ("moved away", "Row 31"),
    ]
    altered, added, deleted, moved = breaches(certificate).breaches
    assert altered.is_redated
    assert altered.is_changed
    assert (altered.was_amount, altered.amount) == (Decimal("1.50"), Decimal("7.00"))
    assert (altered.was_date, altered.date) == (FIRST, dt.date(2026, 5, 2))
    assert (deleted.pk, moved.pk, added.amount) == (None, rows[2].pk, Decimal("3.00"))
    assert deleted.change is not None
    assert deleted.change.summary.startswith("Deleted Row 15")


def test_change_that_is_named_is_the_one_that_broke_it(
    account: Account, certificate: Certificate, rows: list[Transaction]
) -> None:
    operations.change_transaction(rows[0], by=None, amount=Decimal("7.00"))
    broke = last_change(account.book)
    operations.change_transaction(rows[0], by=None, note="looked at later")

    (breach,) = breaches(certificate).breaches

    assert breach.change == broke


def test_undo_mends_it_and_rows_that_were_put_back_are_not_named(
    account: Account, certificate: Certificate, rows: list[Transaction]
) -> None:
    own = Transaction.objects.of(account.book)
    operations.change_transaction(rows[0], by=None, amount=Decimal("7.00"))
    history.undo(last_change(account.book), by=None)
    operations.delete_transactions(book=account.book, by=None, rows=own.filter(pk=rows[1].pk))
    history.undo(last_change(account.book), by=None)
    passing = make_txn(account, "8.00", date="2026-05-05", description="Passing")
    operations.delete_transactions(book=account.book, by=None, rows=own.filter(pk=passing.pk))
    assert found_in(certificate) == []

    operations.delete_transactions(book=account.book, by=None, rows=own.filter(pk=rows[2].pk))

    assert found_in(certificate) == [("deleted", "Row 31")]


def test_withdrawn_and_brought_back_is_still_judged_from_when_it_was_made(
    account: Account, certificate: Certificate, rows: list[Transaction]
) -> None:
    withdraw(certificate, by=None)
    withdrawal = last_change(account.book)
    operations.change_transaction(rows[0], by=None, amount=Decimal("7.00"))
    history.undo(withdrawal, by=None)

    again = Certificate.objects.get()

    assert again.version > rows[0].version
    assert found_in(again) == [("altered", "Row 1")]


def test_row_altered_outside_of_the_application_breaks_it_without_a_name(
    certificate: Certificate, rows: list[Transaction]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_transaction SET amount = 7000 WHERE id = %s", [rows[0].pk])

    assert is_broken(certificate)
    found = breaches(certificate)
    assert (list(found.breaches), found.more) == ([], 0)


def test_only_the_first_are_named_and_the_others_counted(
    account: Account, certificate: Certificate, rows: list[Transaction], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaking, "MOST_NAMED", 2)
    operations.change_transaction(rows[0], by=None, amount=Decimal("7.00"))
    for number in range(3):
        make_txn(account, "3.00", date="2026-05-20", description=f"New {number}")
    operations.delete_transactions(
        book=account.book, by=None, rows=Transaction.objects.of(account.book).filter(pk=rows[1].pk)
    )

    found = breaches(certificate)

    assert [breach.title for breach in found.breaches] == ["Row 1", "New 0"]
    assert found.more == 3


def test_rows_by_the_thousand_that_came_since_are_not_read(
    account: Account, certificate: Certificate, rows: list[Transaction]
) -> None:
    other = make_account(account.book, "Other")
    with history.change(account.book, None, "Many", kind="ledger.load") as change:
        change.create_many(
            Transaction,
            ["account_id", "date", "amount", "description"],
            [(other.pk, "2026-05-07", 10, f"Row {n}") for n in range(1200)],
        )
    operations.delete_transactions(
        book=account.book, by=None, rows=Transaction.objects.of(account.book).filter(pk=rows[1].pk)
    )

    with CaptureQueriesContext(connection) as asked:
        found = breaches(certificate).breaches

    assert [(breach.what, breach.title) for breach in found] == [("deleted", "Row 15")]
    assert len(asked) < 15


def test_state_is_read_in_pages_that_miss_nothing(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in ("2026-05-03", "2026-05-01", "2026-05-03", "2026-05-02", "2026-05-03"):
        make_txn(account, "1.00", date=day)
    whole = digest_of(account, FIRST, LAST).state

    for at_once in (1, 2, 3, 5):
        monkeypatch.setattr("budget.statements.certificates.ROWS_AT_ONCE", at_once)
        assert digest_of(account, FIRST, LAST).state == whole
    assert whole[0] == 5


def test_judging_takes_the_same_queries_for_any_number_of_certificates(
    account: Account, rows: list[Transaction]
) -> None:
    counts = set()
    for months in (1, 3, 8):
        for month in range(1, months + 1):
            first = dt.date(2027, month, 1)
            if not Certificate.objects.filter(first=first).exists():
                make_txn(account, "4.00", date=first.isoformat(), description=f"Row {month}")
                made = make_certificate(account, first.isoformat(), first.isoformat())
                row = Transaction.objects.get(account=account, date=first)
                operations.change_transaction(row, by=None, payee="Looked at")
                assert not is_broken(made)
        own = list(Certificate.objects.all())
        with CaptureQueriesContext(connection) as asked:
            assert broken_among(own) == set()
        counts.add(len(asked))

    assert counts == {2}


def test_large_periods_are_judged_one_by_one(
    certificate: Certificate, rows: list[Transaction], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaking, "ROWS_TOGETHER", 1)
    operations.change_transaction(rows[0], by=None, payee="Looked at")
    assert broken_among([certificate]) == set()

    operations.change_transaction(rows[0], by=None, amount=Decimal("7.00"))

    assert broken_among([certificate]) == {certificate.pk}


# --- The account goes, or gets another currency ---


def test_account_takes_its_certificates_and_files_along_and_brings_them_back(
    account: Account, certificate: Certificate
) -> None:
    source = make_import(account.book, stage="recorded")
    statement = make_statement(source, account)

    operations.delete_account_with_history(account, by=None, typed_name="Everyday")

    assert not Certificate.objects.exists()
    assert Statement.objects.get().account is None
    history.undo(last_change(account.book), by=None)
    assert not is_broken(Certificate.objects.get())
    statement.refresh_from_db()
    assert statement.account_id == account.pk


def test_empty_account_goes_with_its_certificate(book: Book) -> None:
    empty = make_account(book, "Empty")
    close(empty, "0.00", "0.00")
    make_statement(make_import(book, stage="recorded"), empty)

    operations.delete_account(empty, by=None)

    assert not Account.objects.filter(pk=empty.pk).exists()


def test_certified_account_keeps_its_currency(book: Book) -> None:
    empty = make_account(book, "Empty")
    close(empty, "0.00", "0.00")

    with pytest.raises(CertifiedInCurrency, match="Withdraw those certificates first"):
        operations.change_account(empty, by=None, currency="USD")


# --- What is said before ---


@pytest.fixture
def signed_in(client: Client, owner: User, certificate: Certificate) -> Client:
    client.force_login(owner)
    return client


SAID = "is in a statement certified on"
ASKED = "and breaks it"


def test_form_of_a_certified_row_says_so(signed_in: Client, account: Account, rows: list[Transaction]) -> None:
    june = Transaction.objects.get(description="June")
    at = reverse("ledger:transaction-change", args=[rows[0].pk])
    in_place = {"HX-Request": "true", "HX-Target": f"txn-{rows[0].pk}", "HX-Current-URL": "/transactions/"}

    assert SAID in signed_in.get(at).content.decode()
    assert SAID in signed_in.get(at, headers=in_place).content.decode()
    assert SAID not in signed_in.get(reverse("ledger:transaction-change", args=[june.pk])).content.decode()


def test_certified_row_is_deleted_after_a_question(signed_in: Client, rows: list[Transaction]) -> None:
    at = reverse("ledger:transaction-delete", args=[rows[0].pk])
    asked = {"request_key": str(uuid.uuid4())}
    in_place = {
        "HX-Request": "true",
        "HX-Target": f"txn-{rows[0].pk}",
        "HX-Current-URL": "http://testserver/transactions/",
    }

    answers = [signed_in.post(at, asked), signed_in.post(at, asked, headers=in_place)]

    assert all(ASKED in answer.content.decode() for answer in answers)
    assert Transaction.objects.filter(pk=rows[0].pk).exists()
    assert f'id="txn-{rows[0].pk}"' in answers[1].content.decode()
    signed_in.post(at, asked | {"certified": "yes"})
    assert not Transaction.objects.filter(pk=rows[0].pk).exists()


def test_page_that_said_it_deletes_at_once(signed_in: Client, rows: list[Transaction]) -> None:
    page = signed_in.get(reverse("ledger:transaction-change", args=[rows[0].pk])).content.decode()

    assert '<input type="hidden" name="certified" value="yes">' in page


def test_chosen_rows_are_deleted_after_a_question_and_filed_without(
    signed_in: Client, account: Account, rows: list[Transaction]
) -> None:
    food = make_category(account.book)
    form = {"txn": [row.pk for row in rows], "next": "/transactions/", "count": "5", "action": "delete"}
    form |= {"request_key": str(uuid.uuid4())}
    in_place = {"HX-Request": "true", "HX-Current-URL": "http://testserver/transactions/"}
    at = reverse("ledger:transactions-change")

    plain, bar = signed_in.post(at, form), signed_in.post(at, form, headers=in_place)

    assert ASKED in plain.content.decode()
    assert plain.content.decode().count('name="txn"') == 3
    assert (bar["HX-Retarget"], bar["HX-Reswap"]) == ("#bulk", "outerHTML")
    assert Transaction.objects.filter(account=account).count() == 5
    signed_in.post(at, form | {"action": "categorize", "category": food.pk, "request_key": str(uuid.uuid4())})
    assert Transaction.objects.filter(category=food).count() == 3
    signed_in.post(at, form | {"certified": "yes"})
    assert Transaction.objects.filter(account=account).count() == 2


def test_other_side_of_a_transfer_is_asked_about_too(signed_in: Client, account: Account) -> None:
    other = make_account(account.book, "Other")
    made = operations.transfer_between_accounts(
        book=account.book, by=None, source=other, target=account, amount=Decimal(5), date=dt.date(2026, 5, 9)
    )

    answer = signed_in.post(reverse("ledger:transaction-delete", args=[made.outgoing.pk]))

    assert ASKED in answer.content.decode()
    assert Transaction.objects.filter(pk=made.outgoing.pk).exists()


def test_preview_says_which_new_rows_break_a_certificate(account: Account, certificate: Certificate) -> None:
    source = make_import(account.book)
    statement = make_statement(source, account)
    make_line(statement, date="2026-06-05")
    assert before_importing(source) == []

    make_line(statement, date="2026-05-05")

    (said,) = before_importing(source)
    assert said.startswith("New rows of this file are in a statement of Everyday certified on")


def test_undoing_an_import_that_broke_a_certificate_mends_it(signed_in: Client, account: Account) -> None:
    """The page says what is true: which certificate it would break, and which one it broke."""
    own = imported(account.book, csv("2026-03-02,Shop,-10.00"), "own.csv", account=account)
    held = make_certificate(account, "2026-03-01", "2026-03-07")
    late = imported(account.book, csv("2026-03-05,Kiosk,-3.00"), "late.csv", account=account)
    assert is_broken(held)

    told = before_taking_back(late)
    assert told.breaks == ""
    assert told.mends.startswith("Undoing this import mends a statement of Everyday certified on")
    assert before_taking_back(own) == TakenBack()
    page = signed_in.get(reverse("statements:import-detail", args=[late.pk])).content.decode()
    assert told.mends in page
    assert ASKED not in page

    signed_in.post(reverse("statements:import-undo", args=[late.pk]), {"request_key": str(uuid.uuid4())})

    assert not is_broken(held)
    assert ASKED in before_taking_back(own).breaks
    assert before_taking_back(own).mends == ""
