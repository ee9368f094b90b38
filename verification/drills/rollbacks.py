"""The rollback drills: operations of the product, and the failure that strikes each of them halfway."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from django.db import Error, IntegrityError

from budget import history
from budget.books.models import Book
from budget.ledger import loading, operations
from budget.ledger.models import Transaction
from verification.drills import imports, strikes
from verification.drills.failing import DrillFailure
from verification.drills.world import World, last_change

MANY, SOME, FEW = 6_200, 2_400, 600
"""Rows of a load or an import, of the books in which thousands are altered or deleted, and where hundreds will do."""

Operation = Callable[[], object]


@dataclass(frozen=True)
class Drill:
    """One operation that fails halfway.

    `prepare` makes what it needs and answers the operation, which has to succeed once nothing strikes any more.
    `raises` is what the caller must get to see. `kills` means that the whole process ends instead.
    """

    id: str
    title: str
    prepare: Callable[[World], Operation]
    strike: strikes.Strike
    raises: type[Exception] | tuple[type[Exception], ...] = DrillFailure
    kills: bool = False


def _load(world: World, rows: int, *, bad: int = 0, name: str = "ledger.csv") -> loading.Receipt:
    """Load a file of so many rows; the amount of the row `bad` cannot be read."""
    lines = ["user_id,date,category,amount,description"]
    for row in range(1, rows + 1):
        amount = "twelve" if row == bad else f"{row % 97 + 1}.{row % 100:02}"
        lines.append(f"{world.owner.pk},2026-{row % 12 + 1:02}-{row % 28 + 1:02},Food,{amount},Row {row}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return loading.load_ledger(path, book=str(world.book.pk))


def _loading_a_bad_row(world: World) -> Operation:
    """The first time the file has a bad row; mended, it is loaded."""
    bad = iter([strikes.BAD])
    return lambda: _load(world, MANY, bad=next(bad, 0))


def _filing(world: World) -> Operation:
    _load(world, SOME)
    return lambda: operations.categorize_transactions(
        book=world.book, by=world.owner, rows=Transaction.objects.of(world.book), category=world.rent
    )


def _planning(world: World) -> Operation:
    return lambda: world.plan(later=2)


def _shifting(world: World) -> Operation:
    world.plan()
    return world.shift


def _opening_a_book(world: World) -> Operation:
    return lambda: operations.create_book(by=world.owner, name="Holiday", currency="EUR")


def _deleting_an_account(world: World) -> Operation:
    for number in range(1, 21):
        world.record(f"{number}.00")
    world.move()
    return lambda: operations.delete_account_with_history(world.everyday, by=world.owner, typed_name="Everyday")


def _deleting(world: World) -> Operation:
    _load(world, SOME)
    world.move()
    return lambda: operations.delete_transactions(
        book=world.book, by=world.owner, rows=Transaction.objects.of(world.book)
    )


def _undoing(world: World) -> Operation:
    _deleting(world)()
    return lambda: history.undo(last_change(world.book), by=world.owner)


def _removing_a_book(world: World) -> Operation:
    world.record()
    world.plan()
    return lambda: operations.remove_book(Book.objects.get(pk=world.book.pk), typed_name="Household")


def _changing(world: World) -> Operation:
    txn = world.record()
    return lambda: operations.change_transaction(txn, by=world.owner, amount=Decimal("13.00"))


DRILLS = (
    Drill(
        "account_transfer",
        "Transfer between accounts whose second leg is a cent off: the database refuses the pair",
        lambda world: world.move,
        strikes.second_leg_off_by_a_cent,
        IntegrityError,
    ),
    Drill(
        "envelope_transfer",
        "Transfer between envelopes that fails between its two allocations",
        _shifting,
        strikes.at("INSERT INTO budget_allocation", 2),
    ),
    Drill(
        "load_constraint",
        "Load of thousands of rows of which one, far down, breaks a constraint",
        lambda world: lambda: _load(world, MANY),
        strikes.row_of_nothing,
        IntegrityError,
    ),
    Drill(
        "load_unreadable",
        "Load of thousands of rows of which one, near the end, cannot be read",
        _loading_a_bad_row,
        strikes.when_read,
        loading.LedgerRefused,
    ),
    Drill(
        "bulk_edit",
        "Filing thousands of rows, with an exception after the first thousand",
        _filing,
        strikes.at("UPDATE budget_transaction", 2),
    ),
    Drill(
        "constraint",
        "Budgets of three months with an allocation of zero, which a constraint refuses",
        _planning,
        strikes.allocation_of_nothing,
        IntegrityError,
    ),
    Drill(
        "foreign_book",
        "New book whose category is put below another book's, which a trigger refuses",
        _opening_a_book,
        strikes.category_below_another_books,
        IntegrityError,
    ),
    Drill(
        "application",
        "Deleting an account with its history: an exception when all is written, before the commit",
        _deleting_an_account,
        strikes.before_the_commit,
    ),
    Drill(
        "commit",
        "Transfer whose second leg is on no account: the database refuses at the commit itself",
        lambda world: world.move,
        strikes.second_leg_on_no_account,
        IntegrityError,
    ),
    Drill(
        "connection",
        "Deleting thousands of rows: the connection ends after the first thousand",
        _deleting,
        strikes.connection_ends,
        (Error, sqlite3.Error),
    ),
    Drill(
        "killed",
        "Deleting thousands of rows: the process is killed after the first thousand",
        _deleting,
        strikes.in_the_second_thousand,
        kills=True,
    ),
    Drill(
        "history_entry",
        "Changing a transaction: the history's entry cannot be written",
        _changing,
        strikes.at("INSERT INTO budget_entry"),
    ),
    Drill(
        "monthly_total",
        "Changing a transaction: the month's total cannot be written",
        _changing,
        strikes.at("UPDATE budget_monthlytotal"),
    ),
    Drill(
        "undo",
        "Undoing the deletion of thousands of rows: an exception when some are back",
        _undoing,
        strikes.at("INSERT INTO budget_transaction", 3),
    ),
    Drill(
        "import_constraint",
        "Import of thousands of lines of which one, far down, breaks a constraint",
        lambda world: imports.confirming(world, MANY),
        strikes.line_of_nothing,
        IntegrityError,
    ),
    Drill(
        "import_application",
        "Import that joins, links and opens an account: an exception when all is written but that it was imported",
        lambda world: imports.confirming(world, FEW),
        strikes.at("UPDATE budget_statementimport"),
    ),
    Drill(
        "import_killed",
        "Import of hundreds of lines: the process is killed when they are written and a transfer is being linked",
        lambda world: imports.confirming(world, FEW),
        strikes.before_the_link,
        kills=True,
    ),
    Drill(
        "import_taken_back",
        "Taking an import back of which a row was edited: an exception when most of its rows are gone",
        lambda world: imports.taking_back(world, FEW),
        strikes.at("DELETE FROM budget_account$|DELETE FROM budget_account "),
    ),
    Drill(
        "removal",
        "Removing a book: an exception when its transactions are gone already",
        _removing_a_book,
        strikes.at("DELETE FROM budget_account$|DELETE FROM budget_account "),
    ),
)
