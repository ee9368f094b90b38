"""A period of an account beside the bank's balances, while a person ticks off its rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from budget.ledger.models import Account, Transaction
from budget.months import Month
from budget.statements.balances import ONE_DAY, Period, balance_on, balances_on
from budget.statements.certificates import period
from budget.statements.likeliness import Clue, likeliest
from budget.statements.models import Certificate, Statement

MOST_TICKED = 500
ZERO = Decimal(0)


@dataclass(frozen=True)
class Sheet:
    """The rows of a period with their ticks. Balances are positive for money one has, in the account's currency.

    `before` and `after` are what the ledger has on the day before the first and on the last day.
    """

    account: Account
    first: dt.date
    last: dt.date
    opening: Decimal
    closing: Decimal
    before: Decimal
    after: Decimal
    rows: Sequence[Transaction]
    ticked: frozenset[int]
    count: int
    moved: Decimal

    @property
    def is_too_long(self) -> bool:
        """Whether there are more rows than a person ticks; all of them count then."""
        return self.count > MOST_TICKED

    @property
    def unticked(self) -> list[Transaction]:
        """Rows that are not on the bank's statement."""
        return [] if self.is_too_long else [row for row in self.rows if row.pk not in self.ticked]

    @property
    def came_to(self) -> Decimal:
        """What the ticked rows come to, money in as positive."""
        return -self.moved + sum((row.amount for row in self.unticked), ZERO)

    @property
    def expected(self) -> Decimal:
        """The bank's opening balance and the ticked rows."""
        return self.opening + self.came_to

    @property
    def gap(self) -> Decimal:
        """What opening and ticked rows come to beyond the bank's closing balance; zero is agreement."""
        return self.expected - self.closing

    @property
    def gap_before(self) -> Decimal:
        """What the ledger has more than the bank before the period; ticking rows does not alter it."""
        return self.before - self.opening

    @property
    def apart_before(self) -> Decimal:
        """The same without its sign."""
        return abs(self.gap_before)

    @property
    def may_close(self) -> bool:
        """Whether nothing is left between ledger and bank but rows that the bank books later."""
        return self.gap == 0 and self.gap_before == 0

    @property
    def zero(self) -> Decimal:
        """What the gap has to come to."""
        return ZERO

    @property
    def next_day(self) -> dt.date:
        """Where rows go that the bank books later."""
        return self.last + ONE_DAY

    @property
    def has_rows_before(self) -> bool:
        """Whether anything was recorded before the period."""
        return Transaction.objects.filter(account=self.account, date__lt=self.first).exists()

    def clues(self, statement: Statement | None) -> list[Clue]:
        """The likeliest rows of a difference inside the period."""
        surplus = self.after - self.closing - self.gap_before
        return likeliest(self.account, surplus, self.first, self.last, statement) if surplus else []

    def clues_before(self) -> list[Clue]:
        """The likeliest rows of a difference from before the period."""
        surplus = self.gap_before
        return likeliest(self.account, surplus, None, self.first - ONE_DAY) if surplus else []


def sheet(account: Account, told: Period, ticked: Collection[int] | None) -> Sheet:
    """The sheet of a period whose balances are both known.

    Args:
        ticked: ids of the rows that are on the statement. None for a first guess: all rows where they agree with the
            bank, else those that a file of the bank brought.
    """
    assert told.opening is not None
    assert told.closing is not None
    rows = list(period(account, told.first, told.last).select_related("category", "account")[: MOST_TICKED + 1])
    count, moved = len(rows), sum((row.amount for row in rows), ZERO)
    if count > MOST_TICKED:
        inside = Transaction.objects.filter(account=account, date__range=(told.first, told.last))
        count, moved, rows = inside.count(), inside.aggregate(total=Sum("amount"))["total"], []
    if ticked is None:
        agrees = told.opening - moved == told.closing
        ticked = [row.pk for row in rows if agrees or (row.line_id is not None and not row.is_pending)]
    ledger = balances_on(account, (told.first - ONE_DAY, told.last))
    return Sheet(
        account=account,
        first=told.first,
        last=told.last,
        opening=told.opening,
        closing=told.closing,
        before=ledger[told.first - ONE_DAY],
        after=ledger[told.last],
        rows=rows,
        ticked=frozenset(ticked),
        count=count,
        moved=moved,
    )


def next_period(account: Account, today: dt.date) -> Period:
    """What is closed next by hand: the month after the last certificate, else the month of the first row."""
    newest = Certificate.objects.filter(account=account).order_by("-last").first()
    if newest is not None:
        first, opening = newest.last + ONE_DAY, newest.closing
    else:
        begun = Transaction.objects.filter(account=account).order_by("date", "pk").first()
        first = Month.of(begun.date if begun else today).first
        opening = balance_on(account, first - ONE_DAY)
    month = Month.of(first)
    return Period(first, month.end - ONE_DAY, opening, None)
