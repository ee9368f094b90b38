"""How the queue answers what was decided on it: the group goes, counts and kept choices follow, with one Undo."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from budget.errors import BudgetError
from budget.history import Change, MayOnlyView
from budget.http import HtmxRequest, new_request_key
from budget.ledger.directory import directory
from budget.ledger.models import Category
from budget.ledger.views.answers import refused, undo_url, writers_only
from budget.review import queries
from budget.review.errors import NotUnderstood
from budget.review.showing import show_group
from budget.review.views.page import import_asked, number, proposer, region, staged_context, where_from

ANSWER = "review/_answer.html"


def deciding(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that writes: for writers, its refusals in words."""

    @wraps(view)
    def guarded(request: HtmxRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except MayOnlyView as error:
            return refused(request, error, 403)
        except BudgetError as error:
            return refused(request, error)

    return writers_only(guarded)


def answer(
    request: HtmxRequest, change: Change | None, *, gone: Sequence[int] = (), left: Sequence[int] = ()
) -> HttpResponse:
    """The page without what was decided; the whole queue anew where nothing else waits.

    Args:
        change: what was done, to offer its undo.
        gone: the groups to take away besides the one that was pressed on.
        left: rows of that one that still wait.
    """
    told = f"{change.summary}." if change else "Already saved."
    undo = undo_url(change)
    if not request.htmx:
        messages.info(request, told, extra_tags=undo)
        return redirect(where_from(request))
    found = import_asked(request, QueryDict(where_from(request).partition("?")[2][:2000]))
    waiting = queries.to_review(request.book)
    if found is not None:
        waiting = waiting.filter(line__statement__source=found)
    if not waiting.exists():
        return region(request, toast=told, undo=undo)
    names, counts = directory(request.book), queries.counts(request.book)
    context: dict[str, Any] = {
        "toast": told,
        "undo_url": undo,
        "gone": gone,
        "nav_waiting": counts.waiting,
        "key": new_request_key()[:13],
        **staged_context(request, names, counts),
    }
    if left:
        groups = proposer(request, names).groups(queries.waiting_of(request.book, left))
        context["groups"] = [show_group(group, names, request.book.currency) for group in groups]
    return render(request, ANSWER, context)


def category_of(request: HtmxRequest, typed: str) -> Category:
    """The category of the book that a form names by its id.

    Raises:
        NotUnderstood: there is none.
    """
    found = Category.objects.of(request.book).filter(pk=number(typed)).first()
    if found is None:
        raise NotUnderstood
    return found
