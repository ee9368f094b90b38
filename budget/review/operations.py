"""Deciding what waits: filed at once or kept to be saved with others; each time one change, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from budget import history
from budget.books.models import Book
from budget.categorization.operations import learn_many
from budget.categorization.operations.checking import open_category
from budget.history import Change, IdempotentRequest, MayOnlyView
from budget.ledger.models import Category, Status, Transaction, TransactionQuerySet
from budget.review.errors import NothingWaits, OtherNumber
from budget.review.queries import staged, unsettled
from budget.statements import transfers
from budget.statements.models import RejectedTransfer
from budget.users.models import User

MOST_ROWS = 5000
"""That one decision may be about."""

Choices = Mapping[Category, Sequence[int]]
"""Ids of rows by the category that a person chose for them."""


def decide(
    *, book: Book, by: User | None, choices: Choices, is_staged: bool = False, request: IdempotentRequest | None = None
) -> Change:
    """File rows that wait under the categories a person chose, and learn from that (R003-33, R003-50).

    Rows that were filed meanwhile, and ids of other books, are left out: a decision is never overwritten. What was
    proposed stays beside what was chosen (R003-30).

    Args:
        is_staged: keep the choices until `save_staged` (R003-32); nothing is learned before.

    Raises:
        NothingWaits: none of the rows waits any more; nothing is written.
        CategoryNotFound, CategoryClosed: nothing is written.
        MayOnlyView, AlreadyDone: as `history.change` does.
    """
    kind, status = ("review.stage", Status.PENDING_SAVE) if is_staged else ("review.file", Status.CONFIRMED)
    with history.change(book, by, "Reviewed", kind=kind, request=request) as change:
        decided: list[tuple[Transaction, Category]] = []
        for given, ids in choices.items():
            category = open_category(change, given)
            rows = unsettled(book).filter(pk__in=list(ids)[:MOST_ROWS])
            decided += [(txn, category) for txn in rows.order_by("-date", "-pk")]
            change.update_many(rows, category=category, status=status)
        if not decided:
            raise NothingWaits
        if not is_staged:
            learn_many(change, decided)
        change.record.summary = _in_words(decided, "Chose" if is_staged else "Filed")[:300]
    return change.record


def save_staged(*, book: Book, by: User | None, count: int, request: IdempotentRequest | None = None) -> Change:
    """File all kept choices as one batch, and learn from them.

    Args:
        count: how many the person saw.

    Raises:
        OtherNumber: there are more or fewer by now; nothing is written.
    """
    with history.change(book, by, "Saved choices", kind="review.save", request=request) as change:
        rows = staged(book)
        found = list(rows.select_related("category").order_by("pk"))
        if len(found) != count or not found:
            raise OtherNumber(len(found), count)
        learn_many(change, [(txn, txn.category) for txn in found if txn.category])
        change.update_many(rows, status=Status.CONFIRMED)
        change.record.summary = f"Saved {_count(len(found), 'choice')}"
    return change.record


def put_back(*, book: Book, by: User | None, ids: Sequence[int], request: IdempotentRequest | None = None) -> Change:
    """Take kept choices back: the rows wait for review again, as they were.

    Raises:
        NothingWaits: none of them is kept any more; nothing is written.
    """
    with history.change(book, by, "Put back", kind="review.put_back", request=request) as change:
        rows = staged(book).filter(pk__in=list(ids)[:MOST_ROWS])
        found = list(rows)
        if not found:
            raise NothingWaits
        change.update_many(rows, category=None, status=Status.PENDING_REVIEW)
        what = found[0].title if len(found) == 1 else _count(len(found), "choice")
        change.record.summary = f"Put {what} back to review"[:300]
    return change.record


def reject_transfer(*, book: Book, by: User, outgoing: int, incoming: int) -> None:
    """Remember that two rows of the book are no transfer. It is not in the history: `ask_again` takes it back.

    Raises:
        NothingWaits: one of the rows is not there, or is decided.
        MayOnlyView: `by` may not write.
    """
    with transaction.atomic():
        _require_writer(book, by)
        if _pair(book, outgoing, incoming).count() != 2:
            raise NothingWaits
        transfers.reject(book, outgoing, incoming)


def link_transfer(
    *, book: Book, by: User, outgoing: int, incoming: int, request: IdempotentRequest | None = None
) -> Change:
    """Make two rows that wait one transfer between own accounts.

    Raises:
        NothingWaits: one of the rows is not there, or is decided.
        SameAccount, AmountNotPositive, TransferUnbalanced, AlreadyDone: nothing is written.
    """
    with transaction.atomic():
        found = {txn.pk: txn for txn in _pair(book, outgoing, incoming).select_related("account", "book")}
        if len(found) != 2:
            raise NothingWaits
        made = transfers.link(book=book, by=by, outgoing=found[outgoing], incoming=found[incoming], request=request)
        return Change.objects.get(book=book, number=made.version)


def ask_again(*, book: Book, by: User, outgoing: int = 0, incoming: int = 0) -> int:
    """Ask again about a pair that was said to be no transfer, or about all of them; answers about how many."""
    with transaction.atomic():
        _require_writer(book, by)
        if not outgoing:
            return transfers.ask_again(book)
        found = RejectedTransfer.objects.filter(book=book, outgoing_id=outgoing, incoming_id=incoming)
        return found.delete()[0]


def _pair(book: Book, outgoing: int, incoming: int) -> TransactionQuerySet:
    return unsettled(book).filter(pk__in=[outgoing, incoming], category__isnull=True)


def _require_writer(book: Book, by: User) -> None:
    membership = book.memberships.filter(user=by).first()
    if membership is None or not membership.may_write:
        raise MayOnlyView(book)


def _in_words(decided: Sequence[tuple[Transaction, Category]], did: str) -> str:
    """``Filed Kroger, 2 transactions, under Groceries``."""
    categories = {category.pk: category for _, category in decided}
    titles = {txn.title for txn, _ in decided}
    if len(categories) > 1:
        return f"{did} {_count(len(decided), 'transaction')} under {len(categories)} categories"
    category = next(iter(categories.values()))
    what = decided[0][0].title[:120] if len(titles) == 1 else ""
    if len(decided) > 1:
        what = f"{what}, {_count(len(decided), 'transaction')}," if what else _count(len(decided), "transaction")
    return f"{did} {what} under {category}" if did == "Filed" else f"{did} {category} for {what.rstrip(',')}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
