"""Recording, changing and deleting what was spent and earned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q, QuerySet

from budget import history
from budget.books.models import Book
from budget.history import Change, IdempotentRequest, Recorder
from budget.ledger import choices
from budget.ledger.errors import AmountIsZero, CurrencyDiffers, DateOutOfRange, PartOfATransfer
from budget.ledger.models import Account, AccountTransfer, Category, Source, Status, Transaction, today
from budget.ledger.operations.current import current_account, current_category
from budget.money import format_in_book, require_fit
from budget.texts import clean_text
from budget.users.models import User

DESCRIPTION, PAYEE, NOTE = 200, 100, 1000
ROWS_AT_ONCE = 1000
SIDES = ("outgoing", "incoming")


class Unset:
    """Marks an argument that was not given, where None means something."""


UNSET: Final = Unset()


def record_transaction(
    *,
    book: Book,
    by: User | None,
    account: Account,
    amount: Decimal,
    description: str,
    category: Category | None = None,
    date: date | None = None,
    payee: str = "",
    note: str = "",
    source: Source = Source.MANUAL,
    status: Status = Status.CONFIRMED,
    external_id: str | None = None,
    request: IdempotentRequest | None = None,
) -> Transaction:
    """Record one transaction.

    Args:
        amount: in the account's currency; out is positive, in is negative.
        date: as typed or printed; today where none is given.

    Raises:
        AccountNotFound, CategoryNotFound: it belongs to another book, or was deleted.
        AmountIsZero, TooPrecise, DateOutOfRange, TextMissing, TextTooLong, TextUnreadable: it cannot be recorded so.
        AlreadyDone: the request was carried out before.
    """
    txn = Transaction(
        date=_date(date or today()),
        description=clean_text(description, "Description", DESCRIPTION, required=True),
        payee=clean_text(payee, "Payee", PAYEE),
        note=clean_text(note, "Note", NOTE, lines=True),
        source=source,
        status=status,
        external_id=external_id,
    )
    with history.change(book, by, f"Recorded {txn.title}", kind="transaction.create", request=request) as change:
        txn.account = current_account(change, account)
        txn.category = category and current_category(change, category)
        txn.amount = _amount(amount, txn.account.currency)
        change.record.summary = f"Recorded {txn.title}, {_shown(txn, book)}"[:300]
        change.create(txn)
    return txn


def change_transaction(
    txn: Transaction,
    *,
    by: User | None,
    amount: Decimal | Unset = UNSET,
    description: str | Unset = UNSET,
    category: Category | Unset | None = UNSET,
    date: date | Unset = UNSET,
    account: Account | Unset = UNSET,
    payee: str | Unset = UNSET,
    note: str | Unset = UNSET,
    seen: int | None = None,
    request: IdempotentRequest | None = None,
) -> Transaction:
    """Give a transaction new values; only what is named here may change.

    Args:
        amount: in the account's currency; out is positive, in is negative.
        seen: the version that the form was opened with.

    Raises:
        ChangedMeanwhile: it was altered since; nothing is written.
        Vanished: it was deleted since.
        PartOfATransfer: amount, account and category of one leg stay as they are.
        CurrencyDiffers: the account is in another currency, and no amount in that was given.
        AccountNotFound, CategoryNotFound: it belongs to another book, or was deleted.
    """
    with history.change(txn.book, by, f"Changed {txn.title}", kind="transaction.update", request=request) as change:
        change.fresh(txn, seen)
        values: dict[str, Any] = {}
        before = (txn.category_id, txn.status)
        if not isinstance(account, Unset):
            values["account"] = current_account(change, account)
        held = values.get("account", txn.account)
        if not isinstance(amount, Unset):
            values["amount"] = _amount(amount, held.currency)
        elif held.currency != txn.account.currency:
            raise CurrencyDiffers(str(held), held.currency)
        if not isinstance(category, Unset):
            values["category"] = category and current_category(change, category)
            if values["category"] is not None or txn.category_id is not None:  # a row that waits still waits
                values["status"] = Status.CONFIRMED
        if not isinstance(date, Unset):
            values["date"] = _date(date)
        if not isinstance(description, Unset):
            values["description"] = clean_text(description, "Description", DESCRIPTION, required=True)
        if not isinstance(payee, Unset):
            values["payee"] = clean_text(payee, "Payee", PAYEE)
        if not isinstance(note, Unset):
            values["note"] = clean_text(note, "Note", NOTE, lines=True)
        if txn.is_transfer and _alters_the_leg(txn, values):
            raise PartOfATransfer
        if txn.is_transfer:
            values.pop("status", None)
        change.update(txn, **values)
        if not isinstance(category, Unset) and before != (txn.category_id, Status.CONFIRMED):
            choices.tell(change, [txn], txn.category)
        change.record.summary = _what_changed(txn, values)[:300]
    return txn


def delete_transactions(
    *, book: Book, by: User | None, rows: QuerySet[Transaction], request: IdempotentRequest | None = None
) -> Change | None:
    """Delete transactions in one change; of a transfer both sides go. Answers the change, to offer its undo."""
    with history.change(book, by, "Deleted nothing", kind="transaction.delete", request=request) as change:
        first = rows.filter(book=book).select_related("account").first()
        pair = _pair_of(first, book) if first is not None and first.is_transfer else None
        deleted = delete_with_other_sides(change, rows)
        if first is not None and deleted == 1:
            change.record.summary = f"Deleted {first.title}, {_shown(first, book)}"[:300]
        elif pair is not None and deleted == len(SIDES):
            source, target = pair.outgoing.account, pair.incoming.account
            change.record.summary = f"Deleted the transfer from {source} to {target}"[:300]
        elif deleted:
            change.record.summary = f"Deleted {deleted:,} transactions"
        return change.record if change.digests else None


def delete_with_other_sides(change: Recorder, rows: QuerySet[Transaction]) -> int:
    """Delete any number of a book's transactions and, of the transfers among them, the other sides; answers how many.

    The ids stay in the database: an engine takes only so many of them in one statement.
    """
    chosen = rows.filter(book=change.book).order_by()
    ids = chosen.values("pk")
    transfers = AccountTransfer.objects.of(change.book).filter(Q(outgoing__in=ids) | Q(incoming__in=ids))
    legs = sorted({pk for pair in transfers.values_list("outgoing_id", "incoming_id") for pk in pair})
    change.delete_many(transfers)
    deleted = change.delete_many(chosen)
    for start in range(0, len(legs), ROWS_AT_ONCE):
        part = legs[start : start + ROWS_AT_ONCE]
        deleted += change.delete_many(Transaction.objects.of(change.book).filter(pk__in=part))
    return deleted


def categorize_transactions(
    *,
    book: Book,
    by: User | None,
    rows: QuerySet[Transaction],
    category: Category | None,
    request: IdempotentRequest | None = None,
) -> Change | None:
    """File transactions under one category, in one change; sides of transfers stay as they are."""
    with history.change(book, by, "Filed nothing", kind="transaction.categorize", request=request) as change:
        category = category and current_category(change, category)
        own = rows.filter(book=book, is_transfer=False)
        told = choices.chosen(own, category)
        filed = change.update_many(own, category=category, status=Status.CONFIRMED)
        choices.tell(change, told, category)
        noun = "transaction" if filed == 1 else "transactions"
        change.record.summary = f"Filed {filed:,} {noun} under {category or 'no category'}"
        return change.record if change.digests else None


def _amount(amount: Decimal, currency: str) -> Decimal:
    if amount == 0:
        raise AmountIsZero
    return require_fit(amount, currency)


def _date(day: date) -> date:
    if not 1900 <= day.year <= 2200:
        raise DateOutOfRange(day.year)
    return day


def _shown(txn: Transaction, book: Book) -> str:
    return format_in_book(txn.amount, txn.account.currency, own=book.currency, sign="income")


def _pair_of(leg: Transaction, book: Book) -> AccountTransfer | None:
    """The transfer that a transaction is one side of, with both accounts."""
    both = AccountTransfer.objects.of(book).select_related(*(f"{side}__account" for side in SIDES))
    return both.filter(Q(outgoing=leg) | Q(incoming=leg)).first()


def _alters_the_leg(txn: Transaction, values: dict[str, Any]) -> bool:
    return any(name in values and values[name] != getattr(txn, name) for name in ("amount", "account", "category"))


def _what_changed(txn: Transaction, values: dict[str, Any]) -> str:
    if set(values) == {"category", "status"}:
        return f"{txn.title} is now {txn.category or 'without a category'}"
    return f"Changed {txn.title}, {_shown(txn, txn.book)}"


def made_by(change: Change) -> Sequence[int]:
    """The ids of the transactions that a change recorded, in order: what a repeated request is answered with."""
    entries = change.entries.filter(model="transaction", action=history.Action.CREATE)
    return [pk for entry in entries for pk, _, _ in history.rows_of(entry)]
