"""Imports at the same time as imports, undos and edits: rows once, and always one of the two orders."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from budget.books.models import Book
from budget.history import verify
from budget.history.errors import Vanished
from budget.ledger import operations
from budget.ledger.models import Transaction
from budget.statements import recording, takingback
from budget.statements.duplicates import compare
from budget.statements.errors import AlreadySettled, BookChanged, NotImported
from budget.statements.models import StatementImport
from budget.tests.envelopes.test_concurrency import at_once
from budget.tests.factories import make_account, make_book, make_user
from budget.tests.statements.bringing import brought, csv, imported

pytestmark = pytest.mark.usefixtures("committed")

FILE = csv(*(f"2026-05-{day:02},Shop {day},-{day}.50" for day in range(1, 10)))


def new_book() -> Book:
    book = make_book(make_user())
    make_account(book)
    return book


def confirming(pk: int) -> Callable[[], str]:
    """Confirm an import as a person would: look again when the book has changed."""

    def confirm() -> str:
        for _ in range(20):
            found = StatementImport.objects.select_related("book").get(pk=pk)
            try:
                recording.confirm(found, by=None)
            except BookChanged:
                compare(StatementImport.objects.select_related("book").get(pk=pk))
            except AlreadySettled:
                return "settled before"
            else:
                return "imported"
        return "gave up"

    return confirm


@pytest.mark.parametrize("clients", [4, pytest.param(16, marks=pytest.mark.nightly)])
def test_one_file_brought_by_many_at_once_is_there_once(clients: int) -> None:
    """I5: each client brings the same file; each row is recorded by exactly one of them."""
    book = new_book()
    brings = [brought(book, FILE, f"{number}.csv").pk for number in range(clients)]

    outcomes = at_once([confirming(pk) for pk in brings])

    assert outcomes == ["imported"] * clients
    assert Transaction.objects.of(book).count() == 9
    assert verify(book).is_whole


def test_one_import_confirmed_by_many_at_once_is_recorded_once() -> None:
    """I5, C1: a double click in many windows."""
    book = new_book()
    pk = brought(book, FILE).pk

    outcomes = sorted(at_once([confirming(pk)] * 4))

    assert outcomes == ["imported", "settled before", "settled before", "settled before"]
    assert Transaction.objects.of(book).count() == 9


@pytest.mark.parametrize("rounds", [5, pytest.param(200, marks=pytest.mark.nightly)])
def test_undo_of_an_import_against_an_edit_ends_as_one_of_the_two_orders(rounds: int) -> None:
    """C10: import against undo, edit against undo."""
    for _ in range(rounds):
        book = new_book()
        found = imported(book, FILE)
        txn = Transaction.objects.of(book).order_by("pk")[0]

        def undo(pk: int = found.pk) -> str:
            own = StatementImport.objects.select_related("book", "change").get(pk=pk)
            try:
                takingback.take_back(own, by=None, keep_edited=True)
            except NotImported:
                return "not there"
            return "undone"

        def edit(pk: int = txn.pk) -> str:
            try:
                operations.change_transaction(
                    Transaction.objects.select_related("account", "book").get(pk=pk), by=None, note="mine"
                )
            except (Vanished, Transaction.DoesNotExist):
                return "gone"
            return "edited"

        outcomes = at_once([undo, edit])

        left = list(Transaction.objects.of(book).values_list("note", flat=True))
        assert (outcomes, left) in ((["undone", "gone"], []), (["undone", "edited"], ["mine"]))
        assert verify(book).is_whole
