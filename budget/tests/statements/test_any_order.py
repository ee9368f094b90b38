"""Imports, take-backs, undos, deletions, edits, moves, and rows typed by hand where they are missing, in any order.

No row of the bank stands more often than in a file.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

import pytest

from budget import history
from budget.books.models import Book
from budget.errors import BudgetError
from budget.history import Change, verify
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements import choices, recording, takingback
from budget.statements.models import Fate, Stage, StatementImport, StatementLine
from budget.tests.factories import make_account, make_txn
from budget.tests.statements.bringing import brought, csv, imported

pytestmark = pytest.mark.django_db

COFFEE = "2026-05-04,Coffee,-3.00"
FILES = {
    "a.csv": ("2026-05-01,Shop,-1.00", "2026-05-02,Shop,-2.00", COFFEE, COFFEE),
    "b.csv": ("2026-05-02,Shop,-2.00", COFFEE, COFFEE, COFFEE, "2026-05-06,Salary,100.00"),
    "c.csv": (COFFEE, "2026-05-06,Salary,100.00", "2026-05-07,Shop,-5.00"),
}
MOST = {
    row: max(Counter(rows)[row] for rows in FILES.values()) for row in {row for rows in FILES.values() for row in rows}
}


WHAT = ("import", "import", "take back", "undo", "undo", "delete", "edit")
BY_HAND = (*WHAT, "undo", "type", "type")


def stands(book: Book) -> Counter[str]:
    """The rows of the bank that are in the book, however they came there, as a file has them."""
    told = Transaction.objects.of(book).values_list("date", "payee", "amount")
    return Counter(f"{day},{payee},{-amount:.2f}" for day, payee, amount in told)


def type_missing(book: Book, chance: random.Random) -> None:
    """Type one row of a file by hand that does not stand as often as the files have it."""
    here = stands(book)
    day, payee, amount = chance.choice([row for row in sorted(MOST) if here[row] < MOST[row]]).split(",")
    make_txn(Account.objects.of(book).get(), f"{-Decimal(amount)}", None, day, payee, payee=payee)


def import_joining(book: Book, chance: random.Random) -> None:
    """Import a file; what may be a row typed by hand is that row."""
    name = chance.choice(sorted(FILES))
    found = brought(book, csv(*FILES[name]), name)
    doubtful = StatementLine.objects.filter(statement__source=found, fate=Fate.DOUBTFUL)
    choices.choose(found, list(doubtful.values_list("pk", flat=True)), Fate.JOINED)
    recording.confirm(found, by=None)


def step(book: Book, chance: random.Random, may_do: Sequence[str] = WHAT) -> str:
    """One thing that a person may do; a refusal or a question in words is fine."""
    what = chance.choice(may_do)
    rows = list(Transaction.objects.of(book).order_by("pk"))
    try:
        match what:
            case "import":
                import_joining(book, chance)
            case "type":
                type_missing(book, chance)
            case "take back":
                for found in chance.sample(list(StatementImport.objects.filter(stage=Stage.RECORDED)), k=1):
                    takingback.take_back(found, by=None, keep_edited=chance.random() < 0.5)
            case "undo":
                changes = list(Change.objects.filter(book=book, number__gt=2).order_by("-number")[:8])
                history.undo(chance.choice(changes), by=None)
            case "delete":
                own = Transaction.objects.of(book).filter(pk=chance.choice(rows).pk)
                operations.delete_transactions(book=book, by=None, rows=own)
            case "edit":
                operations.change_transaction(chance.choice(rows), by=None, note=str(chance.random()))
    except (BudgetError, IndexError, ValueError) as refused:
        return f"{what}: {type(refused).__name__}"
    return what


EVERY_DAY = (3, 8, 15)
"""Each of these has an undo that would double a row."""

NIGHTLY = [pytest.param(seed, marks=pytest.mark.nightly) for seed in range(100) if seed not in EVERY_DAY]


@pytest.mark.parametrize("seed", [*EVERY_DAY, *NIGHTLY])
def test_no_row_stands_more_often_than_any_file_has_it(book: Book, account: Account, seed: int) -> None:
    _do_anything(book, seed, WHAT)


TYPED = (4, 1000, 1059)
"""Each of these has an undo that would bring a row back beside one typed by hand meanwhile."""

TYPED_NIGHTLY = [pytest.param(seed, marks=pytest.mark.nightly) for seed in range(1001, 1104) if seed not in TYPED]


@pytest.mark.parametrize("seed", [*TYPED, *TYPED_NIGHTLY])
def test_no_row_typed_while_its_import_is_undone_stands_twice(book: Book, account: Account, seed: int) -> None:
    done = _do_anything(book, seed, BY_HAND)

    if seed in TYPED:
        assert "undo: NotSure" in done


def _do_anything(book: Book, seed: int, may_do: Sequence[str]) -> list[str]:
    chance = random.Random(seed)
    done = []
    for _ in range(25):
        done.append(step(book, chance, may_do))
        assert {row: count for row, count in stands(book).items() if count > MOST[row]} == {}, done

    assert verify(book).is_whole
    return done


MOVING = ("import", "import", "import", "move", "move", "take back", "delete", "edit")


def in_accounts(book: Book) -> Counter[tuple[int, str]]:
    """The same for each account."""
    told = Transaction.objects.of(book).values_list("account", "date", "payee", "amount")
    return Counter((account, f"{day},{payee},{-amount:.2f}") for account, day, payee, amount in told)


def step_moving(book: Book, chance: random.Random) -> str:
    """One thing that a person may do with two accounts. An import adds no more than its account misses of the file."""
    what = chance.choice(MOVING)
    own = list(Account.objects.of(book).order_by("pk"))
    rows = list(Transaction.objects.of(book).order_by("pk"))
    if what == "move" and rows:
        operations.change_transaction(chance.choice(rows), by=None, account=chance.choice(own))
    if what != "import":
        return what if what == "move" else step(book, chance, [what])
    name, account, before = chance.choice(sorted(FILES)), chance.choice(own), in_accounts(book)
    imported(book, csv(*FILES[name]), name, account=account)
    for (on, row), count in in_accounts(book).items():
        most = Counter(FILES[name])[row] if on == account.pk else 0
        assert count <= max(before[on, row], most), (name, str(account), row)
    return f"{what} {name} to {account}"


MOVED = (1, 2, 6)
"""Each of these has an import that would double a row which was moved to its account."""

MOVED_NIGHTLY = [pytest.param(seed, marks=pytest.mark.nightly) for seed in range(100) if seed not in MOVED]


@pytest.mark.parametrize("seed", [*MOVED, *MOVED_NIGHTLY])
def test_no_import_doubles_a_row_that_was_moved(book: Book, account: Account, seed: int) -> None:
    make_account(book, "Savings")
    chance = random.Random(seed)

    done = [step_moving(book, chance) for _ in range(25)]

    assert seed not in MOVED or "move" in done
    assert verify(book).is_whole
