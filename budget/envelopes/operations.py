"""Planning: giving a category its budget, moving plan between two, beginning a month like the last."""

from __future__ import annotations

from decimal import Decimal

from budget import history
from budget.books.models import Book
from budget.envelopes.errors import BudgetBelowZero, NothingToCopy, NoPlanForIncome, NotEnoughInEnvelope, SameEnvelope
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.envelopes.queries import allocations, plan_line
from budget.history import IdempotentRequest, Recorder
from budget.ledger.errors import AmountNotPositive, CategoryNotFound
from budget.ledger.models import Category
from budget.money import format_amount, require_fit
from budget.months import Month
from budget.users.models import User

ZERO = Decimal("0.00")


def set_budget(
    *,
    book: Book,
    by: User | None,
    category: Category,
    month: Month,
    amount: Decimal,
    request: IdempotentRequest | None = None,
) -> None:
    """Give a category this much for the month; what it has already counts towards it.

    Args:
        amount: zero or above, in the book's currency; what is carried over comes on top.

    Raises:
        CategoryNotFound, NoPlanForIncome, BudgetBelowZero, TooPrecise: nothing is written.
    """
    _require_plannable(book, category)
    if amount < 0:
        raise BudgetBelowZero
    require_fit(amount, book.currency)
    summary = f"Budgeted {format_amount(amount, book.currency)} for {category} in {month.title}"
    with history.change(book, by, summary, kind="envelope.set", request=request) as change:
        already = allocations(book, month, category).get(category.pk, {}).get(month, ZERO)
        if amount != already:
            change.create(Allocation(envelope=_envelope(change, category, month), amount=amount - already))


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

    Raises:
        CategoryNotFound: one of them is not in this book.
        SameEnvelope, AmountNotPositive, TooPrecise, NoPlanForIncome: nothing is written.
        NotEnoughInEnvelope: the source has less than ``amount`` available.
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
        left = plan_line(book, source, month).available
        if left < amount:
            raise NotEnoughInEnvelope(source, left, amount, book.currency)
        outgoing = Allocation(
            envelope=_envelope(change, source, month), amount=-amount, note=f"Transfer to {target}"[:200]
        )
        incoming = Allocation(
            envelope=_envelope(change, target, month), amount=amount, note=f"Transfer from {source}"[:200]
        )
        change.create(outgoing)
        change.create(incoming)
        return change.create(EnvelopeTransfer(outgoing=outgoing, incoming=incoming))


def copy_month(
    *, book: Book, by: User | None, source: Month, target: Month, request: IdempotentRequest | None = None
) -> int:
    """Give every category in `target` what it was given in `source`; answers how many budgets differed.

    Raises:
        NothingToCopy: `source` has no budgets.
    """
    summary = f"Copied the budgets of {source.title} to {target.title}"
    with history.change(book, by, summary, kind="envelope.copy", request=request) as change:
        given = allocations(book, max(source, target))
        wanted = {pk: months[source] for pk, months in given.items() if months.get(source)}
        if not wanted:
            raise NothingToCopy(source)
        differing = 0
        for category in Category.objects.of(book).filter(pk__in=wanted):
            missing = wanted[category.pk] - given[category.pk].get(target, ZERO)
            if missing:
                change.create(Allocation(envelope=_envelope(change, category, target), amount=missing))
                differing += 1
    return differing


def _require_plannable(book: Book, category: Category) -> None:
    if category.book_id != book.pk:
        raise CategoryNotFound
    if category.is_income:
        raise NoPlanForIncome(category)


def _envelope(change: Recorder, category: Category, month: Month) -> Envelope:
    """The category's envelope of the month, made where there is none yet."""
    found = Envelope.objects.of(change.book).filter(category=category, month=month.first).first()
    return found or change.create(Envelope(category=category, month=month.first))
