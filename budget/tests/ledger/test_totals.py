"""Monthly totals equal the rows after every way of writing."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from django.db import connection

from budget import history
from budget.books.models import Book
from budget.ledger import operations, totals
from budget.ledger.models import Account, Category, MonthlyTotal, Transaction
from budget.tests.factories import last_change, make_account, make_category, make_txn

pytestmark = pytest.mark.django_db


def test_totals_follow_a_row_through_its_life(account: Account, food: Category, rent: Category) -> None:
    txn = make_txn(account, "12.50", food, "2026-11-30")
    make_txn(account, "-2.50", food, "2026-11-01")
    operations.change_transaction(txn, by=None, date=txn.date.replace(year=2027, month=1, day=1), category=rent)

    kept = MonthlyTotal.objects.order_by("month").values_list("category__name", "month", "count", "total")

    assert [(name, f"{month}", count, total) for name, month, count, total in kept] == [
        ("Food", "2026-11-01", 1, Decimal("-2.50")),
        ("Rent", "2027-01-01", 1, Decimal("12.50")),
    ]


def test_totals_equal_the_rows_after_random_writing(book: Book) -> None:
    """200 random acts; the totals are compared with the rows after each."""
    dice = random.Random(20261121)
    accounts = [make_account(book, name) for name in ("One", "Two")]
    categories: list[Category | None] = [make_category(book, name) for name in ("Food", "Rent")]
    categories.append(None)

    for _ in range(200):
        rows = list(Transaction.objects.of(book))
        act = dice.choice(["record", "record", "change", "delete", "move", "file", "undo"])
        some = Transaction.objects.filter(pk__in=[t.pk for t in rows if dice.random() < 0.3])
        if act == "record" or not rows:
            amount = f"{dice.choice([-1, 1]) * dice.randint(1, 99999) / 100:.2f}"
            day = f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
            make_txn(dice.choice(accounts), amount, dice.choice(categories), day)
        elif act == "change" and not rows[0].is_transfer:
            operations.change_transaction(
                rows[0], by=None, amount=rows[0].amount + 1 or Decimal(5), category=dice.choice(categories)
            )
        elif act == "delete":
            operations.delete_transactions(book=book, by=None, rows=some)
        elif act == "move":
            operations.transfer_between_accounts(
                book=book, by=None, source=accounts[0], target=accounts[1], amount=Decimal(dice.randint(1, 50))
            )
        elif act == "file":
            operations.categorize_transactions(book=book, by=None, rows=some, category=dice.choice(categories))
        elif act == "undo" and not last_change(book).kind.startswith(("account", "category", "book")):
            history.undo(last_change(book), by=None)
        assert totals.differences(book) == []

    assert Transaction.objects.of(book).exists()
    assert history.verify(book).is_whole


def test_a_total_altered_behind_the_back_is_found_and_rebuilt(account: Account, food: Category) -> None:
    make_txn(account, "12.50", food)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_monthlytotal SET total = total + 10")

    [found] = totals.differences(account.book)

    assert (found.stored.units - found.counted.units, found.key.category) == (10, food.pk)
    totals.rebuild(account.book)
    assert totals.differences(account.book) == []
