"""Makes the household's rows from its habits: no clock, no chance, the same rows for the same day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from budget.demo.habits import BAD_MONTH, CARD, CASH, CHECKING, HABITS, SAVINGS, STANDING, UNKNOWN, Habit, Standing
from budget.months import Month

MONTHS = 36
WINTER = {11: 60, 12: 90, 1: 100, 2: 95, 3: 55, 4: 20}
"""How much dearer, in percent, a seasonal bill is."""


class Row(NamedTuple):
    """One transaction; `cents` out positive; `category` and `payee` empty where nobody has said yet."""

    date: date
    account: str
    category: str
    cents: int
    payee: str
    description: str


class Move(NamedTuple):
    """Money from one account to another; `cents` above zero."""

    date: date
    source: str
    target: str
    cents: int


def months_until(today: date) -> list[Month]:
    """The months of the sample book: three years, the last one being the month of `today`."""
    months = [Month.of(today)]
    while len(months) < MONTHS:
        months.append(months[-1].previous)
    return months[::-1]


def household(today: date) -> tuple[list[Row], list[Move]]:
    """Everything that happened up to and with `today`, oldest first."""
    months = months_until(today)
    rows: list[Row] = []
    moves: list[Move] = []
    owed = 0
    for number, month in enumerate(months):
        dice = Random(f"household {month}")  # noqa: S311  (sample data)
        new = [*standing_orders(STANDING, month, number, dice), *_purchases(month, dice)]
        if month == months[-2]:
            new += [
                _row(month, day, account, category, cents, payee) for day, category, payee, cents, account in BAD_MONTH
            ]
        moves += _moves(month, owed, dice)
        rows += new
        owed = sum(row.cents for row in new if row.account == CARD)
    rows += _unknown(today)
    done = sorted((row for row in rows if row.date <= today), key=lambda row: row.date)
    return done, sorted((move for move in moves if move.date <= today), key=lambda move: move.date)


def standing_orders(orders: Sequence[Standing], month: Month, number: int, dice: Random) -> Iterator[Row]:
    """What is due in a month, the `number`th of the book from 0 on."""
    for order in orders:
        varied = round((dice.random() * 2 - 1) * order.swing)
        if month.month not in order.months:
            continue
        price = order.price
        for since, new in sorted(order.raises.items()):
            price = new if number >= since else price
        price += varied
        if order.is_seasonal and price > 0:
            price = price * (100 + WINTER.get(month.month, 0)) // 100
        yield _row(month, order.day, order.account, order.category, price, order.payee)


def _purchases(month: Month, dice: Random) -> Iterator[Row]:
    day = month.first
    while day < month.end:
        for habit in HABITS:
            chance, payee, height, account = dice.random(), dice.random(), dice.random(), dice.random()
            if str(day.weekday()) in habit.days and chance < habit.per_month * 7 / 30 / len(habit.days):
                name = habit.payees[int(payee * len(habit.payees))]
                where = habit.accounts[int(account * len(habit.accounts))]
                yield Row(day, where, habit.category, _price(habit, height), name, name)
        day += timedelta(days=1)


def _price(habit: Habit, height: float) -> int:
    """Mostly small, sometimes large; half of the prices end in 9 or 0, as prices do."""
    cents = habit.lowest + round((habit.highest - habit.lowest) * height**2.2)
    return cents if cents % 2 else cents - cents % 10 + (9 if cents % 20 else 0) or habit.lowest


def _moves(month: Month, owed: int, dice: Random) -> Iterator[Move]:
    if owed > 0:
        yield Move(_day(month, 5), CHECKING, CARD, owed)
    yield Move(_day(month, 3), CHECKING, CASH, 6000)
    yield Move(_day(month, 17), CHECKING, CASH, 4000 + 1000 * int(dice.random() * 3))
    if month.month not in (5, 8):
        yield Move(_day(month, 26), CHECKING, SAVINGS, 25000)
    if month.month == 8:
        yield Move(_day(month, 2), SAVINGS, CHECKING, 60000)


def _unknown(today: date) -> Iterator[Row]:
    """A few rows of the last weeks that wait for a category."""
    dice = Random("unknown")  # noqa: S311  (sample data)
    for number in range(9):
        day = today - timedelta(days=2 + number * 3)
        yield Row(day, CARD, "", 450 + int(dice.random() * 5200), "", UNKNOWN[number % len(UNKNOWN)])


def _day(month: Month, day: int) -> date:
    return min(month.first + timedelta(days=day - 1), month.end - timedelta(days=1))


def _row(month: Month, day: int, account: str, category: str, cents: int, payee: str) -> Row:
    return Row(_day(month, day), account, category, cents, payee, payee)
