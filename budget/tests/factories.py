"""The smallest valid object of each kind, made through the product's own operations."""

from __future__ import annotations

import datetime
import io
from decimal import Decimal
from itertools import count
from typing import Any

from budget import history
from budget.books.models import Book, Membership, Role
from budget.categorization.models import AmountRule, MerchantMapping
from budget.files import vault
from budget.history import Change
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.ledger.taxonomy import Starter
from budget.money import to_units
from budget.recurring import operations as recurring
from budget.recurring.models import RecurringSeries
from budget.statements.balances import balance_on
from budget.statements.certificates import certify
from budget.statements.fingerprints import fingerprint
from budget.statements.models import Certificate, Stage, Statement, StatementImport, StatementLine
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


def make_import(book: Book, content: bytes = b"", **fields: Any) -> StatementImport:
    """A file that was brought and can be imported; its content is one nobody has unless given."""
    stored = vault.store(book, "may.csv", io.BytesIO(content or f"file {next(_numbers)}".encode()), None)
    values: dict[str, Any] = {
        "file_name": "may.csv",
        "format": "csv",
        "stage": Stage.READY,
        "by_name": "Budget Tracker",
    }
    return StatementImport.objects.create(book=book, file=stored, **values | fields)


def make_statement(source: StatementImport, account: Account | None = None, **fields: Any) -> Statement:
    """An account's part of a file."""
    values: dict[str, Any] = {"currency": source.book.currency, "number": source.statements.count() + 1}
    return Statement.objects.create(book=source.book, source=source, account=account, **values | fields)


def make_line(statement: Statement, amount: str = "12.50", date: str = "2026-11-20", **fields: Any) -> StatementLine:
    """A row of a file; `amount` out is positive. Its fingerprint is what reading would give it."""
    number = StatementLine.objects.filter(statement__source=statement.source_id).count() + 1
    day, printed = datetime.date.fromisoformat(date), f"{-Decimal(amount)}"
    values: dict[str, Any] = {"payee": "Coffee house", "text": "Card payment", "currency": statement.currency} | fields
    mark = fingerprint(day, to_units(Decimal(amount)), values["currency"], values["payee"], values["text"])
    return StatementLine.objects.create(
        **{"number": number, "place": f"row {number}", "printed": printed, "fingerprint": mark} | values,
        book=statement.book,
        statement=statement,
        date=day,
        amount=Decimal(amount),
    )


def make_rule(category: Category, pattern: str = "coffee", amount: str | None = None, **fields: Any) -> AmountRule:
    """A rule of the first tier; without an amount it holds for every one."""
    row = AmountRule(category=category, pattern=pattern, amount=None if amount is None else Decimal(amount), **fields)
    with history.change(category.book, None, f"Added the rule {pattern}", kind="rule.create") as change:
        return change.create(row)


def make_mapping(category: Category, merchant: str = "COFFEE HOUSE", **fields: Any) -> MerchantMapping:
    """A merchant that was confirmed `confirmations` times (once unless given)."""
    row = MerchantMapping(category=category, merchant=merchant, **{"confirmations": 1} | fields)
    with history.change(category.book, None, f"Added {merchant}", kind="mapping.create") as change:
        return change.create(row)


def make_series(
    account: Account,
    name: str = "Film Stream",
    amount: str = "13.99",
    *,
    anchor: datetime.date = datetime.date(2026, 11, 16),
    rhythm: str = "monthly",
    **said: Any,
) -> RecurringSeries:
    """A confirmed series, entered by hand; out is positive."""
    content = recurring.Content(name, account, Decimal(amount), rhythm, anchor, **said)
    return recurring.add_series(book=account.book, by=None, content=content)


def make_certificate(account: Account, first: str = "2026-11-01", last: str = "2026-11-30") -> Certificate:
    """A period of an account, closed with the balances that the ledger has."""
    start, end = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    return certify(
        account=account,
        by=None,
        first=start,
        last=end,
        opening=balance_on(account, start - datetime.timedelta(1)),
        closing=balance_on(account, end),
    )


def last_change(book: Book) -> Change:
    """The newest change of a book."""
    return Change.objects.filter(book=book).latest("number")
