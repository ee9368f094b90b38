"""Rows that a later import linked as a transfer: they go with the import that brought them, the other side stays."""

from __future__ import annotations

from decimal import Decimal

import pytest

from budget import history
from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.models import AccountTransfer, Status, Transaction
from budget.statements import takingback, transfers
from budget.statements.edits import untouched
from budget.statements.models import StatementImport
from budget.tests.factories import make_account
from budget.tests.statements.bringing import csv, imported

pytestmark = pytest.mark.django_db


@pytest.fixture
def both(book: Book) -> tuple[StatementImport, StatementImport]:
    """Two files with the two sides of one movement; the second one links them."""
    out, into = make_account(book, name="Checking"), make_account(book, name="Savings")
    first = imported(book, csv("2026-05-02,Savings,-300.00", "2026-05-03,Shop,-4.50"), account=out)
    return first, imported(book, csv("2026-05-03,Checking,300.00"), "savings.csv", account=into)


def rows() -> list[tuple[str, bool, str]]:
    told = Transaction.objects.order_by("date", "pk").values_list("amount", "is_transfer", "status")
    return [(f"{amount:.2f}", is_transfer, status) for amount, is_transfer, status in told]


def test_link_of_a_later_import_is_nobodys_edit(both: tuple[StatementImport, StatementImport]) -> None:
    first, second = both
    assert AccountTransfer.objects.count() == 1
    assert not takingback.edited_since(first).exists()

    takingback.take_back(first, by=None, keep_edited=True)

    assert not AccountTransfer.objects.exists()
    assert rows() == [("-300.00", False, Status.PENDING_REVIEW)]
    assert not takingback.edited_since(second).exists()
    takingback.take_back(second, by=None, keep_edited=True)
    assert rows() == []


def test_rows_that_were_taken_out_and_came_back_are_nobodys_edit(both: tuple[StatementImport, StatementImport]) -> None:
    first, _ = both
    history.undo(takingback.take_back(first, by=None, keep_edited=True), by=None)
    assert AccountTransfer.objects.count() == 1
    assert not takingback.edited_since(first).exists()


def test_row_that_a_person_edited_beside_the_link_is_kept(
    book: Book, both: tuple[StatementImport, StatementImport]
) -> None:
    first, _ = both
    linked = Transaction.objects.get(amount=Decimal(300))
    operations.change_transaction(linked, by=None, note="To save")

    takingback.take_back(first, by=None, keep_edited=True)

    assert rows() == [("300.00", True, Status.CONFIRMED), ("-300.00", True, Status.CONFIRMED)]


def test_link_of_a_person_is_an_edit(book: Book) -> None:
    out, into = make_account(book, name="Checking"), make_account(book, name="Savings")
    first = imported(book, csv("2026-05-02,Savings,-300.00"), account=out)
    imported(book, csv("2026-05-20,Checking,300.00"), "savings.csv", account=into)
    outgoing, incoming = Transaction.objects.order_by("date")
    transfers.link(book=book, by=None, outgoing=outgoing, incoming=incoming)

    assert [txn.pk for txn in takingback.edited_since(first)] == [outgoing.pk]


def test_number_of_questions_does_not_grow_with_the_imports_since(
    book: Book, both: tuple[StatementImport, StatementImport], django_assert_max_num_queries
) -> None:
    first, _ = both
    for day in range(5, 11):
        undone = imported(
            book, csv(f"2026-05-{day:02},Shop,-{day}.00"), f"{day}.csv", account=first.statements.get().account
        )
        takingback.take_back(undone, by=None, keep_edited=True)
    assert first.change is not None
    with django_assert_max_num_queries(9):
        assert untouched(takingback.made_by_import(first), first.change).count() == 2
