"""What an account begins with once imports were taken back and brought back, whichever way and in whatever order."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from decimal import Decimal

import pytest

from budget import history
from budget.books.models import Book
from budget.errors import BudgetError
from budget.history import Change, verify
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements import takingback
from budget.statements.balances import balance_on, balances_on
from budget.statements.models import StatementImport
from budget.tests.factories import last_change
from budget.tests.statements.bringing import fates, imported, ofx

pytestmark = pytest.mark.django_db

SHOP, BOSS, PUB = "20260402 -10.00 I1 Shop", "20260410 60.00 I2 Boss", "20260415 -5.00 I3 Pub"


def balanced(closing: str, on: str, *rows: str) -> bytes:
    """A file that says no more than what it ends with."""
    told = f"<LEDGERBAL><BALAMT>{closing}<DTASOF>{on}</LEDGERBAL></STMTRS>"
    return ofx(*rows).replace(b"</STMTRS>", told.encode())


def taken_back(found: StatementImport) -> Change:
    return takingback.take_back(found, by=None, keep_edited=False)


def by_history(found: StatementImport) -> Change:
    assert found.change is not None
    return history.undo(found.change, by=None)


def after_an_edit(found: StatementImport) -> Change:
    """The way that goes row by row."""
    operations.change_transaction(Transaction.objects.get(line__statement__source=found), by=None, note="seen")
    return taken_back(found)


def begins() -> Decimal:
    return Account.objects.get().opening_balance


@pytest.mark.parametrize("out", [taken_back, by_history, after_an_edit])
def test_account_begins_as_the_files_say_that_are_left(book: Book, out: Callable[[StatementImport], Change]) -> None:
    imported(book, ofx(SHOP, BOSS), "a.ofx")
    assert begins() == 0
    newer = imported(book, balanced("1045.00", "20260430", PUB), "b.ofx")
    assert begins() == 1000
    again = imported(book, balanced("1050.00", "20260410", SHOP, BOSS), "c.ofx")
    assert begins() == 1000
    assert fates(again) == ["there", "there"]

    undone = out(newer)
    assert begins() == 1000
    assert balance_on(Account.objects.get(), dt.date(2026, 4, 10)) == 1050

    brought_back = history.undo(undone, by=None)
    assert begins() == 1000
    history.undo(brought_back, by=None)
    assert begins() == 1000
    imported(book, balanced("1045.00", "20260430", SHOP, BOSS, PUB), "d.ofx")
    assert begins() == 1000
    assert balance_on(Account.objects.get(), dt.date(2026, 4, 30)) == 1045
    assert verify(book).is_whole


def test_file_whose_rows_are_all_here_says_what_the_account_begins_with(book: Book) -> None:
    imported(book, ofx(SHOP, BOSS), "a.ofx")

    again = imported(book, balanced("1050.00", "20260410", SHOP, BOSS), "c.ofx")

    assert begins() == 1000
    assert fates(again) == ["there", "there"]
    taken_back(again)
    assert begins() == 0


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_account_begins_with_nothing_once_no_file_says_it(book: Book, order: str) -> None:
    files = {"a": ofx(SHOP, BOSS), "b": balanced("1045.00", "20260430", PUB)}
    found = {name: imported(book, files[name], f"{name}.ofx") for name in order}
    assert begins() == 1000

    taken_back(found["b"])

    assert begins() == 0


def test_undoing_what_a_person_typed_counts_the_files_that_came_since(book: Book) -> None:
    imported(book, ofx(SHOP, BOSS), "a.ofx")
    operations.change_account(Account.objects.get(), by=None, opening_balance=Decimal("5.00"))
    typing = last_change(book)
    newer = imported(book, balanced("1045.00", "20260430", PUB), "b.ofx")
    assert begins() == 5

    history.undo(typing, by=None)
    assert begins() == 1000
    redone = history.undo(last_change(book), by=None)
    assert begins() == 5
    taken_back(newer)
    assert begins() == 5
    assert redone.kind == "undo"


def test_row_that_a_person_redated_or_deleted_is_not_made_up_for(book: Book) -> None:
    """Whichever file comes later: what the bank has is counted as the bank has it."""
    imported(book, balanced("1045.00", "20260430", PUB), "b.ofx")
    imported(book, ofx(SHOP, BOSS), "a.ofx")
    shop, boss, pub = Transaction.objects.order_by("date")
    operations.change_transaction(pub, by=None, date=dt.date(2026, 4, 1))
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk=boss.pk))

    imported(book, ofx("20260401 -1.00 I0 Kiosk"), "older.ofx")

    assert begins() == 1001
    assert balances_on(shop.account, [dt.date(2026, 4, 30)]) == {dt.date(2026, 4, 30): Decimal(985)}


EVERY_DAY = range(6)
NIGHTLY = [pytest.param(seed, marks=pytest.mark.nightly) for seed in range(6, 60)]


@pytest.mark.parametrize("seed", [*EVERY_DAY, *NIGHTLY])
def test_account_agrees_on_every_day_once_a_whole_file_is_in(book: Book, seed: int) -> None:
    """Slices of one bank's rows with and without balances, taken back and undone, then all of them."""
    chance = random.Random(seed)
    day, rows = dt.date(2026, 1, 1), []
    for place in range(chance.randint(5, 9)):
        day += dt.timedelta(days=chance.choice([0, 1, 4, 9]))
        rows.append((day, Decimal(chance.randint(-5000, 5000) or 1) / 100, f"{day:%Y%m%d} %s ID{place} P{place % 4}"))
    start = Decimal(chance.randint(-1000, 100000)) / 100
    bank = {day: start + sum(amount for on, amount, _ in rows if on <= day) for day, _, _ in rows}

    def told(first: dt.date, last: dt.date, *, says: bool) -> bytes:
        part = [text % amount for on, amount, text in rows if first <= on <= last]
        return balanced(str(bank[last]), f"{last:%Y%m%d}", *part) if says else ofx(*part)

    done: list[str] = []
    files: list[StatementImport] = []
    for _ in range(chance.randint(2, 8)):
        what = chance.choice(["import", "import", "import", "take back", "undo"])
        try:
            if what == "import" or not files:
                first, last = sorted(chance.choices(sorted(bank), k=2))
                files.append(imported(book, told(first, last, says=chance.random() < 0.7)))
            elif what == "take back":
                takingback.take_back(chance.choice(files), by=None, keep_edited=chance.random() < 0.5)
            else:
                history.undo(last_change(book), by=None)
            done.append(what)
        except BudgetError as refused:
            done.append(f"{what}: {type(refused).__name__}")

    imported(book, told(min(bank), max(bank), says=True))

    assert Transaction.objects.count() == len(rows), done
    assert balances_on(Account.objects.get(), bank) == bank, done
