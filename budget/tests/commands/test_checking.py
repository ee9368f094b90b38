"""`verify_history` and `rebuild_totals`: what they say of sound and of spoiled books."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from budget.books.models import Book
from budget.history import Change
from budget.ledger import totals
from budget.ledger.models import Account, MonthlyTotal
from budget.tests.factories import make_book, make_txn, make_user

pytestmark = pytest.mark.django_db


def _run(command: str, *args: str) -> tuple[str, str, str]:
    """What a command printed, complained of, and ended with."""
    out, err, end = StringIO(), StringIO(), ""
    try:
        call_command(command, *args, stdout=out, stderr=err)
    except CommandError as error:
        end = str(error)
    return out.getvalue(), err.getvalue(), end


def _alter(change: Change) -> None:
    """Write behind the application's back, past the trigger that would refuse it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER change_never_altered")
        else:
            cursor.execute("DROP TRIGGER change_never_altered ON budget_change")
        cursor.execute("UPDATE budget_change SET summary = 'Nothing' WHERE id = %s", [change.pk])


def test_verify_history_tells_of_whole_books(book: Book, account: Account) -> None:
    make_txn(account)

    assert _run("verify_history") == (f"Household ({book.pk}): whole, 3 changes, 4 entries\n", "", "")


def test_verify_history_names_the_first_altered_record_and_fails(book: Book, account: Account) -> None:
    make_txn(account)
    _alter(Change.objects.get(book=book, number=2))

    out, err, end = _run("verify_history", "--book", "household")

    assert (out, end) == ("", "The history of 1 book is not whole.")
    assert err.startswith(f"Household ({book.pk}): Change 2, “Nothing” of ")
    assert "was altered: it does not match its digest." in err


def test_verify_history_checks_only_the_book_that_is_meant(book: Book, account: Account) -> None:
    other = make_book(make_user(), "Other")
    _alter(Change.objects.get(book=book, number=2))

    assert _run("verify_history", "--book", str(other.pk))[2] == ""
    assert _run("verify_history", "--book", f"{other.pk}".ljust(18, "0") + "7")[2].startswith("There is no book")
    make_book(make_user(), str(book.pk))
    assert _run("verify_history", "--book", str(book.pk))[0].count("\n") == 0
    assert _run("verify_history", "--book", "Nowhere")[2] == "There is no book “Nowhere”. Give its number or its name."


def test_rebuild_totals_check_finds_what_differs_and_rebuild_mends_it(book: Book, account: Account) -> None:
    make_txn(account)
    assert _run("rebuild_totals", "--check") == (f"Household ({book.pk}): every total equals its rows\n", "", "")
    MonthlyTotal.objects.filter(book=book).update(count=7)

    out, err, end = _run("rebuild_totals", "--check")

    assert (out, end) == ("", "1 total differs. Run rebuild_totals to mend it.")
    assert "2026-11: kept 7 rows, 12.50; the rows say 1, 12.50" in err
    made = f"Household ({book.pk}): 1 totals made, 1 of them differed before\n"
    assert _run("rebuild_totals") == (made, "", "")
    assert totals.differences(book) == []
