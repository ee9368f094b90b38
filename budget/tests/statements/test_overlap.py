"""Rows that are there already in another guise: joined to what came first, posted after they were announced."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from budget import history
from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements import choices, recording, takingback
from budget.statements.models import Fate, Statement, StatementImport, StatementLine
from budget.statements.receipts import receipt
from budget.statements.takingback import drop_lines
from budget.tests.factories import make_account, make_txn
from budget.tests.statements.bringing import amounts, brought, csv, fates, imported, ofx

pytestmark = pytest.mark.django_db

OFX = ofx("20260502 -4.50 a1 Bakery", "20260503 -63.10 a2 Power")
CSV = csv("2026-05-02,BAKERY BERLIN,-4.50", "2026-05-03,POWER AND LIGHT,-63.10")


def lines_of(found: StatementImport) -> list[StatementLine]:
    return list(StatementLine.objects.filter(statement__source=found).order_by("number"))


def joined(book: Book, content: bytes, account: Account) -> StatementImport:
    """A file all of whose doubtful lines a person took for what is there."""
    found = brought(book, content, account=account)
    choices.choose(found, [line.pk for line in lines_of(found) if line.fate == Fate.DOUBTFUL], Fate.JOINED)
    return recording.confirm(found, by=None)


def test_transaction_that_a_second_file_tells_of_keeps_the_line_that_it_came_from(book: Book, account: Account) -> None:
    """R003-18: the other line is that line again, so both files know it whenever they come."""
    first = imported(book, OFX, account=account)
    second = joined(book, CSV, account)

    assert fates(second) == [Fate.JOINED, Fate.JOINED]
    made = list(Transaction.objects.of(book).order_by("date").values_list("line", flat=True))
    assert made == [line.pk for line in lines_of(first)] == [line.same_as_id for line in lines_of(second)]
    assert fates(imported(book, CSV, "again.csv")) == [Fate.THERE, Fate.THERE]
    assert fates(imported(book, OFX, "again.ofx")) == [Fate.THERE, Fate.THERE]
    assert sorted(amounts(book)) == [Decimal("4.50"), Decimal("63.10")]


def test_joined_line_knows_the_transaction_it_is_so_that_the_next_file_leads_there(
    book: Book, account: Account
) -> None:
    imported(book, OFX, account=account)
    joined(book, CSV, account)

    again = brought(book, CSV)

    transactions = list(Transaction.objects.of(book).order_by("date").values_list("pk", flat=True))
    assert [line.matched_id for line in lines_of(again)] == transactions


def test_file_that_only_joined_is_taken_back_without_a_trace(book: Book, account: Account) -> None:
    """I4."""
    imported(book, OFX, account=account)
    digest = history.digest(book)
    second = joined(book, CSV, account)

    if second.change is not None:
        takingback.take_back(second, by=None, keep_edited=False)

    assert history.digest(book) == digest
    assert fates(brought(book, OFX)) == [Fate.THERE, Fate.THERE]


def test_file_that_others_were_joined_to_takes_its_rows_along_and_can_come_again(book: Book, account: Account) -> None:
    """I4: what the first file brought goes with it; neither file is then taken for known."""
    first = imported(book, OFX, account=account)
    joined(book, CSV, account)

    takingback.take_back(first, by=None, keep_edited=False)

    assert amounts(book) == []
    assert fates(imported(book, OFX)) == [Fate.NEW, Fate.NEW]
    assert amounts(book) == [Decimal("4.50"), Decimal("63.10")]


def test_joined_row_that_was_deleted_stays_deleted_for_both_files(book: Book, account: Account) -> None:
    imported(book, OFX, account=account)
    joined(book, CSV, account)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.of(book).filter(date="2026-05-02"))

    assert fates(brought(book, OFX)) == [Fate.DELETED, Fate.THERE]
    assert fates(brought(book, CSV)) == [Fate.DELETED, Fate.THERE]


PENDING = b"Date,Payee,Amount,Status\n2026-05-02,Bakery,-4.50,Pending\n2026-05-03,Power,-63.10,Posted\n"
POSTED = PENDING.replace(b"Pending", b"Posted")


def test_announced_row_that_is_told_again_as_posted_is_pending_no_longer(book: Book, account: Account) -> None:
    """R003-18: it is there already, and yet the bank says something new about it."""
    imported(book, PENDING)
    assert list(Transaction.objects.of(book).order_by("date").values_list("is_pending", flat=True)) == [True, False]

    found = imported(book, POSTED)

    assert fates(found) == [Fate.THERE, Fate.THERE]
    assert list(Transaction.objects.of(book).order_by("date").values_list("is_pending", flat=True)) == [False, False]
    assert found.change is not None
    assert found.change.summary == "Joined 1 line from may.csv"
    takingback.take_back(found, by=None, keep_edited=False)
    assert Transaction.objects.of(book).filter(is_pending=True).count() == 1


def test_posted_row_that_is_announced_again_stays_posted(book: Book, account: Account) -> None:
    """An older file, brought late."""
    imported(book, POSTED)
    version = Book.objects.get(pk=book.pk).version

    found = imported(book, PENDING)

    assert (fates(found), found.change) == ([Fate.THERE, Fate.THERE], None)
    assert Transaction.objects.of(book).filter(is_pending=True).count() == 0
    assert Book.objects.get(pk=book.pk).version == version


def test_announced_row_joined_to_one_that_is_announced_still_keeps_its_amount(book: Book, account: Account) -> None:
    """Only what was posted says what it came to in the end."""
    pending = ofx(pending=["20260502 -20.00 - Trattoria"])
    imported(book, pending, account=account)
    later = brought(book, b"Date,Payee,Amount,Status\n2026-05-03,Trattoria,-23.00,Pending\n", account=account)
    (line,) = lines_of(later)
    assert line.fate == Fate.DOUBTFUL

    choices.choose(later, [line.pk], Fate.JOINED)
    recording.confirm(later, by=None)

    (txn,) = Transaction.objects.of(book)
    assert (txn.amount, str(txn.date), txn.is_pending) == (Decimal("20.00"), "2026-05-02", True)


def test_side_of_a_transfer_typed_by_hand_is_perhaps_the_bank_s_row(book: Book, account: Account) -> None:
    """Or the file would bring the money a second time, beside a transfer that is there."""
    savings = make_account(book, "Savings")
    move = operations.transfer_between_accounts(
        book=book, by=None, source=account, target=savings, amount=Decimal("300.00"), date=dt.date(2026, 5, 2)
    )

    found = joined(book, csv("2026-05-03,To savings,-300.00"), account)

    assert fates(found) == [Fate.JOINED]
    move.outgoing.refresh_from_db()
    assert (move.outgoing.line_id, move.outgoing.is_transfer) == (lines_of(found)[0].pk, True)
    assert sorted(amounts(book)) == [Decimal("-300.00"), Decimal("300.00")]
    assert receipt(found).adds_up


def drop_and_commit(found: StatementImport) -> None:
    drop_lines(found)
    connection.check_constraints()


def test_lines_of_a_recorded_import_are_not_dropped_under_its_transactions(book: Book, account: Account) -> None:
    """They go past Django's own look at what points to them; the database itself holds them."""
    found = imported(book, OFX)
    read_only = brought(book, CSV)

    with pytest.raises(IntegrityError), transaction.atomic():
        drop_and_commit(found)
    drop_lines(read_only)

    assert (len(lines_of(found)), found.statements.count()) == (2, 1)
    assert (len(lines_of(read_only)), read_only.statements.count()) == (0, 0)
    with pytest.raises(ProtectedError):
        Statement.objects.filter(source=found).delete()


def test_posted_row_joined_to_one_that_is_announced_stays_posted(book: Book, account: Account) -> None:
    by_hand = make_txn(account, "4.50", None, "2026-05-01", "bread")

    joined(book, b"Date,Payee,Amount,Status\n2026-05-02,Bakery,-4.50,Pending\n", account)

    by_hand.refresh_from_db()
    assert (by_hand.is_pending, by_hand.line_id is not None) == (False, True)


def test_file_that_was_joined_with_one_taken_back_brings_its_rows_again(book: Book, account: Account) -> None:
    """I4: an undo is no deletion by hand; or the money of both files would be gone without a word."""
    first = imported(book, OFX, account=account)
    joined(book, CSV, account)
    takingback.take_back(first, by=None, keep_edited=False)

    found = imported(book, CSV, "again.csv")

    assert fates(found) == [Fate.NEW, Fate.NEW]
    assert amounts(book) == [Decimal("4.50"), Decimal("63.10")]
