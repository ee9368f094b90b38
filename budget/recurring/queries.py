"""Reading what comes again: how each series stands, what is due when, what next month's fixed costs are.

For whoever looks ahead (forecasts, alerts): `standings` tells of each series its next date, what it will cost and what
is the matter; `expected` lists every due date up to a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from django.db.models import F, Sum

from budget.books.models import Book
from budget.ledger.models import Category, MonthlyTotal
from budget.money import from_units, to_units
from budget.months import FIRST_YEAR, Month
from budget.recurring.models import Outcome, RecurringSeries, SeriesRow, SettledDue, State
from budget.recurring.prices import Price, prices, usual
from budget.recurring.rhythm import beat, dues

LOOKED_BACK = timedelta(days=430)
"""So far back the rows of a series are read to say how it stands: a year and what may come late."""
NEW_PRICE = timedelta(days=62)
"""So long a price is news, or until it was paid a second time."""
MONTHS_AVERAGED = 3


class Status(StrEnum):
    """How a series stands today."""

    ON_TIME = "on_time"
    LATE = "late"
    MISSED = "missed"
    WAITING = "waiting"
    """It is not expected: suggested, dismissed, paused or ended."""


@dataclass(frozen=True)
class Paid:
    """A row of a series: the transaction, its day and amount (out positive), and the due date that it settles."""

    transaction: int
    day: date
    amount: Decimal
    due: date


@dataclass(frozen=True)
class Rise:
    """A price that changed, from one amount to another (out positive), met first on a day."""

    before: Decimal
    after: Decimal
    since: date


@dataclass(frozen=True)
class Standing:
    """A series as it stands on a day."""

    series: RecurringSeries
    today: date
    amount: Decimal
    """What it will cost next, in the account's currency; out is positive."""
    status: Status
    next_due: date | None
    """The first due date that is not settled: it may lie in the past, if it is late. None after the last year."""
    missed: tuple[date, ...]
    """Due dates before `next_due` that nothing came for, since the last that something came for."""
    last: Paid | None
    rise: Rise | None
    """The newest change of its price, while it is news."""
    yearly: Decimal
    """What it costs in a year (out positive): of what varies, what the last year's rows say."""
    paid: Mapping[date, Decimal]
    """What the last fourteen months' rows came to, by due date (out positive)."""
    settled: frozenset[date]
    """The due dates of the last fourteen months, and later, that are done with."""

    @property
    def currency(self) -> str:
        """What its amounts are in."""
        return self.series.account.currency

    @property
    def rhythm(self) -> str:
        """``Every month``."""
        return beat(self.series.rhythm).words

    @property
    def is_expected(self) -> bool:
        """Whether something will come of it."""
        return self.series.state == State.CONFIRMED

    def amount_on(self, due: date) -> Decimal:
        """What it will cost on a due date (out positive): of what varies, as much as a year before."""
        if self.series.varies and due.year > FIRST_YEAR:
            before = Month(due.year - 1, due.month).day(due.day)
            reach = beat(self.series.rhythm).reach
            near = [day for day in self.paid if abs((day - before).days) <= reach]
            if near:
                return self.paid[min(near, key=lambda day: abs((day - before).days))]
        return self.amount

    def upcoming(self, end: date) -> Iterator[date]:
        """The due dates that are not settled, from a late one on, up to `end`, not included."""
        if self.next_due is None:
            return
        for day in dues(self.series.rhythm, self.series.anchor, self.next_due, end):
            if day not in self.settled:
                yield day


@dataclass(frozen=True)
class Expected:
    """Something that will come: on which day (today, where it is late), of which series, how much (out positive)."""

    day: date
    due: date
    series: RecurringSeries
    amount: Decimal


def series_of(book: Book, *states: str) -> list[RecurringSeries]:
    """The series of a book in these states (all, where none is named), with account and category. One query."""
    rows = RecurringSeries.objects.of(book).select_related("account", "category")
    return list((rows.filter(state__in=states) if states else rows).order_by("name", "pk"))


def standings(book: Book, today: date, series: Sequence[RecurringSeries] | None = None) -> list[Standing]:
    """How series stand (the confirmed ones, where none are given), by next date. Three queries, whatever the number."""
    chosen = series_of(book, State.CONFIRMED) if series is None else list(series)
    since = today - LOOKED_BACK
    rows: dict[int, list[Paid]] = defaultdict(list)
    for pk, paid in _paid(book, [each.pk for each in chosen] if series is not None else None, since):
        rows[pk].append(paid)
    settled: dict[int, set[date]] = defaultdict(set)
    for pk, day in SettledDue.objects.of(book).filter(due__gte=since).values_list("series_id", "due"):
        settled[pk].add(day)
    found = [standing(each, today, rows[each.pk], settled[each.pk]) for each in chosen]
    return sorted(found, key=lambda each: (each.next_due or date.max, each.series.name, each.series.pk))


def standing(series: RecurringSeries, today: date, paid: Sequence[Paid], settled: Iterable[date]) -> Standing:
    """How one series stands: from its rows, oldest first, and the due dates that are done with without a row."""
    done = frozenset({*settled, *(row.due for row in paid)})
    start = max(done) + timedelta(days=1) if done else _beginning(series)
    open_dues = list(dues(series.rhythm, series.anchor, start, today + timedelta(days=1)))
    status = Status.ON_TIME
    missed: tuple[date, ...] = ()
    if series.state != State.CONFIRMED:
        status, open_dues = Status.WAITING, list[date]()
    if open_dues:
        missed = tuple(open_dues[:-1])
        late = today > open_dues[-1] + timedelta(days=beat(series.rhythm).grace)
        status = Status.MISSED if missed else Status.LATE if late else Status.ON_TIME
        following: date | None = open_dues[-1]
    else:
        first = max(start, today) if status == Status.WAITING else start
        following = next(dues(series.rhythm, series.anchor, first, date.max), None)
    return Standing(
        series=series,
        today=today,
        amount=_amount(series, paid),
        status=status,
        next_due=following,
        missed=missed,
        last=paid[-1] if paid else None,
        rise=_rise(series, today, paid),
        settled=done,
        yearly=_yearly(series, today, paid),
        paid={row.due: row.amount for row in paid},
    )


def expected(book: Book, today: date, end: date) -> list[Expected]:
    """Everything that confirmed series will bring from `today` on, up to `end`, not included, by day. Three queries.

    What is late is expected today; what was missed before that is not expected any more.
    """
    found = [
        Expected(max(day, today), day, each.series, each.amount_on(day))
        for each in standings(book, today)
        for day in each.upcoming(end)
    ]
    return sorted(found, key=lambda each: (each.day, each.series.name, each.series.pk))


@dataclass(frozen=True)
class FixedCosts:
    """What a month will cost whatever one does, by currency (out positive)."""

    month: Month
    series: dict[str, Decimal]
    """What confirmed series will take in it."""
    habits: dict[str, Decimal]
    """What categories marked as recurring, with no series of their own, took on average of the last three months."""

    @property
    def total(self) -> dict[str, Decimal]:
        """Both together."""
        return {
            currency: self.series.get(currency, Decimal(0)) + self.habits.get(currency, Decimal(0))
            for currency in sorted({*self.series, *self.habits})
        }


def fixed_costs(book: Book, month: Month, standing_now: Sequence[Standing], today: date) -> FixedCosts:
    """The fixed costs of a month to come (R003-15). One query, besides those of `standings`.

    Args:
        standing_now: the confirmed series as they stand.
    """
    series: dict[str, Decimal] = defaultdict(Decimal)
    covered = {each.series.category_id for each in standing_now}
    for each in standing_now:
        if each.amount > 0:
            for day in dues(each.series.rhythm, each.series.anchor, month.first, month.end):
                series[each.currency] += each.amount_on(day)
    current = Month.of(today)
    habits: dict[str, Decimal] = {}
    marked = Category.objects.of(book).filter(is_recurring=True, is_income=False)
    sums = (
        MonthlyTotal.objects.filter(
            book=book,
            is_transfer=False,
            category__in=marked.exclude(pk__in=[pk for pk in covered if pk]),
            month__gte=(current - MONTHS_AVERAGED).first,
            month__lt=current.first,
        )
        .values_list("account__currency")
        .annotate(sum=Sum("total"))
        .order_by("account__currency")
    )
    for currency, total in sums:
        if total > 0:
            habits[currency] = from_units(to_units(total) // MONTHS_AVERAGED // 10 * 10)
    return FixedCosts(month, dict(series), habits)


def paid_rows(series: RecurringSeries, limit: int) -> list[Paid]:
    """The newest rows of a series, newest first, at most so many. One query."""
    links = SeriesRow.objects.filter(book=series.book_id, series=series)
    return [paid for _, paid in _read(links.order_by("-transaction__date", "-transaction_id")[:limit])]


def settled_of(series: RecurringSeries, outcome: Outcome | None = None) -> list[SettledDue]:
    """The due dates that are done with without a row of their own, newest first. One query."""
    rows = SettledDue.objects.filter(book=series.book_id, series=series)
    return list((rows.filter(outcome=outcome) if outcome else rows).order_by("-due"))


def price_history(paid: Sequence[Paid]) -> list[Price]:
    """The prices that rows show, oldest first; the rows oldest first."""
    return prices([(row.day, to_units(row.amount)) for row in paid])


def _beginning(series: RecurringSeries) -> date:
    """From when on a series without rows is expected: nothing is late that was due before it was entered."""
    return max(series.anchor, series.created_at.date() - timedelta(days=beat(series.rhythm).grace))


def _paid(book: Book, chosen: list[int] | None, since: date) -> Iterator[tuple[int, Paid]]:
    links = SeriesRow.objects.filter(book=book, due__gte=since)
    if chosen is None:
        links = links.filter(series__state=State.CONFIRMED)
    elif len(chosen) <= 1:
        links = links.filter(series__in=chosen)
    return _read(links.order_by("transaction__date", "transaction_id"))


def _read(links: Iterable[SeriesRow]) -> Iterator[tuple[int, Paid]]:
    rows = links.values_list(  # type: ignore[attr-defined]  # a queryset
        "series_id", "transaction_id", F("transaction__date"), F("transaction__amount"), "due"
    )
    for pk, transaction, day, amount, due in rows:
        if day is not None:
            yield pk, Paid(transaction, day, amount, due)


def _amount(series: RecurringSeries, paid: Sequence[Paid]) -> Decimal:
    """The last price, or the middle of the last amounts where they vary; what was entered, until newer rows come."""
    newer = [(row.day, to_units(row.amount)) for row in paid if row.day > series.amount_since]
    if not newer:
        return series.amount
    if series.varies:
        return from_units(usual([to_units(row.amount) for row in paid], fixed=False))
    return from_units(prices([(series.amount_since, to_units(series.amount)), *newer])[-1].units)


def _yearly(series: RecurringSeries, today: date, paid: Sequence[Paid]) -> Decimal:
    times = beat(series.rhythm).per_year
    last_year = [to_units(row.amount) for row in paid if row.due > today - timedelta(days=365)]
    if series.varies and 4 * len(last_year) >= 3 * times:
        return from_units(sum(last_year) * times // len(last_year))
    return _amount(series, paid) * times


def _rise(series: RecurringSeries, today: date, paid: Sequence[Paid]) -> Rise | None:
    if series.varies:
        return None
    found = price_history(paid)
    if len(found) < 2:
        return None
    old, new = found[-2:]
    if today - new.since > NEW_PRICE and sum(row.day >= new.since for row in paid) > 1:
        return None
    return Rise(from_units(old.units), from_units(new.units), new.since)


def paid_in(book: Book, month: Month) -> list[tuple[int, Paid]]:
    """The rows of a month that are of series, with the ids of these, by day. One query."""
    links = SeriesRow.objects.filter(book=book, transaction__date__gte=month.first, transaction__date__lt=month.end)
    return list(_read(links.order_by("transaction__date", "transaction_id")))
