"""What rows add up to: their number, their sum, and the sum of their digests, so that no altered field goes unseen."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import NamedTuple

from budget.history.rows import Value, canonical, shape_of
from budget.ledger.models import Transaction

DIGEST_BYTES = 16
MODULUS = 1 << (8 * DIGEST_BYTES)


class Key(NamedTuple):
    """What is added up apart: an account, a category (None where there is none), transfers or not."""

    account: int
    category: int | None
    is_transfer: bool


class Tally(NamedTuple):
    """A number of rows, their sum in thousandths (out positive), and the sum of their digests modulo 2**128."""

    rows: int
    units: int
    mark: int

    def __add__(self, other: object) -> Tally:
        if not isinstance(other, Tally):
            return NotImplemented
        return Tally(self.rows + other.rows, self.units + other.units, (self.mark + other.mark) % MODULUS)


NOTHING = Tally(0, 0, 0)
Tallies = dict[Key, Tally]


class Places(NamedTuple):
    """Where in a transaction's recorded values stand those that a tally is made of."""

    account: int
    category: int
    date: int
    amount: int
    is_transfer: int


@cache
def places() -> Places:
    """The places in the order of the model's recorded fields."""
    names = shape_of(Transaction).names
    return Places(*(names.index(name) for name in ("account_id", "category_id", "date", "amount", "is_transfer")))


def mark_of(pk: int, values: Sequence[Value]) -> int:
    """The digest of a row, over its id and every recorded value of it.

    Python's own way to write a list of texts and whole numbers is as plain as JSON, and three times as fast.
    """
    return int.from_bytes(blake2b(ascii([pk, *values]).encode(), digest_size=DIGEST_BYTES).digest(), "big")


@dataclass(slots=True)
class Sum:
    """A tally in the making."""

    rows: int = 0
    units: int = 0
    mark: int = 0


class Adding:
    """Adds rows up, one month's or many months'."""

    def __init__(self) -> None:
        self.sums: dict[tuple[Value, Value, Value, Value], Sum] = {}
        self._places = places()

    def add(self, pk: int, values: Sequence[Value], sign: int, month: Value = "") -> int:
        """Add a row, or take it away with `sign` -1; answers its digest.

        An amount that is no whole number, which only a hand behind the application's back can write, counts as 0.
        """
        account, category, _, amount, is_transfer = self._places
        key = (month, values[account], values[category], values[is_transfer])
        total = self.sums.get(key)
        if total is None:
            total = self.sums[key] = Sum()
        mark = mark_of(pk, values)
        units = values[amount]
        total.rows += sign
        if type(units) is int:
            total.units += sign * units
        total.mark += sign * mark
        return mark

    def by_month(self) -> dict[str, Tallies]:
        """The tallies of every month that was added to, those that came to nothing as well."""
        found: dict[str, Tallies] = {}
        for (month, account, category, is_transfer), total in self.sums.items():
            key = Key(account, category, bool(is_transfer))  # type: ignore[arg-type]  # ids, as recorded
            found.setdefault(str(month), {})[key] = Tally(total.rows, total.units, total.mark % MODULUS)
        return found

    def tallies(self) -> Tallies:
        """The tallies of the one month that was added to."""
        return without_nothing(self.by_month().get("", {}))


def plus(tallies: Tallies, others: Tallies) -> Tallies:
    """Both together, without what comes to nothing."""
    found = dict(tallies)
    for key, tally in others.items():
        found[key] = found.get(key, NOTHING) + tally
    return without_nothing(found)


def without_nothing(tallies: Tallies) -> Tallies:
    """Only what has rows or a sum."""
    return {key: tally for key, tally in tallies.items() if tally != NOTHING}


def write(tallies: Tallies) -> str:
    """Tallies as canonical JSON."""
    lines = sorted(tallies.items(), key=lambda item: (item[0].account, item[0].category or 0, item[0].is_transfer))
    return canonical([[*key, tally.rows, tally.units, f"{tally.mark:032x}"] for key, tally in lines])


def read(text: str) -> Tallies:
    """Tallies from their JSON."""
    lines: Iterable[tuple[int, int | None, bool, int, int, str]] = json.loads(text)
    return {Key(a, c, t): Tally(rows, units, int(mark, 16)) for a, c, t, rows, units, mark in lines}
