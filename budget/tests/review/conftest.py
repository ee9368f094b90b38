"""A book with rows that wait, brought the way files bring them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from budget.books.models import Book
from budget.ledger.models import Account, Status, Transaction
from budget.tests import factories
from budget.users.models import User


@pytest.fixture
def signed_in(client: Client, owner: User, book: Book) -> Client:
    """A client of the owner."""
    client.force_login(owner)
    return client


def wait(account: Account, amount: str = "12.50", payee: str = "Kroger", **fields: Any) -> Transaction:
    """A row that waits for review."""
    words = {"description": f"{payee.upper()} 221", "date": "2026-11-15", "status": Status.PENDING_REVIEW}
    return factories.make_txn(account, amount, payee=payee, **words | fields)


def now(txn: Transaction) -> tuple[Any, str]:
    """Its category and status as the database has them."""
    txn.refresh_from_db()
    return txn.category, txn.status
