"""A book that was written when transactions, books and their history had fewer fields is upgraded.

`at_0002.json` holds the rows of such a database as the program of that time left them: a book with changes, a deletion,
a transfer, a budget, an undo, and recounts.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection

from budget import guards, history
from budget.books.models import Book
from budget.history import Change, Entry
from budget.ledger import operations, totals
from budget.ledger.models import Transaction
from budget.months import Month
from budget.recount.models import BookRecount, MonthRecount, Standing
from budget.recount.operations import count_month
from budget.users.models import User

pytestmark = pytest.mark.django_db
NEW_FIELDS = {"line_id", "predicted_category_id", "tier", "confidence", "pattern", "model_version"}
UPGRADED = "5b292bea8d0cf8444af4954efbde16e910d244cf434e10e6b26dbb09d27ed239"
"""The digest of the book's rows after the upgrade, on every engine."""


def test_entries_were_written_with_the_old_fields(upgraded: Book) -> None:
    """So that the tests below are about what they say."""
    fields = [json.loads(entry.payload)["fields"] for entry in Entry.objects.filter(model="transaction")]

    assert len(fields) == 9
    assert not any(NEW_FIELDS & set(names) for names in fields)


def test_history_is_whole_and_every_row_is_kept(upgraded: Book) -> None:
    """R000-47: nothing is altered by an upgrade."""
    assert history.verify(upgraded).is_whole
    assert guards.missing(connection) == []
    assert totals.differences(upgraded) == []
    assert (upgraded.version, upgraded.confirmations_needed) == (17, 3)
    assert [(t.description, t.amount, t.tier, t.line) for t in Transaction.objects.of(upgraded).order_by("pk")] == [
        ("Coffee house", Decimal("13.50"), "", None),
        ("Pay", Decimal("-2500.00"), "", None),
        ("Tea house", Decimal("3.20"), "", None),
        ("Transfer to Savings", Decimal("50.00"), "", None),
        ("Transfer from Everyday", Decimal("-50.00"), "", None),
    ]


def test_digest_is_the_same_on_every_engine(upgraded: Book) -> None:
    assert history.digest(upgraded) == UPGRADED


def test_months_are_counted_anew_and_agree_with_the_old_history(upgraded: Book) -> None:
    """What was kept of a recount is of rows without the new fields, so it is forgotten."""
    assert (BookRecount.objects.count(), MonthRecount.objects.count()) == (0, 0)

    for month in (Month(2026, 10), Month(2026, 11)):
        count_month(upgraded, month)

    assert list(MonthRecount.objects.values_list("status", flat=True)) == [Standing.VERIFIED] * 2


def _coffee() -> str:
    row = Transaction.objects.get(description="Coffee house")
    return f"{row.amount} {row.note}"


@pytest.mark.parametrize(
    ("number", "shown", "what"),
    [
        (11, _coffee, "12.50 with milk"),
        (12, lambda: f"{Transaction.objects.get(description='Bakery').amount}", "7.00"),
        (15, lambda: Book.objects.get().name, "Household"),
    ],
    ids=["alteration", "deletion", "the book's name"],
)
def test_old_change_is_taken_back_and_done_again(
    upgraded: Book, number: int, shown: Callable[[], str], what: str
) -> None:
    """R000-47: undo of what was done before the upgrade."""
    undone = history.undo(Change.objects.get(book=upgraded, number=number), by=User.objects.get())

    assert shown() == what
    history.undo(undone, by=User.objects.get())
    assert history.digest(upgraded) == UPGRADED
    assert history.verify(Book.objects.get()).is_whole
    assert totals.differences(upgraded) == []


def test_old_undo_is_taken_back(upgraded: Book) -> None:
    """The rows come back with nothing in the fields that there were not yet."""
    history.undo(Change.objects.get(book=upgraded, undoes__isnull=False), by=None)

    back = Transaction.objects.filter(description__in=["Ferry", "Train"]).order_by("pk")
    assert [(t.amount, t.predicted_category, t.tier, t.confidence, t.pattern) for t in back] == [
        (Decimal("4.50"), None, "", None, ""),
        (Decimal("9.90"), None, "", None, ""),
    ]
    count_month(upgraded, Month(2026, 11))
    assert MonthRecount.objects.get(month="2026-11-01").status == Standing.VERIFIED


def test_old_row_is_changed_and_the_chain_goes_on(upgraded: Book) -> None:
    tea = Transaction.objects.get(description="Tea house")

    operations.change_transaction(tea, by=User.objects.get(), amount=Decimal("3.30"))
    history.undo(Change.objects.get(book=upgraded, number=18), by=None)

    tea.refresh_from_db()
    assert (tea.amount, Book.objects.get().version) == (Decimal("3.20"), 19)
    assert history.verify(Book.objects.get()).is_whole
    assert history.digest(upgraded) == UPGRADED
