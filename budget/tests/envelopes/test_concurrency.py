"""Moves at the same time: never more out of an envelope than is in it, never a cent gained or lost, no deadlock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Barrier

import pytest
from django.db import connection
from django.db.models import Sum

from budget import history
from budget.books.models import Book
from budget.envelopes.errors import NotEnoughInEnvelope
from budget.envelopes.models import Allocation, EnvelopeTransfer
from budget.envelopes.operations import set_budget, transfer
from budget.envelopes.queries import available
from budget.ledger.models import Category
from budget.tests.envelopes.conftest import NOVEMBER
from budget.tests.factories import make_book, make_category, make_user

pytestmark = pytest.mark.usefixtures("committed")
D = Decimal
nightly = pytest.mark.nightly


def new_plan(*amounts: str) -> tuple[Book, list[Category]]:
    """A book with one budget per amount, committed."""
    book = make_book(make_user())
    categories = [make_category(book, f"Category {number}") for number in range(len(amounts))]
    for category, amount in zip(categories, amounts, strict=True):
        set_budget(book=book, by=None, category=category, month=NOVEMBER, amount=D(amount))
    return book, categories


def at_once(calls: list[Callable[[], str]]) -> list[str]:
    """What each call answers; all begin at the same moment, each on a connection of its own."""
    together = Barrier(len(calls))

    def run(call: Callable[[], str]) -> str:
        try:
            connection.ensure_connection()
            together.wait(timeout=30)
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def moving(book: Book, source: Category, target: Category, amount: str) -> Callable[[], str]:
    def move() -> str:
        own = Book.objects.get(pk=book.pk)
        try:
            transfer(book=own, by=None, source=source, target=target, month=NOVEMBER, amount=D(amount))
        except NotEnoughInEnvelope:
            return "refused"
        return "moved"

    return move


def total(book: Book) -> Decimal:
    return Allocation.objects.of(book).aggregate(sum=Sum("amount"))["sum"] or D(0)


@pytest.mark.parametrize("rounds", [20, pytest.param(200, marks=nightly)])
def test_two_moves_out_of_one_envelope_never_overspend_it(rounds: int) -> None:
    """C8: each alone is allowed, both together are not."""
    outcomes = []
    for _ in range(rounds):
        book, (source, left, right) = new_plan("100.00", "1.00", "1.00")
        outcomes.append(sorted(at_once([moving(book, source, left, "60.00"), moving(book, source, right, "60.00")])))
        assert available(book, source, NOVEMBER) == D("40.00")
        assert total(book) == D("102.00")

    assert outcomes == [["moved", "refused"]] * rounds


@pytest.mark.parametrize(("threads", "each"), [(8, 10), pytest.param(64, 500, marks=nightly)])
def test_opposite_moves_keep_the_total_and_never_block_each_other(threads: int, each: int) -> None:
    """C7: half of the threads move one way, half the other; no error of the database reaches anybody."""
    book, (here, there) = new_plan("10000.00", "10000.00")
    lanes = min(threads, 12)  # as many connections as a process has; the threads' work is shared among them
    sampled = []

    def many(source: Category, target: Category) -> Callable[[], str]:
        def run() -> str:
            answers = {moving(book, source, target, "0.25")() for _ in range(threads * each // lanes)}
            sampled.append(total(book))
            return ",".join(sorted(answers))

        return run

    answers = at_once([many(here, there) if lane % 2 else many(there, here) for lane in range(lanes)])

    assert set(answers) == {"moved"}
    assert set(sampled) == {D("20000.00")}
    assert EnvelopeTransfer.objects.of(book).count() == threads * each // lanes * lanes
    assert (available(book, here, NOVEMBER), available(book, there, NOVEMBER)) == (D("10000.00"), D("10000.00"))
    assert history.verify(book).is_whole


def test_the_same_move_sent_by_eight_at_once_is_made_once() -> None:
    """C1, R003-7: one key for a move, one effect, and seven are told so."""
    book, (source, target) = new_plan("100.00", "1.00")
    request = history.IdempotentRequest("the-one-key", "digest")

    def move() -> str:
        own = Book.objects.get(pk=book.pk)
        try:
            made = transfer(
                book=own, by=None, source=source, target=target, month=NOVEMBER, amount=D("10.00"), request=request
            )
        except history.AlreadyDone as done:
            return f"change {done.change.number}"
        return f"change {made.version}"

    answers = at_once([move] * 8)

    assert len(set(answers)) == 1
    assert available(book, source, NOVEMBER) == D("90.00")
