"""How often proposals were right, by tier and month: a person's own corrections say so."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from budget.categorization import queries
from budget.http import HtmxRequest
from budget.ledger.models import today
from budget.months import Month

MONTHS = 12


def _right(month: queries.AccuracyMonth, totals: Sequence[queries.TierMonth]) -> list[int | None]:
    """How often each tier of the table was right in a month."""
    found = {tier.tier: tier.accuracy for tier in month.tiers}
    return [found.get(tier.tier) for tier in totals]


@require_GET
def accuracy(request: HtmxRequest) -> HttpResponse:
    """The last twelve months, or all of them (`?all=1`)."""
    is_all = "all" in request.GET
    first = Month.of(today())
    for _ in range(MONTHS - 1):
        first = first.previous
    months = queries.accuracy(request.book, None if is_all else first.first)
    totals = queries.totals(months)
    context = {
        "months": months,
        "totals": totals,
        "lines": [{"month": month, "right": _right(month, totals)} for month in months],
        "is_all": is_all,
    }
    return render(request, "categorization/accuracy.html", context)
