"""How series look on a page: words, amounts and dates of the list, and the days of the calendar."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from django.urls import reverse

from budget.dates import spell_date
from budget.ledger.models import Category
from budget.money import format_amount, format_in_book, from_units
from budget.money.display import MINUS
from budget.months import Month
from budget.recurring.models import State
from budget.recurring.prices import Price
from budget.recurring.queries import FixedCosts, Paid, Standing, Status

TONES = {Status.LATE: "warn", Status.MISSED: "neg"}


@dataclass(frozen=True)
class Line:
    """One series in the list."""

    pk: int
    url: str
    name: str
    category: Category | None
    amount: str
    is_income: bool
    is_range: bool
    rhythm: str
    next: str
    yearly: str
    status: str
    tone: str
    rise: str
    is_sure: bool
    posts: bool
    account: str


def line(standing: Standing, own: str) -> Line:
    """A series in words; `own` is the book's currency."""
    series, today = standing.series, standing.today
    amount = standing.amount_on(standing.next_due) if standing.next_due else standing.amount
    return Line(
        pk=series.pk,
        url=reverse("recurring:series-detail", args=[series.pk]),
        name=series.name,
        category=series.category,
        amount=format_in_book(amount, standing.currency, own=own, sign="income"),
        is_income=standing.amount < 0,
        is_range=series.varies,
        rhythm=standing.rhythm,
        next=spell_date(standing.next_due, today) if standing.next_due else "",
        yearly=format_in_book(standing.yearly, standing.currency, own=own, sign="income"),
        status=status_words(standing),
        tone=TONES.get(standing.status, ""),
        rise=rise_words(standing),
        is_sure=series.is_sure,
        posts=series.posts_from is not None,
        account=series.account.name,
    )


def status_words(standing: Standing) -> str:
    """``Late since Fri 20 Nov``; how it stands, in a few words."""
    if standing.status == Status.WAITING:
        return State(standing.series.state).label
    if standing.status == Status.ON_TIME or standing.next_due is None:
        return "On time"
    if standing.status == Status.LATE:
        return f"Late since {spell_date(standing.next_due, standing.today)}"
    count = len(standing.missed)
    return f"Missed on {spell_date(standing.missed[-1], standing.today)}" if count == 1 else f"Missed {count} times"


def rise_words(standing: Standing) -> str:
    """``13.99 to 15.49 since Mon 16 Nov``; empty where the price is no news."""
    rise = standing.rise
    if rise is None:
        return ""
    old, new = (format_amount(amount, standing.currency, sign="none") for amount in (rise.before, rise.after))
    return f"{old} to {new} since {spell_date(rise.since, standing.today)}"


@dataclass(frozen=True)
class PriceLine:
    """A price, from when on, and how it differs from the one before."""

    amount: str
    since: str
    change: str


def price_lines(prices: Sequence[Price], standing: Standing) -> list[PriceLine]:
    """The prices of a series in words, newest first, as they are given."""
    lines = []
    for place, price in enumerate(prices):
        older = prices[place + 1] if place + 1 < len(prices) else None
        percent = "" if older is None else f"{(abs(price.units) - abs(older.units)) * 100 / abs(older.units):+.0f}%"
        shown = format_amount(from_units(price.units), standing.currency, sign="none")
        lines.append(PriceLine(shown, spell_date(price.since, standing.today), percent.replace("-", MINUS)))
    return lines


def by_currency(sums: dict[str, Decimal], own: str) -> str:
    """Sums of several currencies beside one another, the book's first; ``0.00`` where there is none."""
    if not sums:
        return format_amount(Decimal(0), own)
    ordered = sorted(sums, key=lambda code: (code != own, code))
    return " + ".join(format_in_book(sums[code], code, own=own, sign="result") for code in ordered)


def yearly(standings: Iterable[Standing], *, income: bool) -> dict[str, Decimal]:
    """What series take or bring in a year, by currency, without a sign."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in standings:
        if (each.amount < 0) == income:
            sums[each.currency] += abs(each.yearly)
    return dict(sums)


@dataclass(frozen=True)
class Figures:
    """The figures at the head of the list, in words."""

    yearly: str
    costs: int
    fixed: str
    month: Month
    habits: str
    income: str


def figures(standings: Sequence[Standing], fixed: FixedCosts, own: str) -> Figures:
    """What the confirmed series cost in a year, what next month costs whatever one does, what comes in."""
    return Figures(
        yearly=by_currency(yearly(standings, income=False), own),
        costs=sum(each.amount > 0 for each in standings),
        fixed=by_currency(fixed.total, own),
        month=fixed.month,
        habits=by_currency(fixed.habits, own) if fixed.habits else "",
        income=by_currency(yearly(standings, income=True), own),
    )


@dataclass(frozen=True)
class Item:
    """Something on a day of the calendar."""

    name: str
    url: str
    amount: str
    is_income: bool
    kind: str
    """``paid``, ``due`` or ``late``."""


@dataclass(frozen=True)
class Day:
    """A day of the calendar."""

    day: date
    title: str
    in_month: bool
    is_today: bool
    items: list[Item] = field(default_factory=list)


def calendar(
    month: Month, today: date, standings: Sequence[Standing], paid: Sequence[tuple[int, Paid]], own: str
) -> list[list[Day]]:
    """The weeks of a month, Monday first, with what was paid in it and what is due.

    Args:
        paid: rows of the month with the ids of their series.
    """
    by_series = {each.series.pk: each for each in standings}
    items: dict[date, list[Item]] = defaultdict(list)
    for pk, row in paid:
        if pk in by_series:
            items[row.day].append(_item(by_series[pk], row.amount, "paid", own))
    for each in standings:
        for due in each.upcoming(month.end):
            if due in month:
                is_late = due < today and each.status != Status.ON_TIME
                items[due].append(_item(each, each.amount_on(due), "late" if is_late else "due", own))
    first = month.first - timedelta(days=month.first.weekday())
    weeks = []
    while first < month.end:
        week = [first + timedelta(days=number) for number in range(7)]
        weeks.append([Day(day, spell_date(day, today), day in month, day == today, items.get(day, [])) for day in week])
        first += timedelta(days=7)
    return weeks


def _item(standing: Standing, amount: Decimal, kind: str, own: str) -> Item:
    return Item(
        name=standing.series.name,
        url=reverse("recurring:series-detail", args=[standing.series.pk]),
        amount=format_in_book(amount, standing.currency, own=own, sign="income"),
        is_income=amount < 0,
        kind=kind,
    )
