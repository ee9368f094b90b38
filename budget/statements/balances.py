"""Does it add up? The bank's opening balance plus its lines against its closing one, and the account against both."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Max, Min, QuerySet, Sum

from budget.ledger.models import Account, Transaction
from budget.statements.models import Fate, Statement

MOST_LIKELY = 5


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
    def is_told(self) -> bool:
        """Whether the file says both balances."""
        return self.difference is not None

    @property
    def holds(self) -> bool:
        """Whether it says both and they agree."""
        return self.difference == 0


def identity(statement: Statement) -> Identity:
    """The balance identity of a statement: every posted line that could be read, whatever became of it here."""
    told = (
        statement.lines.exclude(amount=None).filter(is_pending=False).aggregate(moved=Sum("amount"), lines=Count("pk"))
    )
    moved: Decimal = told["moved"] or Decimal(0)
    return Identity(statement.opening, -moved, statement.closing, told["lines"])


@dataclass(frozen=True)
class Agreement:
    """An account beside the bank: what the ledger has on a day, what the bank says, and which rows may be why."""

    on: dt.date
    ledger: Decimal
    bank: Decimal
    likely: Sequence[Transaction] = ()

    @property
    def difference(self) -> Decimal:
        """What the ledger has more than the bank; zero is agreement."""
        return self.ledger - self.bank


def balance_on(account: Account, day: dt.date) -> Decimal:
    """What the ledger says was on an account at the end of a day; positive is money one has."""
    moved = Transaction.objects.filter(account=account, date__lte=day).aggregate(total=Sum("amount"))["total"]
    return account.opening_balance - (moved or Decimal(0))


def agreement(account: Account, bank: Decimal, day: dt.date, since: dt.date | None = None) -> Agreement:
    """Compare an account with the bank's balance at the end of `day`; names the likeliest rows of a difference.

    Args:
        since: rows from here on are looked at for the cause; the account's first row where it is left out.
    """
    ledger = balance_on(account, day)
    if ledger == bank:
        return Agreement(day, ledger, bank)
    rows = Transaction.objects.filter(account=account, date__lte=day).select_related("category", "account")
    if since:
        rows = rows.filter(date__gte=since)
    return Agreement(day, ledger, bank, likeliest(rows, ledger - bank))


def likeliest(rows: QuerySet[Transaction], surplus: Decimal) -> list[Transaction]:
    """The rows that alone explain a surplus of the ledger over the bank, the likeliest first.

    A row that should not be there has its amount (money in counts as a surplus); one entered with the wrong sign has
    half of it; of two equal ones, one is likely too many.
    """
    alone = list(rows.filter(amount=-surplus).order_by("line_id", "-date", "-pk")[:MOST_LIKELY])
    turned = (
        list(rows.filter(amount=-surplus / 2).order_by("line_id", "-date", "-pk")[:MOST_LIKELY])
        if (surplus % Decimal("0.002") == 0)
        else []
    )
    by_hand = [txn for txn in alone if txn.line_id is None]
    others = [txn for txn in alone if txn.line_id is not None]
    return [*by_hand, *others, *turned][:MOST_LIKELY]


def span(statement: Statement) -> tuple[dt.date, dt.date] | None:
    """The days that a statement is about: of its balances where it says them, else of its lines."""
    told = statement.lines.exclude(date=None).aggregate(first=Min("date"), last=Max("date"))
    days = [day for day in (statement.opening_on, statement.closing_on, told["first"], told["last"]) if day]
    return (min(days), max(days)) if days else None


def missing_rows(statement: Statement) -> int:
    """Lines of a statement that are not in the ledger: left out, refused, deleted since."""
    readable = statement.lines.exclude(fate=Fate.REFUSED)
    kept = readable.filter(fate__in=(Fate.NEW, Fate.DOUBTFUL, Fate.JOINED), transaction__isnull=False).count()
    there = readable.filter(fate=Fate.THERE).count()
    return statement.lines.count() - kept - there
