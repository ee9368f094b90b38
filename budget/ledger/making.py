"""Makes raw ledgers for tests and benchmarks: realistic, of any size, the same for the same seed."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import accumulate
from random import Random

HEAD = "user_id,date,category,amount,description"
YEARS = 10
LAST = date(2026, 10, 31)
DAYS = YEARS * 365 + 2

KINDS = (
    ("Groceries", 22, 480, 9200, ("Green Basket", "Market Hall", "Family Grocer", "Farmers Market")),
    ("Coffee", 13, 260, 820, ("Harbour Coffee", "Station Espresso")),
    ("Work Lunch", 12, 650, 1450, ("Noodle Counter", "Canteen Two")),
    ("Restaurant", 6, 1900, 9800, ("Trattoria Lago", "The Copper Pot")),
    ("Public Transport", 9, 290, 880, ("City Tram",)),
    ("Fuel", 5, 3900, 7600, ("Ring Road Fuel", "Village Fuel")),
    ("Household Supplies", 5, 450, 5200, ("Home & Hearth", '"Drugstore on Main, Old Town"')),
    ("Rent", 2, 98000, 102000, ("Riverside Homes",)),
    ("Electricity", 2, 4800, 11900, ("City Power",)),
    ("Phone", 2, 1500, 1500, ("Clear Mobile",)),
    ("Clothing", 4, 1500, 13900, ("Linen & Wool", "Shoe Corner")),
    ("Pharmacy", 4, 450, 3900, ("Market Pharmacy",)),
    ("Books", 3, 890, 3900, ("Paper Lantern Books",)),
    ("Movies", 3, 1150, 3900, ("Palace Cinema",)),
    ("Gifts", 2, 1200, 9900, ("Gift House",)),
    ("Hotels", 1, 9900, 88000, ("Seaside Pension",)),
    ("Clothing", 1, -6900, -1500, ("Linen & Wool",)),
    ("Salary", 2, -338000, -298000, ("Brightwater Works",)),
    ("", 2, 300, 6500, ("POS 0415 STATION KIOSK",)),
)
"""Category, how often in a hundred, cents from and to (out positive), payees as CSV."""


def ledger_lines(rows: int, seed: int, users: Sequence[str] = ("1",)) -> Iterator[str]:
    """The head and as many rows, oldest first, over ten years; without line ends."""
    yield HEAD
    users = [_quoted(user) for user in users]
    dice = Random(seed)  # noqa: S311  (sample data)
    chance = dice.random
    bounds = list(accumulate(kind[1] for kind in KINDS))
    first = LAST - timedelta(days=DAYS - 1)
    days = [(first + timedelta(days=day)).isoformat() for day in range(DAYS)]
    for row in range(rows):
        category, _, lowest, highest, payees = KINDS[bisect(bounds, chance() * bounds[-1])]
        cents = lowest + int((highest - lowest + 1) * chance() ** 2)
        whole, rest = divmod(abs(cents), 100)
        sign = "-" if cents < 0 else ""
        payee = payees[int(chance() * len(payees))]
        user = users[int(chance() * len(users))]
        yield f"{user},{days[row * DAYS // rows]},{category},{sign}{whole}.{rest:02},{payee}"


def _quoted(text: str) -> str:
    """A value of a CSV file, in quotes where it needs them."""
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\r\n') else text
