"""A divided bar, a calendar, and a small line, as SVG."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from django.utils.safestring import SafeString

from budget.dates import spell_date
from budget.markup import format_html, format_html_join
from budget.reports.charts import Cell, HeatChart, ShareChart, column, spark
from budget.reports.pictures.frames import (
    Frame,
    Row,
    figure_html,
    percent,
    short_texts,
    table_html,
    writer,
)

PIECE = '<rect class="part {}" x="{}" width="{}" height="100%"/>'
OPEN = '<a class="stop" href="{}" aria-label="{}">{}</a>'
KEY = '<li><i class="{}"></i><span class="g">{}</span><span class="n muted">{}</span><span class="n">{}</span></li>'
CELL = (
    '<svg x="{}" y="{}" width="{}" height="{}"><a class="stop" href="{}" aria-label="{}">'
    '<rect class="day h{}{}" x="1" y="1" width="96%" height="92%" rx="3"/>{}</a></svg>'
)
IN_CELL = '<text class="ax" x="8%" y="14">{}</text><text class="lb" x="50%" y="68%" text-anchor="middle">{}</text>'
SPARK = (
    '<svg class="spark" role="img" aria-label="{}" viewBox="0 0 10000 10000" preserveAspectRatio="none">'
    '<polyline class="ln own" points="{}"/></svg>'
)


def share_picture(chart: ShareChart, frame: Frame) -> SafeString:
    """One bar, divided, with a list below that names each part, its share and its amount."""
    write = writer(frame)
    shares = [f"{share.width / 100:.1f}%" for share in chart.shares]
    pieces = []
    for share, told in zip(chart.shares, shares, strict=True):
        piece = format_html(PIECE, share.part.kind, percent(share.start), percent(share.width))
        name = f"{share.part.name}: {write(share.part.amount)}, {told}"
        pieces.append((format_html(OPEN, share.part.href, name, piece) if share.part.href else piece,))
    drawing = format_html_join("", "{}", pieces)
    entries = (
        (share.part.kind, share.part.name, told, write(share.part.amount))
        for share, told in zip(chart.shares, shares, strict=True)
    )
    legend = format_html('<ul class="keys">{}</ul>', format_html_join("", KEY, entries))
    rows = [
        Row(share.part.name, share.part.href, [told, write(share.part.amount)])
        for share, told in zip(chart.shares, shares, strict=True)
    ]
    rows += [Row(part.name, part.href, ["", write(part.amount)]) for part in chart.left_out]
    return figure_html("share", frame, drawing, table_html(frame, ["Share", "Amount"], rows), legend)


def heat_picture(chart: HeatChart, frame: Frame) -> SafeString:
    """The calendar: a darker and higher-numbered day has more; a month's days also say date and amount."""
    write = writer(frame)
    drawing = format_html_join("", "{}", ((_cell(cell, chart, write),) for cell in chart.cells))
    rows = [
        Row(spell_date(cell.day.date, cell.day.date), cell.day.href, [write(cell.day.amount)])
        for cell in chart.cells
        if cell.day.amount
    ]
    kind = "heat weeks" if chart.is_down else "heat year"
    return figure_html(kind, frame, drawing, table_html(frame, ["Amount"], rows))


def _cell(cell: Cell, chart: HeatChart, write: Callable[[Decimal], str]) -> SafeString:
    day = cell.day
    across, down = column(cell.column, chart.columns), column(cell.row, chart.rows)
    (told,) = short_texts([day.amount])
    inside = format_html(IN_CELL, day.date.day, told if day.amount else "") if chart.is_down else ""
    return format_html(
        CELL,
        percent(across.x),
        percent(down.x),
        percent(across.width),
        percent(down.width),
        day.href,
        f"{spell_date(day.date, day.date)}: {write(day.amount)}",
        cell.level,
        " in" if cell.is_in else "",
        inside,
    )


def spark_picture(values: Sequence[Decimal], name: str) -> SafeString:
    """A line of amounts without axes; `name` says in words what it shows."""
    return format_html(SPARK, name, " ".join(f"{x},{y}" for x, y in spark(values)))
