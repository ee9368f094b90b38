"""Which book a page was made for: a write from a page of another book than one works in now is refused.

Two tabs share one book, the one chosen last. A tab that still shows the other one would write into a book that nobody
looks at, so every page names its own: requests of HTMX in a header, forms in a field beside their token. The views
whose writes are not about the book one works in are marked `apart`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from budget.books.models import Membership
from budget.context_processors import Shell
from budget.http import INTO_FIELD, PAGE_FIELD, HtmxRequest, own_path

HEADER = "X-Book"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
SENT_ANEW = frozenset({"csrfmiddlewaretoken", PAGE_FIELD, INTO_FIELD})
"""Fields that the refusal's own form has values of its own for."""


def apart(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view that writes nothing into the book one works in: choosing a book, the password."""
    view.apart = True  # type: ignore[attr-defined]
    return view


def writes_here(request: HttpRequest, view: Callable[..., Any]) -> bool:
    """Whether the request may write into the book that one works in."""
    return request.method not in SAFE and not getattr(view, "apart", False)


def wanted(request: HttpRequest) -> Membership | None:
    """Of the person's books the one that a refused form is to be sent to after all, if they pressed so."""
    into = request.POST.get(INTO_FIELD, "")
    return next((each for each in cast(HtmxRequest, request).memberships if str(each.book_id) == into), None)


def refusal(request: HtmxRequest) -> HttpResponse | None:
    """409 where the page was made for another book, else None; a request that names no book is taken as it is.

    Over HTMX the sentence is a toast and the page stays as it is; without, what was typed waits in the answer's form.
    """
    page = request.headers.get(HEADER) or request.POST.get(INTO_FIELD) or request.POST.get(PAGE_FIELD)
    if not page or page == str(request.book.pk):
        return None
    labels: dict[str, str] = {str(book.pk): label for book, label in Shell(request).switch}
    of, here = labels.get(page, "another book"), labels[str(request.book.pk)]
    said = f"Nothing was saved: this page is of {of}; you work in {here} now. Reload, or switch back."
    if request.htmx:
        headers = {"X-Message": quote(said)}
        return HttpResponse(said, content_type="text/plain; charset=utf-8", status=409, headers=headers)
    context = {
        "sentence": said,
        "of": of,
        "here": here,
        "into": page if page in labels else "",
        "into_field": INTO_FIELD,
        "typed": [(name, each) for name, all_of in request.POST.lists() if name not in SENT_ANEW for each in all_of],
        "back": own_path(request.POST.get("next"), "/"),
    }
    return render(request, "books/other_book.html", context, status=409)
