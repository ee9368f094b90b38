"""Compares what SQL added up with what the raw rows add up to; only agreement within the tolerance is verified."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from verification.independent.totals import Total
from verification.independent.values import cents, written

TOLERANCE = Decimal("0.01")
"""A difference is blocked when it is larger than this; one of exactly so much is only warned of."""

MISMATCH = "verification_mismatch"
EMPTY = "empty_scope"
AMBIGUOUS = "currency_ambiguous"

Key = tuple[str, str, str, str]
"""User, month, category, currency."""


class Sum(NamedTuple):
    """How many rows, and what they add up to in thousandths. A side without such rows counts as nothing."""

    rows: int = 0
    units: int = 0


NOTHING = Sum()


class Pair(NamedTuple):
    """The same total on both sides."""

    key: Key
    sql: Sum
    raw: Sum

    @property
    def delta(self) -> int:
        """The raw side less the SQL side in cents, both rounded first; half a cent goes to the even neighbour."""
        return cents(self.raw.units) - cents(self.sql.units)

    @property
    def is_exact(self) -> bool:
        """Whether the unrounded sums and the numbers of rows are the same."""
        return self.sql == self.raw

    def blocks(self, tolerance: int) -> bool:
        """Whether this alone blocks a release. `tolerance` is in cents."""
        return abs(self.delta) > tolerance or self.sql.rows != self.raw.rows

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        user, month, category, currency = self.key
        return {
            "user": user,
            "month": month,
            "category": category,
            "currency": currency,
            "sql": written(self.sql.units),
            "raw": written(self.raw.units),
            "delta": written(self.delta * 10),
            "sql_rows": self.sql.rows,
            "raw_rows": self.raw.rows,
        }


def compare(sql: Iterable[Total], raw: Iterable[Total], tolerance: Decimal = TOLERANCE) -> dict[str, Any]:
    """What two sides agree and differ on, over the union of their categories.

    Blocked: a category or the grand total of a currency differs by more than the tolerance (whole cents), or a number
    of rows differs. What differs by less is in `warnings`, and then `exact_match` is false.
    """
    left, right = list(sql), list(raw)
    limit = int(tolerance * 100)
    currencies = {total.currency for total in left}
    unnamed = {total.currency for total in right} == {""}
    if unnamed and len(currencies) == 1:
        right = [total._replace(currency=left[0].currency) for total in right]
    pairs = _pairs(left, right)
    grand = _grand_totals(pairs)
    wrong = [pair for pair in pairs if pair.blocks(limit)]
    # One that only the grand total blocks is told there, with the small differences that it is made of.
    causes = [
        name
        for name, is_so in (
            ("category", any(abs(pair.delta) > limit for pair in pairs)),
            ("total", any(abs(pair.delta) > limit for pair in grand)),
            ("count", any(pair.sql.rows != pair.raw.rows for pair in pairs)),
        )
        if is_so
    ]
    if not pairs:
        reason = EMPTY
    elif unnamed and len(currencies) > 1:
        reason = AMBIGUOUS
    else:
        reason = MISMATCH if causes else ""
    return {
        "status": "blocked" if reason else "verified",
        "reason": reason,
        "tolerance": str(tolerance),
        "causes": causes,
        "mismatches": [pair.as_dict() for pair in wrong],
        "warnings": [pair.as_dict() for pair in pairs if not pair.is_exact and pair not in wrong],
        "totals": [pair.as_dict() for pair in grand],
        "exact_match": bool(pairs) and all(pair.is_exact for pair in pairs),
        "max_delta": written(10 * max((pair.delta for pair in pairs), key=abs, default=0)),
        "total_delta": written(10 * max((pair.delta for pair in grand), key=abs, default=0)),
        "sql_rows": sum(total.rows for total in left),
        "raw_rows": sum(total.rows for total in right),
        "hints": _renamed(wrong),
    }


def _pairs(left: Sequence[Total], right: Sequence[Total]) -> list[Pair]:
    sides = (_by_key(left), _by_key(right))
    return [Pair(key, *(side.get(key, NOTHING) for side in sides)) for key in sorted(sides[0].keys() | sides[1].keys())]


def _by_key(totals: Iterable[Total]) -> Mapping[Key, Sum]:
    sums: defaultdict[Key, Sum] = defaultdict(Sum)
    for user, month, category, currency, count, units in totals:
        known = sums[user, month, category, currency]
        sums[user, month, category, currency] = Sum(known.rows + count, known.units + units)
    return sums


def _grand_totals(pairs: Iterable[Pair]) -> list[Pair]:
    """Both sides added up per currency: amounts of two currencies have no sum."""
    sums: defaultdict[str, list[Sum]] = defaultdict(lambda: [NOTHING, NOTHING])
    for pair in pairs:
        sides = sums[pair.key[3]]
        for place, side in enumerate((pair.sql, pair.raw)):
            sides[place] = Sum(sides[place].rows + side.rows, sides[place].units + side.units)
    return [Pair(("", "", "", currency), *sides) for currency, sides in sorted(sums.items())]


def _renamed(wrong: Iterable[Pair]) -> list[dict[str, str]]:
    """Categories that one side lacks where the other has one with the same rows: told, never taken as the same."""
    only_sql = [pair for pair in wrong if pair.raw == NOTHING]
    by_sum: defaultdict[tuple[str, str, str, Sum], list[str]] = defaultdict(list)
    for pair in wrong:
        if pair.sql == NOTHING:
            user, month, category, currency = pair.key
            by_sum[user, month, currency, pair.raw].append(category)
    names = {
        (pair.key[2], name) for pair in only_sql for name in by_sum[pair.key[0], pair.key[1], pair.key[3], pair.sql]
    }
    return [
        {
            "sql": sql,
            "raw": raw,
            "message": f"“{raw}” of the raw ledger has the rows of “{sql}”. If it was renamed, give --category-map.",
        }
        for sql, raw in sorted(names)
    ]
