"""What rows add up to per person, month, category and currency, in whole thousandths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from verification.independent.ledger import Rows
from verification.independent.values import MONTH, BadValue, read_sum, written

ONE_ROW = 1 << 96
"""Counts and sums are kept in one number, the count above this bit: one step per row instead of two.

The sum of ten billion rows of the largest amount needs 88 bits, and may be negative.
"""


class Total(NamedTuple):
    """How many rows there are of a person, month, category and currency, and what they add up to.

    `month` is such as 2024-02; `currency` is empty where a ledger names none; `units` are thousandths, signed as in the
    ledger: money out is positive.
    """

    user: str
    month: str
    category: str
    currency: str
    rows: int
    units: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "user": self.user,
            "month": self.month,
            "category": self.category,
            "currency": self.currency,
            "count": self.rows,
            "total": written(self.units),
        }

    @classmethod
    def from_dict(cls, found: Mapping[str, Any]) -> Total:
        """What `as_dict` wrote.

        Raises:
            BadValue: a name is no text, the month or total is written in another way, or the count is no number.
        """
        names = [found[name] for name in ("user", "month", "category", "currency")]
        count, total = found["count"], found["total"]
        if not all(isinstance(text, str) for text in [*names, total]) or not MONTH.fullmatch(names[1]):
            raise BadValue("not_a_total")
        if type(count) is not int or count < 0:
            raise BadValue("not_a_count")
        user, month, category, currency = names
        return cls(user, month, category, currency, count, read_sum(total))


def add_up(batches: Iterable[Rows]) -> list[Total]:
    """The totals of all rows, sorted. Memory grows with the number of totals, not with that of rows."""
    sums: defaultdict[tuple[str, str, str, str], int] = defaultdict(int)
    for rows in batches:
        keys = zip(rows.users, rows.months, rows.categories, rows.currencies, strict=True)
        for key, units in zip(keys, rows.amounts, strict=True):
            sums[key] += ONE_ROW + units
    half = ONE_ROW // 2
    return [
        Total(*key, (packed + half) // ONE_ROW, (packed + half) % ONE_ROW - half)
        for key, packed in sorted(sums.items())
    ]


def merged(totals: Iterable[Total]) -> list[Total]:
    """Totals of the same person, month, category and currency as one, sorted: two names may have become one."""
    sums: defaultdict[tuple[str, str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for user, month, category, currency, count, units in totals:
        known = sums[user, month, category, currency]
        known[0] += count
        known[1] += units
    return [Total(*key, count, units) for key, (count, units) in sorted(sums.items())]
