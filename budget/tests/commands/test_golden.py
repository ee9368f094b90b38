"""The golden run, the seed and the connection test: exactly what they print."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from budget import history
from budget.books.models import Book
from budget.demo import golden
from budget.history import Change
from budget.ledger.models import Account, Category, Transaction
from budget.ledger.operations import change_category, record_transaction
from budget.tests.factories import make_account, make_book, make_txn, make_user
from budget.users.models import User

pytestmark = pytest.mark.django_db

EXPECTED = """\
1. The database has all its tables.
2. The database answers.
3. Alice has 4 categories and 4 expenses.
4. Recorded Dinner, 45.75.
5. Expenses, newest first:
   2024-01-22  Food            Dinner           45.75
   2024-01-20  Entertainment   Movie tickets    30.00
   2024-01-18  Transportation  Fuel             45.00
   2024-01-16  Food            Lunch            25.75
   2024-01-15  Food            Groceries        45.50
6. January 2024:
   Food            3   117.00
   Transportation  1    45.00
   Entertainment   1    30.00
The golden run passed.
"""


def _run(command: str) -> str:
    out = StringIO()
    call_command(command, stdout=out)
    return out.getvalue()


def test_golden_run_prints_what_is_documented() -> None:
    """R001-17, R001-23, R001-24: to the last character."""
    assert _run("golden") == EXPECTED


def test_second_golden_run_prints_the_same_figures_and_writes_nothing() -> None:
    """R001-18: made once."""
    _run("golden")
    before = history.digest(Book.objects.get())

    again = _run("golden")

    assert again == EXPECTED.replace("4 expenses.", "4 expenses (there already).")
    assert (history.digest(Book.objects.get()), Transaction.objects.count()) == (before, 5)


def test_golden_run_leaves_other_books_alone() -> None:
    other = make_book(make_user(), golden.BOOK)
    make_txn(make_account(other), date="2024-01-10")
    before = history.digest(other)

    assert _run("golden") == EXPECTED
    assert history.digest(other) == before


def test_golden_run_fails_where_a_figure_is_another_one() -> None:
    """R001-23, R001-24: another figure ends it with an error."""
    book = golden.seed().book
    record_transaction(
        book=book,
        by=None,
        account=book_account(book),
        amount=Decimal("0.01"),
        description="One cent too much",
        category=Category.objects.of(book).get(name="Food"),
        date=date(2024, 1, 31),
    )

    with pytest.raises(CommandError, match=r"The golden run failed"):
        _run("golden")


def test_golden_run_records_the_dinner_anew_after_it_was_undone() -> None:
    _run("golden")
    history.undo(Change.objects.get(key="golden-dinner"), by=None)

    again = _run("golden")

    assert again == EXPECTED.replace("4 expenses.", "4 expenses (there already).")
    assert _run("golden") == again


def test_golden_run_says_what_to_do_after_its_category_was_renamed() -> None:
    _run("golden")
    change_category(Category.objects.get(name="Food"), by=None, name="Meals")

    with pytest.raises(CommandError, match=r"^Alice's book was changed since it was made\. Delete that book"):
        _run("golden")


def book_account(book: Book) -> Account:
    return Account.objects.of(book).get()


def test_seed_skips_when_data_exists() -> None:
    """R001-18, R003-79: the second time nothing is made."""
    assert _run("seed") == "Made Alice with 4 categories and 4 expenses.\n"
    assert _run("seed") == "Skipped: Alice and her book are there already.\n"
    assert (User.objects.count(), Category.objects.count(), Transaction.objects.count()) == (1, 4, 4)
    assert not User.objects.get().has_usable_password()


def test_check_connection_says_true() -> None:
    """R001-19, R001-23: the database answers."""
    assert _run("check_connection") == "true: The database answers.\n"


def test_check_connection_says_false_and_ends_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """R001-19, R001-23, R001-29: the driver's words, and an exit code."""

    class Broken:
        def cursor(self) -> None:
            raise DatabaseError("connection refused\n")

    monkeypatch.setattr(golden, "connection", Broken())

    with pytest.raises(CommandError) as failed:
        _run("check_connection")
    with pytest.raises(CommandError, match="cannot be reached"):
        _run("golden")

    assert str(failed.value) == "false: The database cannot be reached: connection refused"
