"""A file that says only what it ends with, and not all of it can be read: nothing is called right that is unknown."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client

from budget.books.models import Book
from budget.ledger.models import Account
from budget.management.commands.import_statement import lines
from budget.statements import choices, mending, recording, takingback
from budget.statements.balances import balance_on, period_of
from budget.statements.models import Fate, StatementImport, StatementLine
from budget.statements.receipts import as_json, receipt
from budget.tests.factories import make_account, make_txn
from budget.tests.statements.bringing import brought, fates, imported, ofx
from budget.tests.statements.test_openings_after_undo import balanced
from budget.tests.statements.test_views import page
from budget.users.models import User

pytestmark = pytest.mark.django_db

SHOP, PUB, BOSS = "20260401 -10.00 I1 Shop", "20260402 -12.50 I2 Pub", "20260405 100.00 I3 Boss"
UNREADABLE = "20260402 12..5 I2 Pub"
END = dt.date(2026, 4, 30)


def partly(*, left_out: bool = False, account: Account | None = None) -> StatementImport:
    """The file without the one row that cannot be read."""
    content = balanced("1000.00", "20260430", SHOP, UNREADABLE, BOSS)
    found = brought(Book.objects.get(), content, "part.ofx", account=account)
    if left_out:
        choices.choose(found, [StatementLine.objects.get(statement__source=found, fate=Fate.REFUSED).pk], Fate.SKIPPED)
    return recording.confirm(found, by=None, is_partial=True)


def begins() -> Decimal:
    return Account.objects.get().opening_balance


def at_the_end() -> Decimal:
    return balance_on(Account.objects.get(), END)


@pytest.mark.parametrize("left_out", [False, True])
def test_receipt_says_that_nothing_is_known(client: Client, owner: User, book: Book, left_out: bool) -> None:
    client.force_login(owner)
    found = partly(left_out=left_out)

    told = as_json(receipt(found))

    assert told["balance"]["ledger"] == "1000.00"
    assert (told["balance"]["ledger_difference"], told["balance"]["likeliest"]) == (None, [])
    printed = lines(receipt(found), told, "")
    assert [line for line in printed if line.startswith("In the book")] == [
        "In the book     Checking 77 has 1000.00 EUR on 2026-04-30; not known whether the bank agrees, as 1 row"
        " waits to be read"
    ]
    text = page(client, found)
    assert "This cannot be checked while 1 row waits to be read" in text
    assert "as the bank says" not in text


def test_period_has_no_opening_balance_while_rows_wait(book: Book) -> None:
    found = partly()

    told = period_of(found.statements.get())

    assert told is not None
    assert (told.opening, told.closing) == (None, Decimal(1000))


@pytest.mark.parametrize(
    "content",
    [balanced("1000.00", "20260430", SHOP, PUB, BOSS), ofx(SHOP, PUB, BOSS), ofx(PUB)],
    ids=["with a balance", "without one", "that row alone"],
)
def test_row_that_comes_in_a_later_file_finds_its_place(book: Book, content: bytes) -> None:
    part = partly()

    whole = imported(book, content, "good.ofx")

    assert fates(whole).count("new") == 1
    assert (begins(), at_the_end()) == (Decimal("922.500"), Decimal("1000.000"))
    says = as_json(receipt(whole))["balance"]
    assert says["ledger_difference"] == ("0.00" if says["closing"] else None)
    assert as_json(receipt(part))["balance"]["likeliest"] == []
    takingback.take_back(whole, by=None, keep_edited=False)
    assert (begins(), at_the_end()) == (Decimal("910.000"), Decimal("1000.000"))


def test_row_that_is_mended_when_the_file_comes_again_finds_its_place(book: Book) -> None:
    partly()
    again = brought(book, balanced("1000.00", "20260430", SHOP, UNREADABLE, BOSS), "again.ofx")
    row = StatementLine.objects.get(statement__source=again, fate=Fate.REFUSED)
    mending.mend(again, row.pk, date=dt.date(2026, 4, 2), amount=Decimal("12.50"), payee="Pub", by_name="Alice")

    recording.confirm(again, by=None)

    assert (begins(), at_the_end()) == (Decimal("922.500"), Decimal("1000.000"))
    assert as_json(receipt(again))["balance"]["ledger_difference"] == "0.00"


def test_rows_of_the_next_file_on_its_last_day_come_after_it(book: Book) -> None:
    partly()

    imported(book, ofx("20260430 -7.00 I8 Kiosk", "20260502 -1.00 I9 Kiosk"), "next.ofx")

    assert (begins(), at_the_end()) == (Decimal(910), Decimal(993))


def test_account_that_a_person_opened_differs_by_the_row_that_waits(book: Book) -> None:
    part = partly(account=make_account(book, opening_balance=Decimal("922.50")))

    told = as_json(receipt(part))["balance"]

    assert told["ledger_difference"] == "12.50"
    assert [(each["amount"], each["why"]) for each in told["likeliest"]] == [
        ("-12.50", "In the bank's file, entry 2 (line 3), and cannot be read. If it moves this much both agree.")
    ]


def test_no_row_of_the_banks_own_file_is_named(book: Book) -> None:
    """Neither one that it brought nor one that it found already here; what was typed beside them is."""
    own = make_account(book, opening_balance=Decimal("1010.00"))
    whole = balanced("1000.00", "20260430", SHOP, PUB)
    found = [imported(book, whole, f"{name}.ofx", account=own) for name in ("first", "again")]

    told = [as_json(receipt(each))["balance"] for each in found]
    assert [(each["ledger_difference"], each["likeliest"]) for each in told] == [("-12.50", [])] * 2

    make_txn(own, "12.50", date="2026-04-20", description="Typed")
    for each in found:
        told = as_json(receipt(each))["balance"]
        assert [clue["title"] for clue in told["likeliest"]] == ["Typed"]
