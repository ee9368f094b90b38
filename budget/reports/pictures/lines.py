"""Lines as SVG: shapes in an inner drawing that is stretched, texts and dots beside it that are not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.utils.safestring import SafeString

from budget.markup import format_html, format_html_join
from budget.reports.charts import FULL, Line, LineChart, column
from budget.reports.pictures.frames import (
    HELD,
    NOTHING,
    Frame,
    Row,
    figure_html,
    legend_html,
    percent,
    stops_html,
    table_html,
    ticks_html,
    writer,
)

MOST_LABELS = 7
LONGEST_LABEL = 20
SHAPES = (
    '<svg viewBox="0 0 10000 10000" preserveAspectRatio="none" width="100%" height="100%" aria-hidden="true">{}</svg>'
)
STRIP = (
    '<a class="stop" href="{}" aria-label="{}"><rect class="hit" x="{}" width="{}" height="100%"/>'
    '<line class="cross" x1="{}" x2="{}" y2="100%"/>{}</a>'
)
DOT = '<circle class="dot {}" cx="{}" cy="{}" r="4"/>'
END = '<text class="lb {}" x="100%" dx="10" y="{}" dy="4">{}</text>'
LAST = (
    '<circle class="dot last {0}" cx="{1}" cy="{2}" r="5"/>'
    '<text class="lb now" x="{1}" y="{2}" dx="{4}" dy="-10" text-anchor="{5}">{3}</text>'
)


def line_picture(chart: LineChart, frame: Frame, *, labels: bool = False, now: int | None = None) -> SafeString:
    """The lines, each stop a link.

    With `labels` each line has its name at its end, where the page is wide enough, and there is a legend otherwise.
    `now` is the stop that is today; the first line's amount there stands beside it.
    """
    write = writer(frame)
    drawing = format_html(
        "{}{}{}{}{}",
        ticks_html(chart.scale, is_empty=chart.is_empty),
        format_html(SHAPES, format_html_join("", "{}", ((_shape(line),) for line in chart.lines))),
        format_html_join("", "{}", ((_strip(chart, number, write),) for number in range(len(chart.stops)))),
        _ends(chart, write, labels=labels, now=now),
        stops_html(chart.stops, most=MOST_LABELS, now=now),
    )
    keys = legend_html([(f"l {line.series.kind}", line.series.name) for line in chart.lines])
    legend = keys if len(chart.lines) > 1 else NOTHING
    kind = "lines named" if labels else "lines"
    return figure_html(kind, frame, drawing, _table(chart, frame, write), legend)


def _shape(line: Line) -> SafeString:
    rows = ((line.series.kind, " ".join(f"{x},{y}" for x, y in run)) for run in line.runs)
    return format_html_join("", '<polyline class="ln {}" points="{}"/>', rows)


def _strip(chart: LineChart, number: int, write: Callable[[Decimal], str]) -> SafeString:
    stop, strip = chart.stops[number], column(number, len(chart.stops))
    dots = ((line.series.kind, percent(dot[0]), percent(dot[1])) for line in chart.lines if (dot := line.dots[number]))
    middle = percent(strip.middle)
    told = format_html_join("", DOT, dots)
    if not stop.href:
        return format_html('<g class="stop">{}</g>', told)
    name = _name(chart, number, write)
    return format_html(STRIP, stop.href, name, percent(strip.x), percent(strip.width), middle, middle, told)


def _name(chart: LineChart, number: int, write: Callable[[Decimal], str]) -> str:
    stop = chart.stops[number]
    if stop.is_held:
        return f"{stop.name}: {HELD}"
    amounts = ((line.series.name, line.series.values[number]) for line in chart.lines)
    return f"{stop.name}: " + ", ".join(f"{name} {write(amount)}" for name, amount in amounts if amount is not None)


def _ends(chart: LineChart, write: Callable[[Decimal], str], *, labels: bool, now: int | None) -> SafeString:
    told = format_html("")
    if labels:
        rows = ((line.series.kind, percent(line.label), _cut(line.series.name)) for line in chart.lines if line.end)
        told = format_html('<g aria-hidden="true">{}</g>', format_html_join("", END, rows))
    if now is None or chart.is_empty or (dot := chart.lines[0].dots[now]) is None:
        return told
    series = chart.lines[0].series
    amount = series.values[now] or Decimal(0)
    side = ("11", "start") if dot[0] < FULL // 2 else ("-11", "end")  # where the plot has room
    here = format_html(LAST, series.kind, percent(dot[0]), percent(dot[1]), write(amount), *side)
    return format_html('{}<g aria-hidden="true">{}</g>', told, here)


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_LABEL else f"{name[: LONGEST_LABEL - 1].rstrip()}…"


def _table(chart: LineChart, frame: Frame, write: Callable[[Decimal], str]) -> SafeString:
    rows = []
    for number, stop in enumerate(chart.stops):
        values = (line.series.values[number] for line in chart.lines)
        cells = [HELD if stop.is_held else "" if value is None else write(value) for value in values]
        rows.append(Row(stop.name, stop.href, cells))
    return table_html(frame, [line.series.name for line in chart.lines], rows)
