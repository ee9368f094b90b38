"""Parts of a whole: one bar, divided."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

from budget.reports.charts.scales import FULL, ZERO

MOST_PARTS = 6


class Part(NamedTuple):
    """Something with an amount and the rows behind it; `kind` is how it is drawn: s1 to s6, or other."""

    name: str
    amount: Decimal
    href: str = ""
    kind: str = "own"


class Share(NamedTuple):
    """A part of the bar."""

    part: Part
    start: int
    width: int


class ShareChart(NamedTuple):
    """What the parts above zero have of their sum; `left_out` are those that have no share, being zero or below."""

    shares: tuple[Share, ...]
    left_out: tuple[Part, ...]
    total: Decimal


def share_chart(parts: Sequence[Part], *, most: int = MOST_PARTS, other: str = "Other") -> ShareChart:
    """One bar, largest part first, of which the last is the sum of all beyond the `most` largest.

    Edges are rounded rather than widths, so the widths fill the bar exactly.
    """
    ranked = sorted((part for part in parts if part.amount > 0), key=lambda part: (-part.amount, part.name))
    shown = [part._replace(kind=f"s{place}") for place, part in enumerate(ranked[:most], 1)]
    if rest := ranked[most:]:
        shown.append(Part(f"{other}, {len(rest)}", sum((part.amount for part in rest), ZERO), "", "other"))
    total = sum((part.amount for part in shown), ZERO)
    shares, before = [], ZERO
    for part in shown:
        start, end = _edge(before, total), _edge(before + part.amount, total)
        shares.append(Share(part, start, end - start))
        before += part.amount
    return ShareChart(tuple(shares), tuple(part for part in parts if part.amount <= 0), total)


def _edge(amount: Decimal, total: Decimal) -> int:
    return int((amount * FULL / total).quantize(Decimal(1), ROUND_HALF_EVEN))
