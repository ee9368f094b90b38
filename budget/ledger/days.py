"""Days as the list of transactions heads them: their titles and what their rows add up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby

from django.db.models import Sum

from budget.books.models import Book
from budget.ledger.directory import Directory
from budget.ledger.filters import Search
from budget.ledger.models import today
from budget.ledger.rows import Row
from budget.money import format_amount, from_units

ZERO = Decimal("0.00")


@dataclass(slots=True)
class Day:
    """The rows of one date, or of a whole page under another sort. `total` is empty where the page cuts the day."""

    key: str
    title: str
    total: str
    is_in: bool
    rows: list[Row]


def days_of(rows: Sequence[Row], names: Directory, cut: set[date | None]) -> list[Day]:
    """The rows by date; the dates in `cut` have rows beyond the page too."""
    now = today()
    days = []
    for day, group in groupby(rows, key=lambda row: row.day):
        members = list(group)
        if day in cut:
            days.append(Day(day.isoformat(), day_title(day, now), "", False, members))
            continue
        units: dict[str, int] = defaultdict(int)
        for row in members:
            if not row.is_transfer:
                units[names.accounts[row.account_id].currency] += row.units
        sums = {currency: from_units(sum_) for currency, sum_ in units.items()}
        days.append(Day(day.isoformat(), day_title(day, now), *_sum(sums), members))
    return days


def day_total(book: Book, names: Directory, search: Search, day: date) -> Day:
    """One day's heading, as it is now; without rows of the filter it has no total."""
    rows = search.of(book, names).filter(date=day)
    grouped = rows.values_list("account_id", "is_transfer").annotate(sum=Sum("amount")).order_by()
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for account, is_transfer, total in grouped:
        if not is_transfer:
            sums[names.accounts[account].currency] += total
    return Day(day.isoformat(), day_title(day, today()), *_sum(sums), [])


def _sum(sums: dict[str, Decimal]) -> tuple[str, bool]:
    """Signed like a transaction: what came in on balance has a plus."""
    if len(sums) > 1:
        text = " · ".join(f"{format_amount(total, code, sign='income')} {code}" for code, total in sorted(sums.items()))
        return text, False
    for code, total in sums.items():
        return format_amount(total, code, sign="income"), total < 0
    return "", False


def day_title(day: date, now: date) -> str:
    """``Today``, ``Yesterday``, ``Thursday 19 November``; the year where it is not that of `now`."""
    if day in (now, now - timedelta(days=1)):
        return "Today" if day == now else "Yesterday"
    return f"{day:%A} {day.day} {day:%B}" + ("" if day.year == now.year else f" {day.year}")
