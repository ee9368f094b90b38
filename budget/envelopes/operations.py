"""Planning: giving categories their budgets, moving plan between two, beginning a month like another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from budget import history
from budget.books.models import Book
from budget.envelopes.errors import (
    BudgetBelowZero,
    NoPlanForIncome,
    NotEnoughInEnvelope,
    NothingSpent,
    NothingToCopy,
    SameEnvelope,
)
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.envelopes.queries import allocations, course, spending
from budget.history import Change, IdempotentRequest, Recorder
from budget.ledger.errors import AmountNotPositive, CategoryNotFound
from budget.ledger.models import Category, Rollover
from budget.money import format_amount, require_fit
from budget.months import LAST_YEAR, Month
from budget.users.models import User

ZERO = Decimal("0.00")
Amounts = Mapping[int, Decimal]


def set_budget(
    *,
    book: Book,
    by: User | None,
    category: Category,
    month: Month,
    amount: Decimal,
    later: int = 0,
    request: IdempotentRequest | None = None,
) -> Change | None:
    """Give a category this much for the month; what it has already counts towards it.

    Args:
        amount: zero or above, in the book's currency; what is carried over comes on top.
        later: how many of the months after get the same.

    Returns:
        The change, to offer its undo; None where every month had this budget already.

    Raises:
        CategoryNotFound, NoPlanForIncome, BudgetBelowZero, TooPrecise: nothing is written.
    """
    _require_plannable(book, category)
    _require_budget(book, amount)
    months = _months(month, later)
    summary = f"Budgeted {format_amount(amount, book.currency)} for {category} in {month.title}"
    if len(months) > 1:
        summary = f"{summary} and the {len(months) - 1} months after"
    with history.change(book, by, summary, kind="envelope.set", request=request) as change:
        given = allocations(book, months[-1], category)
        for each in months:
            _give(change, each, {category.pk: amount}, given)
        return change.record if change.digests else None


def set_budgets(
    *,
    book: Book,
    by: User | None,
    month: Month,
    amounts: Amounts,
    request: IdempotentRequest | None = None,
) -> Change | None:
    """Give several categories (by their ids) what they may spend in the month, in one change.

    Args:
        amounts: zero or above, in the book's currency.

    Raises:
        CategoryNotFound, NoPlanForIncome, BudgetBelowZero, TooPrecise: nothing is written.
    """
    for amount in amounts.values():
        _require_budget(book, amount)
    with history.change(book, by, "Set no budget", kind="envelope.set", request=request) as change:
        _require_all_plannable(book, amounts)
        set_now = _give(change, month, amounts, allocations(book, month))
        noun = "budget" if set_now == 1 else "budgets"
        change.record.summary = f"Set {set_now:,} {noun} of {month.title}"
        return change.record if change.digests else None


def copy_month(
    *, book: Book, by: User | None, source: Month, target: Month, request: IdempotentRequest | None = None
) -> Change | None:
    """Give every category with a budget in `source` the same in `target`; moves of that month are part of it.

    Raises:
        NothingToCopy: `source` has no budgets.
    """
    summary = f"Copied the budgets of {source.title} to {target.title}"
    with history.change(book, by, summary, kind="envelope.copy", request=request) as change:
        given = allocations(book, max(source, target))
        plannable = _plannable(book)
        wanted = {pk: given[pk][source] for pk in plannable & given.keys() if given[pk].get(source, ZERO) > 0}
        if not wanted:
            raise NothingToCopy(source)
        _give(change, target, wanted, given)
        return change.record if change.digests else None


def plan_from_spending(
    *, book: Book, by: User | None, source: Month, target: Month, request: IdempotentRequest | None = None
) -> Change | None:
    """Give every category in `target` what it spent in `source`.

    Raises:
        NothingSpent: no category spent anything in `source`.
    """
    summary = f"Planned {target.title} from what was spent in {source.title}"
    with history.change(book, by, summary, kind="envelope.start", request=request) as change:
        plannable, used = _plannable(book), spending(book, source)
        wanted = {pk: used[pk][source] for pk in plannable & used.keys() if used[pk].get(source, ZERO) > 0}
        if not wanted:
            raise NothingSpent(source)
        _give(change, target, wanted, allocations(book, target))
        return change.record if change.digests else None


def transfer(
    *,
    book: Book,
    by: User | None,
    source: Category,
    target: Category,
    month: Month,
    amount: Decimal,
    request: IdempotentRequest | None = None,
) -> EnvelopeTransfer:
    """Move ``amount`` of the month's plan from one category to another; both sides are written or neither.

    Args:
        amount: above zero, in the book's currency.

    Returns:
        The transfer; its `version` is the number of the change, to offer its undo.

    Raises:
        CategoryNotFound: one of them is not in this book.
        SameEnvelope, AmountNotPositive, TooPrecise, NoPlanForIncome: nothing is written.
        NotEnoughInEnvelope: the source has less than ``amount`` available, or a later month has spent it already.
    """
    _require_plannable(book, source)
    _require_plannable(book, target)
    if source.pk == target.pk:
        raise SameEnvelope
    if amount <= 0:
        raise AmountNotPositive
    require_fit(amount, book.currency)
    shown = format_amount(amount, book.currency)
    summary = f"Moved {shown} from {source} to {target} in {month.title}"
    with history.change(book, by, summary, kind="envelope.transfer", request=request) as change:
        _require_left(change, _require_all_plannable(book, (source.pk, target.pk))[source.pk], month, amount)
        envelopes = envelopes_of(change, month, [source.pk, target.pk])
        outgoing = Allocation(envelope=envelopes[source.pk], amount=-amount, note=f"Transfer to {target}"[:200])
        incoming = Allocation(envelope=envelopes[target.pk], amount=amount, note=f"Transfer from {source}"[:200])
        change.create(outgoing)
        change.create(incoming)
        return change.create(EnvelopeTransfer(outgoing=outgoing, incoming=incoming))


def _months(month: Month, later: int) -> Sequence[Month]:
    """The month and those after it, as far as there are months."""
    left = (LAST_YEAR - month.year) * 12 + 12 - month.month
    return [month + number for number in range(min(later, left) + 1)]


def _require_budget(book: Book, amount: Decimal) -> None:
    if amount < 0:
        raise BudgetBelowZero
    require_fit(amount, book.currency)


def _plannable(book: Book) -> set[int]:
    """The ids of the categories that spend; one that was made income since keeps the budgets of its past, unused."""
    return set(Category.objects.of(book).filter(is_income=False).values_list("pk", flat=True))


def _require_plannable(book: Book, category: Category) -> None:
    if category.book_id != book.pk:
        raise CategoryNotFound
    if category.is_income:
        raise NoPlanForIncome(category)


def _require_all_plannable(book: Book, ids: Sequence[int] | Amounts) -> dict[int, Category]:
    """They are there, now that the book is locked, and they spend; answers them by id."""
    found = Category.objects.of(book).in_bulk(list(ids))
    if len(found) != len(set(ids)):
        raise CategoryNotFound
    for category in found.values():
        _require_plannable(book, category)
    return found


def _require_left(change: Recorder, category: Category, month: Month, amount: Decimal) -> None:
    """The amount is there in the month, and no later month that it is carried into falls below zero without it."""
    last = month if category.rollover == Rollover.NONE else Month(LAST_YEAR, 12)
    given, spent = allocations(change.book, last, category), spending(change.book, last, category)
    own = given.get(category.pk, {})
    without = {category.pk: {**own, month: own.get(month, ZERO) - amount}}
    before, after = course(category, month, given, spent), course(category, month, without, spent)
    touched = [each for each in before if after[each] < before[each]]
    tightest = min(touched, key=lambda each: before[each])
    left = min(before[tightest], amount + min(after[each] for each in touched))
    if left < amount:
        raise NotEnoughInEnvelope(category, left, amount, change.book.currency, tightest if tightest > month else None)


def _give(change: Recorder, month: Month, wanted: Amounts, given: Mapping[int, Mapping[Month, Decimal]]) -> int:
    """Allocate what each category lacks of its wanted budget, or has too much; answers how many differed."""
    missing = {pk: amount - given.get(pk, {}).get(month, ZERO) for pk, amount in wanted.items()}
    missing = {pk: amount for pk, amount in missing.items() if amount}
    if missing:
        envelopes = envelopes_of(change, month, list(missing))
        change.create_all([Allocation(envelope=envelopes[pk], amount=amount) for pk, amount in missing.items()])
    return len(missing)


def envelopes_of(change: Recorder, month: Month, categories: Sequence[int]) -> dict[int, Envelope]:
    """The categories' envelopes of the month by category, made where there is none yet."""
    there = Envelope.objects.of(change.book).filter(category__in=categories, month=month.first)
    found = {envelope.category_id: envelope for envelope in there.select_related("category")}
    lacking = [pk for pk in categories if pk not in found]
    if lacking:
        named = Category.objects.of(change.book).in_bulk(lacking)
        made = change.create_all([Envelope(category=named[pk], month=month.first) for pk in lacking])
        found |= {envelope.category_id: envelope for envelope in made}
    return found
