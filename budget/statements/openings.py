"""What an account began with, as its bank's files say: the earliest statement with a balance counts, whenever it came.

An account that an import opened begins with what makes its balance the bank's at the start of that statement. An older
file may come later: then the account begins with that one's balance, or, where that file says none, with what leaves
the balances after it as they were. So the order of files does not matter. What a person typed stays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet, Sum

from budget.history import Change, Entry, Recorder, rows_of
from budget.history.rows import shape_of
from budget.ledger.models import Account, Transaction
from budget.money import require_fit
from budget.statements.balances import ONE_DAY
from budget.statements.models import Fate, Stage, Statement, StatementImport, StatementLine
from budget.statements.standing import undone_imports

BY_FILES = ("statement.import", "statement.undo")
ZERO = Decimal(0)


@dataclass(frozen=True)
class Anchor:
    """The earliest statement of an account with a balance: `opening` is what the bank has before `day`."""

    statement: Statement
    day: dt.date
    opening: Decimal


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
    told = [_with(found, account, undone) for account in _accounts(found)]
    return [each for each in told if each and each.was != each.becomes]


def settle(change: Recorder, found: StatementImport) -> list[Opening]:
    """Let the accounts of an import, whose rows were just recorded, begin as its statements say."""
    undone = undone_imports(found.book_id)
    told = [_with(found, account, undone, opened_by=change.number) for account in _accounts(found)]
    return _write(change, told)


def unsettle(change: Recorder, found: StatementImport, doomed: QuerySet[Transaction]) -> None:
    """Let the accounts of an import that is about to be taken out begin as the other files say.

    Args:
        doomed: its rows, which go next.
    """
    undone = [*undone_imports(found.book_id), found.pk]
    told = []
    for account in _accounts(found):
        if not is_by_files(account):
            continue
        before, after = anchor(account, undone, also=found), anchor(account, undone)
        if after is None or before is None:
            continue
        becomes = account.opening_balance
        if before.statement.source_id == found.pk:
            becomes = after.opening + _moved_before(Transaction.objects.filter(account=account), after.day)
        becomes -= _moved_before(doomed.filter(account=account), after.day)
        told.append(Opening(account, account.opening_balance, becomes))
    _write(change, told)


def opening_of(statement: Statement) -> Decimal | None:
    """What was on the account before the statement: as the bank says, or what its closing balance leaves."""
    if statement.opening is not None or statement.closing is None:
        return statement.opening
    lines = statement.lines.exclude(amount=None).filter(is_pending=False)
    moved: Decimal = lines.aggregate(total=Sum("amount"))["total"] or ZERO
    return statement.closing + moved


def anchor(account: Account, undone: Collection[int], also: StatementImport | None = None) -> Anchor | None:
    """The earliest statement of an account with a balance.

    Args:
        undone: the ids of the imports that do not count.
        also: an import that counts all the same, recorded or not.
    """
    stands = Q(source__stage=Stage.RECORDED) & ~Q(source__in=list(undone))
    if also:
        stands |= Q(source=also)
    told = (
        Statement.objects.filter(stands, account=account).exclude(opening=None, closing=None).order_by("source", "pk")
    )
    dated = [(day, each.opening is None, each) for each in told.order_by("source", "pk") if (day := _begins(each))]
    if not dated:
        return None
    day, _, first = min(dated, key=lambda each: each[:2])
    opening = opening_of(first)
    assert opening is not None
    return Anchor(first, day, opening)


def is_by_files(account: Account) -> bool:
    """Whether what an account begins with was set by an import and by nobody since."""
    return _last_kind(account, None) in BY_FILES


def _begins(statement: Statement) -> dt.date | None:
    """The day before which its opening balance is.

    Banks print that balance with the day before the first, or with the first day: a row on that very day which the
    statement does not have came before it.
    """
    first, printed = statement.first, statement.opening_on or statement.closing_on
    if first and (statement.opening_on is None or first <= statement.opening_on):
        return first
    return printed + ONE_DAY if printed else None


def _with(
    found: StatementImport, account: Account, undone: Collection[int], opened_by: int | None = None
) -> Opening | None:
    """What an account begins with once an import is in; None where that is not for files to say.

    Args:
        opened_by: the number of the change that has just recorded the import's rows; None before.
    """
    if account.version != opened_by and not is_by_files(account):
        return None
    now = anchor(account, undone, also=found)
    if now is None:
        return None
    brought = _moved_before(_lines(found, account), now.day)
    if now.statement.source_id == found.pk:
        rows = Transaction.objects.filter(account=account)
        becomes = now.opening + _moved_before(rows, now.day) + (brought if opened_by is None else ZERO)
    else:
        becomes = account.opening_balance + brought
    return Opening(account, account.opening_balance, becomes, is_new=account.version == opened_by)


def _accounts(found: StatementImport) -> QuerySet[Account]:
    own = found.statements.exclude(account=None).values("account")
    return Account.objects.of(found.book).filter(pk__in=own).order_by("pk")


def _lines(found: StatementImport, account: Account) -> QuerySet[StatementLine]:
    """The lines of an import that become rows of an account."""
    return StatementLine.objects.filter(
        statement__source=found, statement__account=account, fate__in=(Fate.NEW, Fate.DOUBTFUL)
    )


def _moved_before(rows: QuerySet[Transaction] | QuerySet[StatementLine], day: dt.date) -> Decimal:
    """What rows before a day add up to; money out is positive."""
    moved: Decimal = rows.filter(date__lt=day).aggregate(total=Sum("amount"))["total"] or ZERO
    return moved


def _write(change: Recorder, told: Sequence[Opening | None]) -> list[Opening]:
    altered = [each for each in told if each and each.was != each.becomes]
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
    place = shape_of(Account).names.index("opening_balance")
    for entry in told.order_by("-change__number", "-position"):
        for pk, was, now in rows_of(entry):
            if pk == account.pk and (was is None or now is None or was[place] != now[place]):
                done: Change = entry.change
                return _last_kind(account, done.undoes.number) if done.undoes else done.kind
    return ""
