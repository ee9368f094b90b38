"""The ledger as CSV, to take away: the rows of the list with the same filter, streamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from budget.http import HtmxRequest
from budget.ledger import search
from budget.ledger.directory import Directory, directory
from budget.ledger.exporting import HEADER, Exported, csv_pieces
from budget.ledger.exportrows import exported_pages
from budget.ledger.filters import Search
from budget.recount.clearing import Clearance

ONE_DAY = timedelta(days=1)
NO_NAME = re.compile(r"[^\w .,()+-]+")
"""What a file's name had better not have on every system."""


@require_safe
def transactions_csv(request: HtmxRequest) -> HttpResponseBase:
    """Every row that the list's filter finds, oldest first; months that are held back do not go out."""
    book = request.book
    names = directory(book)
    here = reverse("reports:transactions-csv")
    found = search.read(request.GET.dict(), names, currency=book.currency, path=here)
    if found.errors:
        said = "\n".join(found.errors.values())
        return HttpResponse(f"{said}\n", content_type="text/plain; charset=utf-8", status=422)
    clearance = Clearance(book)
    if held_back := clearance.refusal(request, found.start, found.end):
        return held_back
    pages = exported_pages(book, names, found)
    return StreamingHttpResponse(
        csv_pieces(HEADER, _cleared(pages, clearance)),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": content_disposition_header(True, file_name(str(book), names, found)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _cleared(pages: Iterator[list[Exported]], clearance: Clearance) -> Iterator[list[Exported]]:
    for page in pages:
        clearance.require({row.date for row in page})
        yield page


def file_name(book: str, names: Directory, found: Search) -> str:
    """``Household 2026-01-01 to 2026-10-31.csv``: the book and the days that rows were asked for."""
    first = found.start or (names.first.first if names.first else None)
    end = found.end or (names.last.end if names.last else None)
    days = f" {first} to {end - ONE_DAY}" if first and end and first < end else ""
    return f"{NO_NAME.sub(' ', book).strip()[:60] or 'Transactions'}{days}.csv"
