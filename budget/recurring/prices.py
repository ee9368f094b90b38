"""What a series costs: one price with its rises, or an amount that varies. Amounts in thousandths; no database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from statistics import median_low
from typing import NamedTuple

NEAR = 15
"""In percent: a new amount at most this far from the old one may be a new price though it was met only once."""


class Price(NamedTuple):
    """From which day on it costs how much (thousandths, out positive)."""

    since: date
    units: int


def is_fixed(amounts: Sequence[int]) -> bool:
    """Whether it has a price, which may rise, rather than an amount that is another each time."""
    pairs = list(pairwise(amounts))
    if 2 * sum(old == new for old, new in pairs) >= len(pairs):
        return True
    return len(amounts) <= 4 and all(is_near(old, new) for old, new in pairs)


def is_near(old: int, new: int, percent: int = NEAR) -> bool:
    """Whether two amounts of one sign differ by at most so many percent of the old one."""
    return abs(new - old) * 100 <= abs(old) * percent


def prices(rows: Sequence[tuple[date, int]]) -> list[Price]:
    """The prices there were, oldest first, from a series' rows in the order of their days.

    One amount that differs and does not last is no price: a month with a discount, a bill paid twice at once.
    """
    found: list[Price] = []
    for place, (day, units) in enumerate(rows):
        if not found:
            found.append(Price(day, units))
            continue
        if units == found[-1].units:
            continue
        following = rows[place + 1][1] if place + 1 < len(rows) else None
        lasts = following == units or (following != found[-1].units and is_near(found[-1].units, units, 2 * NEAR))
        if lasts or (following is None and is_near(found[-1].units, units, 3 * NEAR)):
            found.append(Price(day, units))
    return found


def usual(amounts: Sequence[int], *, fixed: bool) -> int:
    """What it will cost next: the last price, or the middle of the last six amounts. At least one is given."""
    return amounts[-1] if fixed else median_low(sorted(amounts[-6:]))
