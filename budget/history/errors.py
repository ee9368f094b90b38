"""Why something cannot be written or taken back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.db.models import Model

from budget.errors import BudgetError

if TYPE_CHECKING:
    from budget.books.models import Book
    from budget.history.models import Change


class MayOnlyView(BudgetError):
    """The person may read the book, not write it."""

    def __init__(self, book: Book) -> None:
        super().__init__(f"You can view {book}, not change it. Ask its owner to make you an editor.")


class AlreadyDone(Exception):
    """The request's idempotency key was used before for the same request; `change` is what came of it then."""

    def __init__(self, change: Change, *, is_undone: bool = False) -> None:
        undone = "This was saved before and then undone. History can bring it back."
        super().__init__(undone if is_undone else "Already saved.")
        self.change = change


class KeyReused(BudgetError):
    """The idempotency key came back with something else to do."""

    def __init__(self) -> None:
        super().__init__(
            "This form was already sent with other content. Open it anew to send both, or check what was saved first."
        )


class Vanished(BudgetError):
    """The row was deleted while somebody had it open."""

    def __init__(self) -> None:
        super().__init__("This was deleted in the meantime. History can bring it back.")


class ChangedMeanwhile(BudgetError):
    """The row was written by somebody else after the form was opened; `row` is as it is now."""

    def __init__(self, row: Model) -> None:
        super().__init__("This was changed on another device. Keep yours, or take theirs.")
        self.row = row


class CannotUndo(BudgetError):
    """Something stands in the way of taking a change back."""


class NotSure(BudgetError):
    """A change can be taken back, but a person should know something first; `sentences` say what."""

    def __init__(self, change: Change, sentences: Sequence[str]) -> None:
        super().__init__(" ".join(sentences))
        self.change = change
        self.sentences = list(sentences)


class AlreadyUndone(CannotUndo):
    """The change was taken back before."""

    def __init__(self, change: Change) -> None:
        super().__init__(f"“{change}” is undone already.")


class BuiltUpon(CannotUndo):
    """Later work rests on what the change made."""

    def __init__(self, change: Change, by: str) -> None:
        super().__init__(f"“{change}” cannot be undone, because something builds on it: {by}. Undo that first.")


class Gone(CannotUndo):
    """What the change would bring back needs something that is no longer there."""

    def __init__(self, change: Change, missing: str) -> None:
        super().__init__(f"“{change}” cannot be undone, because {missing} is no longer there. Undo its deletion first.")


class PlaceTaken(CannotUndo):
    """Something else is where a row would come back: a name that was given again, a budget that was set anew."""

    def __init__(self, change: Change) -> None:
        super().__init__(
            f"“{change}” cannot be undone, because something later stands in its place: a name given again, "
            "a budget set anew, a currency in use. Undo that first."
        )


class TheBeginning(CannotUndo):
    """The change that opened the book."""

    def __init__(self, change: Change) -> None:
        super().__init__(f"“{change}” is where this book begins. Remove the book in Settings instead.")
