"""What if: amounts that somebody supposes for a forecast. They are in the address of the page and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from budget.dates import UnreadableDate, read_date, spell_date
from budget.errors import BudgetError
from budget.money import plain_amount, read_sum
from budget.months import Month
from budget.recurring.errors import NothingSupposed, SupposedTooFar, SupposedUnreadable
from budget.recurring.forecast import MOST_DAYS, Coming, Kind
from budget.recurring.rhythm import Rhythm, dues

BETWEEN = "~"
ONCE, MONTHLY = "once", "monthly"
LONGEST_NAME = 60
MOST = 12
"""So many amounts may be supposed at once."""


@dataclass(frozen=True)
class Supposed:
    """An amount on an account (in its currency, out positive), on a day, or every month from that day on."""

    account: int
    day: date
    amount: Decimal
    is_monthly: bool
    name: str

    def write(self, currency: str) -> str:
        """As the address has it: ``7~2026-12-01~once~500.00~New bike``; a plus is money in."""
        sign = "+" if self.amount < 0 else ""
        amount = f"{sign}{plain_amount(abs(self.amount), currency)}"
        rhythm = MONTHLY if self.is_monthly else ONCE
        return BETWEEN.join([str(self.account), self.day.isoformat(), rhythm, amount, self.name])

    def coming(self, place: int, today: date, end: date) -> Iterator[Coming]:
        """What comes of it from today on, up to `end`, not included."""
        days = [self.day] if today <= self.day < end else []
        if self.is_monthly:
            days = list(dues(Rhythm.MONTHLY, self.day, max(today, self.day), end))
        for day in days:
            yield Coming(day, self.account, self.amount, self.name, Kind.SUPPOSED, place)


def suppose(typed: Mapping[str, str], account: int, currency: str, today: date) -> Supposed:
    """What was typed into the form: `amount` (a plus is money in), `on`, `every`, `label`.

    Raises:
        BudgetError: it says no amount, or no day from today to a year ahead.
    """
    text = typed.get("amount", "").strip()
    amount = read_sum(text, currency=currency)
    if not amount:
        raise NothingSupposed
    day = _day(typed.get("on", ""), today)
    if not today <= day <= today + timedelta(days=MOST_DAYS):
        raise SupposedTooFar(spell_date(day, today), is_past=day < today)
    name = _name(typed.get("label", ""))
    came_in = typed.get("direction") == "in" or text.startswith("+")
    return Supposed(account, day, -amount if came_in else amount, typed.get("every") == MONTHLY, name)


def read(text: str, currencies: Mapping[int, str], today: date) -> Supposed:
    """What an address says; `currencies` are those of the book's accounts.

    Raises:
        SupposedUnreadable: it says nothing of the kind.
    """
    parts = text.split(BETWEEN, 4)
    if len(parts) != 5 or not (parts[0].isascii() and parts[0].isdigit() and len(parts[0]) < 19):
        raise SupposedUnreadable
    account = int(parts[0])
    if account not in currencies or parts[2] not in (ONCE, MONTHLY):
        raise SupposedUnreadable
    try:
        day = date.fromisoformat(parts[1])
        amount = read_sum(parts[3], currency=currencies[account])
    except (BudgetError, ValueError) as error:
        raise SupposedUnreadable from error
    if not amount or abs(day - today) > timedelta(days=MOST_DAYS):
        raise SupposedUnreadable
    is_in = parts[3].startswith("+")
    return Supposed(account, day, -amount if is_in else amount, parts[2] == MONTHLY, _name(parts[4]))


def _day(text: str, today: date) -> date:
    """The day that is meant: one that is written without a year lies ahead."""
    try:
        day = read_date(text, today)
    except UnreadableDate:
        if text.strip().lower() == "":
            return today + timedelta(days=1)
        raise
    numbers = len(re.findall("[0-9]+", text))
    has_month = re.search("[a-z]{3}", text, re.ASCII | re.IGNORECASE) is not None
    if day < today and 0 < numbers < (2 if has_month else 3):
        return Month(day.year + 1, day.month).day(day.day)
    return day


def _name(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST_NAME].strip() or "What if"
