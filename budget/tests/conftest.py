"""Fixtures that every test of the product may use."""

from __future__ import annotations

import pytest

from budget.books.models import Book
from budget.ledger.models import Account, Category
from budget.tests import factories
from budget.users.models import User


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
