"""Keeps figures that differ from leaving the book as if they were right."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from budget.http import HtmxRequest
from budget.months import Month
from budget.recount import wording
from budget.recount.comparing import Finding
from budget.recount.examining import examine
from budget.recount.models import Standing
from budget.recount.operations import SLICE
from budget.recount.queries import known


def refusal(request: HtmxRequest, month: Month) -> HttpResponse | None:
    """The answer in place of an export of `month` that is held back; None where it may go out.

    The month is counted here and now, so that an alteration since it was looked at last is seen too; nothing is kept.
    """
    finding = differing(request, month)
    if finding is None:
        return None
    sentence = (
        f"The figures of {month.title} are held back: {wording.headline(finding)}. "
        "They go out again once both counts agree."
    )
    if "text/html" in request.headers.get("Accept", ""):
        return render(request, "recount/held_back.html", {"month": month, "sentence": sentence}, status=409)
    return HttpResponse(f"{sentence}\n", content_type="text/plain; charset=utf-8", status=409)


def differing(request: HtmxRequest, month: Month) -> Finding | None:
    """What differs in the month, if anything does."""
    found = examine(request.book, month, seconds=SLICE)
    if found.finding is not None:
        return None if found.finding.agrees else found.finding
    before = known(request.book, month)
    return before.finding if before.status == Standing.BLOCKED else None
