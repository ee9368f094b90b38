"""Tables of the reports: the same rows as HTML with links, and as CSV."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString

from budget.http import HtmxRequest
from budget.ledger.exporting import Cell, csv_pieces
from budget.markup import format_html, format_html_join
from budget.months import Month
from budget.recount.clearing import Clearance
from budget.recount.exporting import answer
from budget.reports.spans import Span

TABLE = (
    '<div class="scroll"><table class="tbl"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>{foot}</table></div>'
)
NOTHING = format_html("")


class Text(NamedTuple):
    """What stands in a cell; `href` leads to its rows, `tone` is a class of the stylesheet."""

    text: str
    href: str = ""
    tone: str = ""


class Line(NamedTuple):
    """A row: its name, and its cells."""

    name: Text
    cells: Sequence[Text]
    sign: SafeString = NOTHING
    level: int = 1


def table_html(heads: Sequence[str], lines: Iterable[Line], total: Line | None = None) -> SafeString:
    """A table whose first column names its rows; the other columns are figures."""
    first, *others = heads
    names = format_html('<th scope="col">{}</th>{}', first, _each('<th scope="col" class="r">{}</th>', others))
    foot = format_html("<tfoot>{}</tfoot>", _line(total)) if total else NOTHING
    return format_html(TABLE, heads=names, rows=_joined(map(_line, lines)), foot=foot)


def _line(line: Line) -> SafeString:
    name = (
        format_html('<a class="nm" href="{}">{}{}</a>', line.name.href, line.sign, line.name.text)
        if line.name.href
        else format_html('<span class="nm">{}{}</span>', line.sign, line.name.text)
    )
    row = '<tr class="sub"><th scope="row">{}</th>{}</tr>' if line.level == 2 else '<tr><th scope="row">{}</th>{}</tr>'
    return format_html(row, name, _joined(map(_cell, line.cells)))


def _cell(cell: Text) -> SafeString:
    if cell.href:
        return format_html('<td class="r"><a class="n t {}" href="{}">{}</a></td>', cell.tone, cell.href, cell.text)
    return format_html('<td class="r n {}">{}</td>', cell.tone or "muted", cell.text)


def _each(pattern: str, texts: Iterable[str]) -> SafeString:
    return format_html_join("", pattern, ((text,) for text in texts))


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))


def csv_answer(
    request: HtmxRequest,
    name: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    span: Span,
    held: Collection[Month],
) -> HttpResponseBase:
    """A report's table to take away; not before every month that it is made of was counted twice and agreed.

    Args:
        held: the months that pages leave out: a table without them would not say so.
    """
    for month in span.months:
        if month in held:
            sentence = f"The figures of {month.title} are held back. They go out again once both counts agree."
            return answer(request, month, 409, sentence)
    clearance = Clearance(request.book)
    if held_back := clearance.refusal(request, span.first.first, span.last.end):
        return held_back
    return StreamingHttpResponse(
        csv_pieces(header, _cleared(rows, clearance, span.months)),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": content_disposition_header(True, f"{name}.csv"),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _cleared(
    rows: Iterable[Sequence[Cell]], clearance: Clearance, months: Sequence[Month]
) -> Iterator[list[Sequence[Cell]]]:
    clearance.require(month.first for month in months)
    yield list(rows)


def refused(request: HtmxRequest, sentence: str) -> HttpResponse:
    """What stands in place of a table whose address means nothing."""
    return HttpResponse(f"{sentence}\n", content_type="text/plain; charset=utf-8", status=422)
