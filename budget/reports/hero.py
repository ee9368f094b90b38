"""The overview's first figure: what may still be spent, or what was spent where nothing is planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal

from budget.envelopes.facts import earlier
from budget.money import currency_symbol, decimals, format_amount
from budget.months import Month
from budget.reports.links import budgets_url, side_url
from budget.reports.monthly import MonthReport

LONGEST_FIGURE = 12


@dataclass(frozen=True, slots=True)
class Hero:
    """What the hero says. `kind` is free (a budget, not used up), over, ended (a past month) or spent (no budget)."""

    kind: str
    heading: str
    symbol: str
    figure: str
    per_day: str
    days: int
    """Days to come after today; of a month that has not begun, all of it."""

    month_name: str
    before_name: str
    budget: str
    spent: str
    taken: str
    """What was spent as a line that is taken away, with its minus."""

    free: str
    previous: str
    budget_url: str
    spent_url: str
    previous_url: str
    over: int
    """How many categories are overspent, although all together may not be."""

    @property
    def is_long(self) -> bool:
        """Whether the figure needs a smaller size to stay on one line of a phone."""
        return len(self.figure) > LONGEST_FIGURE


def hero(report: MonthReport, today: date) -> Hero:
    """The first figure of a month's overview. No query."""
    month, currency, free = report.month, report.currency, report.free
    kind, heading = _kind(month, free, today)
    figure = report.figures.spent if free is None else free
    days = days_to_come(month, today)
    before = earlier(month)
    return Hero(
        kind=kind,
        heading=heading,
        symbol=currency_symbol(currency),
        figure=format_amount(figure, currency, sign="result" if free is None else "none"),
        per_day=format_amount(a_day(free, days, currency), currency) if free is not None and days else "",
        days=days,
        month_name=month.name,
        before_name=before.name if before else "",
        budget=format_amount(report.budget or Decimal(0), currency),
        spent=format_amount(report.figures.spent, currency),
        taken=format_amount(-report.figures.spent, currency),
        free=format_amount(free or Decimal(0), currency),
        previous=format_amount(report.previous.spent, currency),
        budget_url=budgets_url(month),
        spent_url=side_url(month, "expense", is_mixed=report.is_mixed),
        previous_url=side_url(before, "expense", is_mixed=report.was_mixed) if before else "",
        over=report.over,
    )


def days_to_come(month: Month, today: date) -> int:
    """The days of the month after today; all of a later month, none of an earlier one."""
    if today < month.first:
        return month.days
    return month.days - today.day if today in month else 0


def a_day(free: Decimal, days: int, currency: str) -> Decimal:
    """What may be spent on each of `days`, rounded down so that the days never add up to more than `free`."""
    return (free / days).quantize(Decimal(1).scaleb(-decimals(currency)), ROUND_DOWN)


def _kind(month: Month, free: Decimal | None, today: date) -> tuple[str, str]:
    if free is None:
        return "spent", "Spent so far" if today in month else f"Spent in {month.name}"
    if free < 0:
        return "over", f"Over budget in {month.name}"
    if today >= month.end:
        return "ended", f"Left of the budget in {month.name}"
    return "free", f"Free to spend until {month.days} {month.name}"
