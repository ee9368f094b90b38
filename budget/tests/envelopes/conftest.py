"""Budgets to test with, and a database that several threads can really commit to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connection

from budget.books.models import Book
from budget.envelopes.operations import set_budget
from budget.ledger.models import Category
from budget.months import Month

NOVEMBER = Month(2026, 11)
Give = Callable[..., None]


@pytest.fixture
def give(book: Book) -> Give:
    """Gives a category of `book` a budget: `give(food, "100.00")`, in November unless said otherwise."""

    def given(category: Category, amount: str, month: Month = NOVEMBER) -> None:
        set_budget(book=book, by=None, category=category, month=month, amount=Decimal(amount))

    return given


@pytest.fixture
def committed(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """A database whose commits other threads see.

    Tests on SQLite share one connection in memory, where no two threads ever write at once; this one is a file in WAL
    mode, as in production.
    """
    if connection.vendor != "sqlite":
        yield
        return
    path = tmp_path / "committed.sqlite3"
    connection.ensure_connection()
    connection.connection.execute("VACUUM INTO ?", [str(path)])
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    connection.connection = None
    connection.settings_dict["NAME"] = str(path)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
        connection.connection = in_memory
