"""Bars as SVG: pairs of a month, and a ranking."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.utils.safestring import SafeString

from budget.markup import format_html, format_html_join
from budget.reports.charts import Pair, PairChart, Rank, RankChart, column
from budget.reports.pictures.frames import (
    HELD,
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

MOST_LABELS = 12
MONTH = (
    '<svg x="{}" width="{}" height="100%"><a class="stop" href="{}" aria-label="{}">'
    '<rect class="hit" width="100%" height="100%"/>{}</a></svg>'
)
BAR = '<rect class="{}" x="{}" width="22%" y="{}" height="{}" rx="2"/>'
UNKNOWN = '<text class="ax" x="50%" y="50%" dy="4" text-anchor="middle" aria-hidden="true">?</text>'
LONGEST_NAME = 32
MOST_RANKS = 20
"""How many the stylesheet has heights for."""
RANK = (
    '<svg y="{}" height="{}" width="100%"><a class="stop" href="{}" aria-label="{}">'
    '<rect class="hit" width="100%" height="100%"/><text class="nm" x="0" y="12">{}</text>'
    '<text class="am" x="100%" y="12" text-anchor="end">{}</text>'
    '<rect class="f{}" x="{}" width="{}" y="20" height="10" rx="2.5"/>{}</a></svg>'
)
ZERO_LINE = '<line class="base" x1="{}" x2="{}" y1="16" y2="34"/>'
LEGEND = (("inx", "Income"), ("out", "Spending"))
HEADS = ("Income", "Spending", "Kept")


def pair_picture(chart: PairChart, frame: Frame, *, now: int | None = None) -> SafeString:
    """Months with a hollow bar for what came in and a solid one for what went out; each month is a link."""
    write = writer(frame)
    count = len(chart.pairs)
    drawing = format_html(
        "{}{}{}",
        ticks_html(chart.scale, is_empty=chart.is_empty),
        format_html_join("", "{}", ((_month(pair, number, count, write),) for number, pair in enumerate(chart.pairs))),
        stops_html([pair.stop for pair in chart.pairs], most=MOST_LABELS, now=now),
    )
    rows = [Row(pair.stop.name, pair.stop.href, _cells(pair, write)) for pair in chart.pairs]
    return figure_html("pairs", frame, drawing, table_html(frame, HEADS, rows), legend_html(LEGEND))


def _month(pair: Pair, number: int, count: int, write: Callable[[Decimal], str]) -> SafeString:
    strip = column(number, count)
    if pair.stop.is_held:
        bars, told = format_html(UNKNOWN), f"{pair.stop.name}: {HELD}"
    else:
        bars = format_html_join(
            "",
            BAR,
            (
                (name, place, percent(bar.start), percent(bar.length))
                for name, place, bar in (("in", "25%", pair.income_bar), ("f", "53%", pair.spending_bar))
                if bar and bar.length
            ),
        )
        income, spending, kept = _cells(pair, write)
        told = f"{pair.stop.name}: income {income}, spending {spending}, kept {kept}"
    return format_html(MONTH, percent(strip.x), percent(strip.width), pair.stop.href, told, bars)


def _cells(pair: Pair, write: Callable[[Decimal], str]) -> list[str]:
    if pair.stop.is_held:
        return [HELD] * 3
    income, spending, kept = (amount or Decimal(0) for amount in (pair.income, pair.spending, pair.kept))
    return [write(income), write(spending), f"+{write(kept)}" if kept > 0 else write(kept)]


def rank_picture(chart: RankChart, frame: Frame) -> SafeString:
    """Bars below one another, each with its name and amount above it."""
    write = writer(frame)
    count = len(chart.ranks)
    zero = format_html(ZERO_LINE, percent(chart.zero), percent(chart.zero)) if chart.zero else ""
    drawing = format_html_join(
        "", "{}", ((_rank(rank, number, count, zero, write),) for number, rank in enumerate(chart.ranks))
    )
    rows = [Row(rank.part.name, rank.part.href, [write(rank.part.amount)]) for rank in chart.ranks]
    return figure_html(f"ranks r{min(count, MOST_RANKS)}", frame, drawing, table_html(frame, ["Amount"], rows))


def _rank(rank: Rank, number: int, count: int, zero: str, write: Callable[[Decimal], str]) -> SafeString:
    part, bar = rank.part, rank.bar
    strip = column(number, count)
    name = part.name if len(part.name) <= LONGEST_NAME else f"{part.name[: LONGEST_NAME - 1].rstrip()}…"
    amount = write(part.amount)
    return format_html(
        RANK,
        percent(strip.x),
        percent(strip.width),
        part.href,
        f"{part.name}: {amount}",
        name,
        amount,
        " rest" if part.kind == "other" else "",
        percent(bar.start),
        percent(bar.length),
        zero,
    )
