"""Fixtures that every test of the product may use."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.test import TransactionTestCase

from budget import guards
from budget.books.models import Book
from budget.ledger.models import Account, Category
from budget.tests import factories
from budget.users.models import User


@pytest.fixture(scope="session", autouse=True)
def _tables_can_be_emptied() -> Iterator[None]:
    """Tests that commit are cleaned up by emptying all tables, which the history's guards refuse on SQLite.

    They are taken away for that; the `migrate` signal at the end of the clean-up makes them anew.
    """
    original = DatabaseWrapper.ops_class.sql_flush
    drops = [f"DROP TRIGGER IF EXISTS {rule.name}" for rule in guards.rules() if rule.event == "DELETE"]

    def sql_flush(self: Any, *args: Any, **kwargs: Any) -> list[str]:
        return [*drops, *original(self, *args, **kwargs)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseWrapper.ops_class, "sql_flush", sql_flush)
        yield


@pytest.fixture(scope="session", autouse=True)
def _files_are_put_back() -> Iterator[None]:
    """After a test that commits, SQLite gets back the pages it had before the first one.

    Emptying all tables and making all triggers anew says the same, but takes half a second of work for each test.
    """
    case: Any = TransactionTestCase  # its own parts have no types
    begin, clear = case._fixture_setup.__func__, case._fixture_teardown
    kept: dict[str, sqlite3.Connection] = {}

    def keep(cls: type[TransactionTestCase]) -> None:
        if connection.vendor == "sqlite" and not kept:
            connection.ensure_connection()
            kept["pages"] = sqlite3.connect(":memory:")
            connection.connection.backup(kept["pages"])
        begin(cls)

    def put_back(test: TransactionTestCase) -> None:
        if not kept:
            clear(test)
            return
        connection.ensure_connection()
        kept["pages"].backup(connection.connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(keep))
        patch.setattr(TransactionTestCase, "_fixture_teardown", put_back)
        yield
    for pages in kept.values():
        pages.close()


@pytest.fixture(scope="session", autouse=True)
def _passwords_are_hashed_quickly() -> Iterator[None]:
    """With the same algorithm as always, but in a thousandth of its memory: guessing is no concern of a test."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"time_cost": 1, "memory_cost": 100, "parallelism": 1}.items():
            patch.setattr(Argon2PasswordHasher, name, value)
        yield


@pytest.fixture
def owner(db: None) -> User:
    """A person who owns `book`."""
    return factories.make_user(name="Olive Owner")


@pytest.fixture
def book(owner: User) -> Book:
    """A book in euros without categories."""
    return factories.make_book(owner)


@pytest.fixture
def account(book: Book) -> Account:
    """An account of `book`, named Everyday."""
    return factories.make_account(book)


@pytest.fixture
def food(book: Book) -> Category:
    """A spending category of `book`."""
    return factories.make_category(book, "Food")


@pytest.fixture
def rent(book: Book) -> Category:
    """Another spending category of `book`."""
    return factories.make_category(book, "Rent")


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
