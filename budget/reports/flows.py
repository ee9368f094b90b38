"""What months add up to per category, in one currency; read from the monthly totals, so rows do not make it slower."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from budget.books.models import Book
from budget.envelopes.facts import NOTHING, Tally
from budget.ledger.directory import CategoryName, Directory
from budget.money import from_units
from budget.months import Month
from budget.prepared import run
from budget.reports.dashboard import OWN, Flow
from budget.reports.spans import Asked

ZERO = Decimal("0.00")
ON_ACCOUNT = "t.account_id = %(account)s"
RECOUNTS = """
    SELECT 'recount', CAST(r.month AS VARCHAR(10)), CAST(0 AS BIGINT),
        CAST(CASE WHEN k.version = %(version)s AND r.touched <= %(version)s THEN 1 ELSE 0 END AS BIGINT),
        CAST(0 AS BIGINT), CAST(0 AS BIGINT), r.status
        FROM budget_monthrecount r LEFT JOIN budget_bookrecount k ON k.book_id = r.book_id
        WHERE r.book_id = %(book)s AND r.status <> ''
"""
TOTALS = """
    SELECT 'total', CAST(t.month AS VARCHAR(10)), t.category_id, CAST(MAX(CASE WHEN t.is_transfer THEN 1 ELSE 0 END)
        AS BIGINT), CAST(SUM(t.count) AS BIGINT), CAST(SUM(t.total) AS BIGINT), ''
        FROM budget_monthlytotal t
        WHERE t.book_id = %(book)s AND t.month >= %(since)s AND t.month < %(end)s AND """
GROUPED = " GROUP BY t.month, t.category_id, t.is_transfer"
OF_BOOK = f"{RECOUNTS} UNION ALL {TOTALS}{OWN}{GROUPED}"
OF_ACCOUNT = f"{RECOUNTS} UNION ALL {TOTALS}{ON_ACCOUNT}{GROUPED}"


@dataclass
class Flows:
    """Months per category, transfers apart, of all accounts in one currency or of one account."""

    names: Directory
    currency: str
    tallies: dict[Month, dict[int | None, Tally]] = field(default_factory=lambda: defaultdict(dict))
    moved: dict[Month, Decimal] = field(default_factory=dict)
    """What transfers took away, per month."""

    held: set[Month] = field(default_factory=set)
    """Months whose two counts differ: none of their figures is shown."""

    verified: set[Month] = field(default_factory=set)
    """Months that were counted twice since the book's last change."""

    def tally(self, category: int | None, month: Month) -> Tally:
        """A category's own month, without what is below it; nothing where it has no rows."""
        return self.tallies[month].get(category, NOTHING) if month in self.tallies else NOTHING

    def flow(self, month: Month) -> Flow:
        """What came in, what went out and what was moved; as the month's report counts it."""
        income = spending = ZERO
        for pk, tally in self.tallies.get(month, {}).items():
            if pk is None:
                continue
            if self.names.categories[pk].is_income:
                income -= tally.total
            else:
                spending += tally.total
        return Flow(income, spending, self.tally(None, month).total, self.moved.get(month, ZERO))

    def shown(self, months: Iterable[Month]) -> list[Month]:
        """Those that are not held back."""
        return [month for month in months if month not in self.held]

    def is_mixed(self, months: Iterable[Month]) -> bool:
        """Whether in any of them rows without a category count as income, which no one list of transactions has."""
        return any(self.tally(None, month).total < 0 for month in months)

    def counts_as(self, month: Month, *, is_income: bool) -> Tally:
        """The rows without a category, in months that have them on this side."""
        unfiled = self.tally(None, month)
        return unfiled if (unfiled.total < 0) is is_income else NOTHING

    def top(self, category: CategoryName) -> CategoryName:
        """The category that a category's rows are shown under: the parent, if it is of the same kind."""
        parent = self.names.categories.get(category.parent or 0)
        return parent if parent is not None and parent.is_income == category.is_income else category

    def groups(self, months: Iterable[Month], *, is_income: bool) -> dict[int | None, dict[Month, Tally]]:
        """The top level of one side: per category (None for rows without one) the months in which it has rows."""
        found: dict[int | None, dict[Month, Tally]] = defaultdict(dict)
        for month in months:
            for pk, tally in self.tallies.get(month, {}).items():
                if pk is None:
                    if (counted := self.counts_as(month, is_income=is_income)).count:
                        found[None][month] = counted
                    continue
                category = self.names.categories[pk]
                if category.is_income is is_income:
                    top = self.top(category).pk
                    found[top][month] = found[top].get(month, NOTHING) + tally
        return dict(found)


def flows(book: Book, names: Directory, asked: Asked) -> Flows:
    """The months of a report and those it is compared with. One statement."""
    account = asked.account
    found = Flows(names, account.currency if account else book.currency)
    values: dict[str, int | str] = {
        "book": book.pk,
        "currency": book.currency,
        "version": book.version,
        "since": asked.reach.first.first.isoformat(),
        "end": asked.reach.last.end.isoformat(),
        "account": account.pk if account else 0,
    }
    for kind, day, category, flag, rows, units, status in run(OF_ACCOUNT if account else OF_BOOK, values):
        month = Month.parse(day[:7])
        if kind == "recount":
            if status == "blocked":
                found.held.add(month)
            elif flag:
                found.verified.add(month)
        elif flag:
            found.moved[month] = from_units(units)
        else:
            found.tallies[month][category] = Tally(rows, from_units(units))
    return found


def summed(tallies: Iterable[Tally]) -> Tally:
    """Several tallies as one."""
    total = NOTHING
    for tally in tallies:
        total += tally
    return total
