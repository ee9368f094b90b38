"""Opening a book with its categories and first account, renaming it, and removing it for good."""

from __future__ import annotations

from decimal import Decimal

from django.db import transaction
from django.db.models import Model

from budget import history
from budget.books.models import Book, Membership, Role
from budget.books.rows import pen
from budget.history import Change, Entry, IdempotentRequest, Recorder
from budget.history.chain import recorded_models, unrecorded_models
from budget.history.recording import founding
from budget.ledger import newbooks
from budget.ledger.errors import ConfirmationMismatch
from budget.ledger.models import Account, AccountType, Category, StandardCategory
from budget.ledger.taxonomy import SHORT_LIST, Starter
from budget.money import require_currency, require_fit
from budget.texts import clean_text
from budget.users.models import User


def create_book(
    *,
    by: User,
    name: str,
    currency: str,
    starter: str = Starter.FULL,
    account_name: str = "",
    account_type: str = AccountType.CHECKING,
    opening_balance: Decimal = Decimal(0),
) -> Book:
    """Open a book that `by` owns, with what `starter` says of the standard taxonomy and, where named, a first account.

    Args:
        currency: three letters, of the book's plan and reports and of the first account.
        opening_balance: of the first account; positive is money one has.
    """
    code = require_currency(currency)
    book = Book(name=clean_text(name, "Name", 100, required=True), currency=code)
    with founding(book, by, f"Opened the book {book}") as change:
        change.create(Membership(user=by, role=Role.OWNER))
        if starter != Starter.NONE:
            newbooks.lay(change, _copy_taxonomy(change, short=starter == Starter.SHORT))
        if account_name:
            change.create(
                Account(
                    name=clean_text(account_name, "Account name", 100, required=True),
                    type=AccountType(account_type),
                    currency=code,
                    opening_balance=require_fit(opening_balance, code),
                )
            )
    return book


def rename_book(book: Book, *, by: User | None, name: str, request: IdempotentRequest | None = None) -> Book:
    """Give the book another name."""
    clean = clean_text(name, "Name", 100, required=True)
    with history.change(book, by, f"Renamed the book to {clean}", kind="book.update", request=request) as change:
        change.update(change.book, name=clean)
    book.name = clean
    return book


def remove_book(book: Book, *, typed_name: str) -> None:
    """Remove a book with everything in it, its history included; this cannot be undone.

    Raises:
        ConfirmationMismatch: the name typed is not the book's.
    """
    if typed_name.strip() != book.name:
        raise ConfirmationMismatch(book.name)
    models: list[type[Model]] = [*unrecorded_models(), *recorded_models()]
    with transaction.atomic(), pen():
        Book.objects.select_for_update().get(pk=book.pk)
        for model in models:
            rows = model._base_manager.filter(book=book)
            rows._raw_delete(rows.db)
        # The history goes after its book: the database refuses to delete changes of a book that is there.
        own = Book.objects.filter(pk=book.pk)
        own._raw_delete(own.db)
        for kept in (Entry, Change):
            rows = kept._base_manager.filter(book_id=book.pk)
            rows._raw_delete(rows.db)


def _copy_taxonomy(change: Recorder, *, short: bool) -> dict[str, Category]:
    """Copy the standard categories; answers them by name."""
    standard = list(StandardCategory.objects.all())
    if short:
        standard = [s for s in standard if s.parent_id is None and s.name in SHORT_LIST]
    parents: dict[int, Category] = {}
    named: dict[str, Category] = {}
    for level in (False, True):
        chosen = [s for s in standard if (s.parent_id is not None) is level]
        made = [
            Category(
                parent=parents[s.parent_id] if s.parent_id else None,
                name=s.name,
                label=s.label,
                color=s.color,
                icon=s.icon,
                is_income=s.is_income,
                is_recurring=s.is_recurring,
                position=s.position,
            )
            for s in chosen
        ]
        if made:
            change.create_all(made)
        parents |= {s.pk: category for s, category in zip(chosen, made, strict=True)}
        named |= {category.name: category for category in made}
    return named
