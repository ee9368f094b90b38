"""Opening, changing, closing and deleting accounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from budget import history
from budget.books.models import Book
from budget.history import IdempotentRequest, Recorder
from budget.ledger.dependents import dependents_of_accounts
from budget.ledger.errors import ConfirmationMismatch, CurrencyFixed, InUse, NameTaken
from budget.ledger.models import Account, AccountType, Transaction
from budget.ledger.operations.transactions import delete_with_other_sides
from budget.money import require_currency, require_fit
from budget.texts import clean_text
from budget.users.models import User


def open_account(
    *,
    book: Book,
    by: User | None,
    name: str,
    currency: str = "",
    type: str = AccountType.CHECKING,  # noqa: A002  (the field's name)
    institution: str = "",
    opening_balance: Decimal = Decimal(0),
    request: IdempotentRequest | None = None,
) -> Account:
    """Open an account.

    Args:
        currency: three letters; the book's where none are given.
        opening_balance: what is there before the first transaction; positive is money one has.

    Raises:
        NameTaken, UnknownCurrency, TooPrecise, TextMissing, TextTooLong: nothing is written.
    """
    code = require_currency(currency or book.currency)
    account = Account(
        name=clean_text(name, "Name", 100, required=True),
        institution=clean_text(institution, "Institution", 100),
        type=AccountType(type),
        currency=code,
        opening_balance=require_fit(opening_balance, code),
    )
    with history.change(book, by, f"Opened {account}", kind="account.create", request=request) as change:
        _require_free_name(change, account)
        change.create(account)
    return account


def change_account(
    account: Account,
    *,
    by: User | None,
    seen: int | None = None,
    request: IdempotentRequest | None = None,
    **values: Any,
) -> Account:
    """Change name, institution, type, currency, opening balance or whether it is archived.

    Raises:
        CurrencyFixed: it has transactions, so its currency stays.
        ChangedMeanwhile: it was altered after the form was opened.
    """
    unknown = set(values) - {"name", "institution", "type", "currency", "opening_balance", "is_archived"}
    if unknown:
        raise TypeError(f"An account has no {', '.join(sorted(unknown))} to change.")
    with history.change(account.book, by, f"Changed {account}", kind="account.update", request=request) as change:
        change.fresh(account, seen)
        if "name" in values:
            values["name"] = clean_text(values["name"], "Name", 100, required=True)
        if "institution" in values:
            values["institution"] = clean_text(values["institution"], "Institution", 100)
        currency = require_currency(values.get("currency", account.currency))
        if currency != account.currency and Transaction.objects.of(account.book).filter(account=account).exists():
            raise CurrencyFixed(account.name)
        if currency != account.currency:
            for dependent in dependents_of_accounts():
                dependent.require_free_for_currency(change, account)
        require_fit(values.get("opening_balance", account.opening_balance), currency)
        _require_free_name(change, account, values.get("name", account.name))
        change.update(account, **values)
    return account


def delete_account(account: Account, *, by: User | None, request: IdempotentRequest | None = None) -> None:
    """Delete an account that has no transactions; one that has them is closed instead, or deleted with its history.

    Raises:
        InUse: it has transactions.
    """
    with history.change(account.book, by, f"Deleted {account}", kind="account.delete", request=request) as change:
        change.fresh(account)
        count = Transaction.objects.of(account.book).filter(account=account).count()
        if count:
            raise InUse(
                account.name, count, "transaction", "transactions", "Close it instead, or delete it with its history."
            )
        _release(change, account)
        change.delete(account)


def delete_account_with_history(
    account: Account, *, by: User | None, typed_name: str, request: IdempotentRequest | None = None
) -> None:
    """Delete an account and all its transactions, in one change that can be undone; transfers lose both sides.

    Raises:
        ConfirmationMismatch: the name typed is not the account's.
    """
    book, summary = account.book, f"Deleted {account} with its history"
    with history.change(book, by, summary, kind="account.delete", request=request) as change:
        change.fresh(account)
        if typed_name.strip() != account.name:
            raise ConfirmationMismatch(account.name)
        delete_with_other_sides(change, Transaction.objects.of(book).filter(account=account))
        _release(change, account)
        change.delete(account)


def _release(change: Recorder, account: Account) -> None:
    for dependent in dependents_of_accounts():
        dependent.release(change, account)


def _require_free_name(change: Recorder, account: Account, name: str = "") -> None:
    wanted = name or account.name
    if Account.objects.of(change.book).filter(name__iexact=wanted).exclude(pk=account.pk).exists():
        raise NameTaken("an account", wanted)
