"""Who is in a book, and what becomes of the books of a person who goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from budget import history
from budget.books.models import Book, Membership, Role
from budget.errors import BudgetError
from budget.history import IdempotentRequest
from budget.ledger.errors import ConfirmationMismatch
from budget.ledger.operations.books import remove_book
from budget.users.models import User


class LastOwner(BudgetError):
    """A book without an owner, which nobody could manage."""

    def __init__(self, book: Book) -> None:
        super().__init__(f"“{book}” needs an owner. Make another member its owner first.")


class OwnersOnly(BudgetError):
    """Managing members by somebody who only writes."""

    def __init__(self, book: Book) -> None:
        super().__init__(f"Only an owner of “{book}” manages its members. Ask one of them.")


class MemberAlready(BudgetError):
    """A second place in the same book."""

    def __init__(self, user: User, book: Book) -> None:
        super().__init__(f"{user.name} is a member of “{book}” already. Change the role instead.")


def add_member(
    *, book: Book, by: User | None, user: User, role: str = Role.EDITOR, request: IdempotentRequest | None = None
) -> Membership:
    """Give a person a place in a book.

    Raises:
        MemberAlready: they have one.
    """
    with history.change(book, by, f"Added {user.name}", kind="member.create", request=request) as change:
        _require_owner(book, by)
        if Membership.objects.of(book).filter(user=user).exists():
            raise MemberAlready(user, book)
        return change.create(Membership(user=user, role=Role(role)))


def change_role(
    membership: Membership, *, by: User | None, role: str, request: IdempotentRequest | None = None
) -> Membership:
    """Make a member an owner, editor or viewer.

    Raises:
        LastOwner: nobody would be left to manage the book.
    """
    book, wanted = membership.book, Role(role)
    summary = f"Made {membership.user.name} {'an' if wanted[0] in 'oe' else 'a'} {wanted.label.lower()}"
    with history.change(book, by, summary, kind="member.update", request=request) as change:
        _require_owner(book, by)
        change.fresh(membership)
        if wanted != Role.OWNER:
            _require_other_owner(membership)
        change.update(membership, role=wanted)
    return membership


def remove_member(membership: Membership, *, by: User | None, request: IdempotentRequest | None = None) -> None:
    """Take a person out of a book; what they wrote stays.

    Raises:
        LastOwner: nobody would be left to manage the book.
    """
    book, name = membership.book, membership.user.name
    with history.change(book, by, f"Removed {name}", kind="member.delete", request=request) as change:
        _require_owner(book, by)
        change.fresh(membership)
        _require_other_owner(membership)
        change.delete(membership)


def _require_owner(book: Book, by: User | None) -> None:
    if by is not None and not Membership.objects.of(book).filter(user=by, role=Role.OWNER).exists():
        raise OwnersOnly(book)


@dataclass(frozen=True)
class Leaving:
    """What deleting a person means: the books that go with them, and those that they only leave."""

    removed: Sequence[Book]
    left: Sequence[Membership]


def leaving(user: User) -> Leaving:
    """What goes when `user` is deleted. Two queries."""
    own = list(Membership.objects.filter(user=user).select_related("book", "user").order_by("book"))
    shared = set(
        Membership.objects.filter(book__in=[m.book_id for m in own]).exclude(user=user).values_list("book", flat=True)
    )
    return Leaving(
        removed=[m.book for m in own if m.book_id not in shared], left=[m for m in own if m.book_id in shared]
    )


def delete_user(user: User, *, typed_email: str) -> Leaving:
    """Delete a person for good, with every book that is theirs alone; shared books keep what they wrote.

    Raises:
        ConfirmationMismatch: the address typed is not theirs.
        LastOwner: a shared book would be left without an owner.
    """
    if typed_email.strip().lower() != user.email:
        raise ConfirmationMismatch(user.email)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        found = leaving(user)
        for membership in found.left:
            remove_member(membership, by=None)
        for book in found.removed:
            remove_book(book, typed_name=book.name)
        user.delete()
    return found


def _require_other_owner(membership: Membership) -> None:
    owners = Membership.objects.of(membership.book).filter(role=Role.OWNER)
    if membership.role == Role.OWNER and not owners.exclude(pk=membership.pk).exists():
        raise LastOwner(membership.book)
