"""The books of a person: choosing which one the pages show, opening another, renaming, removing for good."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from budget.books.forms import BookForm, RenameForm
from budget.books.middleware import SESSION_KEY
from budget.books.models import Book, Membership, Role
from budget.books.pages import apart
from budget.errors import BudgetError
from budget.history.answers import say
from budget.http import HtmxRequest, idempotent_request, new_request_key, own_path
from budget.ledger import operations
from budget.ledger.errors import NameTaken
from budget.users.models import User


@apart
@require_POST
def book_switch(request: HtmxRequest) -> HttpResponse:
    """Work on another of one's books from now on, in this browser; `next` says where."""
    chosen = request.POST.get("book", "")
    books = {str(membership.book_id): membership.book for membership in request.memberships}
    if chosen not in books:
        raise Http404("That book is not there.")
    request.session[SESSION_KEY] = books[chosen].pk
    return redirect(own_path(request.POST.get("next"), "/"))


@require_GET
def book_list(request: HtmxRequest) -> HttpResponse:
    """All books that one is in, with one's role."""
    return render(request, "books/book_list.html", {"memberships": request.memberships})


@apart
@require_http_methods(["GET", "HEAD", "POST"])
def book_create(request: HtmxRequest) -> HttpResponse:
    """Open another book, and go on in it."""
    form = BookForm(request.POST or None, initial={"currency": request.book.currency})
    if request.method == "POST" and form.is_valid():
        try:
            book = _open(request.user, form.cleaned_data)
        except BudgetError as refused:
            form.add_error("name" if isinstance(refused, NameTaken) else None, str(refused))
        else:
            request.session[SESSION_KEY] = book.pk
            say(request, f"Opened {book}.")
            return redirect("books:book-list")
    return _page(request, "books/book_form.html", form)


@apart
@require_http_methods(["GET", "HEAD", "POST"])
def book_change(request: HtmxRequest, pk: int) -> HttpResponse:
    """Rename a book."""
    membership = _membership(request, pk)
    if not membership.may_write:
        raise PermissionDenied("You can view this book, not change it.")
    book = membership.book
    form = RenameForm(request.POST or None, initial={"name": book.name})
    if request.method == "POST" and form.is_valid():
        since = book.version
        asked = idempotent_request(request)
        try:
            operations.rename_book(book, by=request.user, name=form.cleaned_data["name"], request=asked)
        except BudgetError as refused:
            form.add_error("name", str(refused))
        else:
            # Undo works on the book that the pages show.
            say(request, f"Renamed the book to {book}.", since if book is request.book else None)
            return redirect("books:book-list")
    return _page(request, "books/book_form.html", form, book=book)


@apart
@require_http_methods(["GET", "HEAD", "POST"])
def book_delete(request: HtmxRequest, pk: int) -> HttpResponse:
    """Remove a book with everything in it, after its name was typed."""
    membership = _membership(request, pk)
    if membership.role != Role.OWNER:
        raise PermissionDenied("Only an owner removes a book.")
    book, error = membership.book, ""
    if request.method == "POST":
        try:
            operations.remove_book(book, typed_name=request.POST.get("typed_name", ""))
        except BudgetError as refused:
            error = str(refused)
        else:
            request.session.pop(SESSION_KEY, None)
            say(request, f"Removed {book} for good.")
            return redirect("books:book-list")
    others = Membership.objects.of(book).exclude(user=request.user).count()
    context = {"book": book, "others": others, "error": error}
    return render(request, "books/book_delete.html", context, status=422 if error else 200)


def _membership(request: HtmxRequest, pk: int) -> Membership:
    found = next((membership for membership in request.memberships if membership.book_id == pk), None)
    if found is None:
        raise Http404("That book is not there.")
    return found


def _open(user: User, values: dict[str, Any]) -> Book:
    """Open it once, however often the form is sent: the person's row is locked, and names are told apart."""
    with transaction.atomic():
        owner = User.objects.select_for_update().get(pk=user.pk)
        name = values["name"].strip()
        if Book.objects.for_user(owner).filter(name__iexact=name).exists():
            raise NameTaken("a book", name)
        return operations.create_book(by=owner, name=name, currency=values["currency"], starter=values["starter"])


def _page(request: HtmxRequest, template: str, form: RenameForm, book: Book | None = None) -> HttpResponse:
    context = {"form": form, "edited": book, "request_key": new_request_key()}
    return render(request, template, context, status=422 if form.errors else 200)
