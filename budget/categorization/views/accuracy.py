"""How often proposals were right, by tier and month: a person's own corrections say so; or tried on their past rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from budget.categorization import measuring, queries
from budget.http import HtmxRequest
from budget.ledger.models import Tier, today
from budget.months import Month

MONTHS = 12
MOST_TRIED = 20_000
"""Rows that a page learns from and asks about while the person waits; the command takes any number."""
A_YEAR = timedelta(days=365)


def _right(month: queries.AccuracyMonth, totals: Sequence[queries.TierMonth]) -> list[int | None]:
    """How often each tier of the table was right in a month."""
    found = {tier.tier: tier.accuracy for tier in month.tiers}
    return [found.get(tier.tier) for tier in totals]


@require_GET
def accuracy(request: HtmxRequest) -> HttpResponse:
    """The last twelve months, or all of them (`?all=1`); with `?try=1` what would have been proposed for past rows."""
    is_all = "all" in request.GET
    first = Month.of(today())
    for _ in range(MONTHS - 1):
        first = first.previous
    months = queries.accuracy(request.book, None if is_all else first.first)
    totals = queries.totals(months)
    told = [month for month in months if any(tier.proposed for tier in month.tiers)]
    judged, agreed = sum(tier.judged for tier in totals), sum(tier.agreed for tier in totals)
    decided = measuring.decided_count(request.book)
    context = {
        "months": months,
        "totals": totals,
        "lines": [{"month": month, "right": _right(month, totals)} for month in told],
        "untold": _rows(sum(month.rows for month in months if month not in told)),
        "judged": f"{judged:,}",
        "share": round(100 * agreed / judged) if judged else None,
        "unseen": sum(tier.unseen for tier in totals),
        "waiting": sum(tier.waiting for tier in totals),
        "is_all": is_all,
        "may_try": 0 < decided <= MOST_TRIED,
        "trial": _trial(request) if "try" in request.GET and 0 < decided <= MOST_TRIED else None,
    }
    return render(request, "categorization/accuracy.html", context)


def _trial(request: HtmxRequest) -> Mapping[str, Any]:
    """What would have been proposed for the last year's rows by what the years before it teach."""
    since = today() - A_YEAR
    found = measuring.trial(request.book, since)
    unasked = found["filed_without_asking"]
    return {
        "since": since,
        "learned_from": f"{found['learned_from']:,}",
        "rows": f"{found['rows']:,}",
        "coverage": _of_hundred(found["coverage"]),
        "accuracy": _of_hundred(found["accuracy"]),
        "unasked": _of_hundred(unasked["proposed"] / found["rows"]) if found["rows"] else None,
        "unasked_right": _of_hundred(unasked["accuracy"]),
        "tiers": [
            (Tier(tier).label, f"{record['proposed']:,}", f"{record['right']:,}", _of_hundred(record["accuracy"]))
            for tier, record in found["tiers"].items()
        ],
        "bands": [
            (_of_hundred(float(band["from"])), f"{band['proposed']:,}", _of_hundred(band["said"]),
             _of_hundred(band["accuracy"]))
            for band in found["calibration"]
        ],
    }  # fmt: skip


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}" if count else ""


def _of_hundred(share: float | None) -> str | None:
    """`97.4` of a hundred, with a decimal only where it says something."""
    return None if share is None else f"{100 * share:.1f}".removesuffix(".0")
