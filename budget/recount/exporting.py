"""Keeps figures that differ from leaving the book as if they were right."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from budget.http import HtmxRequest
from budget.months import Month
from budget.recount import wording
from budget.recount.examining import Examined, examine
from budget.recount.operations import SLICE


def refusal(request: HtmxRequest, month: Month) -> HttpResponse | None:
    """The answer in place of an export of `month` that is held back or not counted yet; None where it may go out.

    The month is counted here and now, so that an alteration since it was looked at last is seen too; nothing is kept.
    """
    said = reason(examine(request.book, month, seconds=SLICE))
    return answer(request, month, *said) if said else None


def reason(found: Examined) -> tuple[int, str] | None:
    """Why a month may not go out: the answer's status and a sentence; None where it may."""
    title = found.month.title
    if found.finding is None:
        return 503, f"{title} is still being counted, {found.percent} % so far. Open its page, then ask again."
    if found.finding.agrees:
        return None
    return 409, (
        f"The figures of {title} are held back: {wording.headline(found.finding)}. "
        "They go out again once both counts agree."
    )


def answer(request: HtmxRequest, month: Month, status: int, sentence: str) -> HttpResponse:
    """What stands in place of the export: a page for people, a sentence for programs."""
    if "text/html" in request.headers.get("Accept", ""):
        return render(request, "recount/held_back.html", {"month": month, "sentence": sentence}, status=status)
    return HttpResponse(f"{sentence}\n", content_type="text/plain; charset=utf-8", status=status)
