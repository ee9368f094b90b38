"""Finds what comes again in a history: rows in, series out. No database, no clock.

Rows are put together by who was paid, currency and direction. Each group is tried as a whole; where that has no
rhythm, the rows of each amount are tried, and of one amount those of each day of the month, so that two subscriptions
of one payee are two series. Apart from sorting, time grows with the number of rows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from budget.months import Month
from budget.recurring.prices import Price, is_fixed, is_near, prices, usual
from budget.recurring.rhythm import Rhythm, beat, due, slot


class Seen(NamedTuple):
    """A row of the past, no transfer between own accounts. `units` in thousandths, out positive."""

    id: int
    day: date
    units: int
    account: int
    currency: str
    payee: str
    """By what it is recognised; the same for every row of one payee."""
    title: str
    category: int | None = None


@dataclass(frozen=True)
class Found:
    """A series: what comes again, how often, for how much."""

    payee: str
    title: str
    account: int
    category: int | None
    currency: str
    rhythm: Rhythm
    anchor: date
    """One of its due dates; it has the day of the month that the others fall back to in short months."""
    units: int
    """What it will cost next, in thousandths, out positive."""
    low: int
    high: int
    """The least and the most of its last year; nearer to zero first. Equal to `units` where the price is fixed."""
    is_fixed: bool
    is_sure: bool
    is_over: bool
    """It stopped coming."""
    rows: tuple[int, ...]
    prices: tuple[Price, ...]
    """Oldest first; more than one where the price changed."""
    missed: tuple[date, ...]
    """Due dates between its first row and its last that nothing was found for."""
    last: date
    next_due: date


class Need(NamedTuple):
    """What a rhythm asks of rows: gaps between, window around due dates (days), fewest rows to suggest, to be sure."""

    gaps: tuple[int, int]
    early: int
    late: int
    fewest: int
    sure: int
    silence: int
    """So many due dates without a row, and it is over."""


NEEDS = {
    Rhythm.WEEKLY: Need((6, 8), 1, 1, 5, 8, 5),
    Rhythm.TWO_WEEKS: Need((12, 16), 2, 2, 4, 6, 4),
    Rhythm.FOUR_WEEKS: Need((26, 30), 2, 3, 4, 6, 3),
    Rhythm.MONTHLY: Need((27, 34), 3, 4, 3, 5, 3),
    Rhythm.QUARTERLY: Need((84, 98), 5, 7, 3, 4, 2),
    Rhythm.HALF_YEARLY: Need((173, 191), 7, 10, 3, 4, 2),
    Rhythm.YEARLY: Need((353, 378), 10, 12, 2, 3, 2),
}
COVERED, COVERED_VARYING = 75, 85
"""Percent of the due dates between first and last that need a row."""
BESIDE, BESIDE_VARYING = 20, 10
"""Percent of the rows that may be no part of the rhythm."""
PIECE = 4
"""Rows of one amount of a payee with others are at least so many: three meet a rhythm by chance."""
MORE_AMONG_OTHERS = 2
"""So many rows more than to be sure it takes where most of a payee's rows belong to no series: of many prices, some
meet a rhythm by chance."""
WIDEST = 3
"""Amounts that vary by more than this factor are no series, whatever their days."""
DENSEST = 6
"""Rows of one amount that come more often than every so many days, on average, are no series, nor several."""
ROUNDS = 3
"""So many series of one payee and one amount are told apart by their days."""


@dataclass(frozen=True)
class Fit:
    """Rows that fall into a rhythm: which row (by place) belongs to which due date (by number)."""

    rhythm: Rhythm
    anchor: date
    places: tuple[int, ...]
    numbers: tuple[int, ...]
    off: int
    """Days beside the due dates, all rows together."""

    @property
    def span(self) -> int:
        """How many due dates there are from the first row to the last."""
        return self.numbers[-1] - self.numbers[0] + 1


def find(rows: Iterable[Seen], today: date) -> list[Found]:
    """The series in a history, those that will cost most in a year first.

    Args:
        rows: in any order; rows without a payee are left out.
        today: decides what is over.
    """
    groups: dict[tuple[str, str, bool], list[Seen]] = defaultdict(list)
    for row in rows:
        if row.payee:
            groups[row.payee, row.currency, row.units > 0].append(row)
    found = [
        _found(part, fit, today)
        for group in groups.values()
        if len(group) > 1
        for part, fit in _series_in(sorted(group, key=attrgetter("day", "id")))
    ]
    return sorted(found, key=lambda each: (-abs(each.units) * beat(each.rhythm).per_year, each.payee, each.anchor))


def _series_in(rows: Sequence[Seen]) -> Iterator[tuple[Sequence[Seen], Fit]]:
    """The rows of one payee in order: as one series, else as one for each price."""
    fit = _fit(rows)
    if fit and _holds(rows, fit):
        yield [rows[place] for place in fit.places], fit
        return
    by_price: dict[int, list[Seen]] = defaultdict(list)
    for row in rows:
        by_price[row.units].append(row)
    if len(by_price) == 1 and len(rows) < PIECE:
        return
    pieces: list[list[Seen]] = []
    for same in by_price.values():
        if len(same) >= PIECE:
            pieces += _peeled(same)
    found = [
        ([piece[place] for place in fit.places], fit)
        for piece in _joined(pieces)
        if (fit := _fit(piece)) and _holds(piece, fit)
    ]
    is_mixed = 100 * sum(len(part) for part, _ in found) < COVERED * len(rows)
    for part, fit in found:
        if not is_mixed or len(part) >= NEEDS[fit.rhythm].sure + MORE_AMONG_OTHERS:
            yield part, fit


def _peeled(rows: list[Seen]) -> list[list[Seen]]:
    """Series among rows of one amount, told apart by their days; none where too many rows belong to none."""
    if (rows[-1].day - rows[0].day).days < DENSEST * (len(rows) - 1):
        return []
    rest, taken = rows, []
    for _ in range(ROUNDS):
        fit = _fit(rest, densest=True)
        if fit is None or len(fit.places) < PIECE or 100 * len(fit.places) < COVERED_VARYING * fit.span:
            break
        chosen = set(fit.places)
        taken.append([row for place, row in enumerate(rest) if place in chosen])
        rest = [row for place, row in enumerate(rest) if place not in chosen]
        if len(rest) < PIECE:
            break
    return taken if 100 * len(rest) <= BESIDE * len(rows) else []


def _joined(pieces: list[list[Seen]]) -> list[list[Seen]]:
    """Pieces that follow one another at another price, on the same days, are one series."""
    joined: list[tuple[list[Seen], Fit]] = []
    for piece in sorted(pieces, key=lambda rows: rows[0].day):
        fit = _fit(piece)
        if fit is None:
            continue
        for place, (before, old) in enumerate(joined):
            number, off = slot(old.rhythm, old.anchor, piece[0].day)
            last = slot(old.rhythm, old.anchor, before[-1].day)[0]
            need = NEEDS[old.rhythm]
            follows = old.rhythm == fit.rhythm and 0 < number - last <= 2 and -need.early <= off <= need.late
            if follows and is_near(before[-1].units, piece[0].units, 60):
                joined[place] = ([*before, *piece], old)
                break
        else:
            joined.append((list(piece), fit))
    return [rows for rows, _ in joined]


def _holds(rows: Sequence[Seen], fit: Fit) -> bool:
    """Whether rows are regular enough: those with one price may lack some, those that vary must be many and exact."""
    need, hits = NEEDS[fit.rhythm], len(fit.places)
    amounts = [abs(rows[place].units) for place in fit.places]
    beside = len(rows) - hits
    if is_fixed(amounts):
        if hits < need.fewest or 100 * hits < COVERED * fit.span or 100 * beside > BESIDE * len(rows):
            return False
        first, last = rows[fit.places[0]].units, rows[fit.places[-1]].units
        return hits > 2 or (beside == 0 and is_near(first, last) and fit.off <= NEEDS[fit.rhythm].early // 2)
    if hits < need.sure or 100 * hits < COVERED_VARYING * fit.span or 100 * beside > BESIDE_VARYING * len(rows):
        return False
    low, high = _middle(amounts)
    return high <= WIDEST * low and 2 * fit.off <= hits * max(need.early, 2)


def _middle(amounts: Sequence[int]) -> tuple[int, int]:
    """The least and the most of all amounts but the outermost tenth on either side."""
    ordered = sorted(amounts)
    edge = len(ordered) // 10
    return ordered[edge], ordered[-1 - edge]


def _fit(rows: Sequence[Seen], *, densest: bool = False) -> Fit | None:
    """The rhythm that most of the rows fall into; None where the days between them are those of no rhythm.

    Args:
        densest: also look for a slower rhythm among rows that come more often.
    """
    days = [row.day for row in rows]
    gaps = sorted(gap for gap in ((new - old).days for old, new in pairwise(days)) if gap)
    if not gaps:
        return None
    usual_gap = gaps[len(gaps) // 2]
    tried = [rhythm for rhythm, need in NEEDS.items() if need.gaps[0] <= usual_gap <= need.gaps[1]]
    if densest and usual_gap < NEEDS[Rhythm.MONTHLY].gaps[0]:
        tried.append(Rhythm.MONTHLY)
    fits = [fit for rhythm in tried if (fit := _in_rhythm(days, rhythm)) is not None]
    return max(
        fits, key=lambda fit: (len(fit.places) * 100 // fit.span, -fit.off, fit.rhythm == Rhythm.MONTHLY), default=None
    )


def _in_rhythm(days: Sequence[date], rhythm: Rhythm) -> Fit | None:
    fits = [_matched(days, rhythm, anchor) for anchor in _anchors(days, rhythm)]
    return max((fit for fit in fits if fit), key=lambda fit: (len(fit.places), -fit.off), default=None)


def _anchors(days: Sequence[date], rhythm: Rhythm) -> list[date]:
    """Likely due dates: of a weekly rhythm the commonest weekdays, of a monthly one the commonest days of the month."""
    how = beat(rhythm)
    if how.days:
        phases = Counter(day.toordinal() % how.days for day in days)
        common = [phase for phase, _ in phases.most_common(3)]
        start = days[0].toordinal() - days[0].toordinal() % how.days
        return [date.fromordinal(start + phase) for phase in common]
    numbers = Counter(day.day for day in days)
    common = [number for number, _ in numbers.most_common(4)]
    if 31 not in common and any(day.day == Month.of(day).days for day in days):
        common.append(31)
    return [_anchor(days, number, how.months) for number in common]


def _anchor(days: Sequence[date], number: int, months: int) -> date:
    """A due date on the `number`th, in the months in which most rows are, and in one that is long enough."""
    january = date(days[0].year, 1, number)
    phase = 0
    if months > 1:
        phases = Counter(slot(Rhythm.MONTHLY, january, day)[0] % months for day in days)
        phase = phases.most_common(1)[0][0]
    options = [Month.of(january) + (phase + months * step) for step in range(0, 48, months)]
    return max(options, key=lambda month: month.day(number).day).day(number)


def _matched(days: Sequence[date], rhythm: Rhythm, anchor: date) -> Fit | None:
    """The rows within the window of a due date, one for each: the nearest."""
    need = NEEDS[rhythm]
    nearest: dict[int, tuple[int, int]] = {}
    for place, day in enumerate(days):
        number, off = slot(rhythm, anchor, day)
        if -need.early <= off <= need.late and (number not in nearest or abs(off) < nearest[number][0]):
            nearest[number] = (abs(off), place)
    if len(nearest) < 2:
        return None
    numbers = tuple(sorted(nearest))
    places = tuple(nearest[number][1] for number in numbers)
    return Fit(rhythm, anchor, places, numbers, sum(off for off, _ in nearest.values()))


def _found(rows: Sequence[Seen], fit: Fit, today: date) -> Found:
    """The series that some rows are; `rows` are those of the fit, in order."""
    newest, need = rows[-1], NEEDS[fit.rhythm]
    amounts = [row.units for row in rows]
    fixed = is_fixed([abs(units) for units in amounts])
    units = usual(amounts, fixed=fixed)
    last_year = amounts[-max(beat(fit.rhythm).per_year, 3) :]
    low, high = (units, units) if fixed else (min(last_year, key=abs), max(last_year, key=abs))
    hits, there = len(rows), set(fit.numbers)
    over = due(fit.rhythm, fit.anchor, fit.numbers[-1] + need.silence)
    return Found(
        payee=newest.payee,
        title=newest.title,
        account=newest.account,
        category=Counter(row.category for row in rows[-6:]).most_common(1)[0][0],
        currency=newest.currency,
        rhythm=fit.rhythm,
        anchor=fit.anchor,
        units=units,
        low=low,
        high=high,
        is_fixed=fixed,
        is_sure=hits >= need.sure * (1 if fixed else 2) and 100 * hits >= 90 * fit.span,
        is_over=today > over,
        rows=tuple(row.id for row in rows),
        prices=tuple(prices([(row.day, row.units) for row in rows])) if fixed else (),
        missed=tuple(
            due(fit.rhythm, fit.anchor, number)
            for number in range(fit.numbers[0], fit.numbers[-1])
            if number not in there
        ),
        last=newest.day,
        next_due=due(fit.rhythm, fit.anchor, fit.numbers[-1] + 1),
    )
