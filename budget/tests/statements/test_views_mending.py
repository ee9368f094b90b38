"""Mending a row on the import page, deciding doubtful ones, and what the pages call what came of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements.mending import known_of
from budget.statements.models import Fate, Stage, StatementImport, StatementLine
from budget.tests import factories
from budget.tests.statements.bringing import brought, csv, fates, imported
from budget.tests.statements.test_views import BROKEN, HTMX, TWO, line, mend, page, press, url, words
from budget.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # security/ asks every page and form on both engines


@pytest.fixture
def site(client: Client, owner: User, account: Account) -> Client:
    client.force_login(owner)
    return client


def known(book: Book, content: bytes) -> dict[str, str]:
    """What the form is filled with for the one row of a file that cannot be read."""
    found = brought(book, content)
    refused = StatementLine.objects.select_related("statement").get(statement__source=found, fate=Fate.REFUSED)
    return known_of(found, refused)


def test_form_is_filled_with_what_can_be_read(site: Client, book: Book) -> None:
    found = brought(book, BROKEN)
    refused = StatementLine.objects.get(fate=Fate.REFUSED)

    content = site.get(url("import-detail", found) + f"?mend={refused.pk}").content.decode()

    assert 'value="3 Nov 2026"' in content
    assert 'value="Power"' in content
    assert "Amount in EUR" in content
    assert "A minus means money out, a plus money in" in content


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            csv("2026-11-02,Bakery,-4.50", "31.11.2026,Power,-63.10"),
            {"payee": "Power", "amount": "63.10", "direction": "out"},
        ),
        (
            csv("2026-11-02,Bakery,-4.50", "x,Employer,2150.00"),
            {"payee": "Employer", "amount": "2150.00", "direction": "in"},
        ),
        (
            csv("2026-11-02,Bakery,-4.50", '2026-11-03,"Power, heat",-63.x0'),
            {"date": "3 Nov 2026", "payee": "Power, heat", "direction": "out"},
        ),
        (
            b"Date;Payee;Debit;Credit\n02.11.2026;Bakery;4,50;\n14.11.2026;Employer;;2150,00\n15.11.2026;Power;63,x;\n",
            {"date": "15 Nov 2026", "payee": "Power", "direction": "out"},
        ),
        (
            b"Date;Payee;Amount\n02.11.2026;Bakery;-4,50\n31.11.2026;Power;-1.063,10\n",
            {"payee": "Power", "amount": "1063.10", "direction": "out"},
        ),
        (csv("2026-11-02,Bakery,-4.50", "2026-11-03,Power"), {}),
    ],
)
def test_parts_of_a_row_are_known_by_the_columns(
    book: Book, account: Account, content: bytes, said: dict[str, str]
) -> None:
    assert known(book, content) == said


@pytest.mark.parametrize(
    ("amount", "direction", "stored", "said"),
    [
        ("12,34", "out", "12.34", "Money out 12.34 EUR."),
        ("-12,34", "out", "12.34", "Money out 12.34 EUR."),
        ("\N{MINUS SIGN}12.34", "in", "12.34", "Money out 12.34 EUR, as the minus says."),
        ("+12.34", "out", "-12.34", "Money in 12.34 EUR, as the plus says."),
        ("+12.34", "in", "-12.34", "Money in 12.34 EUR."),
        ("12.34", "in", "-12.34", "Money in 12.34 EUR."),
        ("12+0.34", "out", "12.34", "Money out 12.34 EUR."),
    ],
)
def test_typed_sign_wins_and_the_effect_is_said(
    site: Client, book: Book, amount: str, direction: str, stored: str, said: str
) -> None:
    found = brought(book, BROKEN)
    refused = StatementLine.objects.get(fate=Fate.REFUSED)
    form = {"date": "3 nov 2026", "payee": "Power", "amount": amount, "direction": direction}

    answer = site.post(f"/import/rows/{refused.pk}/", form, headers=HTMX)

    assert f"is mended. {said}" in words(answer)
    refused.refresh_from_db()
    assert (refused.amount, fates(found)) == (Decimal(stored), ["new", "new", "new"])


@pytest.mark.parametrize("query", ["", "?rows=refused"])
def test_mended_row_leaves_the_address(site: Client, book: Book, query: str) -> None:
    form = {"date": "3 nov 2026", "payee": "Power", "amount": "63.10", "direction": "out"}
    for is_htmx in (True, False):
        StatementLine.objects.all().delete()
        found = brought(book, BROKEN)
        refused = StatementLine.objects.get(fate=Fate.REFUSED)
        here = url("import-detail", found)
        address = f"{here}{query}{'&' if query else '?'}mend={refused.pk}"
        if is_htmx:
            headers = HTMX | {"HX-Current-URL": f"http://testserver{address}"}
            answer: Any = site.post(f"/import/rows/{refused.pk}/", form, headers=headers)
            assert answer.headers["HX-Replace-Url"] == here + query
        else:
            answer = mend(site, refused.pk, **form, next=address)
            assert answer.headers["Location"] == here + query


def test_row_far_down_is_mended_where_it_stands(site: Client, book: Book) -> None:
    rows = [f"2026-11-02,Shop {number},-{number}.50" for number in range(1, 60)]
    found = brought(book, csv(*rows, "2026-11-03,Power,-63.x0"))
    refused = StatementLine.objects.get(fate=Fate.REFUSED)
    after = line(found, 49).pk

    content = site.get(url("import-detail", found) + f"?after={after}").content.decode()

    address = f"?after={after}&amp;mend={refused.pk}"
    assert address in content
    assert "Mend the row" in page(site, found, address.replace("&amp;", "&"))


# --- Doubtful rows ---


def test_sentence_filter_and_button_count_doubtful_rows_alike(site: Client, book: Book, account: Account) -> None:
    factories.make_txn(account, "4.50", None, "2026-11-01", "The bakery")
    found = brought(book, csv("2026-11-02,Bakery,-4.50", "2026-11-03,Power,-63.x0", "2026-11-14,Employer,2150.00"))

    said = page(site, found)

    assert "1 new, 1 to decide, 1 cannot be read." in said
    assert "New 1 To decide 1" in said
    assert "Import 2, 1 of them undecided, without 1 that cannot be read" in said
    assert "Undecided, it is kept apart." in said
    assert "3 rows: 1 new, 1 to decide, 1 cannot be read" in words(site.get("/import/"))
    press(site, "import-record", found, partial="1")
    assert "3 rows: 2 new, 1 cannot be read" in words(site.get("/import/"))


def test_doubtful_row_is_left_out(site: Client, book: Book, account: Account) -> None:
    factories.make_txn(account, "4.50", None, "2026-11-01", "The bakery")
    found = brought(book, TWO)
    doubtful = line(found)
    assert "Import 2, 1 of them undecided" in page(site, found)
    assert f'value="{doubtful.pk} skipped"' in site.get(url("import-detail", found)).content.decode()

    press(site, "rows-choose", found, choice=f"{doubtful.pk} skipped")
    press(site, "import-record", found)

    assert Transaction.objects.of(book).count() == 2
    said = page(site, found)
    assert (
        "2 lines in the file = 1 new + 0 already here + 0 joined + 1 left out + 0 refused. Money in 2,150.00." in said
    )


def test_button_says_the_whole_number(site: Client, book: Book) -> None:
    rows = [f"2026-11-02,Shop {number},-{number}.50" for number in range(1, 1002)]

    assert "Import 1,001 without 1 that cannot be read" in page(site, brought(book, csv(*rows, "2026-11-03,Power,x")))


# --- Afterwards ---


def test_rows_of_an_import_that_was_taken_back_say_so(site: Client, book: Book) -> None:
    found = imported(book, TWO)
    content = site.get(url("import-detail", found)).content.decode()
    assert content.count('<span class="tag pos">Imported</span>') == 2

    press(site, "import-undo", found)

    content = site.get(url("import-detail", found)).content.decode()
    assert content.count('<span class="tag mute">Taken back</span>') == 2
    assert ">Imported<" not in content


def test_edited_row_that_stayed_is_still_imported(site: Client, book: Book) -> None:
    found = imported(book, TWO)
    operations.change_transaction(Transaction.objects.of(book).get(line=line(found)), by=None, note="Mine")

    press(site, "import-undo", found, edited="keep")

    content = site.get(url("import-detail", found)).content.decode()
    assert content.count('<span class="tag pos">Imported</span>') == 1
    assert content.count('<span class="tag mute">Taken back</span>') == 1


def test_list_says_where_no_row_can_be_read(site: Client, book: Book) -> None:
    brought(book, TWO)
    assert "Ready to import" in words(site.get("/import/"))
    StatementImport.objects.all()[0].statements.all()[0].lines.update(
        fate=Fate.REFUSED, date=None, amount=None, problem="“x” is no date."
    )

    said = words(site.get("/import/"))

    assert StatementImport.objects.get().stage == Stage.READY
    assert "No row can be read" in said
    assert "Ready to import" not in said
