"""Net worth: what all accounts have together through time, and each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from budget.dates import today
from budget.http import HtmxRequest
from budget.ledger.directory import Directory, directory
from budget.ledger.exporting import Cell, Money
from budget.money import amount_writer, format_amount
from budget.months import Month
from budget.reports import links
from budget.reports.charts import Series, Stop, line_chart
from budget.reports.networth import AccountLine, Worth, worth
from budget.reports.pages import shared
from budget.reports.pages.shared import plus
from budget.reports.pictures import Frame, line_picture
from budget.reports.spans import RANGES, Asked, NoSuchPeriod, read_asked
from budget.reports.tables import Line, Text, csv_answer, refused, table_html

HELD = Text("held back", tone="neg")


@require_safe
def networth_page(request: HtmxRequest) -> HttpResponse:
    """What all accounts in the book's currency have together at the end of each month."""
    book = request.book
    names = directory(book, balances=True)
    try:
        asked = _asked(request, names)
    except NoSuchPeriod as error:
        return shared.cannot(request, str(error), "net-worth")
    found = worth(book, names, asked)
    return render(
        request,
        "reports/networth.html",
        {
            **shared.frame(request, names, "net-worth"),
            "asked": asked,
            "sentence": sentence(found, asked, book.currency),
            "proof": shared.proof_of(asked.span.months, found.held, found.verified, found.filled),
            "ranges": shared.range_choices(asked, RANGES),
            "picture": picture(found, asked, book.currency),
            "own": accounts_table(found.own, asked, book.currency, found) if found.own else "",
            "foreign": accounts_table(found.foreign, asked, "") if found.foreign else "",
            "currency": book.currency,
            "csv_url": f"{links.page_url('net-worth-csv')}{asked.query}",
        },
    )


@require_safe
def networth_csv(request: HtmxRequest) -> HttpResponseBase:
    """The months and the accounts for machines."""
    book = request.book
    names = directory(book, balances=True)
    try:
        asked = _asked(request, names)
    except NoSuchPeriod as error:
        return refused(request, str(error))
    found = worth(book, names, asked)

    def rows() -> Iterator[Sequence[Cell]]:
        for month, amount in zip(found.months, found.values, strict=True):
            if amount is not None:
                yield month.day(31), "Net worth", Money(amount, book.currency), book.currency
        for line in (*found.own, *found.foreign):
            if line.end is not None:
                currency = line.account.currency
                yield asked.span.last.day(31), line.account.name, Money(line.end, currency), currency

    header = ("At the end of", "Account", "Amount", "Currency")
    return csv_answer(request, f"Net worth {asked.span.title}", header, rows(), asked.span, found.held)


def _asked(request: HtmxRequest, names: Directory) -> Asked:
    given = {"range": request.GET.get("range", "")}
    return read_asked(given, names, path=links.page_url("net-worth"), now=Month.of(today()))


def sentence(found: Worth, asked: Asked, currency: str) -> str:
    """What there is at the end of the range, and how it moved."""
    when = f"the end of {asked.span.last.title}"
    if found.end is None:
        first = min(month for month in found.held if month <= asked.span.last)
        return f"Held back from {first.title} on, until both counts agree."
    text = f"All accounts together have {format_amount(found.end, currency)} {currency} at {when}"
    if found.start is not None and found.start != found.end:
        gap = found.end - found.start
        more = f"{format_amount(abs(gap), currency)} {'more' if gap > 0 else 'less'}"
        text += f", {more} than before {asked.span.first.title}"
    return f"{text}."


def picture(found: Worth, asked: Asked, currency: str) -> SafeString:
    """A step for each month; each leads to all rows up to its end."""
    stops = [
        Stop(
            shared.label(month, asked.span),
            f"End of {month.title}",
            links.transactions_url(to=month.day(31).isoformat()),
            any(each <= month for each in found.held),
        )
        for month in found.months
    ]
    known = [(amount, month) for amount, month in zip(found.values, found.months, strict=True) if amount is not None]
    told = "Nothing is recorded yet."
    if known:
        (low, then), (high, when) = min(known), max(known)
        told = f"Lowest {format_amount(low, currency)} at the end of {then.title}, "
        told += f"highest {format_amount(high, currency)} at the end of {when.title}."
    chart = line_chart(stops, [Series("Net worth", found.values, "own")], is_stepped=True)
    return line_picture(chart, Frame("c-worth", told, currency, "At the end of"))


def accounts_table(lines: Sequence[AccountLine], asked: Asked, currency: str, found: Worth | None = None) -> SafeString:
    """Each account before the range and at its end; a sum of those in one currency, none of others."""
    rows = []
    for line in lines:
        name = f"{line.account.name}{', closed' if line.account.is_archived else ''}"
        name += "" if currency else f", {line.account.currency}"
        days = {"to": asked.span.last.day(31).isoformat(), "account": str(line.account.pk)}
        within = {"from": asked.span.first.first.isoformat(), **days}
        cells = [
            _amount(line.start, line.account.currency),
            _amount(line.end, line.account.currency, links.transactions_url(None, **days)),
            _change(line.start, line.end, line.account.currency, links.transactions_url(None, **within), line.rows),
        ]
        rows.append(Line(Text(name, reverse("ledger:account-detail", args=[line.account.pk])), cells))
    heads = ["Account", f"Before {asked.span.first.title}", f"End of {asked.span.last.title}", "Change"]
    total = None
    if found is not None:
        cells = [
            _amount(found.start, currency),
            _amount(found.end, currency),
            _change(found.start, found.end, currency),
        ]
        total = Line(Text("All"), cells)
    return table_html(heads, rows, total)


def _amount(amount: Decimal | None, currency: str, href: str = "") -> Text:
    if amount is None:
        return HELD
    return Text(amount_writer(currency)(amount), href, "neg" if amount < 0 else "")


def _change(start: Decimal | None, end: Decimal | None, currency: str, href: str = "", rows: int = 0) -> Text:
    if start is None or end is None:
        return HELD
    gap = end - start
    return Text(plus(gap, currency), href if rows else "", "pos" if gap > 0 else "neg" if gap < 0 else "")
