"""Does it add up? The bank's opening balance plus its lines against its closing one, and the account against both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import Count, Q, Sum

from budget.ledger.models import Account, Transaction
from budget.statements.anchors import waiting_in
from budget.statements.likeliness import Clue, likeliest
from budget.statements.models import Statement, StatementLine
from budget.statements.openings import rests_on
from budget.statements.sequence import in_time

ONE_DAY = dt.timedelta(days=1)
MOST_TRIED = 20
"""Statements of one account that differ and are looked at day by day."""


@dataclass(frozen=True)
class Identity:
    """Of one statement, as banks print it: money one has is positive. `moved` adds up the lines, in positive."""

    opening: Decimal | None
    moved: Decimal
    closing: Decimal | None
    lines: int

    @property
    def expected(self) -> Decimal | None:
        """What the closing balance should be."""
        return None if self.opening is None else self.opening + self.moved

    @property
    def difference(self) -> Decimal | None:
        """What the file's own figures differ by; None where it does not say both balances."""
        if self.opening is None or self.closing is None:
            return None
        return self.opening + self.moved - self.closing

    @property
    def apart(self) -> Decimal:
        """The difference without its sign; zero where the file does not say both balances."""
        return abs(self.difference or Decimal(0))

    @property
    def is_told(self) -> bool:
        """Whether the file says both balances."""
        return self.difference is not None

    @property
    def holds(self) -> bool:
        """Whether it says both and they agree."""
        return self.difference == 0


def identity(statement: Statement) -> Identity:
    """The balance identity of a statement: every posted line that could be read, whatever became of it here."""
    return identities([statement])[statement.pk]


def identities(statements: Sequence[Statement]) -> Mapping[int, Identity]:
    """The same of many, by their ids. One query."""
    lines = StatementLine.objects.filter(statement__in=[statement.pk for statement in statements], is_pending=False)
    told = lines.exclude(amount=None).order_by().values("statement").annotate(moved=Sum("amount"), lines=Count("pk"))
    found = {row["statement"]: (row["moved"], row["lines"]) for row in told}
    return {
        each.pk: Identity(each.opening, -moved, each.closing, count)
        for each in statements
        for moved, count in [found.get(each.pk, (Decimal(0), 0))]
    }


@dataclass(frozen=True)
class Agreement:
    """An account beside the bank: what the ledger has on a day, what the bank says, and which rows may be why.

    `waiting` rows of the file cannot be read where what the account began with follows from this very balance: both
    are the same then, whatever those rows are, and it is not known whether they agree.
    """

    on: dt.date
    ledger: Decimal
    bank: Decimal
    clues: Sequence[Clue] = ()
    waiting: int = 0

    @property
    def difference(self) -> Decimal:
        """What the ledger has more than the bank; zero is agreement."""
        return self.ledger - self.bank

    @property
    def apart(self) -> Decimal:
        """The difference without its sign."""
        return abs(self.difference)


def balance_on(account: Account, day: dt.date) -> Decimal:
    """What the ledger says was on an account at the end of a day; positive is money one has."""
    return balances_on(account, [day])[day]


def balances_on(account: Account, days: Iterable[dt.date]) -> Mapping[dt.date, Decimal]:
    """The same of some days. Two queries at most, whatever the days."""
    wanted = sorted(set(days))
    if not wanted:
        return {}
    rows = Transaction.objects.filter(account=account).order_by()
    moved: Decimal = rows.filter(date__lte=wanted[0]).aggregate(total=Sum("amount"))["total"] or Decimal(0)
    later: list[tuple[dt.date, Decimal]] = []
    if len(wanted) > 1:
        between = rows.filter(date__gt=wanted[0], date__lte=wanted[-1])
        later = list(between.values_list("date").annotate(total=Sum("amount")).order_by("date"))
    found, place = {}, 0
    for day in wanted:
        while place < len(later) and later[place][0] <= day:
            moved += later[place][1]
            place += 1
        found[day] = account.opening_balance - moved
    return found


def agreement(
    account: Account,
    bank: Decimal,
    day: dt.date,
    since: dt.date | None = None,
    statement: Statement | None = None,
) -> Agreement:
    """Compare an account with the bank's balance at the end of `day`; names the likeliest rows of a difference.

    Args:
        since: rows from here on are looked at for the cause; the account's first row where it is left out.
        statement: what the bank says of those days; a line of it that is not in the ledger may be the cause.
    """
    ledger = balance_on(account, day)
    if ledger == bank:
        return Agreement(day, ledger, bank)
    return Agreement(day, ledger, bank, likeliest(account, ledger - bank, since, day, statement))


def agreements(account: Account, statements: Iterable[Statement]) -> Mapping[int, Agreement]:
    """An account beside the closing balances of some of its statements, by their ids; not of those that say none.

    The likeliest rows are named for the earliest difference: those after it have it too, and may have no other. Where a
    statement ends in the midst of a day that another goes on with, the rows of that one come after it.
    """
    told = [(end, each) for each in statements if each.closing is not None and (end := end_of(each))]
    ledger = balances_on(account, [day for end, each in told for day in (end, each.last or end)])
    found: dict[int, Agreement] = {}
    tried, is_explained = 0, False
    for end, each in sorted(told, key=lambda part: (part[0], part[1].pk)):
        assert each.closing is not None
        if each.last and each.last > end and ledger[end] != each.closing:
            end = each.last  # the bank dates its balance before its own last rows
        agreed = Agreement(end, ledger[end], each.closing)
        if agreed.difference and tried < MOST_TRIED:
            tried += 1
            before_others = agreed.ledger + _moved_by_next(account, each, end)
            agreed = replace(agreed, ledger=before_others) if before_others == each.closing else agreed
        if agreed.difference and not is_explained:
            is_explained = True
            agreed = replace(agreed, clues=likeliest(account, agreed.difference, each.first, end, each))
        found[each.pk] = agreed
    for pk, waiting in _unproved(account, [each for _, each in told]).items():
        found[pk] = replace(found[pk], waiting=waiting)
    return found


def _unproved(account: Account, statements: Sequence[Statement]) -> Mapping[int, int]:
    """Of the statement that an account was made to agree with, though not all of it can be read, how much cannot be."""
    waiting = waiting_in([each for each in statements if each.opening is None])
    rests = rests_on(account) if waiting else None
    return {rests.pk: waiting[rests.pk]} if rests and rests.pk in waiting else {}


def end_of(statement: Statement) -> dt.date | None:
    """The last day that a statement is about."""
    return statement.closing_on or statement.last


def _moved_by_next(account: Account, statement: Statement, end: dt.date) -> Decimal:
    """What rows of statements that go on with the last day of this one come to on it; money out is positive."""
    beside = Q(first=end) | Q(pk=statement.pk)
    of_file = Statement.objects.filter(beside, account=account, source=statement.source_id).order_by("number")
    ordered = [each.pk for each in in_time(of_file)]
    own = Q(line__statement__source=statement.source_id)
    further = Q(line__statement__last__gt=end) | Q(line__statement__opening=statement.closing)
    goes_on = Q(line__statement__in=ordered[ordered.index(statement.pk) + 1 :]) | (~own & further)
    rows = Transaction.objects.filter(goes_on, account=account, date=end, line__statement__first=end)
    moved: Decimal = rows.exclude(line__statement=statement).aggregate(total=Sum("amount"))["total"] or Decimal(0)
    return moved


@dataclass(frozen=True)
class Period:
    """Days of an account with the bank's balances before the first and after the last; positive is money one has."""

    first: dt.date
    last: dt.date
    opening: Decimal | None
    closing: Decimal | None


def period_of(statement: Statement) -> Period | None:
    """The days that a statement can be held against, whole days: None where it says no day at all.

    Banks print the opening balance with the day before, or with the first day; two files may share a day, the one
    ending and the other beginning in the midst of it. So each end is tried as printed and without the shared day,
    whose balance then follows from the lines; the first that the ledger agrees with counts, else the one as printed.
    """
    lines = StatementLine.objects.filter(statement=statement, is_pending=False).exclude(amount=None)
    by_day = list(lines.order_by("date").values_list("date").annotate(moved=Sum("amount")))
    printed = [day for day in (statement.opening_on, statement.closing_on) if day]
    if not by_day and not printed:
        return None
    moved = sum((amount for _, amount in by_day), Decimal(0))
    opening, closing = statement.opening, statement.closing
    is_whole = (opening is None) == (closing is None) or not waiting_in([statement])
    if opening is None and closing is not None and is_whole:
        opening = closing + moved
    elif closing is None and opening is not None and is_whole:
        closing = opening - moved
    days = [day for day, _ in by_day] or printed
    starts, ends = [(min(days), opening)], [(max([*days, *printed]), closing), (max(days), closing)]
    if by_day:
        starts.append((by_day[0][0] + ONE_DAY, None if opening is None else opening - by_day[0][1]))
        ends.append((by_day[-1][0] - ONE_DAY, None if closing is None else closing + by_day[-1][1]))
    if statement.opening_on:
        starts[1:1] = [(statement.opening_on, opening), (statement.opening_on + ONE_DAY, opening)]
    starts = [(day, balance) for day, balance in starts if day <= max([*days, *printed])]
    start, end = starts[0], ends[0]
    if statement.account and opening is not None:
        told = [*(day - ONE_DAY for day, _ in starts), *(day for day, _ in ends)]
        ledger = balances_on(statement.account, told)
        start = next((each for each in starts if ledger[each[0] - ONE_DAY] == each[1]), start)
        ends = [each for each in ends if each[0] >= start[0]] or [end]
        end = next((each for each in ends if ledger[each[0]] == each[1]), ends[0])
    return Period(start[0], max(end[0], start[0]), start[1], end[1])
