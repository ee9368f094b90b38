"""Taking an import out again, also weeks later: what somebody edited since is kept or taken, as they choose."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from budget import history
from budget.history import Action, CannotUndo, Change, IdempotentRequest, Recorder, rows_of
from budget.history.rows import shape_of
from budget.ledger.models import Account, AccountTransfer, Status, Transaction
from budget.statements import openings
from budget.statements.edits import untouched
from budget.statements.errors import AlreadySettled, NotImported
from budget.statements.models import Fate, Stage, Statement, StatementImport, StatementLine
from budget.statements.standing import is_undone, numbers_of, undone_imports
from budget.users.models import User

IDS_AT_ONCE = 500


def made_by_import(found: StatementImport) -> QuerySet[Transaction]:
    """The transactions that an import brought and that are still there; joined ones were there before it."""
    return Transaction.objects.of(found.book).filter(
        line__statement__source=found, line__fate__in=(Fate.NEW, Fate.DOUBTFUL)
    )


def edited_since(found: StatementImport) -> QuerySet[Transaction]:
    """Those of its transactions that somebody changed after the import; what rules filed since is nobody's edit."""
    assert found.change is not None
    made = made_by_import(found)
    return made.exclude(pk__in=untouched(made, found.change).values("pk"))


def told_again_by(found: StatementImport) -> list[tuple[StatementImport, int]]:
    """The imports that found rows of this one already here, and how many: those rows go with it, not with them."""
    made = made_by_import(found)
    accounts = {*found.statements.exclude(account=None).values_list("account", flat=True)}
    accounts |= {*made.order_by().values_list("account", flat=True).distinct()}  # rows may have been moved
    later = Statement.objects.filter(book=found.book_id, account__in=accounts, source__stage=Stage.RECORDED)
    later = later.exclude(source=found).exclude(source__in=undone_imports(found.book_id))
    own = StatementLine.objects.filter(statement__source=found, fate__in=(Fate.NEW, Fate.DOUBTFUL))
    again = StatementLine.objects.filter(
        statement__in=list(later.values_list("pk", flat=True)), fate=Fate.THERE, same_as_id__in=own.values("pk")
    )
    told = dict(again.order_by().values_list("statement__source").annotate(lines=Count("pk")))
    return [(each, told[each.pk]) for each in StatementImport.objects.filter(pk__in=told).order_by("pk")]


def no_longer_there(found: StatementImport) -> int:
    """How many rows that this import found already here went with an import taken back, and did not come again.

    A row that a person deleted is no matter of this: the next import says so.
    """
    undone = undone_imports(found.book_id)
    if not undone:
        return 0
    of_undone = StatementLine.objects.filter(pk=OuterRef("same_as_id"), statement__source__in=undone)
    lines = StatementLine.objects.filter(Exists(of_undone), statement__source=found, fate=Fate.THERE)
    here = Transaction.objects.filter(book=found.book_id)
    same = here.filter(
        line__fingerprint=OuterRef("fingerprint"), line__statement__account=OuterRef("statement__account")
    )
    gone = lines.exclude(Exists(here.filter(pk=OuterRef("matched_id"))))
    return gone.exclude(Exists(same)).count()


def take_back(
    found: StatementImport, *, by: User | None, keep_edited: bool, request: IdempotentRequest | None = None
) -> Change:
    """Delete what an import brought; the file can be imported again afterwards.

    Args:
        keep_edited: leave those transactions that were changed since; they stay tied to their lines, so the same file
            does not bring them twice.

    Raises:
        NotImported: it is not in the book, or was taken back before.
        MayOnlyView: `by` may not write.
    """
    if found.stage != Stage.RECORDED or found.change is None or is_undone(found):
        raise NotImported
    try:
        return history.undo(found.change, by=by, request=request, is_sure=True)  # its page has asked
    except CannotUndo:  # edited since, part of something newer, or undone and brought back before
        return _take_out(found, found.change, by, request, keep_edited=keep_edited)


def _take_out(
    found: StatementImport, done: Change, by: User | None, request: IdempotentRequest | None, *, keep_edited: bool
) -> Change:
    summary = f"Took back the import of {found.file_name}"
    with transaction.atomic():
        with history.change(found.book, by, summary, kind="statement.undo", request=request) as change:
            found.refresh_from_db()
            if is_undone(found):
                raise NotImported
            doomed = made_by_import(found)
            if keep_edited:
                doomed = untouched(doomed, done)
            _unlink_transfers(change, doomed)
            deleted = change.delete_many(doomed)
            _put_back(change, done)
            for txn in Transaction.objects.of(found.book).filter(line__statement__source=found, line__fate=Fate.JOINED):
                change.update(txn, line_id=None)
            _close_accounts(found, done, change)
            openings.settle_anew(change, openings.accounts_of(found), [*undone_imports(found.book_id), found.pk])
            change.record.summary = f"{summary}: {deleted:,} {'transaction' if deleted == 1 else 'transactions'}"[:300]
            change.is_kept = True  # also where nothing was left of it: from now on its file brings all of it anew
        found.taken_back = change.record
        found.save(update_fields=["taken_back"])
    return change.record


def _put_back(change: Recorder, done: Change) -> None:
    """Let announced rows that the import posted be announced again, as far as nobody altered them since."""
    shape = shape_of(Transaction)
    posted = {shape.names.index(name) for name in ("line_id", "is_pending", "amount", "date")}
    for entry in done.entries.filter(model=shape.name, action=Action.UPDATE).order_by("-position"):
        rows = {
            pk: (before, after)
            for pk, before, after in rows_of(entry)
            if before and after and {n for n, was in enumerate(before) if was != after[n]} <= posted
        }
        now = Transaction.objects.of(change.book).in_bulk(list(rows))
        as_left = [(pk, rows[pk][1], rows[pk][0]) for pk, txn in now.items() if shape.values(txn) == rows[pk][1]]
        if as_left:
            change.rewrite(shape, as_left)


def _unlink_transfers(change: Recorder, doomed: QuerySet[Transaction]) -> None:
    """The other side of a transfer stays, as the ordinary transaction that it was."""
    ids = set(doomed.filter(is_transfer=True).values_list("pk", flat=True))
    pairs = AccountTransfer.objects.of(change.book).select_related("outgoing", "incoming")
    for start in range(0, len(ids), IDS_AT_ONCE):
        part = sorted(ids)[start : start + IDS_AT_ONCE]
        for pair in pairs.filter(Q(outgoing__in=part) | Q(incoming__in=part)):
            change.delete(pair)
            for leg in (pair.outgoing, pair.incoming):
                if leg.pk not in ids:
                    change.update(leg, is_transfer=False, status=Status.PENDING_REVIEW)


def _close_accounts(found: StatementImport, done: Change, change: Recorder) -> None:
    """An account that the import opened goes with it, if nothing else came to use it."""
    opened = Account.objects.of(found.book).filter(version__in=numbers_of(done), statements__source=found).distinct()
    for account in opened:
        is_used = account.transactions.exists() or account.certificates.exists()
        if not is_used and not account.statements.exclude(source=found).exists():
            found.statements.filter(account=account).update(account=None, new_account=account.name)
            change.delete(account)


def drop_lines(found: StatementImport) -> None:
    """Remove what was read of a file that is not imported, in as much memory as a statement takes."""
    parts = Statement.objects.filter(source=found)
    lines = StatementLine.objects.filter(statement__in=parts)
    lines._raw_delete(lines.db)
    parts._raw_delete(parts.db)


def discard(found: StatementImport) -> None:
    """Put an import aside that was not confirmed; its file stays, its lines go.

    Raises:
        AlreadySettled: it was imported before.
    """
    with transaction.atomic():
        locked = StatementImport.objects.select_for_update().get(pk=found.pk)
        if locked.stage == Stage.RECORDED:
            raise AlreadySettled(locked.file_name, "imported")
        drop_lines(locked)
        locked.stage = Stage.DISCARDED
        locked.save(update_fields=["stage"])
    found.stage = Stage.DISCARDED
