"""What accounts will have, day by day: plain Python, values in and frozen dataclasses out; no database, no clock.

A line begins with what is on an account today and follows it through what is known to come (recurring series, transfers
between own accounts that come again, rows entered for days to come, what somebody supposes) and what is usually spent
besides. It is exact: the usual spending of a number of days is rounded once, to the currency's smallest step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from budget.money import from_units, to_units
from budget.months import Month
from budget.recurring.detection import Seen, find
from budget.recurring.rhythm import dues

MOST_DAYS = 366
"""So far ahead anything is foreseen."""
ONE_DAY = timedelta(days=1)


class Kind(StrEnum):
    """Why something is expected."""

    SERIES = "series"
    TRANSFER = "transfer"
    ENTERED = "entered"
    """A row of the ledger that is dated after today."""
    SUPPOSED = "supposed"
    """Somebody asked what if; no row says so."""


class Coming(NamedTuple):
    """Something that will come: on which day, on which account, how much in its currency (out positive).

    `ref` is the id of its series, of the other account of a transfer, or the place of what is supposed.
    """

    day: date
    account: int
    amount: Decimal
    name: str
    kind: Kind
    ref: int = 0


@dataclass(frozen=True)
class Line:
    """What an account has at the end of each day from `first` (today) on; None from the first day held back on."""

    first: date
    balances: tuple[Decimal | None, ...]

    @property
    def known(self) -> list[tuple[date, Decimal]]:
        """The days that are not held back, with what there is."""
        days = ((self.first + timedelta(days=number), held) for number, held in enumerate(self.balances))
        return [(day, held) for day, held in days if held is not None]

    @property
    def lowest(self) -> tuple[date, Decimal] | None:
        """The first of the days with the least, and how much that is; None where everything is held back."""
        return min(self.known, key=lambda each: (each[1], each[0]), default=None)

    @property
    def below_zero(self) -> list[tuple[date, date]]:
        """The stretches below zero: their first and last day, both included."""
        found: list[tuple[date, date]] = []
        for day, held in self.known:
            if held >= 0:
                continue
            if found and found[-1][1] + ONE_DAY == day:
                found[-1] = (found[-1][0], day)
            else:
                found.append((day, day))
        return found


class Assumed(NamedTuple):
    """What is usually spent on an account in a day, besides what comes again; `months` is how many it was read from."""

    a_day: Fraction = Fraction(0)
    months: int = 0

    def after(self, days: int, step: Decimal) -> Decimal:
        """What so many days take, to the nearest `step` of the currency, half to even."""
        return round(self.a_day * days / Fraction(step)) * step


def usual(months: Sequence[tuple[Month, Decimal]]) -> Assumed:
    """The median of what full months took for each of their days, at least nothing.

    Args:
        months: each with what was spent in it (out positive) besides what comes again.
    """
    rates = sorted(Fraction(amount) / month.days for month, amount in months)
    if not rates:
        return Assumed()
    middle = (rates[(len(rates) - 1) // 2] + rates[len(rates) // 2]) / 2
    return Assumed(max(middle, Fraction(0)), len(rates))


def line(
    balance: Decimal,
    today: date,
    days: int,
    coming: Iterable[Coming],
    assumed: Assumed,
    step: Decimal,
    held_from: date | None = None,
) -> Line:
    """What one account will have today and on so many days after it.

    Args:
        balance: what is on it today, positive for money one has; what is still expected today is not in it.
        coming: what comes on this account; what lies outside of these days is left out.
        assumed: what is spent besides, from tomorrow on.
        step: the currency's smallest amount.
        held_from: the first day that is held back.
    """
    by_day: dict[date, Decimal] = defaultdict(Decimal)
    for each in coming:
        by_day[each.day] += each.amount
    held: list[Decimal | None] = []
    for number in range(days + 1):
        day = today + timedelta(days=number)
        balance -= by_day.get(day, Decimal(0))
        is_held = held_from is not None and day >= held_from
        held.append(None if is_held else balance - assumed.after(number, step))
    return Line(today, tuple(held))


class Moved(NamedTuple):
    """A transfer that was made: what left the one account and reached the other, in thousandths, both positive."""

    id: int
    day: date
    source: int
    target: int
    out: int
    into: int
    currency: str
    """What left is in it."""


def moves(made: Iterable[Moved], today: date, end: date, names: Mapping[int, str]) -> Iterator[Coming]:
    """Both sides of the transfers that come again, from today on, up to `end`, not included.

    What is overdue is expected today, and only the newest of it. Of the accounts only those with a name are told.
    """
    by_id = {each.id: each for each in made}
    seen = [
        Seen(each.id, each.day, each.out, each.source, each.currency, f"{each.source} to {each.target}", "")
        for each in by_id.values()
        if each.source in names and each.target in names
    ]
    for found in find(seen, today):
        if found.is_over:
            continue
        newest = by_id[found.rows[-1]]
        into = found.units if newest.out == newest.into else newest.into
        sides = (
            (newest.source, found.units, f"Transfer to {names[newest.target]}", newest.target),
            (newest.target, -into, f"Transfer from {names[newest.source]}", newest.source),
        )
        for day in on_time(dues(found.rhythm, found.anchor, found.next_due, end), today):
            for account, units, name, other in sides:
                yield Coming(day, account, from_units(units), name, Kind.TRANSFER, other)


def on_time(days: Iterable[date], today: date) -> Iterator[date]:
    """Due dates in order, from today on: of those that have passed the newest alone, which is expected today."""
    is_due = False
    for day in days:
        if day > today and is_due:
            yield today
        is_due = day <= today
        if day > today:
            yield day
    if is_due:
        yield today


def in_order(coming: Iterable[Coming]) -> list[Coming]:
    """By day, then by name."""
    return sorted(coming, key=lambda each: (each.day, each.name.casefold(), each.kind, each.ref, to_units(each.amount)))
