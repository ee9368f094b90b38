"""`manage.py recount`: every month of every book, for people and for machines."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from budget.ledger.models import Account, Category
from budget.recount.models import MonthRecount
from budget.tests.factories import make_txn
from budget.tests.recount.conftest import Behind

pytestmark = pytest.mark.django_db


def run(*args: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    try:
        call_command("recount", *args, stdout=out, stderr=err)
    except CommandError as error:
        err.write(str(error))
    return out.getvalue(), err.getvalue()


def test_says_how_much_was_counted(account: Account, food: Category) -> None:
    make_txn(account, "12.50", food, "2026-10-03")
    make_txn(account, "1.00", food, "2026-11-03")

    assert run() == (f"Household ({account.book_id}): 2 months counted twice, 2 rows, all agree\n", "")
    assert set(MonthRecount.objects.values_list("status", flat=True)) == {"verified"}


def test_names_what_differs_and_fails(account: Account, food: Category, behind: Behind) -> None:
    row = make_txn(account, "1012.50", food, "2026-10-03", "Bakery")
    behind("UPDATE budget_transaction SET amount = 1013000 WHERE id = %s", [row.pk])

    out, err = run("--book", "Household")

    assert out == ""
    assert "2026-10 is held back: Food differs by 0.50" in err
    assert f"Transaction {row.pk}, Bakery, 3 Oct" in err
    assert err.endswith("1 month is held back.")
    answer = json.loads(run("--month", "2026-10", "--json")[0])
    assert answer["status"] == "blocked"
    (month,) = answer["books"][0]["months"]
    assert (month["month"], month["status"], month["rows"]) == ("2026-10", "blocked", 1)
    assert month["mismatches"] == [
        {
            "category": "Food",
            "currency": "EUR",
            "shown": "1012.50",
            "rows": "1013.00",
            "history": "1012.50",
            "difference": "0.50",
        }
    ]


def test_broken_history_holds_every_month_back_and_is_named(account: Account, food: Category, behind: Behind) -> None:
    row = make_txn(account, "12.50", food, "2026-10-03", "Bakery")
    make_txn(account, "1.00", food, "2026-11-03")
    behind("UPDATE budget_change SET summary = 'Recorded Tea' WHERE number = %s", [row.version])

    _, err = run()

    assert "2026-10 is held back" in err
    assert "2026-11 is held back: its history was altered" in err
    assert f"Change {row.version}, “Recorded Tea”, was altered" in err


def test_bad_month_is_refused(db: None) -> None:
    assert run("--month", "2026-13")[1].startswith("“2026-13” is not a month.")


def test_altered_date_that_is_no_date_is_missed_in_its_month(account: Account, food: Category, behind: Behind) -> None:
    row = make_txn(account, "12.50", food, "2026-10-03", "Bakery")
    day = "2026-02-31" if connection.vendor == "sqlite" else "1999-01-01"
    behind("UPDATE budget_transaction SET date = %s WHERE id = %s", [day, row.pk])

    _, err = run("--month", "2026-10")

    assert "2026-10 is held back: Food differs by 12.50" in err
    assert f"Transaction {row.pk}, Bakery, 3 Oct" in err
