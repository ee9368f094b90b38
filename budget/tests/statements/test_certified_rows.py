"""Whatever alters a certified period warns before, and the certificate names the rows afterwards."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from budget.ledger.models import Account, Transaction
from budget.statements.breaches import breaches
from budget.statements.models import Certificate, StatementImport
from budget.statements.takingback import take_back
from budget.tests.factories import make_certificate
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
