"""The smallest valid object of each kind, made through the product's own operations."""

from __future__ import annotations

import datetime
from decimal import Decimal
from itertools import count
from typing import Any

from budget import history
from budget.books.models import Book, Membership, Role
from budget.history import Change
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.ledger.taxonomy import Starter
from budget.users.models import User

PASSWORD = "correct horse battery staple"
_numbers = count(1)


def make_user(email: str = "", name: str = "", password: str | None = None, **fields: Any) -> User:
    """A person who can log in (with a password where one is given: hashing takes its time)."""
    number = next(_numbers)
    return User.objects.create_user(
        email or f"person{number}@example.org", name or f"Person {number}", password, **fields
    )


def make_book(by: User, name: str = "Household", currency: str = "EUR", *, categories: bool = False) -> Book:
    """A book owned by `by`, without categories unless asked for."""
    return operations.create_book(
        by=by, name=name, currency=currency, starter=Starter.FULL if categories else Starter.NONE
    )


def make_member(book: Book, user: User, role: str = Role.EDITOR) -> Membership:
    """A further member of a book."""
    with history.change(book, None, f"Added {user.name}", kind="member.create") as change:
        return change.create(Membership(user=user, role=role))


def make_account(book: Book, name: str = "Everyday", **fields: Any) -> Account:
    """An account in the book's currency."""
    return operations.open_account(book=book, by=None, name=name, **fields)


def make_category(book: Book, name: str = "Food", **fields: Any) -> Category:
    """A spending category."""
    return operations.add_category(book=book, by=None, name=name, **fields)


def make_txn(
    account: Account,
    amount: str = "12.50",
    category: Category | None = None,
    date: str = "2026-11-20",
    description: str = "Coffee house",
    **fields: Any,
) -> Transaction:
    """A transaction; `amount` out is positive."""
    return operations.record_transaction(
        book=account.book,
        by=None,
        account=account,
        amount=Decimal(amount),
        category=category,
        date=datetime.date.fromisoformat(date),
        description=description,
        **fields,
    )


def last_change(book: Book) -> Change:
    """The newest change of a book."""
    return Change.objects.filter(book=book).latest("number")
