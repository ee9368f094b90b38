"""Rows that were moved to another account: they are known there, and where their file was for, and nowhere twice."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from budget import history
from budget.books.models import Book
from budget.history import BuiltUpon
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements import accounts, choices, takingback
from budget.statements.models import Statement, StatementImport
from budget.statements.same_file import imported_before
from budget.tests.factories import make_account
from budget.tests.statements.bringing import brought, csv, fates, imported, ofx, ofx_part
from budget.users.models import User

pytestmark = pytest.mark.django_db

ROWS = ("2026-05-02,Bakery,-4.50", "2026-05-03,Fuel,-55.00", "2026-05-04,Gym,-30.00")
NEXT = "2026-05-10,Next,-9.00"
OF_BANK = ("20260511 -1.10 m1 Rent", "20260512 -2.10 m2 Rent")
NEXT_OF_BANK = "20260513 -3.10 m3 Rent"


@pytest.fixture
def right(account: Account) -> Account:
    """Where the rows belong; files go to `account` first, which is wrong."""
    return make_account(account.book, "Right")


def move(rows: list[Transaction], to: Account) -> None:
    for txn in rows:
        operations.change_transaction(txn, by=None, account=to)


def rows_of(book: Book) -> list[Transaction]:
    return list(Transaction.objects.of(book).order_by("date", "pk"))


def said_for(found: StatementImport, account: Account) -> StatementImport:
    """The import, after a person said which account it is for."""
    for statement in found.statements.all():
        accounts.choose_account(statement, account)
    choices.compare_again(found)
    return found


def proposed(found: StatementImport) -> str:
    return str(Statement.objects.get(source=found).account)


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (csv(*ROWS), csv(*ROWS, NEXT)),
        (csv(*ROWS), csv(*ROWS)),
        (ofx(*OF_BANK), ofx(*OF_BANK, NEXT_OF_BANK)),
        (ofx(*OF_BANK), ofx(*OF_BANK)),
    ],
    ids=["overlapping", "the same", "overlapping, with ids", "the same, with ids"],
)
def test_next_file_finds_rows_where_they_were_moved(
    book: Book, account: Account, right: Account, first: bytes, later: bytes
) -> None:
    imported(book, first, account=account)
    move(rows_of(book), right)

    found = brought(book, later, "later.csv")

    is_longer = first != later
    count = len(rows_of(book))
    assert proposed(found) == "Right"
    assert fates(found) == ["there"] * count + ["new"] * is_longer
    assert (imported_before(found) is None) is is_longer


@pytest.mark.parametrize("rows", [ROWS, (*ROWS, NEXT)], ids=["the same", "overlapping"])
def test_file_for_the_account_that_rows_were_moved_from_finds_them_too(
    book: Book, account: Account, right: Account, owner: User, client: Client, rows: tuple[str, ...]
) -> None:
    imported(book, csv(*ROWS), account=account)
    move(rows_of(book), right)

    found = said_for(brought(book, csv(*rows), "later.csv"), account)

    assert fates(found) == ["there"] * 3 + ["new"] * (len(rows) - 3)
    client.force_login(owner)
    page = client.get(reverse("statements:import-detail", args=[found.pk])).content.decode()
    assert page.count(", on Right</a>") == 3


def test_only_what_was_moved_is_known_on_the_other_account(book: Book, account: Account, right: Account) -> None:
    imported(book, csv(*ROWS), account=account)
    move(rows_of(book)[:1], right)

    found = brought(book, csv(*ROWS))

    assert proposed(found) == "Everyday"
    assert fates(said_for(found, right)) == ["there", "new", "new"]


def test_equal_rows_of_two_accounts_are_not_both_the_one_that_was_moved(
    book: Book, account: Account, right: Account
) -> None:
    def both(*rows: str) -> bytes:
        parts = "".join(ofx_part(*own, number=number) for own, number in ((rows, "77"), (rows, "88")))
        return f"OFXHEADER:100\n\n<OFX><BANKMSGSRSV1>{parts}</BANKMSGSRSV1></OFX>".encode()

    imported(book, ofx(*OF_BANK, number="77"), account=account)
    move(rows_of(book), right)

    found = brought(book, both(*OF_BANK), "both.ofx")
    for statement, own in zip(found.statements.order_by("number"), (account, right), strict=True):
        accounts.choose_account(statement, own)
    choices.compare_again(found)

    assert sorted(fates(found)) == ["new", "new", "there", "there"]


def test_equal_rows_without_ids_are_counted_where_one_was_moved(book: Book, account: Account, right: Account) -> None:
    imported(book, csv(ROWS[0]), account=account)
    imported(book, csv(ROWS[0], "2026-05-05,Own,-1.00"), "right.csv", account=right)
    move(list(Transaction.objects.filter(account=account)), right)

    found = said_for(brought(book, csv(*[ROWS[0]] * 3), "later.csv"), right)

    assert fates(found) == ["there", "there", "new"]


def test_undo_does_not_bring_a_moved_row_back_beside_its_own(book: Book, account: Account, right: Account) -> None:
    first = imported(book, csv(*ROWS), account=account)
    move(rows_of(book), right)
    undone = takingback.take_back(first, by=None, keep_edited=False)
    imported(book, csv(*ROWS, NEXT), "later.csv", account=right)

    with pytest.raises(BuiltUpon, match="brought the same rows again"):
        history.undo(undone, by=None)

    assert len(rows_of(book)) == 4


def test_row_moved_beside_an_equal_one_comes_back_when_its_deletion_is_undone(
    book: Book, account: Account, right: Account
) -> None:
    imported(book, csv(ROWS[0]), account=account)
    imported(book, csv(ROWS[0], NEXT), "right.csv", account=right)
    moved = Transaction.objects.filter(account=account)
    move(list(moved), right)
    txn = rows_of(book)[0]
    done = operations.delete_transactions(book=book, by=None, rows=Transaction.objects.of(book).filter(pk=txn.pk))

    assert done is not None
    history.undo(done, by=None)

    assert len(rows_of(book)) == 3


def test_undo_of_an_import_tells_of_files_that_found_its_rows_where_they_were_moved(
    book: Book, account: Account, right: Account
) -> None:
    first = imported(book, csv(*ROWS), account=account)
    move(rows_of(book), right)
    later = imported(book, csv(*ROWS, NEXT), "later.csv", account=right)

    assert [(each.pk, rows) for each, rows in takingback.told_again_by(first)] == [(later.pk, 3)]
