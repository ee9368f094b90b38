"""Every row of a book but its transactions, beside the history: accounts, categories, members, budgets and transfers.

There are few of them, so the last state of each is remembered as the history is read.
"""

from __future__ import annotations

from collections.abc import Iterator

from budget.books.models import Book
from budget.history.chain import recorded_models
from budget.history.models import Entry
from budget.history.rows import Values, shape_of
from budget.history.undoing import rows_of
from budget.ledger.models import Transaction

ENTRIES_AT_ONCE = 200
States = dict[str, dict[int, Values]]


def differences(book: Book) -> Iterator[str]:
    """Each row that is not as the history left it, named by model and id, with the field that differs."""
    states = last_states(book)
    for model in recorded_models():
        if model is Transaction:
            continue
        shape = shape_of(model)
        known = states.get(shape.name, {})
        rows = model._base_manager.filter(book=book).order_by("pk").values_list("pk", *shape.names)
        for pk, *values in rows.iterator():
            then = known.pop(pk, None)
            if then is None:
                yield f"{shape.name} {pk} is in its table, but not in the history"
                continue
            now = [column.write(value) for column, value in zip(shape.columns, values, strict=True)]
            for name, one, other in zip(shape.names, now, then, strict=True):
                if one != other:
                    yield f"{shape.name} {pk} differs from the history in its {name.removesuffix('_id')}"
        yield from (f"{shape.name} {pk} is in the history, but not in its table" for pk in known)


def last_states(book: Book) -> States:
    """What the history says of every row that is still there, by model and id."""
    states: States = {}
    last = 0
    entries = Entry.objects.filter(book=book).exclude(model="transaction").order_by("pk")
    while page := list(entries.filter(pk__gt=last)[:ENTRIES_AT_ONCE]):
        for entry in page:
            known = states.setdefault(entry.model, {})
            for pk, _, after in rows_of(entry):
                if after is None:
                    known.pop(pk, None)
                else:
                    known[pk] = list(after)
            last = entry.pk
    return states
