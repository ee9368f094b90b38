"""D5: the connection is cut at each of the first statements of a write; the book is as before or after, never between.

On PostgreSQL the server really ends the backend, from a second connection; on SQLite, which has no connection to cut,
the statement fails.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import Error, OperationalError, connection

from budget import history
from budget.books.models import Book
from budget.envelopes import operations as plan
from budget.ledger import operations, totals
from budget.ledger.models import Account, Category, Transaction
from budget.months import Month
from budget.tests.factories import last_change, make_account, make_book, make_category, make_txn, make_user

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS = 20
NOVEMBER = Month(2026, 11)


def _world() -> Book:
    book = make_book(make_user(), "Drill")
    everyday = make_account(book)
    make_account(book, "Savings", type="savings")
    food = make_category(book, "Food")
    make_category(book, "Rent")
    for _ in range(5):
        make_txn(everyday, "5.00", food)
    plan.set_budget(book=book, by=None, category=food, month=NOVEMBER, amount=Decimal(200))
    return book


def _account(book: Book, name: str) -> Account:
    return Account.objects.of(book).get(name=name)


def _category(book: Book, name: str) -> Category:
    return Category.objects.of(book).get(name=name)


FLOWS: dict[str, Callable[[Book], Any]] = {
    "record": lambda book: make_txn(_account(book, "Everyday"), "1.00", _category(book, "Rent")),
    "edit": lambda book: operations.change_transaction(
        Transaction.objects.of(book).order_by("pk")[0], by=None, amount=Decimal("6.66")
    ),
    "move money": lambda book: operations.transfer_between_accounts(
        book=book,
        by=None,
        source=_account(book, "Everyday"),
        target=_account(book, "Savings"),
        amount=Decimal(3),
    ),
    "bulk file": lambda book: operations.categorize_transactions(
        book=book, by=None, rows=Transaction.objects.all(), category=_category(book, "Rent")
    ),
    "delete": lambda book: operations.delete_transactions(book=book, by=None, rows=Transaction.objects.all()),
    "move budget": lambda book: plan.transfer(
        book=book,
        by=None,
        source=_category(book, "Food"),
        target=_category(book, "Rent"),
        month=NOVEMBER,
        amount=Decimal(10),
    ),
}


class Cut:
    """Cuts the connection just before its `at`th statement; `seen` tells how many there were."""

    def __init__(self, at: int) -> None:
        self.at, self.seen = at, 0

    def __call__(self, execute: Callable[..., Any], *arguments: Any) -> Any:
        self.seen += 1
        if self.seen == self.at:
            if connection.vendor == "sqlite":
                raise OperationalError("the disk went away")
            pid = connection.connection.info.backend_pid
            with psycopg.connect(os.environ["DATABASE_URL_DIRECT"], autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", [pid])
        return execute(*arguments)


def _state(book: Book) -> tuple[object, ...]:
    return (history.digest(book), totals.stored(book), Book.objects.get(pk=book.pk).version)


@pytest.mark.parametrize("flow", FLOWS)
def test_write_whose_connection_is_cut_leaves_before_or_after(flow: str) -> None:
    """D5, R000-2, R003-8: a lost connection is left and the next one works."""
    book = _world()
    before = _state(book)
    cuts = 0
    for at in range(1, STATEMENTS + 1):
        cut = Cut(at)
        with connection.execute_wrapper(cut):
            if at > 1 and cuts < at - 1:
                break  # the flow has no statement of this number
            try:
                FLOWS[flow](book)
            except Error:
                cuts += 1
        connection.close_if_unusable_or_obsolete()
        if cuts < at:
            continue
        assert _state(book) == before, f"cut before statement {at}"

    assert cuts >= 6
    assert history.verify(book).is_whole
    assert totals.differences(book) == []
    if _state(book) == before:
        FLOWS[flow](book)  # the next request works
    assert _state(book) != before
    history.undo(last_change(book), by=None)
    assert _state(book)[:2] == before[:2]
