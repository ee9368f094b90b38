"""Taking back what recorded itself: the due date is skipped from then on, else the next run would record it anew."""

from __future__ import annotations

from collections.abc import Sequence

from budget import history
from budget.history import Change, Recorder
from budget.history.keeping import RowChange
from budget.history.rows import shape_of
from budget.recurring.models import Outcome, SettledDue


def register() -> None:
    """Have every undo of due dates looked at first."""
    history.on_taking_back(SettledDue, _skip_instead)


def _skip_instead(taking_back: Recorder, undone: Change, rows: Sequence[RowChange]) -> Sequence[RowChange]:
    """Keep a due date that was recorded, as skipped; the rest is taken back as usual."""
    place = shape_of(SettledDue).names.index("outcome")
    usual: list[RowChange] = []
    for pk, before, after in rows:
        kept = SettledDue.objects.of(taking_back.book).filter(pk=pk, outcome=Outcome.POSTED).first()
        if before is None and after is not None and after[place] == Outcome.POSTED and kept is not None:
            taking_back.update(kept, outcome=Outcome.SKIPPED)
        else:
            usual.append((pk, before, after))
    return usual
