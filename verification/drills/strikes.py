"""What strikes an operation halfway: the database's own rules, exceptions, a connection that ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from itertools import count
from typing import Any
from unittest.mock import patch

from budget.envelopes import operations as plan_operations
from budget.envelopes.models import Allocation
from budget.history import bulk
from budget.history.batch import NewRows
from budget.history.recorder import Recorder
from budget.history.rows import Value
from budget.ledger import loading
from budget.ledger.models import Account, Category, Transaction
from budget.ledger.operations import books, transfers
from budget.statements import recording
from verification.drills.failing import Act, after_last_row, before_statement, fail
from verification.drills.witness import end_first_connection
from verification.drills.world import World

BAD = 6_000
"""The row of a load or an import that is bad; by then the first thousands are written."""

Strike = Callable[[World, Act], AbstractContextManager[None]]
"""Plants the failure; calls the act just before it strikes."""


def at(beginning: str, number: int = 1) -> Strike:
    """Fail instead of the `number`th statement that begins so."""

    @contextmanager
    def strike(world: World, act: Act) -> Iterator[None]:
        def now() -> None:
            act()
            fail()

        with before_statement(beginning, number, now):
            yield

    return strike


@contextmanager
def second_leg_off_by_a_cent(world: World, act: Act) -> Iterator[None]:
    """The pair does not balance, which a trigger refuses."""
    leg = transfers._leg

    def uneven(account: Account, amount: Decimal, *rest: Any) -> Transaction:
        return leg(account, amount - Decimal("0.01") if amount < 0 else amount, *rest)

    with patch.object(transfers, "_leg", uneven), before_statement("INSERT INTO budget_accounttransfer", 1, act):
        yield


@contextmanager
def second_leg_on_no_account(world: World, act: Act) -> Iterator[None]:
    """A foreign key leads nowhere, which is checked at the commit."""
    leg = transfers._leg

    def lost(account: Account, amount: Decimal, *rest: Any) -> Transaction:
        return leg(Account(pk=10**12, name="Nowhere", currency="EUR") if amount < 0 else account, amount, *rest)

    with patch.object(transfers, "_leg", lost), after_last_row(act):
        yield


@contextmanager
def row_of_nothing(world: World, act: Act) -> Iterator[None]:
    """Row 6,000 has the amount zero, which the database refuses; by then the first thousands are written."""
    read, place = loading._Loading.rows, loading.FIELDS.index("amount")

    def spoiled(reading: Any, batches: Any) -> Iterator[Sequence[Value]]:
        for number, row in enumerate(read(reading, batches), 1):
            yield _of_nothing(row, place) if number == BAD else row

    with patch.object(loading._Loading, "rows", spoiled), before_second_page(act):
        yield


@contextmanager
def line_of_nothing(world: World, act: Act) -> Iterator[None]:
    """Line 6,000 of an import has the amount zero, which the database refuses; by then thousands are written."""
    made, place, numbers = recording.Maker.row, recording.FIELDS.index("amount"), count(1)

    def spoiled(maker: recording.Maker, line: recording.Line) -> tuple[Value, ...]:
        row = made(maker, line)
        return _of_nothing(row, place) if next(numbers) == BAD else row

    with patch.object(recording.Maker, "row", spoiled), before_second_page(act):
        yield


def _of_nothing(row: Sequence[Value], place: int) -> tuple[Value, ...]:
    return tuple(0 if at == place else value for at, value in enumerate(row))


@contextmanager
def before_second_page(act: Act) -> Iterator[None]:
    """Call `act` when a page of new rows is written and the next one is not: while one is written, nobody may ask."""
    insert, pages = bulk.insert, count(1)

    def inserting(new: NewRows, *given: Any, **options: Any) -> None:
        if next(pages) == 2:
            act()
        insert(new, *given, **options)

    with patch.object(bulk, "insert", inserting):
        yield


@contextmanager
def when_read(world: World, act: Act) -> Iterator[None]:
    """Nothing is broken but the file itself; the rows before the bad one are in the database by then."""
    sound = loading._Loading.require_sound

    def looking(reading: Any) -> None:
        act()
        sound(reading)

    with patch.object(loading._Loading, "require_sound", looking):
        yield


@contextmanager
def allocation_of_nothing(world: World, act: Act) -> Iterator[None]:
    """The amount is zero, which a constraint refuses."""

    def empty(**values: Any) -> Allocation:
        return Allocation(**{**values, "amount": Decimal(0)})

    with (
        patch.object(plan_operations, "Allocation", empty),
        before_statement("INSERT INTO budget_allocation", 1, act),
    ):
        yield


@contextmanager
def category_below_another_books(world: World, act: Act) -> Iterator[None]:
    """Its parent is of another book, which a trigger refuses."""

    def astray(change: Recorder, *, short: bool) -> None:
        change.create(Category(name="Astray", parent=world.their_category))

    with patch.object(books, "_copy_taxonomy", astray), before_statement("INSERT INTO budget_category", 1, act):
        yield


@contextmanager
def before_the_commit(world: World, act: Act) -> Iterator[None]:
    """An exception when all is written."""

    def now() -> None:
        act()
        fail()

    with after_last_row(now):
        yield


@contextmanager
def connection_ends(world: World, act: Act) -> Iterator[None]:
    """After the first thousand rows."""

    def now() -> None:
        act()
        end_first_connection()

    with before_statement("DELETE FROM budget_transaction", 2, now):
        yield


@contextmanager
def in_the_second_thousand(world: World, act: Act) -> Iterator[None]:
    """Only tells when that is reached; the process is killed there."""
    with before_statement("DELETE FROM budget_transaction", 2, act):
        yield


@contextmanager
def before_the_link(world: World, act: Act) -> Iterator[None]:
    """An import has written its rows and goes on to link a transfer; only tells, the process is killed there."""
    with before_statement("INSERT INTO budget_accounttransfer", 1, act):
        yield
