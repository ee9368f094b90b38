"""What every picture has: the figure around it, its sentence, its table, its axis."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from budget.markup import format_html, format_html_join
from budget.money import amount_writer
from budget.money.display import MINUS, separators
from budget.reports.charts import Scale, Stop, column, short
from budget.reports.charts.stops import spaced

HELD = "held back"
NOTHING = format_html("")
FIGURE = (
    '<figure class="chart {kind}" id="{key}" data-chart="{script}" aria-labelledby="{key}-says">{legend}'
    '<div class="plot"><svg role="group" aria-labelledby="{key}-says">{drawing}</svg></div>'
    '<figcaption id="{key}-says" class="s muted">{sentence}</figcaption>{table}</figure>'
)
TABLE = (
    '<details class="data"><summary class="t s">Show as a table</summary><div class="scroll"><table class="tbl">'
    '<thead><tr><th scope="col">{head}</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div></details>'
)
LEVEL = '<line class="{}" x2="100%" y1="{}" y2="{}"/><text class="ax" x="-9" y="{}" dy="4" text-anchor="end">{}</text>'
MARKED = '<text class="ax{}" x="{}" y="100%" dy="20" text-anchor="middle">{}</text>'


class Frame(NamedTuple):
    """What stands around a drawing: an id that the page has once, the sentence, the currency, the first head."""

    key: str
    sentence: str
    currency: str
    head: str = "Month"


class Row(NamedTuple):
    """A line of a picture's table: the same link as its mark."""

    name: str
    href: str
    cells: Sequence[str]


def percent(place: int) -> str:
    """A place of a plot as SVG has it: ``83.33%``."""
    return f"{place / 100:g}%"


@cache
def _script() -> str:
    return static("js/charts.js")


def figure_html(
    kind: str, frame: Frame, drawing: SafeString, table: SafeString, legend: SafeString = NOTHING
) -> SafeString:
    """The whole picture."""
    return format_html(
        FIGURE,
        kind=kind,
        key=frame.key,
        script=_script(),
        legend=legend,
        drawing=drawing,
        sentence=frame.sentence,
        table=table,
    )


def table_html(frame: Frame, heads: Iterable[str], rows: Iterable[Row]) -> SafeString:
    """The amounts of a picture, exact, in the order of its marks."""
    lines = []
    for row in rows:
        name = format_html('<a class="t" href="{}">{}</a>' if row.href else "{1}", row.href, row.name)
        cells = format_html_join("", '<td class="r n">{}</td>', ((cell,) for cell in row.cells))
        lines.append((name, cells))
    return format_html(
        TABLE,
        head=frame.head,
        heads=format_html_join("", '<th scope="col" class="r">{}</th>', ((head,) for head in heads)),
        rows=format_html_join("", '<tr><th scope="row">{}</th>{}</tr>', lines),
    )


def writer(frame: Frame) -> Callable[[Decimal], str]:
    """Writes exact amounts in the frame's currency, with a minus below zero."""
    return amount_writer(frame.currency)


def ticks_html(scale: Scale, *, is_empty: bool = False) -> SafeString:
    """The scale at the left, and a line across the plot for each of its amounts; of nothing, zero alone."""
    ticks = scale.ticks[:1] if is_empty else scale.ticks
    texts = short_texts(ticks)
    places = [percent(scale.down(tick)) for tick in ticks]
    rows = (
        ("base" if not tick else "gl", place, place, place, text)
        for tick, place, text in zip(ticks, places, texts, strict=True)
    )
    return format_html('<g aria-hidden="true">{}</g>', format_html_join("", LEVEL, rows))


def short_texts(amounts: Sequence[Decimal]) -> list[str]:
    """The amounts in short, as this language writes decimals; in full where two would read the same."""
    _, point, _ = separators(get_language() or settings.LANGUAGE_CODE)
    texts = []
    for amount in amounts:
        told = short(amount)
        texts.append(f"{MINUS if told.is_below else ''}{told.digits.replace('.', point)}{told.unit}")
    if len(set(texts)) == len(set(amounts)):
        return texts
    return [f"{MINUS if amount < 0 else ''}{abs(amount).normalize():,f}" for amount in amounts]


def stops_html(stops: Sequence[Stop], *, most: int, now: int | None = None) -> SafeString:
    """What stands below the plot; `now` is the stop that is set in bold and always said, with room around it.

    Where all are said, every other one is left out on a phone.
    """
    labels = spaced([stop.label for stop in stops], most)
    room = -(-len(stops) // most) if most else 1
    rows = []
    for number, label in enumerate(labels):
        place = percent(column(number, len(stops)).middle)
        if number == now:
            rows.append((" now", place, stops[number].label))
        elif label and (now is None or abs(number - now) >= room):
            rows.append((" alt" if len(stops) <= most and (len(stops) - number) % 2 == 0 else "", place, label))
    return format_html('<g aria-hidden="true">{}</g>', format_html_join("", MARKED, rows))


def legend_html(entries: Iterable[tuple[str, str]]) -> SafeString:
    """What the marks mean, by their kind and name: a sample of each, drawn like them."""
    sample = '<span><i class="{}"></i>{}</span>'
    return format_html('<p class="legend">{}</p>', format_html_join("", sample, entries))
