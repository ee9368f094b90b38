"""What an undo must not break in a plan: what was moved on since cannot be taken back as well."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from budget import history
from budget.envelopes.errors import PlanMovedOn
from budget.envelopes.models import Allocation, Envelope
from budget.envelopes.queries import ZERO, allocations, course, spending
from budget.history import Change, Recorder
from budget.history.rows import shape_of
from budget.ledger.models import Category, Rollover
from budget.money import from_units
from budget.months import LAST_YEAR, Month

END = Month(LAST_YEAR, 12)


def register() -> None:
    """Have every undo of allocations looked at."""
    history.on_undo(Allocation, _require_covered)


def _require_covered(taking_back: Recorder, undone: Change, ids: Sequence[int]) -> None:
    """No plan is taken that was moved on since: neither budget nor what is available falls below zero by it.

    Overspending alone is no reason: a budget may be set below what was spent. Nor is anything where nothing happened
    since, for then all is as it was.
    """
    if taking_back.number == undone.number + 1:
        return
    given = allocations(taking_back.book, END)
    taken = {
        category: months
        for category, months in _differences(taking_back, undone).items()
        if any(amount < 0 for amount in given.get(category, {}).values())
    }
    for category in Category.objects.of(taking_back.book).filter(pk__in=taken).order_by("pk"):
        own, less = given[category.pk], taken[category.pk]
        spans = [(min(less), END)] if category.rollover != Rollover.NONE else [(month, month) for month in sorted(less)]
        for first, last in spans:
            now = {month: amount for month, amount in own.items() if month <= last}
            earlier = {month: now.get(month, ZERO) - less.get(month, ZERO) for month in {*now, *less} if month <= last}
            spent = spending(taking_back.book, last, category)
            before = course(category, first, {category.pk: earlier}, spent)
            for month, left in course(category, first, {category.pk: now}, spent).items():
                if left < 0 and now.get(month, ZERO) < 0 and left < before.get(month, ZERO):
                    raise PlanMovedOn(undone, category, month, left, taking_back.book.currency)


def _differences(taking_back: Recorder, undone: Change) -> dict[int, dict[Month, Decimal]]:
    """What the undo gave to categories (above zero) or took from them, by their ids and by month."""
    envelope, amount = (shape_of(Allocation).names.index(name) for name in ("envelope_id", "amount"))
    category, month = (shape_of(Envelope).names.index(name) for name in ("category_id", "month"))
    by_envelope: dict[Any, Decimal] = defaultdict(Decimal)
    places: dict[Any, tuple[Any, Month]] = {}
    for entry in undone.entries.filter(model__in=[shape_of(Allocation).name, shape_of(Envelope).name]):
        for pk, before, after in history.rows_of(entry):
            for values, sign in ((before, 1), (after, -1)):
                if values is None:
                    continue
                if entry.model == shape_of(Envelope).name:
                    places[pk] = (values[category], Month.of(date.fromisoformat(str(values[month]))))
                else:
                    by_envelope[values[envelope]] += sign * from_units(int(values[amount] or 0))
    for row in Envelope.objects.of(taking_back.book).filter(pk__in=by_envelope.keys() - places.keys()):
        places[row.pk] = (row.category_id, Month.of(row.month))
    found: dict[int, dict[Month, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for pk, difference in by_envelope.items():
        of_category, in_month = places[pk]
        found[of_category][in_month] += difference
    return found
