"""The overview's pictures: the month day by day, income and spending of twelve months, net worth of all accounts."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils.safestring import SafeString

from budget.dates import spell_date
from budget.envelopes.facts import earlier
from budget.money import decimals, format_amount
from budget.months import Month
from budget.reports.accounts import Balances
from budget.reports.charts import Series, Stop, line_chart, pair_chart
from budget.reports.dashboard import Dashboard, Outgo
from budget.reports.links import transactions_url
from budget.reports.monthly import MonthReport
from budget.reports.pictures import Frame, line_picture, pair_picture
from budget.reports.worth import worths_of

ZERO = Decimal("0.00")
NOTHING = Outgo(ZERO, ZERO)
Amounts = tuple[Decimal | None, ...]


def pace_picture(read: Dashboard, report: MonthReport, today: date) -> SafeString:
    """What was spent through the month, beside the month before and an even pace to the budget. No query."""
    month, before, currency = report.month, earlier(report.month), report.currency
    length = max(month.days, before.days if before else 0)
    spent = _running(read, month, length, _last_day(read, month, today))
    series = [Series(month.name, spent, "own")]
    was: Amounts = ()
    if before and before not in read.held and any(day in before for day in read.days):
        was = _running(read, before, length, before.days)
        series.append(Series(before.name, was, "before"))
    if report.budget and report.budget > 0:
        series.append(Series("Even pace", _even(report.budget, month.days, length, currency), "pace"))
    stops = [_day_stop(month, before, number, is_mixed=report.is_mixed) for number in range(1, length + 1)]
    now = today.day - 1 if today in month else None
    if now is not None:
        stops[now] = stops[now]._replace(label="Today")
    told = _pace_sentence(report, spent, was, today)
    return line_picture(line_chart(stops, series), Frame("c-pace", told, currency, "Day"), now=now)


def _last_day(read: Dashboard, month: Month, today: date) -> int:
    """The last day that has an amount: today, or a later one that has rows already; all of a month that is over."""
    if today >= month.end:
        return month.days
    known = max((day.day for day in read.days if day in month), default=0)
    return max(known, today.day if today in month else 0)


def _running(read: Dashboard, month: Month, length: int, last: int) -> Amounts:
    """What was spent from the first day of the month through each; None after the `last`.

    Rows without a category count where the month counts them as spending, so that the last amount is its.
    """
    counts = sum((outgo.unfiled for day, outgo in read.days.items() if day in month), ZERO) >= 0
    amounts: list[Decimal | None] = []
    total = ZERO
    for number in range(1, last + 1):
        outgo = read.days.get(date(month.year, month.month, number), NOTHING)
        total += outgo.filed + (outgo.unfiled if counts else ZERO)
        amounts.append(total)
    return tuple(amounts + [None] * (length - last))


def _even(budget: Decimal, days: int, length: int, currency: str) -> Amounts:
    unit = Decimal(1).scaleb(-decimals(currency))
    through = [(budget * number / days).quantize(unit, ROUND_HALF_EVEN) for number in range(1, days + 1)]
    return tuple(through + [None] * (length - days))


def _day_stop(month: Month, before: Month | None, number: int, *, is_mixed: bool) -> Stop:
    """The rows from the first of the month through the day; of a day that only the month before has, its rows."""
    within = month if number <= month.days else before or month
    day = date(within.year, within.month, number)
    kind = "" if is_mixed else "&type=expense"
    href = f"/transactions/?from={within.first.isoformat()}&to={day.isoformat()}{kind}"
    return Stop(str(number), f"Through {spell_date(day, day)}", href)


def _pace_sentence(report: MonthReport, spent: Amounts, was: Amounts, today: date) -> str:
    month, currency = report.month, report.currency
    place = today.day - 1 if today in month else month.days - 1
    amount = _through(spent, place) or ZERO
    when = f"by {spell_date(today, today)}" if today in month else f"in {month.name}"
    told = f"You spent {format_amount(amount, currency)} {when}"
    if amount < 0:
        told = f"You got back {format_amount(-amount, currency)} more than you spent {when}"
    compared = []
    if report.budget and report.budget > 0 and today in month:
        even = report.budget * today.day / month.days
        gap = (amount - even).quantize(Decimal(1).scaleb(-decimals(currency)), ROUND_HALF_EVEN)
        compared.append(
            f"{_than(gap, currency)} an even pace to the budget of {format_amount(report.budget, currency)}"
        )
    before = earlier(month)
    then = _through(was, place)
    if before and then is not None:
        day = f"by {before.day(place + 1).day} {before.name}" if today in month else f"in {before.name}"
        compared.append(f"{_than(amount - then, currency)} {day}")
    return f"{', '.join([told, *compared])}."


def _through(amounts: Amounts, place: int) -> Decimal | None:
    """The amount at that place, or the last one before: a shorter month has all of its own by then."""
    return next((amount for amount in reversed(amounts[: place + 1]) if amount is not None), None)


def _than(gap: Decimal, currency: str) -> str:
    if not gap:
        return "as much as"
    return f"{format_amount(gap, currency, sign='none')} {'more' if gap > 0 else 'less'} than"


def year_picture(read: Dashboard, currency: str) -> SafeString:
    """Income and spending of the twelve months that end with the one shown. No query."""
    months = read.months
    stops = [_month_stop(month, read, transactions_url(month)) for month in months]
    flows = [None if month in read.held else read.flow(month) for month in months]
    incomes = [flow and flow.came for flow in flows]
    spendings = [flow and flow.went for flow in flows]
    kept = [flow.came - flow.went for flow in flows if flow]
    with_rows = [amount for amount, flow in zip(kept, filter(None, flows), strict=True) if flow.came or flow.went]
    told = _year_sentence(with_rows, len(months) - len(kept), currency)
    frame = Frame("c-year", told, currency)
    return pair_picture(pair_chart(stops, incomes, spendings), frame, now=len(months) - 1)


def _year_sentence(kept: list[Decimal], held: int, currency: str) -> str:
    without = f" {_count(held, 'month')} held back and not counted." if held else ""
    if not kept:
        return f"Nothing came in or went out in these months.{without}"
    total, months = sum(kept, ZERO), len(kept)
    good = sum(1 for amount in kept if amount > 0)
    if total >= 0:
        told = f"You kept {format_amount(total, currency)}"
    else:
        told = f"You spent {format_amount(-total, currency)} more than you earned"
    if months == 1:
        return f"{told} in the one month that has rows.{without}"
    return f"{told} in these {months} months. More came in than went out in {good} of them.{without}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun} is" if number == 1 else f"{number} {noun}s are"


def worth_picture(read: Dashboard, held: Balances) -> SafeString:
    """What all accounts in the book's currency have together at the end of each of the twelve months. No query."""
    months, currency = read.months, held.book.currency
    worths = worths_of(read, held)
    stops = [_month_stop(month, read, transactions_url(to=_last(month).isoformat()), at_end=True) for month in months]
    chart = line_chart(stops, [Series("Net worth", tuple(worths), "own")], is_stepped=True)
    frame = Frame("c-worth", _worth_sentence(months, worths, read, held), currency, "At the end of")
    return line_picture(chart, frame, now=len(months) - 1)


def _worth_sentence(months: list[Month], worths: list[Decimal | None], read: Dashboard, held: Balances) -> str:
    currency, last = held.book.currency, worths[-1]
    others = f" Not in it: {', '.join(held.others)}." if held.others else ""
    if last is None:
        blocked = [month for month in read.held if month <= read.shown]
        if blocked:
            return f"Held back from {blocked[0].title} on, until both counts agree.{others}"
        return f"Nothing is recorded yet.{others}"
    told = f"All accounts together have {format_amount(last, currency)} at the end of {months[-1].title}"
    known = [(month, amount) for month, amount in zip(months, worths, strict=True) if amount is not None]
    if len(known) > 1:
        month, amount = known[0]
        told += f", {_than(last - amount, currency)} at the end of {month.title}"
    return f"{told}.{others}"


def _month_stop(month: Month, read: Dashboard, href: str, *, at_end: bool = False) -> Stop:
    name = f"End of {month.title}" if at_end else month.title
    is_held = any(each <= month for each in read.held) if at_end else month in read.held
    return Stop(month.name[:3], name, href, is_held)


def _last(month: Month) -> date:
    return month.end - timedelta(days=1)
