"""What is taken away as CSV or XLSX: the rows of the list with the same filter, streamed; a month's summary."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from budget.http import HtmxRequest
from budget.ledger import search
from budget.ledger.directory import Directory, directory
from budget.ledger.exporting import HEADER, Exported, csv_pieces
from budget.ledger.exportrows import exported_pages
from budget.ledger.filters import Search
from budget.ledger.workbook import TYPE, xlsx_pieces
from budget.months import Month, NotAMonth
from budget.recount.clearing import Clearance
from budget.recount.exporting import refusal
from budget.reports.queries import CategoryTotal, month_summary
from budget.reports.wording import summary_csv, summary_xlsx

ONE_DAY = timedelta(days=1)
CURRENCY = Exported._fields.index("currency")
Pages = Iterator[list[Exported]]
NO_NAME = re.compile(r"[^\w .,()+-]+")
"""What a file's name had better not have on every system."""


@require_safe
def transactions_csv(request: HtmxRequest) -> HttpResponseBase:
    """Every row that the list's filter finds, oldest first; months that are held back do not go out."""
    return _sent(request, "csv", "text/csv; charset=utf-8", lambda pages: csv_pieces(HEADER, pages))


@require_safe
def transactions_xlsx(request: HtmxRequest) -> HttpResponseBase:
    """The same rows as a workbook: amounts are numbers, dates are dates, texts are never formulas."""
    return _sent(request, "xlsx", TYPE, lambda pages: xlsx_pieces("Transactions", HEADER, pages, CURRENCY))


def _sent(
    request: HtmxRequest, ending: str, content_type: str, written: Callable[[Pages], Iterator[str] | Iterator[bytes]]
) -> HttpResponseBase:
    book = request.book
    names = directory(book)
    here = reverse(f"reports:transactions-{ending}")
    found = search.read(request.GET.dict(), names, currency=book.currency, path=here)
    if found.errors:
        said = "\n".join(found.errors.values())
        return HttpResponse(f"{said}\n", content_type="text/plain; charset=utf-8", status=422)
    clearance = Clearance(book)
    if held_back := clearance.refusal(request, found.start, found.end):
        return held_back
    name = file_name(str(book), names, found, ending)
    return StreamingHttpResponse(
        written(_cleared(exported_pages(book, names, found), clearance)),
        content_type=content_type,
        headers={
            "Content-Disposition": content_disposition_header(True, name),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


@require_safe
def month_csv(request: HtmxRequest, month: str) -> HttpResponse:
    """The month's spending per category for machines: amounts with the currency's decimals, a point before them."""
    return _summary(request, month, "csv", "text/csv; charset=utf-8", summary_csv)


@require_safe
def month_xlsx(request: HtmxRequest, month: str) -> HttpResponse:
    """The same as a workbook."""
    return _summary(request, month, "xlsx", TYPE, summary_xlsx)


def _summary(
    request: HtmxRequest,
    month: str,
    ending: str,
    content_type: str,
    written: Callable[[Sequence[CategoryTotal]], str | bytes],
) -> HttpResponse:
    try:
        asked = Month.parse(month)
    except NotAMonth as error:
        return render(request, "reports/no_month.html", {"message": str(error)}, status=404)
    if held_back := refusal(request, asked):
        return held_back
    return HttpResponse(
        written(month_summary(request.book, asked)),
        content_type=content_type,
        headers={"Content-Disposition": f'attachment; filename="summary-{asked}.{ending}"'},
    )


def _cleared(pages: Iterator[list[Exported]], clearance: Clearance) -> Iterator[list[Exported]]:
    for page in pages:
        clearance.require({row.date for row in page})
        yield page


def file_name(book: str, names: Directory, found: Search, ending: str) -> str:
    """``Household 2026-01-01 to 2026-10-31.csv``: the book and the days that rows were asked for."""
    first = found.start or (names.first.first if names.first else None)
    end = found.end or (names.last.end if names.last else None)
    days = f" {first} to {end - ONE_DAY}" if first and end and first < end else ""
    return f"{NO_NAME.sub(' ', book).strip()[:60] or 'Transactions'}{days}.{ending}"
