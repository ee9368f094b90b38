"""A calendar of amounts: how much each day has, compared with the largest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from budget.reports.charts.scales import ZERO

LEVELS = 4
WEEK = 7


class Day(NamedTuple):
    """A day's amount and the rows behind it."""

    date: date
    amount: Decimal
    href: str = ""


class Cell(NamedTuple):
    """A day in the grid. `level` is 0 for nothing, 1 to 4 by quarters of the largest amount; below zero `is_in`."""

    day: Day
    column: int
    row: int
    level: int
    is_in: bool


class HeatChart(NamedTuple):
    """Weeks from Monday to Sunday: in `columns` of seven rows, or (`is_down`) one below the other."""

    cells: tuple[Cell, ...]
    columns: int
    rows: int
    is_down: bool


def heat_chart(days: Sequence[Day], *, is_down: bool = True) -> HeatChart:
    """The days in a grid of weeks: a month reads down like a wall calendar, a year (not `is_down`) across."""
    if not days:
        return HeatChart((), 0, 0, is_down)
    first = min(day.date for day in days)
    monday = first - timedelta(days=first.weekday())
    widest = max(abs(day.amount) for day in days)
    cells = []
    for day in days:
        week, weekday = divmod((day.date - monday).days, WEEK)
        column, row = (weekday, week) if is_down else (week, weekday)
        cells.append(Cell(day, column, row, _level(day.amount, widest), day.amount < 0))
    weeks = 1 + max(cell.row if is_down else cell.column for cell in cells)
    return HeatChart(tuple(cells), WEEK if is_down else weeks, weeks if is_down else WEEK, is_down)


def _level(amount: Decimal, widest: Decimal) -> int:
    """Quarters of the widest amount, rounded up, so that no amount looks like none."""
    return 0 if widest == ZERO else int((abs(amount) * LEVELS / widest).to_integral_value(ROUND_CEILING))
