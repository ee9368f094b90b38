"""Bars: two for each month from a common zero, and ranked ones beside their names."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from budget.reports.charts.scales import ZERO, Scale, scale_of
from budget.reports.charts.shares import Part
from budget.reports.charts.stops import Stop


class Bar(NamedTuple):
    """Where a bar begins (from the left, or from the top) and how long it is."""

    start: int
    length: int


class Pair(NamedTuple):
    """A month's two bars, None where it has no amount; above the zero line, or below it for less than nothing."""

    stop: Stop
    income: Decimal | None
    spending: Decimal | None
    income_bar: Bar | None
    spending_bar: Bar | None

    @property
    def kept(self) -> Decimal | None:
        """Income less spending."""
        return None if self.income is None or self.spending is None else self.income - self.spending


class PairChart(NamedTuple):
    """Months with two bars each."""

    pairs: tuple[Pair, ...]
    scale: Scale

    @property
    def is_empty(self) -> bool:
        """Whether no month has anything."""
        return not any(pair.income or pair.spending for pair in self.pairs)


def pair_chart(
    stops: Sequence[Stop], incomes: Sequence[Decimal | None], spendings: Sequence[Decimal | None]
) -> PairChart:
    """What came in beside what went out, on one scale with zero."""
    scale = scale_of(amount for amount in (*incomes, *spendings) if amount is not None)
    pairs = [
        Pair(stop, income, spending, _upright(income, scale), _upright(spending, scale))
        for stop, income, spending in zip(stops, incomes, spendings, strict=True)
    ]
    return PairChart(tuple(pairs), scale)


def _upright(amount: Decimal | None, scale: Scale) -> Bar | None:
    if amount is None:
        return None
    at = scale.down(amount)
    return Bar(min(at, scale.zero), abs(at - scale.zero))


class Rank(NamedTuple):
    """One bar of a ranking."""

    part: Part
    bar: Bar


class RankChart(NamedTuple):
    """Bars below one another, from one zero line; the widest amount reaches the edge."""

    ranks: tuple[Rank, ...]
    zero: int


def rank_chart(parts: Sequence[Part]) -> RankChart:
    """The parts in their order; amounts below zero go to the left of the zero line."""
    low = min((part.amount for part in parts), default=ZERO)
    high = max((part.amount for part in parts), default=ZERO)
    low, high = min(low, ZERO), max(high, ZERO)
    if low == high:
        return RankChart(tuple(Rank(part, Bar(0, 0)) for part in parts), 0)
    scale = Scale(low, high, ())
    zero = scale.place(ZERO)
    ranks = []
    for part in parts:
        at = scale.place(part.amount)
        ranks.append(Rank(part, Bar(min(zero, at), abs(at - zero))))
    return RankChart(tuple(ranks), zero)
