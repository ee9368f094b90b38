"""A payee that a person wrote stays, whatever a rule calls its rows."""

from __future__ import annotations

from typing import Any

import pytest

from budget import history
from budget.books.models import Book
from budget.categorization import operations
from budget.ledger import operations as ledger
from budget.ledger.models import Account, Category, Source, Status, Transaction
from budget.tests.factories import last_change, make_txn

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported(account: Account) -> Transaction:
    """A row from a bank's file that waits for review."""
    return make_txn(
        account, "5.50", description="QQSHOP 12", payee="QQSHOP 12", status=Status.PENDING_REVIEW,
        source=Source.CSV_IMPORT,
    )  # fmt: skip


def run(book: Book, category: Category, pattern: str = "QQSHOP", name: str = "Rulename") -> history.Change:
    operations.add_rule_and_run(book=book, by=None, pattern=pattern, category=category, name=name)
    return last_change(book)


def call(txn: Transaction, payee: str) -> None:
    txn.refresh_from_db()
    ledger.change_transaction(txn, by=None, payee=payee)


def payee_of(txn: Transaction) -> str:
    txn.refresh_from_db()
    return txn.payee


def test_bank_s_payee_is_called_as_the_rule_says(book: Book, food: Category, imported: Transaction) -> None:
    run(book, food)

    assert payee_of(imported) == "Rulename"


def test_payee_changed_by_hand_stays_and_the_row_is_filed(book: Book, food: Category, imported: Transaction) -> None:
    call(imported, "My own name")

    run(book, food)

    assert payee_of(imported) == "My own name"
    assert (imported.category, imported.status) == (food, Status.AUTO_CONFIRMED)


def test_all_rules_leave_it_too(book: Book, food: Category, imported: Transaction) -> None:
    operations.add_rule(book=book, by=None, pattern="QQSHOP", category=food, name="Rulename")
    call(imported, "My own name")

    assert operations.run_rules(book, by=None).filed == 1

    assert payee_of(imported) == "My own name"


def test_name_of_a_rule_may_be_replaced_by_another_and_by_hand_it_stays(
    book: Book, food: Category, rent: Category, imported: Transaction
) -> None:
    run(book, food)
    run(book, rent, "QQSHOP 1", "Second")
    between = payee_of(imported)
    call(imported, "QQSHOP 12")

    with history.change(book, None, "Asked anew", kind="review.reopen") as change:
        change.update(imported, status=Status.PENDING_REVIEW)
    run(book, food, "QQSHOP 12", "Third")

    assert (between, payee_of(imported)) == ("Second", "QQSHOP 12")


def test_change_by_hand_that_was_undone_is_none(book: Book, food: Category, imported: Transaction) -> None:
    call(imported, "My own name")
    history.undo(last_change(book), by=None)

    run(book, food)

    assert payee_of(imported) == "Rulename"


@pytest.mark.parametrize(("fields", "payee"), [({"payee": "Corner shop"}, "Corner shop"), ({}, "Rulename")])
def test_payee_typed_with_a_new_row_stays(
    book: Book, account: Account, food: Category, fields: dict[str, Any], payee: str
) -> None:
    typed = make_txn(account, "5.50", description="QQSHOP 12", status=Status.PENDING_REVIEW, **fields)

    run(book, food)

    assert payee_of(typed) == payee
