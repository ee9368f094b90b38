"""What a person says about lines before they go in: join, keep apart, leave out, let back in, mend."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from budget.ledger.models import Transaction
from budget.statements.duplicates import compare
from budget.statements.errors import AlreadySettled, NotReady
from budget.statements.models import Fate, Stage, StatementImport, StatementLine

MAY_BECOME = {
    Fate.NEW: {Fate.SKIPPED, Fate.JOINED},
    Fate.THERE: {Fate.NEW},
    Fate.DELETED: {Fate.NEW},
    Fate.DOUBTFUL: {Fate.NEW, Fate.JOINED, Fate.SKIPPED},
    Fate.JOINED: {Fate.NEW, Fate.SKIPPED},
    Fate.SKIPPED: {Fate.NEW, Fate.JOINED},
    Fate.REFUSED: {Fate.SKIPPED},
}
"""What each fate may be turned into; a line that cannot be read can only be left out (or mended)."""


def choose(found: StatementImport, lines: Sequence[int], fate: Fate) -> int:
    """Say what becomes of some lines; answers how many changed.

    Raises:
        AlreadySettled: the import was recorded or discarded.
        NotReady: a line cannot become that.
    """
    with transaction.atomic():
        require_open(found)
        rows = list(StatementLine.objects.select_for_update().filter(statement__source=found, pk__in=lines))
        altered = []
        for line in rows:
            if line.fate == fate:
                continue
            if fate not in MAY_BECOME[Fate(line.fate)]:
                raise NotReady(f"{line.place.capitalize()} cannot be {Fate(fate).label.lower()}.")
            if fate is Fate.JOINED and not _is_there(line):
                raise NotReady(f"{line.place.capitalize()} has nothing here that it could be the same as.")
            if fate is Fate.NEW and line.amount is None and line.date is not None:
                raise NotReady(f"{line.place.capitalize()} moves nothing, so there is nothing to record.")
            if fate is Fate.NEW and line.date is None:
                raise NotReady(f"{line.place.capitalize()} cannot be read. Mend it or leave it out.")
            line.fate, line.is_chosen = fate, True
            altered.append(line)
        StatementLine.objects.bulk_update(altered, ["fate", "is_chosen"], batch_size=500)
    return len(altered)


def compare_again(found: StatementImport) -> None:
    """Compare with the book as it is now; who joined a line to a transaction that is gone is asked anew.

    Raises:
        AlreadySettled: the import was recorded or discarded.
    """
    with transaction.atomic():
        require_open(found)
        joined = StatementLine.objects.filter(statement__source=found, fate=Fate.JOINED).select_related("statement")
        there = dict(Transaction.objects.filter(pk__in=joined.values("matched_id")).values_list("pk", "account"))
        gone = [line.pk for line in joined if there.get(line.matched_id or 0) != line.statement.account_id]
        StatementLine.objects.filter(pk__in=gone).update(fate=Fate.NEW, is_chosen=False, matched_id=None)
        compare(found)


def require_open(found: StatementImport) -> None:
    """Refuse unless the import still waits to be confirmed. Locks it."""
    locked = StatementImport.objects.select_for_update().get(pk=found.pk)
    if locked.stage in (Stage.RECORDED, Stage.DISCARDED):
        raise AlreadySettled(locked.file_name, locked.get_stage_display().lower())
    if locked.stage != Stage.READY:
        raise NotReady("The file is still being read, or waits for an answer. Look at its page.")


def _is_there(line: StatementLine) -> bool:
    return line.matched_id is not None and Transaction.objects.filter(pk=line.matched_id, book=line.book_id).exists()
