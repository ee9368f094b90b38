"""Reading what a forecast of a book is made of: balances today, what comes, what is usually spent besides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain

from budget.books.models import Book
from budget.ledger.directory import AccountName, Held, held
from budget.ledger.models import AccountTransfer
from budget.money import from_units, step, to_units
from budget.months import Month
from budget.prepared import run
from budget.recurring.forecast import Assumed, Coming, Kind, Line, Moved, in_order, line, moves, usual
from budget.recurring.queries import LOOKED_BACK, expected

MONTHS = 6
"""So many full months say what is usually spent."""
MOST_MOVES = 600
"""So many of the newest transfers are looked through for what comes again."""

SPENT = "(t.category_id IS NULL OR t.category_id NOT IN ({}))".format(
    "SELECT c.id FROM budget_category c WHERE c.book_id = %(book)s AND c.is_income"
)
# Every arm has the same columns: kind, account, has it no category, day or month, thousandths (out positive).
STATEMENT = f"""
    SELECT 'held', CAST(0 AS BIGINT), FALSE, CAST(r.month AS VARCHAR(10)), CAST(0 AS BIGINT)
        FROM budget_monthrecount r WHERE r.book_id = %(book)s AND r.status = 'blocked'
    UNION ALL
    SELECT 'first', t.account_id, FALSE, CAST(MIN(t.month) AS VARCHAR(10)), 0
        FROM budget_monthlytotal t WHERE t.book_id = %(book)s GROUP BY t.account_id
    UNION ALL
    SELECT 'month', t.account_id, t.category_id IS NULL, CAST(t.month AS VARCHAR(10)), CAST(SUM(t.total) AS BIGINT)
        FROM budget_monthlytotal t WHERE t.book_id = %(book)s AND t.month >= %(since)s AND t.month < %(current)s
        AND NOT t.is_transfer AND {SPENT} GROUP BY t.account_id, t.category_id IS NULL, t.month
    UNION ALL
    SELECT 'series', t.account_id, t.category_id IS NULL, SUBSTR(CAST(t.date AS VARCHAR(10)), 1, 7),
        CAST(-SUM(t.amount) AS BIGINT)
        FROM budget_seriesrow l JOIN budget_recurringseries s ON s.id = l.series_id
        JOIN budget_transaction t ON t.id = l.transaction_id
        WHERE l.book_id = %(book)s AND s.state IN ('confirmed', 'paused', 'ended')
        AND t.date >= %(since)s AND t.date < %(current)s AND NOT t.is_transfer AND {SPENT}
        GROUP BY t.account_id, t.category_id IS NULL, SUBSTR(CAST(t.date AS VARCHAR(10)), 1, 7)
    UNION ALL
    SELECT 'later', t.account_id, FALSE, CAST(t.date AS VARCHAR(10)), CAST(SUM(t.amount) AS BIGINT)
        FROM budget_transaction t WHERE t.book_id = %(book)s AND t.date > %(today)s GROUP BY t.account_id, t.date
"""  # noqa: S608  # all parts are written here


@dataclass
class Outlook:
    """What is known today of the days to come, for every account of a book."""

    today: date
    end: date
    """Not included."""
    accounts: Held
    """Every account, with all its rows, also those dated after today."""
    coming: list[Coming]
    later: Mapping[int, Decimal]
    """What rows dated after today take from each account (out positive)."""
    assumed: Mapping[int, Assumed]
    blocked: list[Month] = field(default_factory=list)
    """Months that were counted twice and differ, the first one first."""

    @property
    def held_from(self) -> date | None:
        """The first day whose balance is held back: a balance is made of every month up to it."""
        return self.blocked[0].first if self.blocked else None

    def balance(self, account: AccountName) -> Decimal:
        """What is on an account today, positive for money one has."""
        return account.amount + self.later.get(account.pk, Decimal(0))

    def on(self, account: int, supposed: Sequence[Coming] = ()) -> list[Coming]:
        """What comes on an account, with what is supposed, by day."""
        return in_order(each for each in chain(self.coming, supposed) if each.account == account)

    def lines(self, supposed: Sequence[Coming] = ()) -> dict[int, Line]:
        """The line of every account that is not closed, by its id."""
        by_account: dict[int, list[Coming]] = defaultdict(list)
        for each in chain(self.coming, supposed):
            by_account[each.account].append(each)
        return {each.pk: self._line(each, by_account[each.pk]) for each in self.accounts if not each.is_archived}

    def line(self, account: AccountName) -> Line:
        """The line of one account, without anything supposed."""
        return self._line(account, self.on(account.pk))

    def _line(self, account: AccountName, coming: Sequence[Coming]) -> Line:
        return line(
            self.balance(account),
            self.today,
            (self.end - self.today).days - 1,
            coming,
            self.assumed.get(account.pk, Assumed()),
            step(account.currency),
            self.held_from,
        )


def outlook(book: Book, today: date, days: int) -> Outlook:
    """What is known of today and so many days after it. Six queries, three of them of what recurs."""
    end = today + timedelta(days=days + 1)
    current = Month.of(today)
    accounts = held(book)
    read: dict[str, list[tuple[int, bool, str, int]]] = defaultdict(list)
    values = {"book": book.pk, "since": (current - MONTHS).first.isoformat(), "current": current.first.isoformat()}
    for kind, account, is_unfiled, day, units in run(STATEMENT, values | {"today": today.isoformat()}):
        read[kind].append((account, bool(is_unfiled), day, units))
    names = {each.pk: each.name for each in accounts if not each.is_archived}
    series = (
        Coming(each.day, each.series.account_id, each.amount, each.series.name, Kind.SERIES, each.series.pk)
        for each in expected(book, today, end)
    )
    entered = (
        Coming(date.fromisoformat(day), account, from_units(units), "Entered already", Kind.ENTERED)
        for account, _, day, units in read["later"]
    )
    later: dict[int, Decimal] = defaultdict(Decimal)
    for account, _, _, units in read["later"]:
        later[account] += from_units(units)
    return Outlook(
        today=today,
        end=end,
        accounts=accounts,
        coming=[*series, *moves(_made(book, today), today, end, names), *entered],
        later=later,
        assumed=_assumed(read, current),
        blocked=sorted(Month.parse(day[:7]) for _, _, day, _ in read["held"]),
    )


def _assumed(read: Mapping[str, list[tuple[int, bool, str, int]]], current: Month) -> dict[int, Assumed]:
    """What is usually spent on each account, from its full months: its first only where it has no other."""
    spent: dict[tuple[int, Month, bool], int] = defaultdict(int)
    for account, is_unfiled, day, units in chain(read.get("month", ()), read.get("series", ())):
        spent[account, Month.parse(day[:7]), is_unfiled] += units
    found = {}
    for account, _, day, _ in read.get("first", ()):
        first = Month.parse(day[:7])
        months = list(max(first + 1, current - MONTHS).until(current)) or list(first.until(current))
        # As in reports: rows without a category are spending where more of them went out than came in.
        sums = [(m, spent[account, m, False] + max(spent[account, m, True], 0)) for m in months]
        found[account] = usual([(month, from_units(units)) for month, units in sums])
    return found


def _made(book: Book, today: date) -> list[Moved]:
    """The newest transfers of the book. One query."""
    rows = AccountTransfer.objects.of(book).filter(outgoing__date__gte=today - LOOKED_BACK)
    fields = (
        "pk", "outgoing__date", "outgoing__account_id", "incoming__account_id", "outgoing__amount", "incoming__amount",
        "outgoing__account__currency",
    )  # fmt: skip
    return [
        Moved(pk, day, source, target, to_units(out), -to_units(into), currency)
        for pk, day, source, target, out, into, currency in rows.order_by("-outgoing__date", "-pk").values_list(
            *fields
        )[:MOST_MOVES]
    ]
