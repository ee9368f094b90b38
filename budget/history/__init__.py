"""The only pen: every change to a book is one `Change` with its entries, chained by hash.

`with history.change(book, by, "Recorded Coffee") as change:` is how anything is written; `history.undo` takes it back.
"""

from budget.history.chain import Verdict, digest, verify
from budget.history.errors import (
    AlreadyDone,
    AlreadyUndone,
    BuiltUpon,
    CannotUndo,
    ChangedMeanwhile,
    Gone,
    KeyReused,
    MayOnlyView,
    PlaceTaken,
    Vanished,
)
from budget.history.models import Action, Change, Entry
from budget.history.recorder import Recorder
from budget.history.recording import IdempotentRequest, change
from budget.history.undoing import on_taking_back, on_undo, rows_of, undo

__all__ = [
    "Action",
    "AlreadyDone",
    "AlreadyUndone",
    "BuiltUpon",
    "CannotUndo",
    "Change",
    "ChangedMeanwhile",
    "Entry",
    "Gone",
    "IdempotentRequest",
    "KeyReused",
    "MayOnlyView",
    "PlaceTaken",
    "Recorder",
    "Vanished",
    "Verdict",
    "change",
    "digest",
    "on_taking_back",
    "on_undo",
    "rows_of",
    "undo",
    "verify",
]
