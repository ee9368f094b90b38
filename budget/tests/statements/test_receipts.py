"""What a receipt says of the account beside its bank, on the page and for programs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from budget.books.models import Book
from budget.ledger.models import Account, Transaction
from budget.management.commands.import_statement import lines
from budget.statements import choices, recording, takingback
from budget.statements.models import Fate, StatementImport, StatementLine
from budget.statements.receipts import as_json, receipt
from budget.tests.factories import make_account, make_txn
from budget.tests.statements.bringing import brought, imported
from budget.tests.statements.test_openings import month
from budget.tests.statements.test_views import page
from budget.users.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def said(found: StatementImport) -> list[str]:
    """What the command prints of the balances."""
    told = receipt(found)
    return [line for line in lines(told, as_json(told), "") if line.startswith(("In the book", "  "))]


def test_account_that_has_what_the_bank_says(site: Client, book: Book) -> None:
    found = imported(book, month("may"))

    assert as_json(receipt(found))["balance"] == {
        "opening": "2899.50",
        "closing": "2000.00",
        "difference": "0.00",
        "ledger": "2000.00",
        "ledger_difference": "0.00",
        "on": "2026-05-31",
        "likeliest": [],
    }
    assert said(found) == ["In the book     Checking has 2000.00 EUR on 2026-05-31, as the bank says"]
    assert "Checking has 2,000.00 on 31 May 2026, as the bank says." in page(site, found)


def test_account_that_differs_names_the_row_that_may_be_why(site: Client, book: Book) -> None:
    imported(book, month("april"))
    make_txn(Account.objects.get(), "12.00", date="2026-05-09", description="Twice")
    found = imported(book, month("may"))

    told = as_json(receipt(found))["balance"]

    assert (told["difference"], told["ledger"], told["ledger_difference"]) == ("0.00", "1988.00", "-12.00")
    assert told["likeliest"] == [
        {"date": "2026-05-09", "amount": "-12.00", "title": "Twice", "why": "Without it both agree."}
    ]
    assert said(found) == [
        "In the book     Checking has 1988.00 EUR on 2026-05-31, 12.00 EUR less than the bank says",
        "  2026-05-09, Twice, 12.00: Without it both agree.",
    ]
    assert "Checking has 1,988.00 on 31 May 2026, 12.00 less than the bank’s 2,000.00" in page(site, found)
    assert "Without it both agree." in page(site, found)


def test_account_of_a_person_that_began_with_something_else_says_so(site: Client, book: Book) -> None:
    make_account(book, opening_balance=Decimal("100.00"))

    found = imported(book, month("may"))

    assert as_json(receipt(found))["balance"]["ledger_difference"] == "-2799.50"
    assert "2,799.50 less than the bank’s 2,000.00" in page(site, found)


def test_nothing_is_compared_before_it_is_in_the_book_nor_after_it_is_out(site: Client, book: Book) -> None:
    found = brought(book, month("may"))
    nothing: dict[str, object] = {"ledger": None, "ledger_difference": None, "on": None, "likeliest": []}
    assert as_json(receipt(found), is_dry_run=True)["balance"].items() >= nothing.items()

    out = imported(book, month("may"))
    takingback.take_back(out, by=None, keep_edited=False)

    assert as_json(receipt(out))["balance"].items() >= nothing.items()
    assert "as the bank says" not in page(site, out).partition("Account")[2].partition("Opening")[0]


def test_each_statement_of_a_file_is_compared_and_none_twice(book: Book) -> None:
    found = imported(book, "mt940/volksbank_8_statements.sta")

    told = as_json(receipt(found))

    assert {part["balance"]["ledger_difference"] for part in told["statements"]} == {"0.00"}
    assert told["balance"]["ledger"] == told["balance"]["closing"]


def test_day_that_two_files_share_is_no_difference(book: Book) -> None:
    """The first ends at noon, the second goes on."""
    head = "Date,Payee,Amount,Balance\n"
    first = imported(book, f"{head}2026-05-01,Shop,-10.00,90.00\n2026-05-04,Shop,-5.00,85.00\n".encode())
    second = imported(book, f"{head}2026-05-04,Kiosk,-2.00,83.00\n2026-05-06,Shop,-3.00,80.00\n".encode(), "next.csv")

    assert [as_json(receipt(each))["balance"]["ledger_difference"] for each in (first, second)] == ["0.00", "0.00"]

    make_txn(Account.objects.get(), "1.00", date="2026-05-04")
    assert [as_json(receipt(each))["balance"]["ledger_difference"] for each in (first, second)] == ["-3.00", "-1.00"]


def test_row_that_was_left_out_is_named(book: Book) -> None:
    imported(book, month("april"))
    found = imported(book, month("may"))
    rent = Transaction.objects.get(amount=Decimal("850.00"))
    takingback.take_back(found, by=None, keep_edited=False)

    again = brought(book, month("may"))
    line = StatementLine.objects.get(statement__source=again, amount=rent.amount)
    choices.choose(again, [line.pk], Fate.SKIPPED)
    recording.confirm(again, by=None)

    (clue,) = as_json(receipt(again))["balance"]["likeliest"]
    assert clue["amount"] == "-850.00"
    assert clue["why"] == "In the bank's file, row 1 (line 2), and not here. With it both agree."
