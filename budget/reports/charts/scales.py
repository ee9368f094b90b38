"""An axis of amounts: round ticks that cover the data, and where an amount is between them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NamedTuple

FULL = 10_000
"""The whole width or height of a plot, in hundredths of a percent."""

MOST_STEPS = 4
"""How many parts the ticks divide the data into, at most; one more where it lies across zero."""

ROUND = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
"""What a step may begin with."""

UNITS = ((Decimal(10) ** 12, "T"), (Decimal(10) ** 9, "B"), (Decimal(10) ** 6, "M"), (Decimal(1000), "k"))
ZERO = Decimal(0)
LEAST_STEP = Decimal("0.001")
"""The smallest amount that any currency has."""


class Scale(NamedTuple):
    """From `low` at one edge to `high` at the other; `ticks` begin with the one and end with the other."""

    low: Decimal
    high: Decimal
    ticks: tuple[Decimal, ...]

    def place(self, amount: Decimal) -> int:
        """How far an amount is from the low edge, of `FULL`; what lies outside is put on the edge."""
        part = (amount - self.low) * FULL / (self.high - self.low)
        return min(FULL, max(0, int(part.quantize(Decimal(1), ROUND_HALF_EVEN))))

    def down(self, amount: Decimal) -> int:
        """The same from the top of a plot, where the high edge is."""
        return FULL - self.place(amount)

    @property
    def zero(self) -> int:
        """Where nothing is, from the top."""
        return self.down(ZERO)


def scale_of(amounts: Iterable[Decimal], *, with_zero: bool = True, most_steps: int = MOST_STEPS) -> Scale:
    """A scale that covers the amounts, and zero unless that is left out. Of nothing, or of zeros, from 0 to 1."""
    known = list(amounts)
    low, high = min(known, default=ZERO), max(known, default=ZERO)
    if with_zero:
        low, high = min(low, ZERO), max(high, ZERO)
    if low == high:
        if not low:
            return Scale(ZERO, Decimal(1), (ZERO, Decimal(1)))
        low, high = min(low, ZERO), max(high, ZERO)
    step = _step(high - low, most_steps)
    first, last = _floor(low, step), -_floor(-high, step)
    ticks = tuple(first + step * number for number in range(int((last - first) / step) + 1))
    return Scale(first, last, ticks)


def _step(length: Decimal, most: int) -> Decimal:
    """The smallest round number of which at most `most` cover the length."""
    least = max(length / most, LEAST_STEP)
    whole = Decimal(1).scaleb(least.adjusted())
    return next(begin * whole for begin in ROUND if begin * whole >= least)


def _floor(amount: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of the step that is not above the amount."""
    whole = amount // step  # towards zero
    return step * (whole - 1 if whole * step > amount else whole)


class Short(NamedTuple):
    """An amount in short: its digits, and the letter after them; `is_below` zero or not."""

    is_below: bool
    digits: str
    unit: str


def short(amount: Decimal) -> Short:
    """``1.2k``, ``10T``: at most three digits, half to even, for labels beside an exact table; a point for decimals."""
    size = abs(amount)
    # Rounded first, so that 999,950 is 1M and not 1,000k.
    size = _three_digits(size)
    least, unit = next(((least, unit) for least, unit in UNITS if size >= least), (Decimal(1), ""))
    digits = f"{(size / least).normalize():f}"
    return Short(amount < 0 and digits != "0", digits, unit)


def _three_digits(size: Decimal) -> Decimal:
    if not size:
        return size
    return size.quantize(Decimal(1).scaleb(max(size.adjusted() - 2, -3)), ROUND_HALF_EVEN)
