"""The calendar: what each day of a month spent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from budget.books.models import Book
from budget.dates import spell_date, today
from budget.envelopes.facts import earlier
from budget.http import HtmxRequest
from budget.ledger.directory import directory
from budget.ledger.exporting import Cell, Money
from budget.money import format_amount, from_units
from budget.months import Month, NotAMonth, address
from budget.prepared import run
from budget.recount.exporting import refusal
from budget.reports import links
from budget.reports.charts import Day, heat_chart
from budget.reports.dashboard import OWN
from budget.reports.flows import ZERO, flows
from budget.reports.pages import shared
from budget.reports.payees import EXPENSES
from budget.reports.pictures import Frame, heat_picture
from budget.reports.spans import Asked, Span
from budget.reports.tables import csv_answer
from budget.reports.wording import counted

DAYS = f"""
    SELECT CAST(t.date AS VARCHAR(10)), COUNT(*), CAST(SUM(t.amount) AS BIGINT) FROM budget_transaction t
    WHERE t.book_id = %(book)s AND t.date >= %(since)s AND t.date < %(end)s AND {OWN} AND {EXPENSES} GROUP BY t.date
"""  # noqa: S608  # all parts are written here


def days_of(book: Book, month: Month) -> dict[date, tuple[int, Decimal]]:
    """Per day that has expenses, how many and their sum in the book's currency. One statement."""
    values = {
        "book": book.pk,
        "currency": book.currency,
        "since": month.first.isoformat(),
        "end": month.end.isoformat(),
    }
    return {date.fromisoformat(day): (count, from_units(units)) for day, count, units in run(DAYS, values)}


@require_safe
def calendar_page(request: HtmxRequest, month: str) -> HttpResponse:
    """A month day by day, each a link to its expenses."""
    try:
        shown = Month.parse(month)
    except NotAMonth as error:
        return render(request, "reports/no_month.html", {"message": str(error)}, status=404)
    book, before, after = request.book, earlier(shown), links.later(shown)
    names = directory(book, balances=True)
    read = flows(book, names, Asked("", "", Span(shown, shown)))
    is_held = shown in read.held
    found = {} if is_held else days_of(book, shown)
    days = [
        Day(day, found.get(day, (0, ZERO))[1], links.transactions_url(None, **_day(day)))
        for day in (date(shown.year, shown.month, number) for number in range(1, shown.days + 1))
    ]
    told = sentence(found, shown, book.currency)
    return render(
        request,
        "reports/calendar.html",
        {
            **shared.frame(request, names, "calendar", shown),
            **links.month_switch(
                links.calendar_url(before) if before else "", links.calendar_url(after) if after else "", shown
            ),
            "month": shown,
            "is_held": is_held,
            "is_empty": not found,
            "currency": book.currency,
            "sentence": told,
            "picture": heat_picture(heat_chart(days), Frame("c-days", told, book.currency, "Day")) if found else "",
            "csv_url": address("reports:calendar-csv", shown),
        },
    )


@require_safe
def calendar_csv(request: HtmxRequest, month: str) -> HttpResponseBase:
    """The days with expenses for machines."""
    try:
        shown = Month.parse(month)
    except NotAMonth as error:
        return render(request, "reports/no_month.html", {"message": str(error)}, status=404)
    if held_back := refusal(request, shown):
        return held_back
    found, currency = days_of(request.book, shown), request.book.currency

    def rows() -> Iterator[Sequence[Cell]]:
        for day, (count, amount) in sorted(found.items()):
            yield day, count, Money(amount, currency), currency

    return csv_answer(
        request, f"Days of {shown}", ("Day", "Count", "Spent", "Currency"), rows(), Span(shown, shown), ()
    )


def _day(day: date) -> dict[str, str]:
    return {"from": day.isoformat(), "to": day.isoformat(), "type": "expense"}


def sentence(found: dict[date, tuple[int, Decimal]], month: Month, currency: str) -> str:
    """How many days cost something, and which one cost most."""
    if not found:
        return f"Nothing was spent in {month.title}."
    total = sum((amount for _, amount in found.values()), ZERO)
    most, day = max((amount, day) for day, (_, amount) in found.items())
    return (
        f"{counted(len(found), 'day')} of {month.title} had expenses, {format_amount(total, currency)} together. "
        f"The most was {format_amount(most, currency)} on {spell_date(day, today())}."
    )
