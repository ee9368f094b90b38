"""Taking back a confirmation that others were counted upon: its count goes, theirs stay."""

from __future__ import annotations

from collections.abc import Sequence

from budget import history
from budget.categorization.models import MerchantMapping
from budget.history import Change, Recorder
from budget.history.keeping import RowChange
from budget.history.rows import Values, shape_of
from budget.ledger.models import Category


def register() -> None:
    """Have every undo of merchants looked at first."""
    history.on_taking_back(MerchantMapping, take_back)


def take_back(taking_back: Recorder, undone: Change, rows: Sequence[RowChange]) -> Sequence[RowChange]:
    """Take back what later changes have built upon, as far as it counts; answers the rows to be taken back as usual.

    Confirming a merchant writes to its mapping each time. Undoing the second of five confirmations leaves four, and
    undoing one of a category that the merchant no longer has leaves the mapping alone. What was done to merchants
    themselves, on their page or with their category, is taken back whole or refused like everything else.
    """
    if undone.kind.startswith(("mapping.", "category.")):
        return rows
    shape = shape_of(MerchantMapping)
    category, count = (shape.names.index(name) for name in ("category_id", "confirmations"))
    found = MerchantMapping.objects.of(taking_back.book).in_bulk([pk for pk, _, _ in rows])
    as_left: list[RowChange] = []
    altered: list[tuple[int, Values, Values]] = []
    for pk, before, after in rows:
        now = shape.values(found[pk]) if pk in found else None
        if now == after:
            as_left.append((pk, before, after))
        elif now is not None and after is not None and now[category] == after[category]:
            was = before[count] if before is not None and before[category] == after[category] else 0
            then = list(now)
            then[count] = max(int(now[count] or 0) - int(after[count] or 0) + int(was or 0), 0)
            if then != now:
                altered.append((pk, now, then))
    if altered:
        taking_back.rewrite(shape, altered)
    return [row for row in as_left if _has_a_place(taking_back, row[1])]


def _has_a_place(taking_back: Recorder, before: Values | None) -> bool:
    """Whether the category that a mapping would go back to is still there; else it stays where it is."""
    if before is None:
        return True
    category = before[shape_of(MerchantMapping).names.index("category_id")]
    return Category.objects.of(taking_back.book).filter(pk=int(category or 0)).exists()
