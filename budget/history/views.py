"""What happened to a book, newest first; what one change did; taking it back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from budget import history
from budget.errors import BudgetError
from budget.history import AlreadyDone, Change, NotSure, queries
from budget.history.wording import spell_moment
from budget.http import HtmxRequest, idempotent_request, own_path, require_writer

DELETIONS = "deletions"
SHOWN = [(key, title) for key, (title, _) in queries.KINDS.items()]
SHOWN.insert(1, (DELETIONS, "Deleted"))
LONGEST_NUMBER = 18
SURE = "sure"
"""The field of a form that was shown what the undo would break or double."""


@require_GET
def change_list(request: HtmxRequest) -> HttpResponse:
    """The changes of the book, 50 a page, or the rows that were deleted; narrowed by kind and text."""
    show = request.GET.get("show", "")
    show = show if show in dict(SHOWN) else ""
    text, before = request.GET.get("q", "").strip()[:100], request.GET.get("before", "")
    context: dict[str, Any] = {"show": show, "shown": SHOWN, "q": text, "is_filtered": bool(show or text)}
    if show == DELETIONS:
        part: queries.Part[Any] = queries.deletions(request.book, text=text, before=before)
    else:
        part = queries.changes(request.book, kind=show, text=text, before=_number(before))
    narrowed = {name: value for name, value in (("show", show), ("q", text)) if value}
    address = reverse("history:change-list")
    context |= {
        "rows": part.rows,
        "older_url": f"{address}?{urlencode(narrowed | {'before': part.after})}" if part.after else "",
        "newest_url": (f"{address}?{urlencode(narrowed)}" if narrowed else address) if before else "",
    }
    template = "history/change_list.html"
    if request.htmx and not request.htmx.boosted and request.htmx.target == "results":
        template += "#results"
    return render(request, template, context)


@require_GET
def change_detail(request: HtmxRequest, number: int) -> HttpResponse:
    """What one change did to each row."""
    return _detail(request, _change(request, number), after=_number(request.GET.get("after", "")) or 0)


@require_POST
def undo(request: HtmxRequest, number: int) -> HttpResponse:
    """Take a change back and show the page again that it was pressed on; a refusal says what stands in the way.

    Where a certificate would break or a row stand twice that is said first, with a button to undo all the same.
    """
    require_writer(request)
    change = _change(request, number)
    try:
        asked = idempotent_request(request)
        done = history.undo(change, by=request.user, request=asked, is_sure=SURE in request.POST)
    except AlreadyDone as already:
        messages.info(request, str(already))
        return _back(request, change)
    except NotSure as unsure:
        return _refusal(request, change, str(unsure), may_go_on=True)
    except BudgetError as refused:
        return _refusal(request, change, str(refused))
    messages.info(request, f"Undone: {change.summary}", extra_tags=reverse("history:undo", args=[done.number]))
    return _back(request, change)


def _change(request: HtmxRequest, number: int) -> Change:
    found = Change.objects.of(request.book).select_related("undone_by", "undoes")
    return get_object_or_404(found, number=min(number, 10**LONGEST_NUMBER))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else None


def _detail(
    request: HtmxRequest, change: Change, *, after: int = 0, refusal: str = "", status: int = 200, sure_url: str = ""
) -> HttpResponse:
    part = queries.rows(change, after=after)
    context = {
        "change": change,
        "when": spell_moment(change.at, timezone.localdate()),
        "undone_by": queries.undone_by(change),
        "rows": part.rows,
        "more_url": f"?after={part.after}" if part.after else "",
        "first_url": reverse("history:change-detail", args=[change.number]) if after else "",
        "refusal": refusal,
        "sure_url": sure_url,
        "back_url": own_path(request.POST.get("next"), reverse("history:change-list")),
    }
    return render(request, "history/change_detail.html", context, status=status)


def _back(request: HtmxRequest, change: Change) -> HttpResponse:
    """The page that Undo was pressed on, read anew: a change may have touched any part of it."""
    if request.htmx:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return redirect(own_path(request.POST.get("next"), reverse("history:change-list")))


def _refusal(request: HtmxRequest, change: Change, sentence: str, *, may_go_on: bool = False) -> HttpResponse:
    sure_url = reverse("history:undo", args=[change.number]) if may_go_on else ""
    if not request.htmx:
        return _detail(request, change, refusal=sentence, status=422, sure_url=sure_url)
    return render(request, "history/_refusal.html", {"sentence": sentence, "sure_url": sure_url}, status=422)
