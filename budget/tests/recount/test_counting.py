"""A month is counted twice: what pages show, what the rows add up to, and what the history adds up to, must agree."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal

import pytest

from budget import history
from budget.books.models import Book
from budget.history import Entry
from budget.history.rows import canonical
from budget.history.undoing import rows_of
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.months import Month
from budget.recount import examining
from budget.recount.models import MonthRecount, Standing
from budget.recount.operations import count_month, recount_book
from budget.tests.factories import last_change, make_account, make_category, make_txn

pytestmark = pytest.mark.django_db

NOVEMBER, OCTOBER = Month(2026, 11), Month(2026, 10)
DAY = datetime.date(2026, 11, 20)


def standings(book: Book) -> dict[str, str]:
    """Every month's standing, counted anew from the beginning of the history."""
    return {str(found.month): found.status for found in recount_book(book)}


def test_month_that_agrees_is_verified_with_its_rows_and_total(account: Account, food: Category) -> None:
    make_txn(account, "12.50", food)
    make_txn(account, "-2000.00")

    found = count_month(account.book, NOVEMBER)

    assert found.status == Standing.VERIFIED
    assert found.finding
    assert (found.finding.rows, found.finding.spent, found.finding.earned) == (2, 12_500, 2_000_000)
    kept = MonthRecount.objects.get(book=account.book, month=NOVEMBER.first)
    assert (kept.status, kept.version) == (Standing.VERIFIED, account.book.version)


def test_month_without_rows_is_verified(book: Book) -> None:
    assert count_month(book, NOVEMBER).status == Standing.VERIFIED


def test_everything_a_person_can_do_leaves_every_month_verified(book: Book, account: Account, food: Category) -> None:
    """R000-44: every change is recounted by another way."""
    savings, bread = make_account(book, "Savings"), make_category(book, "Bread", parent=food)
    one = make_txn(account, "12.50", food)
    make_txn(account, "3.20", bread, "2026-10-03", "Bakery")
    moved = operations.transfer_between_accounts(
        book=book, by=None, source=account, target=savings, amount=Decimal("50.00"), date=DAY
    )
    assert set(standings(book).values()) == {Standing.VERIFIED}

    operations.change_transaction(one, by=None, date=datetime.date(2026, 10, 1), amount=Decimal("9.99"))
    assert set(standings(book).values()) == {Standing.VERIFIED}
    history.undo(last_change(book), by=None)
    assert count_month(book, NOVEMBER).status == count_month(book, OCTOBER).status == Standing.VERIFIED
    operations.merge_categories(source=bread, target=food, by=None)
    assert count_month(book, OCTOBER).status == Standing.VERIFIED
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk=moved.outgoing_id))
    operations.delete_account(savings, by=None)
    operations.change_category(food, by=None, label="Groceries")
    operations.delete_account_with_history(account, by=None, typed_name=account.name)
    assert set(standings(book).values()) == {Standing.VERIFIED}
    history.undo(last_change(book), by=None)
    assert count_month(book, NOVEMBER).status == count_month(book, OCTOBER).status == Standing.VERIFIED
    assert set(standings(book).values()) == {Standing.VERIFIED}


def test_bulk_load_and_its_undo_are_verified(account: Account, food: Category) -> None:
    book = account.book
    with history.change(book, None, "Loaded", kind="load") as change:
        change.create_many(
            Transaction,
            ("account_id", "category_id", "date", "amount", "description"),
            (
                (account.pk, food.pk if number % 3 else None, f"2026-{number % 12 + 1:02}-05", number, f"Row {number}")
                for number in range(1, 2501)
            ),
        )
    assert set(standings(book).values()) == {Standing.VERIFIED}
    assert sum(found.finding.rows for found in recount_book(book) if found.finding) == 2500

    history.undo(last_change(book), by=None)

    assert [count_month(book, Month(2026, month)).status for month in (1, 12)] == [Standing.VERIFIED] * 2
    assert set(standings(book).values()) == {Standing.VERIFIED}
    assert set(MonthRecount.objects.values_list("tallies", flat=True)) == {"[]"}


def test_entry_of_a_model_with_other_fields_is_read_by_their_names(account: Account, food: Category) -> None:
    """As written before a field was added or moved; what it lacks has the default."""
    make_txn(account, "12.50", food)
    entry = Entry.objects.filter(model="transaction").latest("pk")
    payload = json.loads(entry.payload)
    (expected,) = rows_of(entry)
    fields = payload["fields"]
    order = [name for name in reversed(fields) if name != "is_pending"]
    (row,) = payload["rows"]
    row[2] = [row[2][fields.index(name)] for name in order]
    entry.payload = canonical(payload | {"fields": order})

    assert list(rows_of(entry)) == [expected]
    entry.payload = canonical(payload | {"fields": order, "rows": [[row[0], row[2], None]]})
    assert list(rows_of(entry)) == [(expected[0], expected[2], None)]


def test_history_is_read_from_its_beginning_once_a_day(
    account: Account, food: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_txn(account, "12.50", food)
    count_month(account.book, NOVEMBER)
    assert count_month(account.book, NOVEMBER).history is None

    monkeypatch.setattr(examining, "REREAD_AFTER", datetime.timedelta(0))

    assert count_month(account.book, NOVEMBER).history is not None


def test_nothing_is_written_while_a_month_still_agrees(account: Account, food: Category) -> None:
    make_txn(account, "12.50", food)
    count_month(account.book, NOVEMBER)

    assert not count_month(account.book, NOVEMBER).is_news
