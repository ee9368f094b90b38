"""Whatever alters a certified period warns before, and the certificate names the rows afterwards."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any, cast

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from budget.history import Change
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements.breaches import breaches
from budget.statements.certificates import certify
from budget.statements.models import Certificate, StatementImport
from budget.statements.takingback import take_back
from budget.tests.factories import last_change, make_account, make_certificate, make_txn
from budget.tests.statements.bringing import csv, imported
from budget.tests.statements.test_views import page, press, words
from budget.users.models import User

pytestmark = pytest.mark.django_db

MAY = csv("2026-05-02,Bakery,-4.50", "2026-05-03,Salary,2150.00")
BREAKS = "of Everyday certified on"


@pytest.fixture
def site(client: Client, owner: User, account: Account) -> Client:
    client.force_login(owner)
    return client


@pytest.fixture
def found(account: Account) -> StatementImport:
    return imported(account.book, MAY)


@pytest.fixture
def certificate(account: Account, found: StatementImport) -> Certificate:
    return make_certificate(account, "2026-05-01", "2026-05-31")


def broke(certificate: Certificate) -> list[tuple[str, str]]:
    return [(breach.what, breach.title) for breach in breaches(certificate).breaches]


# --- An import is taken back ---


def test_import_of_a_certified_period_is_taken_back_after_a_warning(
    site: Client, found: StatementImport, certificate: Certificate
) -> None:
    assert BREAKS in page(site, found)

    unwarned = press(site, "import-undo", found)
    assert unwarned.status_code == 422
    assert "Undoing this import takes rows out of a statement of Everyday certified on" in words(unwarned)
    assert Transaction.objects.count() == 2
    press(site, "import-undo", found, certified="yes")

    assert not Transaction.objects.exists()
    assert sorted(broke(certificate)) == [("deleted", "Bakery"), ("deleted", "Salary")]
    said = words(site.get(reverse("reconcile:certificate", args=[certificate.pk])))
    assert "Bakery was deleted" in said
    assert "Salary was deleted" in said


def test_import_of_no_certified_day_is_taken_back_at_once(
    site: Client, found: StatementImport, account: Account
) -> None:
    make_certificate(account, "2026-06-01", "2026-06-30")

    assert BREAKS not in page(site, found)
    assert press(site, "import-undo", found).status_code == 302


# --- Any change is undone, from the history or from a toast ---


def undo(site: Client, change: Change, **data: str) -> HttpResponse:
    return cast(HttpResponse, site.post(reverse("history:undo", args=[change.number]), data))


def test_undo_that_breaks_a_certificate_is_done_after_a_warning(
    site: Client, found: StatementImport, certificate: Certificate
) -> None:
    assert found.change is not None
    plain = undo(site, found.change)
    toast = site.post(reverse("history:undo", args=[found.change.number]), headers={"HX-Request": "true"})

    for said in (plain, toast):
        assert said.status_code == 422
        assert "Undoing this changes rows of a statement of Everyday certified on" in words(said)
        assert "Undo anyway" in words(said)
    assert Transaction.objects.count() == 2
    assert undo(site, found.change, sure="yes").status_code == 302
    assert sorted(broke(certificate)) == [("deleted", "Bakery"), ("deleted", "Salary")]


def test_undo_that_mends_a_certificate_is_done_at_once(
    site: Client, found: StatementImport, certificate: Certificate
) -> None:
    take_back(found, by=None, keep_edited=False)

    assert undo(site, last_change(certificate.book)).status_code == 302

    assert broke(certificate) == []


@pytest.mark.parametrize(
    ("changed", "warns"),
    [({"amount": Decimal("4.60")}, True), ({"date": dt.date(2026, 6, 2)}, True), ({"note": "x"}, False)],
)
def test_undo_of_an_edit_warns_where_day_or_amount_counts(
    site: Client, found: StatementImport, account: Account, changed: dict[str, Any], warns: bool
) -> None:
    bakery = Transaction.objects.get(amount=Decimal("4.50"))
    operations.change_transaction(bakery, by=None, **changed)
    edit = last_change(account.book)
    make_certificate(account, "2026-05-01", "2026-05-31")

    assert undo(site, edit).status_code == (422 if warns else 302)


def test_undo_on_other_days_or_in_another_account_is_done_at_once(
    site: Client, account: Account, certificate: Certificate
) -> None:
    for where, day in ((account, "2026-06-01"), (make_account(account.book, "Savings"), "2026-05-03")):
        make_txn(where, date=day)
        assert undo(site, last_change(account.book)).status_code == 302


def test_certificate_that_goes_with_the_undo_is_not_warned_of(site: Client, found: StatementImport) -> None:
    """Made together with a row that was dated later: both are taken back at once."""
    account = Account.objects.get()
    salary = Transaction.objects.get(amount=-2150)
    certify(
        account=account,
        by=None,
        first=dt.date(2026, 5, 1),
        last=dt.date(2026, 5, 31),
        opening=Decimal(0),
        closing=Decimal("-4.50"),
        later=[salary.pk],
    )

    assert undo(site, last_change(account.book)).status_code == 302
    assert not Certificate.objects.exists()


# --- A later file had its rows ---


def test_rows_that_a_later_file_found_here_are_said_before_and_afterwards(
    site: Client, found: StatementImport, account: Account
) -> None:
    later = imported(account.book, csv("2026-05-03,Salary,2150.00", "2026-05-05,Shell,-41.22"), "later.csv")
    assert "later.csv has 1 row that came with this import" in page(site, found)
    assert "went since" not in page(site, later)

    take_back(found, by=None, keep_edited=False)

    said = page(site, later)
    assert "1 row already here when this was imported went since. Import the file again" in said
    assert "not here any more" in said
    assert "Import again" in said
    imported(account.book, csv("2026-05-03,Salary,2150.00", "2026-05-05,Shell,-41.22"), "later.csv")
    assert Transaction.objects.count() == 2
    assert "went since" not in page(site, later)


def test_row_that_a_person_deleted_is_no_matter_of_other_imports(
    site: Client, found: StatementImport, account: Account
) -> None:
    later = imported(account.book, MAY, "later.csv")
    rows = Transaction.objects.of(account.book)

    operations.delete_transactions(book=account.book, by=None, rows=rows)

    assert "went since" not in page(site, later)


# --- A row comes by hand ---

WARNED = "That day is in a statement of Everyday certified on"
NEW = {"amount": "3.00", "direction": "out", "payee": "Kiosk", "description": "Kiosk", "note": "", "category": ""}
IN_PLACE = {"HX-Request": "true", "HX-Current-URL": "http://testserver/transactions/"}


def typed(account: Account, **fields: str) -> dict[str, str]:
    return NEW | {"account": str(account.pk), "request_key": str(uuid.uuid4())} | fields


@pytest.mark.parametrize("form", ["all fields", "one line", "one line over HTMX"])
def test_row_added_to_a_certified_period_is_added_after_a_warning(
    site: Client, account: Account, certificate: Certificate, form: str
) -> None:
    at, headers = reverse("ledger:transaction-create"), IN_PLACE if "HTMX" in form else {}
    content = typed(account, date="2026-05-20")
    if "line" in form:
        content = {"line": "3.00 Kiosk 2026-05-20", "request_key": str(uuid.uuid4())}

    warned = site.post(at, content, headers=headers)
    assert warned.status_code == 422
    assert WARNED in words(warned)
    assert '<input type="hidden" name="certified" value="yes">' in warned.content.decode()
    assert broke(certificate) == []
    site.post(at, content | {"certified": "yes"}, headers=headers)

    assert broke(certificate) == [("added", "Kiosk")]
    assert "Kiosk was added" in words(site.get(reverse("reconcile:certificate", args=[certificate.pk])))


def test_row_of_another_day_or_account_is_added_at_once(
    site: Client, account: Account, certificate: Certificate
) -> None:
    other = make_account(account.book, "Other")

    for content in (typed(account, date="2026-06-01"), typed(other, date="2026-05-20")):
        assert site.post(reverse("ledger:transaction-create"), content).status_code == 302


@pytest.mark.parametrize("headers", [{}, IN_PLACE], ids=["page", "row"])
@pytest.mark.parametrize("moved", ["date", "account"])
def test_row_that_moves_into_a_certified_period_does_so_after_a_warning(
    site: Client, account: Account, certificate: Certificate, moved: str, headers: dict[str, str]
) -> None:
    own = make_account(account.book, "Other") if moved == "account" else account
    txn = make_txn(own, "3.00", date="2026-05-20" if moved == "account" else "2026-06-20", description="Kiosk")
    at, there = reverse("ledger:transaction-change", args=[txn.pk]), typed(account, date="2026-05-20")
    headers = headers | {"HX-Target": f"txn-{txn.pk}"} if headers else {}
    seen = {"seen": str(txn.version)}

    warned = site.post(at, there | seen, headers=headers)
    assert warned.status_code == 422
    assert WARNED in words(warned)
    assert broke(certificate) == []
    site.post(at, there | seen | {"certified": "yes"}, headers=headers)

    assert broke(certificate) == [("added", "Kiosk")]


def test_row_that_stays_in_its_certified_period_was_warned_of_on_its_form(
    site: Client, account: Account, certificate: Certificate
) -> None:
    txn = Transaction.objects.get(amount__gt=0)

    answer = site.post(
        reverse("ledger:transaction-change", args=[txn.pk]),
        typed(account, date="2026-05-21", seen=str(txn.version)),
    )

    assert answer.status_code == 302
    assert broke(certificate) == [("altered", "Kiosk")]


@pytest.mark.parametrize("side", ["source", "target"])
def test_money_moved_in_a_certified_period_is_moved_after_a_warning(
    site: Client, account: Account, certificate: Certificate, side: str
) -> None:
    other = make_account(account.book, "Other")
    sides = {"source": str(other.pk), "target": str(other.pk)} | {side: str(account.pk)}
    content = {"amount": "30.00", "date": "2026-05-20", "note": "", "request_key": str(uuid.uuid4())} | sides
    at = reverse("ledger:account-transfer-create")

    assert WARNED in words(site.post(at, content))
    assert broke(certificate) == []
    site.post(at, content | {"certified": "yes"})

    assert [what for what, _ in broke(certificate)] == ["added"]


def test_row_that_the_bank_books_later_goes_into_a_certified_month_after_a_warning(
    site: Client, account: Account
) -> None:
    imported(account.book, MAY)
    late = make_txn(account, "9.00", date="2026-05-31", description="Late")
    june = make_certificate(account, "2026-06-01", "2026-06-30")
    content = {"first": "2026-05-01", "last": "2026-05-31", "opening": "0.00", "closing": "2145.50", "action": "later"}
    rows = [str(pk) for pk in Transaction.objects.exclude(pk=late.pk).values_list("pk", flat=True)]
    form: dict[str, Any] = content | {"row": rows, "request_key": str(uuid.uuid4())}
    at = reverse("reconcile:account", args=[account.pk])

    warned = site.post(at, form)
    assert WARNED in words(warned)
    assert Certificate.objects.count() == 1
    site.post(at, form | {"certified": "yes"})

    assert Certificate.objects.count() == 2
    assert broke(june) == [("added", "Late")]
