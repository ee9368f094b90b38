"""What an account began with: the same whatever order its files come in, and never over what a person typed."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import permutations

import pytest
from django.test import Client

from budget import history
from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements import openings, takingback
from budget.statements.balances import balances_on
from budget.statements.models import StatementImport
from budget.tests.factories import last_change, make_account, make_txn
from budget.tests.statements.bringing import brought, csv, imported
from budget.tests.statements.test_views import page
from budget.users.models import User

pytestmark = pytest.mark.django_db

HEAD = "Date,Payee,Amount,Balance"
MONTHS = {
    "march": ("2026-03-02,Shop,-40.00,960.00", "2026-03-30,Bakery,-10.00,950.00"),
    "april": ("2026-04-01,Shop,-50.50,899.50", "2026-04-30,Salary,2000.00,2899.50"),
    "may": ("2026-05-01,Rent,-850.00,2049.50", "2026-05-31,Shop,-49.50,2000.00"),
}
CLOSINGS = {dt.date(2026, 3, 30): "950.00", dt.date(2026, 4, 30): "2899.50", dt.date(2026, 5, 31): "2000.00"}


def month(name: str, *, balances: bool = True) -> bytes:
    rows = MONTHS[name] if balances else [row.rpartition(",")[0] for row in MONTHS[name]]
    return "\n".join([HEAD if balances else HEAD.rpartition(",")[0], *rows, ""]).encode()


def ofx(name: str) -> bytes:
    """A month in a file that says no more than what it ends with."""
    rows = [row.split(",") for row in MONTHS[name]]
    lines = "".join(
        f"<STMTTRN><TRNTYPE>OTHER<DTPOSTED>{day.replace('-', '')}<TRNAMT>{amount}<FITID>{day}<NAME>{payee}</STMTTRN>"
        for day, payee, amount, _ in rows
    )
    end, closing = rows[-1][0].replace("-", ""), rows[-1][3]
    return (
        "OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>77</BANKACCTFROM>"
        f"<BANKTRANLIST>{lines}</BANKTRANLIST><LEDGERBAL><BALAMT>{closing}<DTASOF>{end}</LEDGERBAL></STMTRS>"
        "</STMTTRNRS></BANKMSGSRSV1></OFX>"
    ).encode()


def only() -> Account:
    return Account.objects.get()


def agrees(account: Account, *months: str) -> None:
    """At the end of each of these months the account has what the bank says."""
    ends = [end for end in CLOSINGS if end.strftime("%B").lower() in months]
    assert {day: f"{amount:.2f}" for day, amount in balances_on(account, ends).items()} == {
        end: CLOSINGS[end] for end in ends
    }


# --- Any order ---


@pytest.mark.parametrize("make", [month, ofx])
@pytest.mark.parametrize("order", list(permutations(MONTHS)), ids=" ".join)
def test_account_agrees_with_the_bank_whatever_file_comes_first(book: Book, order: list[str], make: object) -> None:
    for name in order:
        content = month(name) if make is month else ofx(name)
        imported(book, content, f"{name}.dat")

    assert only().opening_balance == Decimal(1000)
    agrees(only(), *MONTHS)


@pytest.mark.parametrize("order", [["april", "may"], ["may", "april"]], ids=" ".join)
def test_older_file_without_balances_leaves_those_after_it(book: Book, order: list[str]) -> None:
    for name in order:
        imported(book, month(name, balances=name == "may"), f"{name}.csv", account=Account.objects.first())

    assert only().opening_balance == Decimal(950)
    agrees(only(), "may")


def test_every_day_is_a_statement_of_its_own(book: Book) -> None:
    imported(book, "mt940/volksbank_8_statements.sta")
    began = only().opening_balance
    before = history.digest(book)

    imported(book, "mt940/volksbank_8_statements.sta", "again.sta")

    assert (only().opening_balance, history.digest(book)) == (began, before)


def test_newer_file_leaves_it_though_the_person_added_a_row_of_before(book: Book) -> None:
    """A row by hand is a difference to be seen, not to be swallowed."""
    imported(book, month("april"))
    make_txn(only(), "7.00", date="2026-03-31")

    imported(book, month("may"))

    assert only().opening_balance == Decimal(950)


# --- What a person typed ---


@pytest.mark.parametrize("typed", ["12.34", "0.00"])
def test_account_of_a_person_begins_as_typed(book: Book, typed: str) -> None:
    own = make_account(book, opening_balance=Decimal(typed))

    imported(book, month("may"))
    imported(book, month("april"))

    assert only().opening_balance == own.opening_balance


def test_opening_that_a_person_changed_stays_until_that_is_undone(book: Book) -> None:
    imported(book, month("may"))
    operations.change_account(only(), by=None, opening_balance=Decimal("5.00"))
    typing = last_change(book)
    found = imported(book, month("april"))
    assert only().opening_balance == Decimal("5.00")

    takingback.take_back(found, by=None, keep_edited=False)
    history.undo(typing, by=None)
    imported(book, month("april"))

    assert only().opening_balance == Decimal(950)
    agrees(only(), "april", "may")


# --- Said before, taken back after ---


def test_preview_says_what_the_account_will_begin_with(client: Client, owner: User, book: Book) -> None:
    client.force_login(owner)
    imported(book, month("may"))
    older, newer = brought(book, month("april")), brought(book, csv("2026-06-01,Shop,-1.00"))

    assert [(each.was, each.becomes) for each in openings.planned(older)] == [(Decimal("2899.50"), Decimal(950))]
    assert "begins with 950.00 then instead of 2,899.50" in page(client, older)
    assert openings.planned(newer) == []


@pytest.mark.parametrize("edited", [False, True])
@pytest.mark.parametrize("out", ["march", "april"])
def test_import_that_is_taken_back_takes_its_opening_along(book: Book, out: str, edited: bool) -> None:
    found: dict[str, StatementImport] = {name: imported(book, month(name)) for name in ("may", "april", "march")}
    if edited:
        row = Transaction.objects.filter(line__statement__source=found[out]).earliest("pk")
        operations.change_transaction(row, by=None, note="seen")

    takingback.take_back(found[out], by=None, keep_edited=False)

    agrees(only(), *({"march": ("april", "may"), "april": ("march",)}[out]))
    imported(book, month(out))
    agrees(only(), *MONTHS)


def test_file_that_opened_the_account_goes_before_the_older_one(book: Book) -> None:
    newer = imported(book, month("may"))
    imported(book, month("april"))

    takingback.take_back(newer, by=None, keep_edited=False)

    agrees(only(), "april")
    imported(book, month("may"))
    agrees(only(), "april", "may")
