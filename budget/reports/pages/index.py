"""All reports, by the question that each answers."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from budget.dates import today
from budget.http import HtmxRequest
from budget.months import Month
from budget.reports import links


class Answer(NamedTuple):
    """A report: the question, what it is called, and its shape of the sprite."""

    question: str
    name: str
    href: str
    icon: str


@require_safe
def index_page(request: HtmxRequest) -> HttpResponse:
    """The way to every report."""
    now = Month.of(today())
    year = reverse("reports:year", args=[str(now.year)])
    answers = [
        Answer("Where did the money go this month?", "Month report", links.month_url(now), "chart"),
        Answer("Do I keep more than before?", "Trend and savings rate", links.page_url("trend"), "chart"),
        Answer("What did the year add up to?", "Yearly report, to print", year, "print"),
        Answer("What do I own, and what do I owe?", "Net worth", links.page_url("net-worth"), "wallet"),
        Answer("Who gets my money?", "Payees", links.page_url("merchants"), "tag"),
        Answer("Which days were dear?", "Calendar", links.calendar_url(now), "calendar"),
        Answer("What were the largest expenses?", "Top expenses", links.page_url("top"), "list"),
        Answer("What is in each category?", "All categories", links.page_url("categories"), "pie"),
    ]
    return render(request, "reports/index.html", {"answers": answers, **links.sections("index", None)})
