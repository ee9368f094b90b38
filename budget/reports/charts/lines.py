"""Lines over stops: cumulative, compared, stepped, several at once; and a line without axes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from budget.reports.charts.scales import FULL, ZERO, Scale, scale_of
from budget.reports.charts.stops import Stop, column

MOST_LINES = 6
LABEL_GAP = 800
"""How far the labels at the ends of lines are kept apart, of the height."""

Amounts = tuple[Decimal | None, ...]
Points = tuple[tuple[int, int], ...]


class Series(NamedTuple):
    """One line: an amount for each stop, None where there is none (a day to come, a month held back).

    `kind` is how it is drawn: own, before (the period it is compared with), pace (the plan), s1 to s6, or other.
    """

    name: str
    values: Amounts
    kind: str = "own"


class Line(NamedTuple):
    """A series on the plot: `runs` of points without a gap, and a point for each stop (None where it has none).

    `end` is the last point, `label` how far down its label stands so that no two meet.
    """

    series: Series
    runs: tuple[Points, ...]
    dots: tuple[tuple[int, int] | None, ...]
    end: tuple[int, int] | None
    label: int


class LineChart(NamedTuple):
    """Lines over stops; the first one is what the picture is about."""

    stops: tuple[Stop, ...]
    lines: tuple[Line, ...]
    scale: Scale
    is_stepped: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return all(line.end is None for line in self.lines)


def line_chart(
    stops: Sequence[Stop], series: Sequence[Series], *, is_stepped: bool = False, with_zero: bool = True
) -> LineChart:
    """The series on one scale, which has zero in it unless that is left out. Each has a value or None for each stop."""
    scale = scale_of((v for each in series for v in each.values if v is not None), with_zero=with_zero)
    drawn = [_dots(each.values, scale) for each in series]
    labels = _apart([dots[-1][1] for _, dots in map(_known, drawn) if dots])
    lines = []
    for each, dots in zip(series, drawn, strict=True):
        runs, known = _known(dots)
        end = known[-1] if known else None
        steps = tuple(_steps(run, len(stops)) for run in runs) if is_stepped else tuple(runs)
        lines.append(Line(each, steps, tuple(dots), end, labels.pop(0) if end else 0))
    return LineChart(tuple(stops), tuple(lines), scale, is_stepped)


def few(series: Iterable[Series], *, most: int = MOST_LINES, other: str = "Other") -> list[Series]:
    """The `most` largest by what they add up to, whatever the sign, largest first; the rest as one of the kind other.

    They get the kinds s1, s2 and so on. A stop of the rest has an amount where any of them has.
    """
    ranked = sorted(series, key=lambda each: (-abs(sum((v for v in each.values if v is not None), ZERO)), each.name))
    kept = [each._replace(kind=f"s{place}") for place, each in enumerate(ranked[:most], 1)]
    rest = [each.values for each in ranked[most:]]
    if not rest:
        return kept
    return [*kept, Series(f"{other}, {len(rest)}", tuple(map(_added, zip(*rest, strict=True))), "other")]


def _added(amounts: Amounts) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, ZERO) if known else None


def _dots(values: Amounts, scale: Scale) -> list[tuple[int, int] | None]:
    count = len(values)
    return [
        None if value is None else (column(number, count).middle, scale.down(value))
        for number, value in enumerate(values)
    ]


def _known(dots: Sequence[tuple[int, int] | None]) -> tuple[list[Points], list[tuple[int, int]]]:
    """The dots in runs without a gap, and all of them."""
    runs: list[list[tuple[int, int]]] = [[]]
    for dot in dots:
        if dot is not None:
            runs[-1].append(dot)
        elif runs[-1]:
            runs.append([])
    return [tuple(run) for run in runs if run], [dot for run in runs for dot in run]


def _steps(run: Points, count: int) -> Points:
    """The run as steps: each dot as wide as its stop's strip."""
    points: list[tuple[int, int]] = []
    for x, y in run:
        strip = column(min(count - 1, x * count // FULL), count)
        points += [(strip.x, y), (strip.x + strip.width, y)]
    return tuple(points)


def _apart(places: Sequence[int]) -> list[int]:
    """Where labels stand that belong at these places: in their order, `LABEL_GAP` apart as far as there is room."""
    if not places:
        return []
    gap = min(LABEL_GAP, FULL // len(places))
    order = sorted(range(len(places)), key=lambda number: (places[number], number))
    found = [0] * len(places)
    least = 0
    for number in order:
        found[number] = least = max(places[number], least)
        least += gap
    most = FULL
    for number in reversed(order):
        found[number] = most = min(found[number], most)
        most -= gap
    return found


def spark(values: Sequence[Decimal]) -> Points:
    """A line from the lowest amount at the bottom to the highest at the top; in the middle where all are equal."""
    if not values:
        return ()
    low, high, last = min(values), max(values), max(len(values) - 1, 1)
    height = Scale(low, high, ())
    return tuple(
        (number * FULL // last, FULL // 2 if low == high else height.down(value)) for number, value in enumerate(values)
    )
