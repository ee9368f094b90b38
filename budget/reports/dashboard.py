"""What the overview shows beside the month's own facts: read in one statement, whatever the number of rows.

The months come from the monthly totals, the days from the rows of two months (once for each state of the book), and
the newest rows by index.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from budget.books.models import Book
from budget.envelopes.facts import FIRST_MONTH, Facts, earlier
from budget.ledger.directory import AccountName
from budget.money import from_units
from budget.months import Month
from budget.prepared import run
from budget.reports.queries import ListedTxn

MONTHS = 12
NEWEST_ROWS = 5
MOST_IMPORTS = 4

# Every arm has the same columns: kind, id, account, category, is it a transfer, day or month, thousandths, two texts.
INCOMING = "SELECT c.id FROM budget_category c WHERE c.book_id = %(book)s AND c.is_income"
OWN = "t.account_id IN (SELECT a.id FROM budget_account a WHERE a.book_id = %(book)s AND a.currency = %(currency)s)"
STATEMENT = f"""
    SELECT 'month', CAST(0 AS BIGINT), CAST(0 AS BIGINT), CAST(0 AS BIGINT), FALSE,
        CAST(f.month AS VARCHAR(10)), CAST(SUM(f.total) AS BIGINT), f.kind, ''
        FROM (SELECT t.month, t.total, CASE WHEN t.is_transfer THEN 'moved' WHEN t.category_id IS NULL THEN 'none'
            WHEN t.category_id IN ({INCOMING}) THEN 'income' ELSE 'spending' END AS kind
            FROM budget_monthlytotal t WHERE t.book_id = %(book)s AND t.month >= %(since)s AND {OWN}) f
        GROUP BY f.month, f.kind
    UNION ALL
    SELECT 'first', 0, 0, 0, FALSE,
        CAST((SELECT MIN(m.month) FROM budget_monthlytotal m WHERE m.book_id = %(book)s) AS VARCHAR(10)), 0, '', ''
    UNION ALL
    SELECT 'held', 0, 0, 0, FALSE, CAST(r.month AS VARCHAR(10)), 0, '', '' FROM budget_monthrecount r
        WHERE r.book_id = %(book)s AND r.status = 'blocked'
    UNION ALL
    SELECT 'import', i.id, 0, 0, FALSE, '', 0, i.stage, i.file_name FROM (
        SELECT * FROM budget_statementimport s WHERE s.book_id = %(book)s AND s.stage IN ('refused', 'asking', 'ready')
        ORDER BY s.id DESC LIMIT {MOST_IMPORTS}) i
    UNION ALL
    SELECT 'row', n.id, n.account_id, n.category_id, n.is_transfer, CAST(n.date AS VARCHAR(10)), n.amount,
        n.payee, n.description FROM (
        SELECT * FROM budget_transaction x WHERE x.book_id = %(book)s AND x.date < %(until)s
        ORDER BY x.date DESC, x.id DESC LIMIT {NEWEST_ROWS}) n
"""  # noqa: S608  # all parts are written here
DAYS = f"""
    SELECT 'day', CAST(COALESCE(SUM(CASE WHEN t.category_id IS NULL THEN t.amount END), 0) AS BIGINT), 0, 0, FALSE,
        CAST(t.date AS VARCHAR(10)),
        CAST(COALESCE(SUM(CASE WHEN t.category_id IS NOT NULL THEN t.amount END), 0) AS BIGINT), '', ''
        FROM budget_transaction t
        WHERE t.book_id = %(book)s AND t.date >= %(before)s AND t.date < %(end)s AND NOT t.is_transfer AND {OWN}
        AND (t.category_id IS NULL OR t.category_id NOT IN ({INCOMING})) GROUP BY t.date
"""  # noqa: S608  # all parts are written here
WITH_DAYS = f"{STATEMENT}    UNION ALL{DAYS}"
Days = Mapping[date, "Outgo"]
MOST_KNOWN = 64
_known: dict[tuple[int, str, Month], Days] = {}
"""The days of months that were read already, by the book's id and head: the digest of everything done to it.

Adding up two months of a book with hundreds of rows a day is most of the statement's work; any change makes a new head.
"""


class Flow(NamedTuple):
    """A month in the book's currency: income and spending positive; `moved` is what transfers took away or brought."""

    income: Decimal = Decimal(0)
    spending: Decimal = Decimal(0)
    unfiled: Decimal = Decimal(0)
    moved: Decimal = Decimal(0)

    @property
    def came(self) -> Decimal:
        """Income, with rows without a category where more of them came in than went out."""
        return self.income - min(self.unfiled, Decimal(0))

    @property
    def went(self) -> Decimal:
        """Spending, with rows without a category otherwise: as the month's report counts them."""
        return self.spending + max(self.unfiled, Decimal(0))

    @property
    def lost(self) -> Decimal:
        """What all accounts together have less than before."""
        return self.spending + self.unfiled + self.moved - self.income


class Outgo(NamedTuple):
    """What a day spent in the book's currency, and what has no category; out is positive."""

    filed: Decimal = Decimal(0)
    unfiled: Decimal = Decimal(0)


class Import(NamedTuple):
    """A file that somebody has to look at: it was refused, asks something, or is ready."""

    pk: int
    stage: str
    file_name: str


@dataclass
class Dashboard:
    """What was read, for the month `shown` and the eleven before it."""

    shown: Month
    flows: Mapping[Month, Flow]
    """The months that have rows, later ones too."""

    days: Days
    """The days of the month and of the one before that have rows."""

    first: Month | None = None
    """The first month of the book that has rows."""

    held: list[Month] = field(default_factory=list)
    imports: list[Import] = field(default_factory=list)
    newest: list[ListedTxn] = field(default_factory=list)

    def flow(self, month: Month) -> Flow:
        """A month's flow, of nothing where it has no rows."""
        return self.flows.get(month, Flow())

    @property
    def months(self) -> list[Month]:
        """The twelve months, the shown one last; fewer at the beginning of time."""
        return [*_first(self.shown).until(self.shown), self.shown]


def dashboard(book: Book, facts: Facts, *, shown: Month, until: Month) -> Dashboard:
    """Everything of the overview but the month's own facts, which name its rows. One statement.

    Args:
        shown: the month that the pictures end with.
        until: the newest rows are up to and with this month.
    """
    read: dict[str, list[_Row]] = defaultdict(list)
    key = book.pk, book.head, shown
    days = _known.get(key)
    for row in _read(book, shown, until, WITH_DAYS if days is None else STATEMENT):
        read[row.kind].append(row)
    accounts = {account.pk: account for account in facts.accounts}
    months: dict[Month, dict[str, Decimal]] = defaultdict(dict)
    for row in read["month"]:
        months[Month.parse(row.day[:7])][row.text] = from_units(row.units)
    first = read["first"][0].day
    found = Dashboard(
        shown=shown,
        flows={month: _flow(parts) for month, parts in months.items()},
        days=days if days is not None else {date.fromisoformat(row.day): _outgo(row) for row in read["day"]},
        first=Month.parse(first[:7]) if first else None,
        held=sorted(Month.parse(row.day[:7]) for row in read["held"]),
        imports=[Import(row.number, row.text, row.more) for row in read["import"]],
        newest=[_listed(row, facts, accounts[row.account]) for row in read["row"]],
    )
    _remember(key, found)
    return found


def _remember(key: tuple[int, str, Month], found: Dashboard) -> None:
    """Keep the days for the next answer, if they are what the months' totals say and neither month is held back.

    Rows that somebody altered behind the application's back make no new head: theirs must not stay when that is mended.
    """
    months = [month for month in (found.shown, earlier(found.shown)) if month]
    is_sound = not any(month in found.held or _total(found.days, month) != _kept(found, month) for month in months)
    if not is_sound:
        _known.pop(key, None)
    elif key not in _known:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[key] = found.days


def _total(days: Days, month: Month) -> tuple[Decimal, Decimal]:
    within = [outgo for day, outgo in days.items() if day in month]
    return sum((each.filed for each in within), Decimal(0)), sum((each.unfiled for each in within), Decimal(0))


def _kept(found: Dashboard, month: Month) -> tuple[Decimal, Decimal]:
    flow = found.flow(month)
    return flow.spending, flow.unfiled


def _outgo(row: _Row) -> Outgo:
    return Outgo(from_units(row.units), from_units(row.number))


class _Row(NamedTuple):
    """A row of any arm of the statement; `text` and `more` are what its kind says of itself.

    `number` is its id, or in thousandths what a day has without a category.
    """

    kind: str
    number: int
    account: int
    category: int | None
    is_transfer: bool
    day: str
    units: int
    text: str
    more: str


def _read(book: Book, shown: Month, until: Month, statement: str) -> list[_Row]:
    asked: dict[str, int | str] = {
        "book": book.pk,
        "currency": book.currency,
        "since": _first(shown).first.isoformat(),
        "before": (earlier(shown) or shown).first.isoformat(),
        "end": shown.end.isoformat(),
        "until": until.end.isoformat(),
    }
    return [_Row(*row) for row in run(statement, asked)]


def _first(shown: Month) -> Month:
    return shown - (MONTHS - 1) if shown >= FIRST_MONTH + (MONTHS - 1) else FIRST_MONTH


def _flow(parts: Mapping[str, Decimal]) -> Flow:
    nothing = Decimal(0)
    return Flow(
        income=-parts.get("income", nothing),
        spending=parts.get("spending", nothing),
        unfiled=parts.get("none", nothing),
        moved=parts.get("moved", nothing),
    )


def _listed(row: _Row, facts: Facts, account: AccountName) -> ListedTxn:
    """The row with the names that the facts know already."""
    shape = facts.shape(row.category) if row.category else None
    filed = (shape.pk, shape.name, shape.label, shape.icon, shape.color) if shape else (None,) * 5
    day, amount = date.fromisoformat(row.day), from_units(row.units)
    return ListedTxn(
        row.number, day, amount, row.text, row.more, bool(row.is_transfer), account.name, account.currency, *filed
    )
