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
    NotSure,
    PlaceTaken,
    Vanished,
)
from budget.history.models import Action, Change, Entry
from budget.history.recorder import Recorder
from budget.history.recording import IdempotentRequest, change
from budget.history.undoing import ask_before_undo, entries_about, on_taking_back, on_undo, rows_of, undo

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
    "NotSure",
    "PlaceTaken",
    "Recorder",
    "Vanished",
    "Verdict",
    "ask_before_undo",
    "change",
    "digest",
    "entries_about",
    "on_taking_back",
    "on_undo",
    "rows_of",
    "undo",
    "verify",
]
