"""Which rows of an import a person changed since: what rules filed and later imports linked is nobody's edit."""

from __future__ import annotations

from collections.abc import Set

from django.db.models import Max, Min, Q, QuerySet

from budget.history import rows_of
from budget.history.models import Action, Change, Entry
from budget.history.rows import Values, shape_of
from budget.ledger.models import Transaction
from budget.statements.standing import cancelled, numbers_of, numbers_of_kinds

RUNS = ("rule.create", "rule.run", "rules.run")
"""The kinds of change that file rows by rules."""
IMPORTS = ("statement.import", "statement.undo")
"""The kinds that link a row of an earlier file as a transfer with one of theirs, and part them again."""
LINKED = {"is_transfer", "category_id", "status"}
"""What is altered in a row by that."""


def untouched(made: QuerySet[Transaction], done: Change) -> QuerySet[Transaction]:
    """Of the rows that a change made, those that only it, its undos, runs of rules and links (and theirs) wrote.

    Those too whose edits were undone, or which somebody edited back to what they were.
    """
    own = numbers_of(done)
    written = made.filter(version__gt=done.number)
    ends = written.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return made.filter(version__in=own)
    runs = numbers_of_kinds(done.book_id, RUNS, since=done.number)
    imports = set(numbers_of_kinds(done.book_id, IMPORTS, since=done.number)) - set(own)
    entries = Entry.objects.filter(
        book=done.book_id, model=shape_of(Transaction).name, last_id__gte=ends["first"], first_id__lte=ends["last"]
    )
    others = entries.filter(change__number__gt=done.number).exclude(change__number__in=[*own, *runs])
    nothing = cancelled(done.book_id, since=done.number)
    edited: set[int] = set()
    for entry in others.select_related("change").order_by("pk"):
        is_import = entry.change.number in imports
        if entry.change_id in nothing and not is_import:
            continue
        ids = [pk for pk, was, now in rows_of(entry) if not (is_import and _is_by_program(was, now))]
        edited |= set(written.filter(pk__in=ids).values_list("pk", flat=True))
    edited -= _as_imported(edited, done)
    return made.filter(Q(version__in=own) | ~Q(pk__in=edited))


def _as_imported(edited: Set[int], done: Change) -> set[int]:
    """Those of some rows that are what the import made of them."""
    if not edited:
        return set()
    shape, same = shape_of(Transaction), set[int]()
    created = done.entries.filter(model=shape.name, action=Action.CREATE)
    for entry in created.filter(last_id__gte=min(edited), first_id__lte=max(edited)).order_by("position"):
        made = {pk: now for pk, _, now in rows_of(entry) if pk in edited}
        same |= {pk for pk, txn in Transaction.objects.in_bulk(list(made)).items() if shape.values(txn) == made[pk]}
    return same


def _is_by_program(was: Values | None, now: Values | None) -> bool:
    """Whether a row was only linked as a transfer or parted again; or went and came back as it was."""
    if was is None or now is None:
        return True
    names = shape_of(Transaction).names
    return {name for name, one, other in zip(names, was, now, strict=True) if one != other} <= LINKED
