"""Writing rules: a text, perhaps with an amount, always goes to one category."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from budget import history
from budget.books.models import Book
from budget.categorization.errors import AmountNotAboveZero, ToleranceBelowZero
from budget.categorization.models import AmountRule
from budget.categorization.operations.checking import open_category
from budget.categorization.patterns import LONGEST, require_narrow
from budget.categorization.tiers import rule_in_words
from budget.history import IdempotentRequest, Recorder
from budget.history.rows import shape_of
from budget.ledger.models import Category
from budget.money import require_fit
from budget.texts import clean_text
from budget.users.models import User

TOLERANCE = Decimal("0.01")
MIDDLE, APART = 1_000_000, 1000
"""Where the first rule stands, and how far the next: room for others, so that moving one alters no other."""
CHANGEABLE = frozenset({"pattern", "amount", "tolerance", "category", "name", "note", "is_active"})


def add_rule(
    *,
    book: Book,
    by: User | None,
    pattern: str,
    category: Category,
    amount: Decimal | None = None,
    tolerance: Decimal = TOLERANCE,
    name: str = "",
    note: str = "",
    request: IdempotentRequest | None = None,
) -> AmountRule:
    """Add a rule; it holds from the next import or run on.

    A rule with an amount is asked before all others, one without before the first other one without: the closer fit
    goes first until somebody moves it.

    Args:
        pattern: plain text that the bank's text contains, or with `*` for any characters and `?` for one.
        amount: in the book's currency, without a sign; None for any amount.
        tolerance: how far an amount may be off, either way, both ends included.
        name: what the payee is called then; empty leaves it.

    Raises:
        PatternTooWide, AmountNotAboveZero, ToleranceBelowZero, TooPrecise, CategoryNotFound, CategoryClosed,
        TextMissing, TextTooLong: nothing is written.
    """
    values = {"pattern": pattern, "amount": amount, "tolerance": tolerance, "name": name, "note": note}
    with history.change(book, by, f"Added the rule {pattern}", kind="rule.create", request=request) as change:
        rule = create_rule(change, {**values, "category": category})
        change.record.summary = f"Added the rule {in_words(rule, book)}"[:300]
    return rule


def change_rule(
    rule: AmountRule,
    *,
    by: User | None,
    seen: int | None = None,
    request: IdempotentRequest | None = None,
    **values: Any,
) -> AmountRule:
    """Change a rule; what it filed stays as it is.

    Raises:
        ChangedMeanwhile, Vanished, and what `add_rule` raises: nothing is written.
    """
    if unknown := set(values) - CHANGEABLE:
        raise TypeError(f"A rule has no {', '.join(sorted(unknown))} to change.")
    book = rule.book
    with history.change(book, by, f"Changed the rule {rule}", kind="rule.update", request=request) as change:
        change.fresh(rule, seen)
        change.update(rule, **checked(change, values, rule))
        change.record.summary = f"Changed the rule {in_words(rule, book)}"[:300]
    return rule


def delete_rule(rule: AmountRule, *, by: User | None, request: IdempotentRequest | None = None) -> None:
    """Delete a rule. What it filed stays as it is."""
    summary = f"Deleted the rule {rule}"
    with history.change(rule.book, by, summary, kind="rule.delete", request=request) as change:
        change.fresh(rule)
        change.record.summary = f"Deleted the rule {in_words(rule, rule.book)}"[:300]
        change.delete(rule)


def move_rule(rule: AmountRule, *, by: User | None, places: int, request: IdempotentRequest | None = None) -> None:
    """Have a rule asked earlier (`places` below zero) or later than others; the first that matches wins."""
    summary = f"Moved the rule {rule} {'up' if places < 0 else 'down'}"
    with history.change(rule.book, by, summary, kind="rule.move", request=request) as change:
        change.fresh(rule)
        order = rules_in_order(rule.book)
        place = order.index(rule)
        goal = min(max(place + places, 0), len(order) - 1)
        if goal != place:
            _put(change, order.pop(place), order, goal)


def rules_in_order(book: Book) -> list[AmountRule]:
    """All rules, the first to be asked first."""
    return list(AmountRule.objects.of(book).order_by("position", "pk"))


def place_for(rule: AmountRule, order: Sequence[AmountRule]) -> int:
    """Where a new rule goes among the others."""
    if rule.amount is not None:
        return 0
    return next((place for place, other in enumerate(order) if other.amount is None), len(order))


def create_rule(change: Recorder, values: dict[str, Any]) -> AmountRule:
    """Write a new rule inside an open change, in the place that it belongs to."""
    rule = AmountRule(**checked(change, values))
    order = rules_in_order(change.book)
    _put(change, rule, order, place_for(rule, order))
    return rule


def _put(change: Recorder, rule: AmountRule, others: Sequence[AmountRule], place: int) -> None:
    """Have a rule asked before the others from `place` on. Alters no other rule, as long as there is room between."""
    low = others[place - 1].position if place else 0
    high = others[place].position if place < len(others) else low + 2 * APART
    if place == 0 and others:
        low = max(high - 2 * APART, 0)
    if not others:
        low, high = 0, 2 * MIDDLE
    if high - low < 2:
        shape, altered = shape_of(AmountRule), []
        for number, other in enumerate(others):
            before = shape.values(other)
            other.position = MIDDLE + APART * number
            altered.append((other.pk, before, shape.values(other)))
        change.rewrite(shape, altered)
        _put(change, rule, others, place)
        return
    position = (low + high) // 2
    if rule.pk:
        change.update(rule, position=position)
    else:
        rule.position = position
        change.create(rule)


def checked(change: Recorder, values: dict[str, Any], rule: AmountRule | None = None) -> dict[str, Any]:
    """The values as they may be written."""
    found = dict(values)
    currency = change.book.currency
    if "pattern" in found:
        found["pattern"] = require_narrow(clean_text(found["pattern"], "Text", LONGEST, required=True))
    for field, label, limit in (("name", "Name", 100), ("note", "Note", 300)):
        if field in found:
            found[field] = clean_text(found[field], label, limit)
    if found.get("amount") is not None:
        found["amount"] = require_fit(found["amount"], currency)
        if found["amount"] <= 0:
            raise AmountNotAboveZero
    if "tolerance" in found:
        if found["tolerance"] < 0:
            raise ToleranceBelowZero
        if found["tolerance"] != TOLERANCE:  # the default is one of every currency, also of those without cents
            found["tolerance"] = require_fit(found["tolerance"], currency)
    if "category" in found and (rule is None or found["category"].pk != rule.category_id):
        found["category"] = open_category(change, found["category"])
    return found


def in_words(rule: AmountRule, book: Book) -> str:
    """The rule as the history names it: ``NETFLIX, 15.99 ± 0.01: Streaming``."""
    return f"{rule_in_words(rule, book.currency)}: {rule.category}"
