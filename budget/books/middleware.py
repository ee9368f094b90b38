"""Which book a request works on: the one chosen last, else the person's first; always one they are a member of."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.db import connection
from django.db.models import BigIntegerField
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from budget.books.models import Book, Membership
from budget.books.pages import refusal, wanted, writes_here
from budget.http import HtmxRequest
from budget.prepared import Prepared, Slot

SESSION_KEY = "book"


MEMBERSHIP_COLUMNS = tuple(field.attname for field in Membership._meta.concrete_fields)
BOOK_COLUMNS = tuple(field.attname for field in Book._meta.concrete_fields)
"""All of them, in the order that `from_db` wants."""
MEMBERSHIPS = Prepared(
    lambda: (
        Membership.objects.filter(user=Slot("user", BigIntegerField()))
        .order_by("pk")
        .values_list(*MEMBERSHIP_COLUMNS, *(f"book__{name}" for name in BOOK_COLUMNS))
    )
)


class BookMiddleware:
    """Sets `request.membership` and `request.book` for whoever is logged in; one query.

    A person without a book is led to `/welcome/`, where one is made, unless the view says `needs_no_book`. What is sent
    from a page of another of their books is refused, and writes nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: object, kwargs: object
    ) -> HttpResponse | None:
        """Find the book, unless the view works without one."""
        if not request.user.is_authenticated or not works_on_a_book(view):
            return None
        if not take_book(request):
            return redirect(reverse("users:welcome"))
        if not writes_here(request, view):
            return None
        if chosen := wanted(request):
            switch_to(request, chosen)
        return refusal(cast(HtmxRequest, request))


def take_book(request: HttpRequest) -> bool:
    """Note on the request which of the person's books it works on; whether they have any. One query."""
    memberships = memberships_of(request.user.pk) if request.user.is_authenticated else []
    if not memberships:
        return False
    chosen = request.session.get(SESSION_KEY)
    membership = next((m for m in memberships if m.book_id == chosen), memberships[0])
    asked = cast(HtmxRequest, request)
    asked.memberships, asked.membership, asked.book = memberships, membership, membership.book
    return True


def switch_to(request: HttpRequest, membership: Membership) -> None:
    """Work on another of the person's books from this request on."""
    asked = cast(HtmxRequest, request)
    asked.membership, asked.book = membership, membership.book
    asked.session[SESSION_KEY] = membership.book_id


def memberships_of(user: int) -> list[Membership]:
    """A person's memberships with their books, the first one first. One query."""
    found = []
    cut = len(MEMBERSHIP_COLUMNS)
    for row in MEMBERSHIPS.read(user=user):
        membership = Membership.from_db(connection.alias, MEMBERSHIP_COLUMNS, row[:cut])
        membership.book = Book.from_db(connection.alias, BOOK_COLUMNS, row[cut:])
        found.append(membership)
    return found


def needs_no_book(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view that works without a book: profile, password, welcome."""
    view.needs_no_book = True  # type: ignore[attr-defined]
    return view


def works_on_a_book(view: Callable[..., HttpResponse]) -> bool:
    """Whether the view is one of ours and not marked; Django's admin and allauth's pages know no books."""
    if getattr(view, "needs_no_book", False):
        return False
    return view.__module__.startswith("budget.")
