"""What an account began with, as its bank's files say: the earliest balance that they tell counts, whenever it came.

An account that an import opened begins with what leaves it, on the day of that balance, with what the bank says: so the
order of files does not matter, nor which of them were taken back meanwhile. Only rows of files count in it: a row that
a person adds, alters or deletes is a difference to be seen, not to be swallowed. What a person typed stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import QuerySet

from budget.history import Change, Entry, Recorder, rows_of
from budget.history.rows import shape_of
from budget.ledger.models import Account
from budget.money import require_fit
from budget.statements.anchors import anchor, brings_before, moved_before
from budget.statements.models import Statement, StatementImport
from budget.statements.standing import undone_imports

BY_FILES = ("statement.import", "statement.undo")


@dataclass(frozen=True)
class Opening:
    """What an account begins with, before and after an import; positive is money one has."""

    account: Account
    was: Decimal
    becomes: Decimal
    is_new: bool = False


def planned(found: StatementImport) -> list[Opening]:
    """The openings that an import which was not recorded yet would alter."""
    undone = undone_imports(found.book_id)
    told = []
    for account in accounts_of(found):
        now = anchor(account, undone, also=found)
        if now is None or (now == anchor(account, undone) and not brings_before(found, account, now)):
            continue
        if is_by_files(account):
            becomes = now.balance + moved_before(account, now, undone, found)
            told.append(Opening(account, account.opening_balance, becomes))
    return [each for each in told if each.was != each.becomes]


def settle(change: Recorder, found: StatementImport) -> list[Opening]:
    """Let the accounts of an import, whose rows were just recorded, begin as its statements say."""
    undone = undone_imports(found.book_id)
    told = []
    for account in accounts_of(found):
        is_new = account.version == change.number
        if (is_new or is_by_files(account)) and (now := anchor(account, undone, also=found)):
            becomes = now.balance + moved_before(account, now, undone, found)
            told.append(Opening(account, account.opening_balance, becomes, is_new))
    return _write(change, told)


def settle_anew(
    change: Recorder,
    accounts: Iterable[Account],
    undone: Collection[int],
    *,
    undoing: Change | None = None,
    otherwise: Decimal | None = Decimal(0),
) -> None:
    """Let accounts begin as the files say that stand once an import is taken back or brought back.

    Args:
        undone: the ids of the imports that do not count then.
        undoing: what `change` takes back, if it is an undo.
        otherwise: what they begin with if no file says a balance; None leaves it.
    """
    told = []
    for account in accounts:
        if is_by_files(account, undoing):
            now = anchor(account, undone)
            becomes = now.balance + moved_before(account, now, undone) if now else otherwise
            if becomes is not None:
                told.append(Opening(account, account.opening_balance, becomes))
    _write(change, told)


def rests_on(account: Account) -> Statement | None:
    """The statement whose closing balance an account was made to agree with, so that comparing both proves nothing."""
    found = anchor(account, undone_imports(account.book_id))
    return None if found is None or found.is_exact or not is_by_files(account) else found.statement


def is_by_files(account: Account, undoing: Change | None = None) -> bool:
    """Whether what an account begins with was set by an import and by nobody since.

    Args:
        undoing: a change that is being taken back right now.
    """
    before = undoing.number if undoing and sets_opening(undoing, account) else None
    return _last_kind(account, before) in BY_FILES


def sets_opening(done: Change, account: Account) -> bool:
    """Whether a change set what an account begins with."""
    told = done.entries.filter(model="account", first_id__lte=account.pk, last_id__gte=account.pk)
    return any(_sets(entry, account) for entry in told)


def accounts_of(found: StatementImport) -> QuerySet[Account]:
    """The accounts that the statements of a file are of."""
    own = found.statements.exclude(account=None).values("account")
    return Account.objects.of(found.book).filter(pk__in=own).order_by("pk")


def _write(change: Recorder, told: Sequence[Opening]) -> list[Opening]:
    altered = [each for each in told if each.was != each.becomes]
    for each in altered:
        require_fit(each.becomes, each.account.currency)
        change.update(each.account, opening_balance=each.becomes)
    return altered


def _last_kind(account: Account, before: int | None) -> str:
    """What kind of change last set the opening balance; after an undo, that which set it before the undone one."""
    told = Entry.objects.filter(
        book=account.book_id, model="account", first_id__lte=account.pk, last_id__gte=account.pk
    ).select_related("change__undoes")
    if before is not None:
        told = told.filter(change__number__lt=before)
    for entry in told.order_by("-change__number", "-position"):
        if _sets(entry, account):
            done: Change = entry.change
            return _last_kind(account, done.undoes.number) if done.undoes else done.kind
    return ""


def _sets(entry: Entry, account: Account) -> bool:
    place = shape_of(Account).names.index("opening_balance")
    return any(
        pk == account.pk and (was is None or now is None or was[place] != now[place]) for pk, was, now in rows_of(entry)
    )
