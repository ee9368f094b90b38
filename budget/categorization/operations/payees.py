"""Which payees a person wrote: those are a decision by hand, and no rule writes over them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from budget.books.models import Book
from budget.categorization.queries import RUNS
from budget.history.models import Action, Entry
from budget.history.rows import Value, shape_of
from budget.history.undoing import rows_of
from budget.ledger.models import Source, Transaction

IDS_AT_ONCE = 1_000
TYPED = (Source.MANUAL, Source.API)
"""Where rows come from whose payee somebody gave; that of the others is the bank's until somebody alters it."""
UNDO = "undo"


class _Said(NamedTuple):
    """A payee that a row had, and whether a person wrote it."""

    payee: Value
    is_by_hand: bool


def named_by_hand(book: Book, ids: Collection[int]) -> set[int]:
    """Those of some rows whose payee a person typed or altered, by the history. An empty one is nobody's decision.

    What a rule called a row may be called anew by another; what is undone counts as it did before.
    """
    found: set[int] = set()
    wanted = sorted(ids)
    for start in range(0, len(wanted), IDS_AT_ONCE):
        found |= _named(book, wanted[start : start + IDS_AT_ONCE])
    return found


def _named(book: Book, ids: list[int]) -> set[int]:
    shape = shape_of(Transaction)
    at = shape.names.index("payee")
    rows = Transaction.objects.of(book).filter(pk__in=ids).exclude(payee="").values_list("pk", "source")
    sources = dict(rows)
    said: dict[int, list[_Said]] = {}
    entries = Entry.objects.of(book).filter(
        model=shape.name, action=Action.UPDATE, last_id__gte=ids[0], first_id__lte=ids[-1]
    )
    for entry in entries.select_related("change").order_by("change__number", "position").iterator():
        for pk, before, after in rows_of(entry):
            if pk not in sources or before is None or after is None or before[at] == after[at]:
                continue
            told = said.setdefault(pk, [_Said(before[at], _is_typed(sources[pk]))])
            by_hand = entry.change.kind not in RUNS
            if entry.change.kind == UNDO:
                by_hand = next((one.is_by_hand for one in reversed(told) if one.payee == after[at]), by_hand)
            told.append(_Said(after[at], by_hand))
    return {pk for pk, source in sources.items() if (said[pk][-1].is_by_hand if pk in said else _is_typed(source))}


def _is_typed(source: str) -> bool:
    return source in TYPED
