"""Counting while others write: what is compared belongs to one moment, so nothing right is ever held back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, connections

from budget import history
from budget.books.models import Book
from budget.ledger.models import Account, Category, Transaction
from budget.months import Month
from budget.recount import examining
from budget.recount.models import Standing
from budget.recount.operations import count_month, recount_book
from budget.recount.snapshot import snapshot
from budget.tests import factories

pytestmark = pytest.mark.usefixtures("committed")

NOVEMBER = Month(2026, 11)


@pytest.fixture
def ledger(committed: None) -> tuple[Account, Category]:
    """An account and a category with some rows."""
    book = factories.make_book(factories.make_user())
    account, food = factories.make_account(book), factories.make_category(book)
    for _ in range(5):
        factories.make_txn(account, "3.00", food)
    return account, food


def elsewhere(work: Callable[[], Any]) -> None:
    """Do something on a connection of its own, to its end."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # told to the test that waits
            raised.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert not thread.is_alive()
    assert raised == []


@pytest.mark.parametrize("after", ["shown", "count_rows", "replay"])
def test_write_between_two_readings_does_not_hold_the_month_back(
    ledger: tuple[Account, Category], monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    account, food = ledger
    reading = getattr(examining, after)
    written: list[bool] = []

    def then_somebody_writes(*args: Any, **kwargs: Any) -> Any:
        found = reading(*args, **kwargs)
        if not written:
            written.append(True)
            elsewhere(lambda: factories.make_txn(account, "7.77", food))
        return found

    monkeypatch.setattr(examining, after, then_somebody_writes)
    found = count_month(account.book, NOVEMBER)

    assert (found.status, found.finding and found.finding.rows) == (Standing.VERIFIED, 5)
    assert Transaction.objects.count() == 6
    again = count_month(account.book, NOVEMBER)
    assert (again.status, again.finding and again.finding.rows) == (Standing.VERIFIED, 6)


def test_many_count_while_others_write(ledger: tuple[Account, Category]) -> None:
    account, food = ledger
    book = account.book
    seen: list[str] = []

    def counts() -> None:
        seen.extend(count_month(book, NOVEMBER).status for _ in range(6))

    def writes() -> None:
        for _ in range(6):
            factories.make_txn(Account.objects.get(pk=account.pk), "1.00", food)

    with at_once(counts, counts, lambda: seen.extend(found.status for found in recount_book(book)), writes):
        pass

    assert set(seen) == {Standing.VERIFIED}
    found = count_month(book, NOVEMBER)
    assert (found.status, found.finding and found.finding.rows) == (Standing.VERIFIED, 11)
    assert {each.status for each in recount_book(book)} == {Standing.VERIFIED}


@contextmanager
def at_once(*jobs: Callable[[], None]) -> Iterator[None]:
    """Do some things side by side, each on a connection of its own."""
    threads = [threading.Thread(target=elsewhere, args=(job,)) for job in jobs]
    failed: list[object] = []
    before = threading.excepthook
    threading.excepthook = failed.append
    try:
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.join(60)
    finally:
        threading.excepthook = before
    assert failed == []


def test_counting_waits_for_nobody_and_locks_nobody_out(ledger: tuple[Account, Category]) -> None:
    """Reading goes on while a change of the book is open, and a change goes on while somebody reads."""
    account, food = ledger
    book = Book.objects.get(pk=account.book_id)
    with history.change(book, None, "Opened", kind="test"):
        elsewhere(lambda: examining.examine(book, NOVEMBER))
    with snapshot():
        Transaction.objects.count()
        elsewhere(lambda: factories.make_txn(account, "1.00", food))
        assert Transaction.objects.count() == 5
    assert not connection.in_atomic_block
