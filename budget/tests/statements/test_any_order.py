"""Imports, take-backs, undos, deletions, edits in any order: no row of the bank stands more often than in a file."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from budget import history
from budget.books.models import Book
from budget.errors import BudgetError
from budget.history import Change, verify
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements import takingback
from budget.statements.models import Stage, StatementImport
from budget.tests.statements.bringing import csv, imported

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


def step(book: Book, chance: random.Random) -> str:
    """One thing that a person may do; a refusal in words is fine."""
    what = chance.choice(["import", "import", "take back", "undo", "undo", "delete", "edit"])
    rows = list(Transaction.objects.of(book).order_by("pk"))
    try:
        match what:
            case "import":
                name = chance.choice(sorted(FILES))
                imported(book, csv(*FILES[name]), name)
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
    chance = random.Random(seed)
    done = []
    for _ in range(25):
        done.append(step(book, chance))
        told = Transaction.objects.of(book).values_list("date", "line__payee", "amount")
        stands = Counter(f"{day},{payee},{-amount:.2f}" for day, payee, amount in told)
        assert {row: count for row, count in stands.items() if count > MOST[row]} == {}, done

    assert verify(book).is_whole
