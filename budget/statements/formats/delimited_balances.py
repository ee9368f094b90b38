"""The balance column of a table: what was there before and after all rows, and where it does not follow from them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from budget.statements.formats.base import Balance

MOST_RUNS = 10_000
"""A table with more breaks than that is in no order that could be followed."""


@dataclass(slots=True)
class Run:
    """Rows below each other of which each balance follows from the one before it, in one direction.

    `top` and `bottom` are the first and the last row of it in the file: place, amount, balance. A side is `loose`
    where what stands beyond it cannot be held against it: the table's end, a row that cannot be read, one without a
    balance or in another currency.
    """

    top: tuple[str, Decimal, Decimal]
    bottom: tuple[str, Decimal, Decimal]
    is_upwards: bool | None = None
    is_top_loose: bool = False
    is_bottom_loose: bool = False

    def ends(self, *, is_upwards: bool) -> tuple[tuple[str, Decimal, Decimal], tuple[str, Decimal, Decimal]]:
        """Its oldest and its newest row."""
        upwards = is_upwards if self.is_upwards is None else self.is_upwards
        return (self.bottom, self.top) if upwards else (self.top, self.bottom)


class Balances:
    """The balance column of a table: before its first movement and after its last, whichever is printed on top.

    Of two rows below each other, balance and amount say which came first. Where no two rows agree, no balance is
    claimed.
    """

    def __init__(self) -> None:
        self._first: tuple[dt.date, Decimal, Decimal] | None = None
        self._last: tuple[dt.date, Decimal, Decimal] | None = None
        self._downwards = self._upwards = 0
        self._runs: list[Run] = []
        self._run: Run | None = None
        self._currency = ""
        self._is_loose = True
        self._is_lost = False

    def add(self, place: str, day: dt.date, currency: str, amount: Decimal, balance: Decimal) -> None:
        """Take one row: its amount with money out positive, and the balance after it."""
        follows = precedes = False
        if self._last is None:
            self._first = day, amount, balance
        else:
            _, before, above = self._last
            follows = balance == above - amount
            precedes = above == balance - before
            self._downwards += follows
            self._upwards += precedes
        self._last = day, amount, balance
        row = place, amount, balance
        run = self._run
        if run is not None and not self._is_loose and currency == self._currency:
            if follows and run.is_upwards is not True:
                run.is_upwards, run.bottom = False if not precedes else run.is_upwards, row
                return
            if precedes and run.is_upwards is not False:
                run.is_upwards, run.bottom = True, row
                return
        self._begin(row, is_loose=self._is_loose or currency != self._currency)
        self._currency = currency

    def gap(self) -> None:
        """A row whose balance is not known: what follows it cannot be held against what is above it."""
        self._is_loose = True

    def _begin(self, row: tuple[str, Decimal, Decimal], *, is_loose: bool) -> None:
        if self._run is not None:
            self._run.is_bottom_loose = is_loose
        self._is_loose = False
        self._run = Run(row, row, is_top_loose=is_loose)
        self._is_lost = self._is_lost or len(self._runs) >= MOST_RUNS
        if not self._is_lost:
            self._runs.append(self._run)

    def known(self) -> set[Decimal]:
        """What the account is said to have had at the two ends, as far as that is known."""
        return {balance.amount for balance in self.ends() if balance is not None}

    def astray(self) -> tuple[str, ...]:
        """A sentence about the oldest row whose balance does not follow from any other row's; none where all do.

        Rows of one day may stand in any order: what counts is that some row leaves the balance that this one needs.
        """
        if self._is_lost or len(self._runs) < 2 or not self._downwards + self._upwards:
            return ()
        upwards = self._is_upwards()
        left: Counter[Decimal] = Counter()
        ends = [run.ends(is_upwards=upwards) for run in self._runs]
        for oldest, newest in ends:
            left[newest[2]] += 1
            left[oldest[2] + oldest[1]] -= 1
        order = range(len(ends) - 1, -1, -1) if upwards else range(len(ends))
        for at in order:
            place, amount, balance = ends[at][0]
            beyond = at + 1 if upwards else at - 1
            is_loose = self._runs[at].is_bottom_loose if upwards else self._runs[at].is_top_loose
            if is_loose or not 0 <= beyond < len(ends) or left[balance + amount] >= 0:
                continue
            would = ends[beyond][1][2] - amount
            return (
                f"The balances do not follow at {place}: it says {balance}, and {would} would follow. "
                "A row may be missing or altered.",
            )
        return ()

    def _is_upwards(self) -> bool:
        """Whether the newest row is on top."""
        if self._upwards != self._downwards or self._first is None or self._last is None:
            return self._upwards > self._downwards
        return self._first[0] > self._last[0]

    def ends(self) -> tuple[Balance | None, Balance | None]:
        """The balance before all movements and the one after them."""
        if self._first is None or self._last is None:
            return None, None
        if self._downwards == self._upwards and self._first is not self._last and self._first[0] == self._last[0]:
            return None, None
        oldest, newest = (self._last, self._first) if self._is_upwards() else (self._first, self._last)
        opening = Balance(amount=oldest[2] + oldest[1], on=oldest[0])
        return opening, Balance(amount=newest[2], on=newest[0])
