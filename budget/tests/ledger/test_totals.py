"""Monthly totals equal the rows after every way of writing."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from django.db import connection

from budget import history
from budget.books.models import Book
from budget.history import Change
from budget.ledger import operations, totals
from budget.ledger.errors import SumsTooLarge
from budget.ledger.models import LARGEST, Account, Category, MonthlyTotal, Transaction
from budget.ledger.queries import accounts_with_balance
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


def grow(account: Account, units: int, category: Category | None = None) -> None:
    """Rows of the largest amount and a rest, in one month, which add up to `units` thousandths."""
    sizes = [LARGEST] * (units // LARGEST) + [units % LARGEST] * bool(units % LARGEST)
    fields = ["account_id", "category_id", "date", "amount", "description", "status"]
    filed = category.pk if category else None
    with history.change(account.book, None, "Grown", kind="ledger.load") as change:
        rows = ((account.pk, filed, "2026-11-20", size, "Large", "confirmed") for size in sizes)
        change.create_many(Transaction, fields, rows)


def everything(book: Book) -> tuple[str, dict[totals.Key, totals.Sums], int]:
    return history.digest(book), totals.stored(book), Change.objects.filter(book=book).count()


def test_sums_reach_the_most_exactly_and_not_a_cent_more(account: Account, food: Category) -> None:
    """A7: a month's total, and with it a balance, stays within what both engines add up exactly."""
    grow(account, totals.MOST - 12_500, food)
    before = everything(account.book)

    with pytest.raises(SumsTooLarge, match="Nothing was saved"):
        make_txn(account, "12.51", food)
    with pytest.raises(SumsTooLarge):
        grow(account, totals.SUSPICIOUS + 1)
    assert everything(account.book) == before

    txn = make_txn(account, "12.50", food)
    (total,) = totals.stored(account.book).values()
    assert total.units == totals.MOST == totals.counted(account.book).popitem()[1].units
    assert accounts_with_balance(account.book)[0].balance == -Decimal(totals.MOST) / 1000
    assert totals.rebuild(account.book) == 1
    assert totals.differences(account.book) == []
    with pytest.raises(SumsTooLarge):
        operations.change_transaction(txn, by=None, amount=Decimal("12.51"))
    operations.change_transaction(txn, by=None, amount=Decimal("12.49"))


def test_many_rows_at_once_are_refused_whole_when_their_sum_is_too_large(account: Account, food: Category) -> None:
    """A7: also where the sum of one change alone would leave a BIGINT."""
    before = everything(account.book)

    for units in (totals.MOST + 1, 2**63, 2**64):
        with pytest.raises(SumsTooLarge):
            grow(account, units, food)
        assert everything(account.book) == before


def test_undo_is_refused_when_what_comes_back_is_too_large(account: Account, food: Category) -> None:
    """A7: rows that were deleted do not come back beside others that took their room, however sure somebody is."""
    book = account.book
    grow(account, totals.MOST // 2 + 1, food)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.of(book))
    deletion = last_change(book)
    grow(account, totals.MOST // 2, food)
    before = everything(book)

    with pytest.raises(SumsTooLarge):
        history.undo(deletion, by=None, is_sure=True)

    assert everything(book) == before
    assert history.verify(Book.objects.get(pk=book.pk)).is_whole


def test_totals_equal_the_rows_after_random_writing(book: Book) -> None:
    """R002-2: 200 random acts; the totals are compared with the rows after each."""
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
