"""The places along an axis: days or months, each with the rows behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from budget.reports.charts.scales import FULL


class Stop(NamedTuple):
    """One place on the axis. `label` stands below it (empty: nothing does), `name` says in full what it is.

    `href` leads to the rows behind it, empty where there are none. What is `is_held` back was counted and differs: it
    has no amounts, and pictures say so.
    """

    label: str
    name: str
    href: str = ""
    is_held: bool = False


class Column(NamedTuple):
    """The strip of the plot that belongs to a stop: where it begins, how wide it is, and its middle."""

    x: int
    width: int
    middle: int


def column(number: int, count: int) -> Column:
    """The strip of stop `number` (from 0) of `count`; together they fill the plot without gaps."""
    begin, end = number * FULL // count, (number + 1) * FULL // count
    return Column(begin, end - begin, (2 * number + 1) * FULL // (2 * count))


def spaced(labels: Sequence[str], most: int) -> list[str]:
    """The labels with so many of them left out, evenly from the last one back, that at most `most` are said."""
    every = -(-len(labels) // most) if labels else 1
    last = len(labels) - 1
    return [label if (last - number) % every == 0 else "" for number, label in enumerate(labels)]
