"""Choosing which book the pages show."""

from __future__ import annotations

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from budget.books.middleware import SESSION_KEY
from budget.http import HtmxRequest


@require_POST
def book_switch(request: HttpRequest) -> HttpResponse:
    """Work on another of one's books from now on, in this browser."""
    chosen = request.POST.get("book", "")
    books = {str(membership.book_id): membership.book for membership in cast(HtmxRequest, request).memberships}
    if chosen not in books:
        raise Http404("That book is not there.")
    request.session[SESSION_KEY] = books[chosen].pk
    return redirect("/")
