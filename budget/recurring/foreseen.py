"""The forecast in words, as a picture and as rows: what its page shows of an account and of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString

from budget.dates import spell_date
from budget.ledger.directory import AccountName, in_sidebar
from budget.ledger.models import AccountType
from budget.money import format_amount, format_in_book, from_units, step, to_units
from budget.months import MONTH_NAMES
from budget.recurring.forecast import Assumed, Coming, Kind, Line
from budget.recurring.outlook import Outlook
from budget.recurring.supposing import Supposed
from budget.reports.charts import Series, Stop, line_chart
from budget.reports.links import transactions_url
from budget.reports.pictures import Frame, line_picture

DAYS = 90
REACHES = (30, DAYS, 180, 365)
MOST_ROWS = 200
DEBTS = (AccountType.CREDIT, AccountType.LOAN)
STRETCHES = 3


@dataclass(frozen=True)
class Asked:
    """What the address says: which account, how many days ahead, what is supposed."""

    account: int | None
    days: int
    supposed: tuple[tuple[Supposed, str], ...] = ()
    """Each with how the address has it."""

    def url(self, *, account: int | None = None, days: int = 0, without: int | None = None, and_one: str = "") -> str:
        """The same page with this account or reach, without one of the what-ifs, or with one more."""
        chosen = self.account if account is None else account
        asked: list[tuple[str, str]] = [("account", str(chosen))] if chosen is not None else []
        if (days or self.days) != DAYS:
            asked.append(("days", str(days or self.days)))
        kept = [text for place, (_, text) in enumerate(self.supposed) if place != without]
        asked += [("if", text) for text in (*kept, and_one) if text]
        address = reverse("recurring:forecast")
        return f"{address}?{urlencode(asked)}" if asked else address


@dataclass(frozen=True)
class Row:
    """Something that comes: `anchor` where it is the first of its day, `after` what the account has at its end."""

    day: str
    iso: str
    anchor: str
    name: str
    url: str
    kind: str
    amount: str
    is_in: bool
    after: str
    is_below: bool


@dataclass(frozen=True)
class Standing:
    """An account in the list of all: what it has now, the least it will have and when, and at the end."""

    name: str
    url: str
    is_chosen: bool
    now: str
    lowest: str
    on: str
    end: str
    is_low: bool


def is_debt(account: AccountName) -> bool:
    """Whether it is below zero by its nature."""
    return account.type in DEBTS


def first_choice(read: Outlook, lines: dict[int, Line]) -> AccountName | None:
    """The account that is shown where none is named: for every day, with something to tell, first below zero."""
    moving = {each.account for each in read.coming} | {pk for pk, each in read.assumed.items() if each.a_day}

    def order(account: AccountName) -> tuple[bool, bool, date]:
        falls = lines[account.pk].below_zero
        return account.type != AccountType.CHECKING, account.pk not in moving, falls[0][0] if falls else date.max

    return min(in_sidebar(read.accounts), key=order, default=None)


def sentence(account: AccountName, line: Line, today: date) -> str:
    """``Everyday Account is lowest on Fri 27 Nov: 1,204.10.`` and what else is to be said of it."""
    if line.lowest is None:
        return f"{account.name} is held back until both counts agree."
    day, least = line.lowest
    told = f"{account.name} is lowest {when(day, today)}: {format_amount(least, account.currency)}."
    if is_debt(account):
        return told
    stretches = [_stretch(first, last, line, today) for first, last in line.below_zero]
    if not stretches:
        return f"{told} It stays above zero." if least > 0 else told
    more = len(stretches) - STRETCHES
    named = "; ".join(stretches[:STRETCHES]) + (f"; and {more} more time{'s' if more > 1 else ''}" if more > 0 else "")
    return f"{told} Below zero {named}."


def when(day: date, today: date) -> str:
    """``on Fri 27 Nov``, or ``today``."""
    return "today" if day == today else f"on {spell_date(day, today)}"


def _stretch(first: date, last: date, line: Line, today: date) -> str:
    begins = "today" if first == today else spell_date(first, today)
    if last == line.known[-1][0]:
        return f"from {begins} on" if first != last else f"on {begins}"
    return f"on {begins}" if first == last else f"from {begins} to {spell_date(last, today)}"


def picture(account: AccountName, line: Line, plain: Line | None, told: str, listed: set[date]) -> SafeString:
    """The account's line; with what-ifs, also the line without them. Days that something comes on lead to it."""
    days = [line.first + timedelta(days=number) for number in range(len(line.balances))]
    stops = [
        Stop(
            "Today" if not number else f"{day.day} {MONTH_NAMES[day.month - 1][:3]}",
            spell_date(day, line.first),
            f"#day-{day.isoformat()}" if day in listed else "",
            line.balances[number] is None,
        )
        for number, day in enumerate(days)
    ]
    series = [Series("With what if" if plain else account.name, line.balances, "own")]
    if plain:
        series.append(Series("Without", plain.balances, "before"))
    lowest = line.lowest
    now = days.index(lowest[0]) if lowest else None
    frame = Frame("c-forecast", told, account.currency, "Day")
    return line_picture(line_chart(stops, series, is_stepped=True), frame, now=now)


def rows(read: Outlook, asked: Asked, account: AccountName, coming: Sequence[Coming], line: Line) -> list[Row]:
    """What comes on the account, at most so many; each leads to what it is from."""
    today, found = read.today, list[Row]()
    after = dict(line.known)
    before: date | None = None
    for each in coming[:MOST_ROWS]:
        left = after.get(each.day)
        found.append(
            Row(
                day=spell_date(each.day, today) if each.day != today else "Today",
                iso=each.day.isoformat(),
                anchor=f"day-{each.day.isoformat()}" if each.day != before else "",
                name=each.name,
                url=_url(each, asked),
                kind=each.kind,
                amount=format_amount(each.amount, account.currency, sign="income"),
                is_in=each.amount < 0,
                after=format_amount(left, account.currency) if left is not None else "",
                is_below=left is not None and left < 0 and not is_debt(account),
            )
        )
        before = each.day
    return found


def _url(each: Coming, asked: Asked) -> str:
    if each.kind == Kind.SERIES:
        return reverse("recurring:series-detail", args=[each.ref])
    if each.kind == Kind.TRANSFER:
        return asked.url(account=each.ref)
    if each.kind == Kind.ENTERED:
        day = each.day.isoformat()
        return f"{transactions_url()}?{urlencode({'account': each.account, 'from': day, 'to': day})}"
    return ""


def standings(read: Outlook, asked: Asked, lines: dict[int, Line], chosen: int, own: str) -> list[Standing]:
    """Every account that is not closed, in the order of the sidebar; each in its own currency."""
    found = []
    for each in in_sidebar(read.accounts):
        held = lines[each.pk]
        lowest, known = held.lowest, held.known

        def text(amount: Decimal | None, currency: str = each.currency) -> str:
            return "held back" if amount is None else format_in_book(amount, currency, own=own)

        found.append(
            Standing(
                name=each.name,
                url=asked.url(account=each.pk),
                is_chosen=each.pk == chosen,
                now=text(None if held.balances[0] is None else read.balance(each)),
                lowest=text(lowest and lowest[1]),
                on=when(lowest[0], read.today) if lowest else "",
                end=text(held.balances[-1]),
                is_low=bool(known) and not is_debt(each) and bool(held.below_zero),
            )
        )
    return found


def a_day(assumed: Assumed, account: AccountName) -> str:
    """What is spent besides in a day, to the cent; empty where nothing is."""
    exact = Decimal(assumed.a_day.numerator) / assumed.a_day.denominator
    shown = exact.quantize(step(account.currency), ROUND_HALF_EVEN)
    return format_amount(shown, account.currency) if exact else ""


def method(assumed: Assumed, account: AccountName) -> str:
    """How what is spent besides was found, in a sentence."""
    if not assumed.months:
        return f"Nothing else is assumed: {account.name} has no full month of rows yet."
    several = f"the last {assumed.months} full months" if assumed.months > 1 else "the one month there is"
    if not assumed.a_day:
        return f"Besides that nothing is assumed: nothing else was spent in the median of {several}."
    which = f"the {'median' if assumed.months > 1 else 'average'} of {several} on {account.name}"
    besides = "without what comes again, income and transfers"
    return f"Besides that {a_day(assumed, account)} a day from tomorrow on: {which}, {besides}."


@dataclass(frozen=True)
class Supposition:
    """A what-if that is on: what it says, and the page without it."""

    name: str
    text: str
    url: str
    value: str


def suppositions(asked: Asked, accounts: Sequence[AccountName], today: date, own: str) -> list[Supposition]:
    """The what-ifs of the address, in its order."""
    by_id = {each.pk: each for each in accounts}
    found = []
    for place, (each, value) in enumerate(asked.supposed):
        account = by_id[each.account]
        amount = format_in_book(each.amount, account.currency, own=own, sign="income")
        when = f"every month from {spell_date(each.day, today)}" if each.is_monthly else spell_date(each.day, today)
        passed = ", which has passed" if each.day < today and not each.is_monthly else ""
        found.append(
            Supposition(each.name, f"{amount}, {when}{passed}, {account.name}", asked.url(without=place), value)
        )
    return found


def difference(line: Line, plain: Line, currency: str) -> str:
    """What the what-ifs make of the last day, in a sentence; empty where there is no such day or no difference."""
    if not line.known or not plain.known:
        return ""
    gap = to_units(line.known[-1][1] - plain.known[-1][1])
    if not gap:
        return "At the end it makes no difference on this account."
    than = "more" if gap > 0 else "less"
    return f"At the end there is {format_amount(from_units(abs(gap)), currency, sign='none')} {than} than without."
