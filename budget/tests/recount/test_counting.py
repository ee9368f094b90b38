"""A month is counted twice: what pages show, what the rows add up to, and what the history adds up to, must agree."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from budget import history
from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.months import Month
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
