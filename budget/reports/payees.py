"""Who was paid, and who paid: payees by what they add up to, counted from the rows of a bounded number of months."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from budget.books.models import Book
from budget.money import from_units
from budget.months import Month
from budget.prepared import run
from budget.reports.dashboard import INCOMING, OWN
from budget.reports.spans import Asked

MOST = 100
"""How many are shown; the sums are of all."""

TITLE = "CASE WHEN t.payee = '' THEN t.description ELSE t.payee END"
ON_ACCOUNT = "t.account_id = %(account)s"
EXPENSES = f"NOT t.is_transfer AND (t.category_id IS NULL OR t.category_id NOT IN ({INCOMING}))"
UNFILED = "NOT t.is_transfer AND t.category_id IS NULL"


class Payee(NamedTuple):
    """A payee's rows; `total` is as the ledger has it, out positive."""

    title: str
    many: int
    total: Decimal
    last: date


class Payees(NamedTuple):
    """The largest of them, and how many there are in all, with their rows and their sum."""

    rows: Sequence[Payee]
    payees: int
    many: int
    total: Decimal


NOBODY = Payees((), 0, 0, Decimal("0.00"))
_known: dict[tuple[object, ...], Payees] = {}
"""What was read already, by the book's id and head (the digest of everything done to it) and what was asked.

A hundred thousand rows are most of a second's work, and any change makes a new head.
"""
MOST_KNOWN = 64


def payees(
    book: Book,
    asked: Asked,
    months: Sequence[Month],
    *,
    within: Collection[int] | None = None,
    is_unfiled: bool = False,
    is_income: bool = False,
    sure: Decimal | None = None,
) -> Payees:
    """The payees of these months by what they add up to, largest first. One statement, or none.

    Args:
        months: in order; where some are missing, their rows are not counted.
        within: the ids of categories; None for all expenses.
        is_unfiled: only rows without a category.
        is_income: what came in most is first.
        sure: what the months' totals say that it adds up to; only then it is kept for the next answer, because rows
            altered behind the application's back make no new head.
    """
    if not months:
        return NOBODY
    key = (book.pk, book.head, asked.account and asked.account.pk, tuple(months), frozenset(within or ()), is_unfiled)
    if key not in _known:
        found = _read(book, asked, months, within, is_unfiled, is_income)
        if found.total != sure:
            return found
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[key] = found
    return _known[key]


def _read(
    book: Book,
    asked: Asked,
    months: Sequence[Month],
    within: Collection[int] | None,
    is_unfiled: bool,
    is_income: bool,
) -> Payees:
    values: dict[str, int | str] = {"book": book.pk, "currency": book.currency, "most": MOST}
    if asked.account:
        values["account"] = asked.account.pk
    what = UNFILED if is_unfiled else EXPENSES if within is None else _one_of(within, values)
    where = f"t.book_id = %(book)s AND {ON_ACCOUNT if asked.account else OWN} AND {what} AND ({_days(months, values)})"
    order = "ASC" if is_income else "DESC"
    sql = f"""
        SELECT f.title, f.rows_, f.units, f.last, COUNT(*) OVER (), CAST(SUM(f.rows_) OVER () AS BIGINT),
            CAST(SUM(f.units) OVER () AS BIGINT)
        FROM (SELECT {TITLE} AS title, COUNT(*) AS rows_, CAST(SUM(t.amount) AS BIGINT) AS units,
            CAST(MAX(t.date) AS VARCHAR(10)) AS last FROM budget_transaction t WHERE {where} GROUP BY {TITLE}) f
        ORDER BY f.units {order}, f.title LIMIT %(most)s
    """  # noqa: S608  # all parts are written here
    rows = run(sql, values)
    if not rows:
        return NOBODY
    number, count, units = rows[0][4:]
    found = [Payee(title, many, from_units(sum_), date.fromisoformat(last)) for title, many, sum_, last, *_ in rows]
    return Payees(tuple(found), number, count, from_units(units))


def _one_of(within: Collection[int], values: dict[str, int | str]) -> str:
    """The rows of these categories as a condition, and what is bound to it."""
    bound = {f"c{number}": pk for number, pk in enumerate(sorted(within))}
    values.update(bound)
    return f"NOT t.is_transfer AND t.category_id IN ({', '.join(f'%({name})s' for name in bound)})"


def _days(months: Sequence[Month], values: dict[str, int | str]) -> str:
    """The days of the months as a condition: a range for each run of them."""
    runs: list[list[Month]] = []
    for month in months:
        if runs and runs[-1][1].end == month.first:
            runs[-1][1] = month
        else:
            runs.append([month, month])
    parts = []
    for number, (first, last) in enumerate(runs):
        values[f"since{number}"], values[f"end{number}"] = first.first.isoformat(), last.end.isoformat()
        parts.append(f"t.date >= %(since{number})s AND t.date < %(end{number})s")
    return " OR ".join(f"({part})" for part in parts) if len(parts) > 1 else parts[0]
