"""Rows as they are now that the book is locked: what an operation was handed may have been altered or deleted since."""

from __future__ import annotations

from budget.history import Recorder
from budget.ledger.errors import AccountNotFound, CategoryNotFound
from budget.ledger.models import Account, Category


def current_account(change: Recorder, account: Account) -> Account:
    """The account as the book has it now, with the currency that amounts must fit.

    Raises:
        AccountNotFound: it was deleted, or is of another book.
    """
    found = Account.objects.of(change.book).filter(pk=account.pk).first()
    if found is None:
        raise AccountNotFound
    return found


def current_category(change: Recorder, category: Category) -> Category:
    """The category as the book has it now.

    Raises:
        CategoryNotFound: it was deleted, or is of another book.
    """
    found = Category.objects.of(change.book).filter(pk=category.pk).first()
    if found is None:
        raise CategoryNotFound
    return found
