"""Random ledgers, and their months counted by a plain loop over the rows that shares no line with the reports."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from budget import history
from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.tests import factories

FIELDS = ("account_id", "category_id", "date", "amount", "description")
EDGES = ("2023-12-31", "2024-01-01", "2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01", "2024-12-31", "2025-01-01")


class Ledger(NamedTuple):
    """A book with accounts in two currencies and categories in two levels, income among them."""

    book: Book
    accounts: list[Account]
    categories: list[Category | None]


def open_ledger(book: Book) -> Ledger:
    """The frame of a ledger, without rows."""
    accounts = [factories.make_account(book, "One"), factories.make_account(book, "Two")]
    accounts.append(factories.make_account(book, "Abroad", currency="USD"))
    food = factories.make_category(book, "Food")
    pay = factories.make_category(book, "Pay", is_income=True)
    categories: list[Category | None] = [
        None,
        food,
        factories.make_category(book, "Groceries", parent=food),
        factories.make_category(book, "Coffee", parent=food),
        factories.make_category(book, "Rent"),
        pay,
        factories.make_category(book, "Bonus", parent=pay, is_income=True),
        factories.make_category(book, "Empty"),
    ]
    return Ledger(book, accounts, categories)


def fill(ledger: Ledger, rows: int, seed: int) -> None:
    """Write random rows around the turns of months and years, refunds and transfers among them, in a few changes."""
    rolls = random.Random(seed)
    used = ledger.categories[:-1]
    made = []
    for number in range(rows):
        day = date.fromisoformat(rolls.choice(EDGES)) + timedelta(days=rolls.choice((0, 0, 1, -1, 12)))
        thousandths = rolls.choice((1, -1, 1, 1)) * rolls.randint(1, 10**7) * 10
        category = rolls.choice(used)
        made.append(
            (
                rolls.choice(ledger.accounts).pk,
                category.pk if category else None,
                day.isoformat(),
                thousandths,
                f"row {number}",
            )
        )
    with history.change(ledger.book, None, "Filled", kind="test.fill") as change:
        change.create_many(Transaction, FIELDS, made)
    operations.transfer_between_accounts(
        book=ledger.book,
        by=None,
        source=ledger.accounts[0],
        target=ledger.accounts[1],
        amount=Decimal("77.70"),
        date=date(2024, 2, 29),
    )


def counted(book: Book, month: str) -> dict[tuple[str, str], tuple[int, Decimal]]:
    """Per category and currency, count and sum of a month's rows: a loop, text dates, no grouping by a database."""
    found: dict[tuple[str, str], tuple[int, Decimal]] = defaultdict(lambda: (0, Decimal(0)))
    for txn in Transaction.objects.of(book).select_related("account", "category"):
        if txn.date.isoformat()[:7] == month and not txn.is_transfer:
            key = (txn.category.name if txn.category else "", txn.account.currency)
            count, total = found[key]
            found[key] = (count + 1, total + txn.amount)
    return dict(found)
