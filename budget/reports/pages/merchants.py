"""Payees by what was spent with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from budget.dates import spell_date, today
from budget.http import HtmxRequest
from budget.ledger.directory import Directory, directory
from budget.ledger.exporting import Cell, Money
from budget.money import amount_writer, format_amount
from budget.months import Month
from budget.reports import charts, links
from budget.reports.charts import rank_chart
from budget.reports.flows import ZERO, Flows, flows
from budget.reports.pages import shared
from budget.reports.pages.shared import rows_url
from budget.reports.payees import MOST, Payees, payees
from budget.reports.pictures import Frame, rank_picture
from budget.reports.spans import Asked, NoSuchPeriod, read_asked
from budget.reports.tables import Line, Text, csv_answer, refused, table_html
from budget.reports.wording import counted

RANGES = {"1": "1 month", "3": "3 months", "6": "6 months", "12": "12 months", "24": "24 months", "year": "This year"}
"""Payees are counted row by row, so there is no range without an end."""

MOST_BARS = 10


@require_safe
def merchants_page(request: HtmxRequest) -> HttpResponse:
    """Who was paid most in a range of months."""
    names = directory(request.book, balances=True)
    try:
        asked = _asked(request, names)
    except NoSuchPeriod as error:
        return shared.cannot(request, str(error), "merchants")
    read = flows(request.book, names, asked)
    found = _found(request, read, asked)
    is_whole = not any(month in read.held for month in asked.span.months)
    return render(
        request,
        "reports/merchants.html",
        {
            **shared.frame(request, names, "merchants"),
            "asked": asked,
            "found": found,
            "currency": read.currency,
            "sentence": sentence(found, read, asked),
            "proof": shared.proof(read, asked.span.months),
            "ranges": shared.range_choices(asked, RANGES),
            "accounts": shared.account_choices(asked, names, request.book.currency),
            "ranking": ranking(found, asked, read.currency, is_whole=is_whole) if found.rows else "",
            "table": table(found, asked, read.currency, is_whole=is_whole) if found.rows else "",
            "note": f"The {MOST} largest of {counted(found.payees, 'payee')}." if found.payees > MOST else "",
            "csv_url": f"{links.page_url('merchants-csv')}{asked.query}",
        },
    )


@require_safe
def merchants_csv(request: HtmxRequest) -> HttpResponseBase:
    """The same payees for machines."""
    names = directory(request.book)
    try:
        asked = _asked(request, names)
    except NoSuchPeriod as error:
        return refused(request, str(error))
    read = flows(request.book, names, asked)

    def rows() -> Iterator[Sequence[Cell]]:
        for payee in _found(request, read, asked).rows:
            yield payee.title, payee.many, Money(payee.total, read.currency), payee.last, read.currency

    return csv_answer(
        request,
        f"Payees {asked.span.title}",
        ("Payee", "Count", "Total", "Last", "Currency"),
        rows(),
        asked.span,
        read.held,
    )


def _asked(request: HtmxRequest, names: Directory) -> Asked:
    given = {name: value for name, value in request.GET.dict().items() if name != "compare"}
    return read_asked(given, names, path=links.page_url("merchants"), now=Month.of(today()), ranges=RANGES)


def _found(request: HtmxRequest, read: Flows, asked: Asked) -> Payees:
    months = read.shown(asked.span.months)
    each = (read.flow(month) for month in months)
    sure = sum((flow.spending + flow.unfiled for flow in each), ZERO)
    return payees(request.book, asked, months, sure=sure)


def sentence(found: Payees, read: Flows, asked: Asked) -> str:
    """How many were paid, and how much of it the first one got."""
    title = asked.span.title
    when = f"From {title}" if " to " in title else f"In {title}"
    held = [month for month in asked.span.months if month in read.held]
    text = f"{when} nobody was paid."
    if found.rows:
        first = found.rows[0]
        text = (
            f"{when} {counted(found.payees, 'payee')} got {format_amount(found.total, read.currency)} "
            f"in {counted(found.many, 'expense')}. {first.title} got most: {format_amount(first.total, read.currency)}."
        )
    if held:
        named = held[0].title if len(held) == 1 else f"{len(held)} months"
        text += f" Without {named}, held back until both counts agree."
    return text


def _rows(title: str, asked: Asked, *, is_whole: bool) -> str:
    return rows_url(asked, asked.span, payee=title, type="expense") if is_whole else ""


def ranking(found: Payees, asked: Asked, currency: str, *, is_whole: bool) -> str:
    """The largest as bars."""
    shown = [
        charts.Part(payee.title, payee.total, _rows(payee.title, asked, is_whole=is_whole))
        for payee in found.rows[:MOST_BARS]
    ]
    told = f"The {len(shown)} largest payees." if len(shown) > 1 else "The only payee."
    return rank_picture(rank_chart(shown), Frame("c-payees", told, currency, "Payee"))


def table(found: Payees, asked: Asked, currency: str, *, is_whole: bool) -> str:
    """Every payee that is shown; the sums of all of them last."""
    write, now = amount_writer(currency), today()
    lines = [
        Line(
            Text(payee.title),
            [
                Text(f"{payee.many:,}"),
                Text(write(payee.total), _rows(payee.title, asked, is_whole=is_whole), "b"),
                Text(write(payee.total / payee.many)),
                Text(spell_date(payee.last, now)),
            ],
        )
        for payee in found.rows
    ]
    every = rows_url(asked, asked.span, type="expense") if is_whole else ""
    total = Line(
        Text("All"),
        [Text(f"{found.many:,}"), Text(write(found.total), every), Text(write(found.total / found.many)), Text("")],
    )
    return table_html(["Payee", "Count", "Total", "Average", "Last"], lines, total)
