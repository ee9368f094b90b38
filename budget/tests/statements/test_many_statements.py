"""A file of several statements or accounts: each is compared, reconciled and certified on its own."""

from __future__ import annotations

import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse

from budget.books.models import Book
from budget.statements.models import Certificate, Statement
from budget.tests.statements.bringing import imported
from budget.tests.statements.test_views import page, url, words
from budget.users.models import User

pytestmark = pytest.mark.django_db

FIELDS = re.compile(r'<input type="hidden" name="(first|last|opening|closing|statement)" value="([^"]*)"')


@pytest.fixture
def site(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def close(site: Client, statement: Statement) -> None:
    """Press Reconcile on the import's page, and Close as right on the one that follows."""
    sheet = site.get(reverse("reconcile:statement", args=[statement.pk]), follow=True)
    content = sheet.content.decode()
    rows = re.findall(r'name="row" value="(\d+)" checked', content)
    form = dict(FIELDS.findall(content)) | {"row": rows, "action": "close", "request_key": str(uuid.uuid4())}
    assert statement.account is not None
    answer = site.post(reverse("reconcile:account", args=[statement.account.pk]), form)
    assert answer.status_code == 302, words(answer)


@pytest.mark.parametrize(
    ("name", "count"), [("mt940/volksbank_8_statements.sta", 8), ("ofx2/multiple_accounts.ofx", 2)]
)
def test_every_statement_is_reconciled_and_certified_by_itself(site: Client, book: Book, name: str, count: int) -> None:
    found = imported(book, name)
    statements = list(found.statements.exclude(account=None).select_related("account").order_by("number"))
    content = site.get(url("import-detail", found)).content.decode()
    assert len(statements) == count
    assert all(reverse("reconcile:statement", args=[each.pk]) in content for each in statements)

    for each in statements:
        close(site, each)

    made = Certificate.objects.order_by("pk")
    assert [(each.account_id, each.closing, each.file_name) for each in made] == [
        (each.account_id, each.closing, "may.csv") for each in statements
    ]
    content = site.get(url("import-detail", found)).content.decode()
    assert "Reconcile" not in content
    assert all(reverse("reconcile:certificate", args=[each.pk]) in content for each in made)


QUIET = """:20:A
:25:BANK/123
:28C:{number}
:60F:C2605{first:02}EUR{opening}
{line}:62F:C2605{last:02}EUR{closing}
-
"""


def test_day_on_which_nothing_moved_is_certified_too(site: Client, book: Book) -> None:
    days = [(1, 4, 4, "100,00", ":61:2605040504D10,00NMSCNONREF\n:86:Shop\n", "90,00"), (2, 5, 5, "90,00", "", "90,00")]
    content = "".join(
        QUIET.format(number=number, first=first, last=last, opening=opening, line=line, closing=closing)
        for number, first, last, opening, line, closing in days
    )
    found = imported(book, content.encode(), "quiet.sta")

    for each in found.statements.select_related("account").order_by("number"):
        close(site, each)

    assert [(str(each), each.rows) for each in Certificate.objects.order_by("first")] == [
        ("2026-05-04 to 2026-05-04", 1),
        ("2026-05-05 to 2026-05-05", 0),
    ]


def test_statement_that_shares_its_last_day_keeps_its_certificate(site: Client, book: Book) -> None:
    """It is closed without that day, which belongs to both files."""
    head = "Date,Payee,Amount,Balance\n"
    first = imported(book, f"{head}2026-05-01,Shop,-10.00,90.00\n2026-05-04,Shop,-5.00,85.00\n".encode(), "a.csv")
    imported(book, f"{head}2026-05-04,Kiosk,-2.00,83.00\n2026-05-06,Shop,-3.00,80.00\n".encode(), "b.csv")

    close(site, first.statements.select_related("account").get())

    made = Certificate.objects.get()
    assert str(made) == "2026-05-01 to 2026-05-03"
    assert "Certificate of" in page(site, first)
