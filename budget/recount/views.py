"""Counting a month twice, for the badge that every report has, and the page that shows both counts."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from budget.http import HtmxRequest
from budget.months import Month
from budget.recount.operations import SLICE, count_month
from budget.recount.showing import badge_after, counts

BADGE = "recount"
"""The id of the badge, which asks for itself."""

PATIENCE = 20.0
"""So many seconds a person without JavaScript waits for a long history."""


@require_http_methods(["GET", "HEAD", "POST"])
def month(request: HtmxRequest, month: Month) -> HttpResponse:
    """Both counts of a month. Posting counts it: for the badge the answer is the badge, for a form the page.

    It writes nothing of the book, so whoever may look at it may ask for it.
    """
    if request.method != "POST":
        return render(request, "recount/month.html", {"month": month, **counts(request.book, month)})
    afresh = request.POST.get("again") == "1"
    if request.htmx and request.htmx.target == BADGE:
        found = count_month(request.book, month, afresh=afresh, seconds=SLICE)
        badge = badge_after(request.book, found, has_focus=afresh)
        if badge.seen and badge.seen == request.GET.get("seen"):
            return HttpResponse(status=204)
        return render(request, "recount/_badge_inside.html", {"badge": badge})
    count_month(request.book, month, afresh=afresh, seconds=PATIENCE)
    return redirect("recount:month", str(month))
