"""Imports at the same time as imports, undos and edits: rows once, and always one of the two orders."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from budget.books.models import Book
from budget.errors import BudgetError
from budget.history import verify
from budget.history.errors import Vanished
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.management.dropfolder import DropFolder
from budget.statements import choices, recording, takingback
from budget.statements.accounts import choose_account
from budget.statements.duplicates import compare
from budget.statements.errors import AlreadySettled, BookChanged, NotImported
from budget.statements.models import Fate, StatementImport, StatementLine
from budget.tests.envelopes.test_concurrency import at_once
from budget.tests.factories import make_account, make_book, make_txn, make_user
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


def on_own_connection(pk: int, act: Callable[[StatementImport], object], did: str) -> Callable[[], str]:
    """Do something with an import as another request would; what stood in the way by its name."""

    def call() -> str:
        try:
            act(StatementImport.objects.select_related("book", "change").get(pk=pk))
        except BudgetError as error:
            return type(error).__name__
        return did

    return call


ROUNDS = [3, pytest.param(200, marks=pytest.mark.nightly)]


@pytest.mark.parametrize("rounds", ROUNDS)
def test_confirming_against_discarding_ends_as_one_of_the_two_orders(rounds: int) -> None:
    """C10."""
    for _ in range(rounds):
        book = new_book()
        pk = brought(book, FILE).pk

        outcomes = at_once(
            [
                on_own_connection(pk, lambda own: recording.confirm(own, by=None), "imported"),
                on_own_connection(pk, takingback.discard, "discarded"),
            ]
        )

        left = Transaction.objects.of(book).count(), StatementLine.objects.filter(statement__source=pk).count()
        assert (outcomes, left) in (
            (["imported", "AlreadySettled"], (9, 9)),
            (["AlreadySettled", "discarded"], (0, 0)),
        )


@pytest.mark.parametrize("rounds", ROUNDS)
def test_confirming_against_deleting_the_joined_row_ends_as_one_of_the_two_orders(rounds: int) -> None:
    """C10: import against delete; no line is ever tied to a row that is gone."""
    for _ in range(rounds):
        book = new_book()
        by_hand = make_txn(Account.objects.of(book).get(), "3.50", None, "2026-05-03", "Shop 3")
        found = brought(book, FILE)
        line = StatementLine.objects.get(statement__source=found, fate=Fate.DOUBTFUL)
        choices.choose(found, [line.pk], Fate.JOINED)

        def delete(own: StatementImport, pk: int = by_hand.pk) -> None:
            rows = Transaction.objects.filter(pk=pk)
            operations.delete_transactions(book=own.book, by=None, rows=rows)

        outcomes = at_once(
            [
                on_own_connection(found.pk, lambda own: recording.confirm(own, by=None), "imported"),
                on_own_connection(found.pk, delete, "deleted"),
            ]
        )

        left = Transaction.objects.of(book).count()
        assert (outcomes, left) in ((["imported", "deleted"], 8), (["BookChanged", "deleted"], 0))
        assert verify(book).is_whole


@pytest.mark.parametrize("rounds", ROUNDS)
def test_confirming_against_deleting_its_account_ends_as_one_of_the_two_orders(rounds: int) -> None:
    """C10: import against delete of what it goes to."""
    for _ in range(rounds):
        book = new_book()
        found = brought(book, FILE)

        def delete(own: StatementImport) -> None:
            account = Account.objects.of(own.book).select_related("book").get()
            operations.delete_account_with_history(account, by=None, typed_name=account.name)

        outcomes = at_once(
            [
                on_own_connection(found.pk, lambda own: recording.confirm(own, by=None), "imported"),
                on_own_connection(found.pk, delete, "deleted"),
            ]
        )

        left = Transaction.objects.of(book).count(), Account.objects.of(book).count()
        # Imported after the deletion it opens the account anew: the preview named it, and a statement keeps its name.
        assert outcomes == ["imported", "deleted"]
        assert left in ((0, 0), (9, 1))
        assert verify(book).is_whole


@pytest.mark.parametrize("rounds", ROUNDS)
def test_confirming_against_choosing_the_account_ends_as_one_of_the_two_orders(rounds: int) -> None:
    """C10: where the lines say that they went, they went."""
    for _ in range(rounds):
        book = new_book()
        other = make_account(book, "Other")
        found = brought(book, FILE, account=Account.objects.of(book).earliest("pk"))

        def choose(own: StatementImport, pk: int = other.pk) -> None:
            choose_account(own.statements.get(), Account.objects.select_related("book").get(pk=pk))

        at_once(
            [
                on_own_connection(found.pk, lambda own: recording.confirm(own, by=None), "imported"),
                on_own_connection(found.pk, choose, "chosen"),
            ]
        )

        went = set(Transaction.objects.of(book).values_list("account", flat=True))
        assert went == set(found.statements.values_list("account", flat=True))


def test_four_programs_on_one_folder_import_each_file_once(tmp_path: Path) -> None:
    """C13: each due file exactly once, whoever finds it."""
    book = new_book()
    for number in range(6):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(csv(*(f"2026-0{number + 1}-{day:02},Shop {day},-{day}.50" for day in range(1, 6))))
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))

    def sweep() -> str:
        try:
            return str(len(list(DropFolder(tmp_path, Book.objects.get(pk=book.pk), "").sweep())))
        except BudgetError as error:
            return type(error).__name__

    at_once([sweep] * 4)
    sweep()

    assert Transaction.objects.of(book).count() == 30
    assert sorted(path.name for path in tmp_path.glob("*.csv")) == []
    kept = sorted(path.name for path in (tmp_path / "done").iterdir())
    assert kept == sorted(name for number in range(6) for name in (f"{number}.csv", f"{number}.csv.json"))
    assert verify(book).is_whole
