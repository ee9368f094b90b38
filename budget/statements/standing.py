"""Does an import stand? Its lines count as known while it does, or while a transaction is still theirs."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Max

from budget.categorization.models import AmountRule, MerchantMapping
from budget.history.models import Change, Entry
from budget.history.rows import shape_of
from budget.ledger.models import Category
from budget.statements.models import Stage, StatementImport

NOT_WRITTEN_YET = 0
"""Stands for the id of a change that is open."""


def undone_imports(book_id: int, undoing: Change | None = None) -> list[int]:
    """The ids of a book's imports that were taken out again.

    Args:
        undoing: a change that is being taken back right now, and counts as undone.
    """
    recorded = StatementImport.objects.filter(book=book_id, stage=Stage.RECORDED)
    rows = list(recorded.values_list("pk", "change_id", "taken_back_id"))
    stands = standing(book_id, {pk for _, change, taken in rows for pk in (change, taken) if pk}, undoing)
    return [pk for pk, change, taken in rows if (change and change not in stands) or taken in stands]


def is_undone(found: StatementImport) -> bool:
    """Whether a recorded import was taken out again, by its own undo or by that of its change."""
    return found.stage == Stage.RECORDED and found.pk in undone_imports(found.book_id)


def standing(book_id: int, changes: Iterable[int], undoing: Change | None = None) -> set[int]:
    """Those of some changes that are in force: not undone, or their undo was undone."""
    undone = Change.objects.filter(book=book_id).exclude(undoes=None).values_list("undoes_id", "pk")
    undoers = {undoes: pk for undoes, pk in undone if undoes}
    if undoing:
        undoers[undoing.pk] = NOT_WRITTEN_YET
    return {pk for pk in changes if _stands(pk, undoers)}


def numbers_of(change: Change) -> list[int]:
    """The number of a change, of its undo, of the undo of that, and so on: nobody edited a row that these wrote."""
    numbers, last = [change.number], change
    while later := Change.objects.filter(undoes=last).first():
        numbers.append(later.number)
        last = later
    return numbers


def numbers_of_kinds(book_id: int, kinds: Iterable[str], *, since: int) -> list[int]:
    """The same of all changes of some kinds after a version of a book. Two queries."""
    found = dict(Change.objects.filter(book=book_id, number__gt=since, kind__in=kinds).values_list("pk", "number"))
    undone = Change.objects.filter(book=book_id, number__gt=since).exclude(undoes=None).order_by("number")
    for undoes, pk, number in undone.values_list("undoes_id", "pk", "number"):
        if undoes in found:
            found[pk] = number
    return sorted(found.values())


def cancelled(book_id: int, *, since: int) -> set[int]:
    """The ids of changes after a version of a book that were undone, and of the undos: together they did nothing."""
    later = Change.objects.filter(book=book_id, number__gt=since).exclude(undoes=None)
    told = list(later.values_list("undoes_id", "pk", "undoes__undoes_id", "undoes__number"))
    undoers = {undoes: pk for undoes, pk, _, _ in told if undoes}
    first = [undoes for undoes, _, before, number in told if undoes and before is None and (number or 0) > since]
    found: set[int] = set()
    for pk in first:
        chain = [pk]
        while chain[-1] in undoers:
            chain.append(undoers[chain[-1]])
        if not _stands(pk, undoers):
            found |= {*chain}
    return found


def is_taught(book_id: int, since: int) -> bool:
    """Whether what leads to a category, or a category itself, came, changed or went after that version of a book."""
    return last_taught(book_id) > since


def last_taught(book_id: int) -> int:
    """The version of a book in which that was so the last time; 0 where it never was."""
    names = [shape_of(model).name for model in (AmountRule, MerchantMapping, Category)]
    told = Entry.objects.filter(book=book_id, model__in=names).aggregate(last=Max("change__number"))
    return told["last"] or 0


def _stands(pk: int, undoers: dict[int, int]) -> bool:
    stands = True
    while pk in undoers:
        pk, stands = undoers[pk], not stands
    return stands
