"""The only pen: `change` opens the transaction, locks the book, records what is written, and joins the chain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from budget.books.models import WRITERS, Book, Membership
from budget.books.rows import pen
from budget.history.errors import AlreadyDone, KeyReused, MayOnlyView
from budget.history.models import SYSTEM, Action, Change
from budget.history.recorder import Recorder
from budget.history.rows import shape_of
from budget.users.models import User


@dataclass(frozen=True)
class IdempotentRequest:
    """A request that counts once: its key, and a digest of what it asks for."""

    key: str
    digest: str = ""


_current: ContextVar[Recorder | None] = ContextVar("budget_current_change", default=None)


@contextmanager
def change(
    book: Book,
    by: User | None,
    summary: str,
    *,
    kind: str,
    request: IdempotentRequest | None = None,
    undoes: Change | None = None,
) -> Iterator[Recorder]:
    """Do one thing to `book`, whole or not at all, and remember it.

    Writers of one book come one after the other: the book's row is locked before anything is read, so a rule that
    spans rows may be checked inside. A change that writes nothing leaves no trace, unless it says so (`is_kept`). Any
    exception undoes all of it.

    Args:
        by: who does it; `None` is the program itself (a command, a schedule), which needs no membership.
        summary: the sentence that people will read in the history.
        kind: the operation's name, such as `transaction.create`.
        request: counts once; a repeat raises `AlreadyDone` with the first change, and writes nothing.
        undoes: the change that this one takes back.

    Raises:
        MayOnlyView: `by` is no owner or editor of the book.
        AlreadyDone: the request was carried out before.
        KeyReused: its key was used for another request.
    """
    if _current.get() is not None:
        raise RuntimeError("A change is open already; do both things in it.")
    with transaction.atomic():
        locked = Book.objects.select_for_update().get(pk=book.pk)
        _require_writer(locked, by)
        _require_first(locked, by, request)
        recorder = _recorder(locked, by, summary[:300], kind, request, undoes)
        token = _current.set(recorder)
        try:
            yield recorder
        finally:
            _current.reset(token)
        if recorder.digests or recorder.is_kept:
            recorder.close()
    book.version, book.head = locked.version, locked.head


@contextmanager
def founding(book: Book, by: User, summary: str) -> Iterator[Recorder]:
    """Save a new book and open its first change, in which nobody needs to be a member yet."""
    with transaction.atomic():
        with pen():
            book.save(force_insert=True)
        with change(book, by, summary, kind="book.create") as first:
            shape = shape_of(Book)
            first._enter(shape, Action.CREATE, [(book.pk, None, shape.values(book))])
            yield first


def _recorder(
    book: Book, by: User | None, summary: str, kind: str, request: IdempotentRequest | None, undoes: Change | None
) -> Recorder:
    at = timezone.now()
    record = Change(
        book=book,
        number=book.version + 1,
        by=by,
        by_name=by.name if by else SYSTEM,
        at=at,
        kind=kind,
        summary=summary,
        key=request.key if request else None,
        key_digest=request.digest if request else "",
        undoes=undoes,
        previous_digest=book.head,
    )
    return Recorder(book=book, number=record.number, at=at, record=record)


def _require_writer(book: Book, by: User | None) -> None:
    if by is None or book.version == 0:  # a book without changes is being founded
        return
    if not Membership.objects.filter(book=book, user=by, role__in=WRITERS).exists():
        raise MayOnlyView(book)


def _require_first(book: Book, by: User | None, request: IdempotentRequest | None) -> None:
    if request is None:
        return
    own = Change.objects.filter(by=by) if by else Change.objects.filter(by=None, by_name=SYSTEM)
    earlier = own.filter(book=book, key=request.key).first()
    if earlier is None:
        return
    if earlier.key_digest != request.digest:
        raise KeyReused
    raise AlreadyDone(earlier, is_undone=Change.objects.filter(undoes=earlier).exists())
