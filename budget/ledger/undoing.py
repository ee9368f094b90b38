"""What an undo must not break in a ledger: amounts keep their currency, a book keeps an owner."""

from __future__ import annotations

import json
from collections.abc import Sequence

from budget import history
from budget.books.models import Membership, Role
from budget.history import Action, Change, Entry, Recorder
from budget.history.errors import BuiltUpon
from budget.ledger.models import Transaction
from budget.ledger.operations.people import LastOwner, OwnersOnly

IDS_AT_ONCE = 1000


def register() -> None:
    """Have every undo of transactions and memberships looked at."""
    history.on_undo(Transaction, _require_same_currency)
    history.on_undo(Membership, _require_owners)


def _require_same_currency(taking_back: Recorder, undone: Change, ids: Sequence[int]) -> None:
    """A row that comes back finds its account in the currency that its amount was recorded in."""
    used: set[int] = set()
    for start in range(0, len(ids), IDS_AT_ONCE):
        rows = Transaction.objects.of(taking_back.book).filter(pk__in=ids[start : start + IDS_AT_ONCE])
        used.update(rows.values_list("account_id", flat=True).distinct().order_by())
    changed = Entry.objects.filter(
        book=taking_back.book, model="account", action=Action.UPDATE, change__number__gt=undone.number
    )
    for entry in changed.select_related("change"):
        altered = {pk for pk, _, after in json.loads(entry.payload)["rows"] if "currency" in after}
        if altered & used:
            raise BuiltUpon(undone, f"“{entry.change}” changed the currency of its account")


def _require_owners(taking_back: Recorder, undone: Change, ids: Sequence[int]) -> None:
    """Only an owner brings members and roles back, and somebody stays an owner."""
    book, by = taking_back.book, taking_back.record.by
    owners = Membership.objects.of(book).filter(role=Role.OWNER)
    if not owners.exists():
        raise LastOwner(book)
    # Nobody becomes an owner by undoing: a role that this undo wrote does not count.
    if by is not None and not owners.filter(user=by).exclude(version=taking_back.number).exists():
        raise OwnersOnly(book)
