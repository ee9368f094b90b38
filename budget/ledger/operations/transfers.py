"""Moving money between two accounts of one book."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from budget import history
from budget.books.models import Book
from budget.history import IdempotentRequest
from budget.ledger.errors import AmountNotPositive, ArrivingMissing, SameAccount, TransferUnbalanced
from budget.ledger.models import Account, AccountTransfer, Status, Transaction, today
from budget.ledger.operations.current import current_account
from budget.money import format_in_book, require_fit
from budget.texts import clean_text
from budget.users.models import User


def transfer_between_accounts(
    *,
    book: Book,
    by: User | None,
    source: Account,
    target: Account,
    amount: Decimal,
    arriving: Decimal | None = None,
    date: date | None = None,
    note: str = "",
    request: IdempotentRequest | None = None,
) -> AccountTransfer:
    """Move money from one account to another: two linked transactions, both or neither.

    Args:
        amount: above zero, in the source's currency.
        arriving: above zero, in the target's currency; needed where that is another one, and only there.

    Raises:
        AccountNotFound, SameAccount, AmountNotPositive, ArrivingMissing, TooPrecise, TransferUnbalanced: nothing is
            written.
    """
    into = amount if arriving is None else arriving
    if source.pk == target.pk:
        raise SameAccount
    if amount <= 0 or into <= 0:
        raise AmountNotPositive
    text = clean_text(note, "Note", 1000, lines=True)
    day = date or today()
    with history.change(book, by, "Moved money", kind="account_transfer.create", request=request) as change:
        source, target = current_account(change, source), current_account(change, target)
        if source.currency == target.currency and amount != into:
            raise TransferUnbalanced(amount, into)
        if source.currency != target.currency and arriving is None:
            raise ArrivingMissing(str(target), target.currency)
        require_fit(amount, source.currency)
        require_fit(into, target.currency)
        shown = format_in_book(amount, source.currency, own=book.currency)
        change.record.summary = f"Moved {shown} from {source} to {target}"[:300]
        legs = change.create_all(
            [
                _leg(source, amount, f"Transfer to {target}", day, text),
                _leg(target, -into, f"Transfer from {source}", day, text),
            ]
        )
        return change.create(AccountTransfer(outgoing=legs[0], incoming=legs[1]))


def _leg(account: Account, amount: Decimal, description: str, day: date, note: str) -> Transaction:
    return Transaction(
        account=account,
        amount=amount,
        description=description,
        date=day,
        note=note,
        is_transfer=True,
        status=Status.CONFIRMED,
    )
