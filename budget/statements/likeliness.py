"""Which rows explain why an account and its bank differ, the likeliest first, each with the reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from django.db.models import F, Q, QuerySet

from budget.ledger.models import Account, Transaction
from budget.money import format_amount
from budget.statements.anchors import unreadable
from budget.statements.models import Fate, Statement, StatementLine

MOST_LIKELY = 5
MOST_PAIRED = 2000
"""Rows of a period among which two are looked for that explain it together."""
NEAR = dt.timedelta(days=10)
"""A row may stand this far outside of the period that it belongs to."""


@dataclass(frozen=True)
class Clue:
    """A row that may be why: of the ledger, or of the bank's file and not in the ledger."""

    why: str
    title: str
    date: dt.date | None
    amount: Decimal
    txn: Transaction | None = None
    line: StatementLine | None = None


def likeliest(
    account: Account, surplus: Decimal, since: dt.date | None, until: dt.date, statement: Statement | None = None
) -> list[Clue]:
    """The rows that explain a surplus of the ledger over the bank, at most five.

    Args:
        surplus: what the ledger has more; a row that should not be there has its amount with the other sign.
        since, until: the days looked at, both included; from the account's first row on where `since` is None.
    """
    found: list[Clue] = []
    seen: set[tuple[str, int]] = set()
    for clue in islice(_clues(account, surplus, since, until, statement), 4 * MOST_LIKELY):
        row = clue.txn or clue.line
        mark = (type(row).__name__, row.pk if row else 0)
        if mark not in seen:
            seen.add(mark)
            found.append(clue)
    return found[:MOST_LIKELY]


def _clues(
    account: Account, surplus: Decimal, since: dt.date | None, until: dt.date, statement: Statement | None
) -> Iterator[Clue]:
    rows = Transaction.objects.filter(account=account, date__lte=until).select_related("category", "account")
    if since:
        rows = rows.filter(date__gte=since)
    if statement is not None:
        yield from _left_out(statement, surplus)
        yield from _unread(statement, surplus)
    by_hand_first = (F("line").asc(nulls_first=True), "-date", "-pk")
    alone = list(_not_told_by(statement, rows, -surplus).order_by(*by_hand_first)[:MOST_LIKELY])
    again = _repeated(account, alone)
    alone.sort(key=lambda txn: (not txn.is_pending, (txn.date, txn.amount) not in again))
    for txn in alone:
        if txn.is_pending:
            yield _of(txn, "Announced by the bank, not posted yet. Without it both agree.")
        elif (txn.date, txn.amount) in again:
            yield _of(txn, "Here twice: same day, same amount. Without one of them both agree.")
        else:
            yield _of(txn, "Without it both agree.")
    if surplus % Decimal("0.002") == 0:
        for txn in _not_told_by(statement, rows, -surplus / 2).order_by(*by_hand_first)[:MOST_LIKELY]:
            yield _of(txn, "With the other sign both agree.")
    near = Q(account=account, date__gt=until, date__lte=until + NEAR)
    for txn in Transaction.objects.filter(near, amount=surplus).order_by("date", "pk")[:MOST_LIKELY]:
        yield _of(txn, "Dated after the last day. Inside the period both agree.")
    near = Q(date__gte=since, date__lte=until) if since else Q(date__lte=until)
    others = Transaction.objects.filter(near, book=account.book_id, amount=surplus, account__currency=account.currency)
    for txn in others.exclude(account=account).select_related("account").order_by("-date", "-pk")[:MOST_LIKELY]:
        yield _of(txn, f"On {txn.account}. On {account} both agree.")
    if not alone:
        yield from _pair(account, _not_told_by(statement, rows), surplus)


def _not_told_by(
    statement: Statement | None, rows: QuerySet[Transaction], amount: Decimal | None = None
) -> QuerySet[Transaction]:
    """Rows, of an amount where it is given, that may be wrong: what the bank's file has, and as it has it, is right.

    Where the file has rows that cannot be read, what another file has may be one of these.
    """
    here = StatementLine.objects.filter(statement=statement, is_pending=False, fate__in=(Fate.THERE, Fate.JOINED))
    if amount is not None:
        rows, here = rows.filter(amount=amount), here.filter(amount=amount)
    if statement is None:
        return rows
    as_told = Q(line__is_pending=False, line__amount=F("amount"))
    own = as_told if statement.lines.filter(unreadable()).exists() else as_told & Q(line__statement=statement)
    own |= Q(pk__in=here.filter(matched_id__isnull=False).values("matched_id"))
    own |= Q(line__in=here.filter(same_as_id__isnull=False).values("same_as_id"))
    return rows.exclude(own)


def _unread(statement: Statement, surplus: Decimal) -> Iterator[Clue]:
    """The one row of the bank's file that cannot be read."""
    lines = list(statement.lines.filter(unreadable()).order_by("number")[:2])
    if len(lines) == 1:
        why = f"In the bank's file, {lines[0].place}, and cannot be read. If it moves this much both agree."
        yield Clue(why, lines[0].payee or lines[0].text or lines[0].place, lines[0].date, surplus, line=lines[0])


def _of(txn: Transaction, why: str) -> Clue:
    return Clue(why, txn.title, txn.date, txn.amount, txn=txn)


def _repeated(account: Account, rows: list[Transaction]) -> set[tuple[dt.date, Decimal]]:
    """The days and amounts that an account has more than once."""
    told = [(txn.date, txn.amount) for txn in rows]
    if not told:
        return set()
    same = Transaction.objects.filter(account=account, amount=told[0][1], date__in={day for day, _ in told})
    seen: set[tuple[dt.date, Decimal]] = set()
    twice: set[tuple[dt.date, Decimal]] = set()
    for mark in same.order_by("date").values_list("date", "amount")[:100]:
        (twice if mark in seen else seen).add(mark)
    return twice


def _left_out(statement: Statement, surplus: Decimal) -> Iterator[Clue]:
    """Lines of the bank's file that are not here: one of them, or all of them together."""
    lines = StatementLine.objects.filter(
        statement=statement, transaction__isnull=True, is_pending=False, amount__isnull=False
    ).exclude(fate=Fate.THERE)
    missing = [(line, line.amount) for line in lines.order_by("number")[: MOST_PAIRED + 1] if line.amount is not None]
    together = len(missing) > 1 and sum(amount for _, amount in missing) == surplus
    for line, amount in missing:
        if amount == surplus or together:
            why = f"In the bank's file, {line.place}, and not here. With it both agree."
            if together and amount != surplus:
                why = f"In the bank's file, {line.place}, and not here. With all {len(missing)} of these both agree."
            yield Clue(why, line.payee or line.text or line.place, line.date, amount, line=line)


def _pair(account: Account, rows: QuerySet[Transaction], surplus: Decimal) -> Iterator[Clue]:
    """Two rows that explain it together; looked for where the period is short enough."""
    told = list(rows.order_by("-date", "-pk").values_list("pk", "amount")[: MOST_PAIRED + 1])
    if len(told) > MOST_PAIRED:
        return
    seen: dict[Decimal, int] = {}
    for pk, amount in told:
        other = seen.get(-surplus - amount)
        if other is not None:
            first, second = Transaction.objects.filter(pk__in=(pk, other)).order_by("-date", "-pk")
            for txn, partner in ((first, second), (second, first)):
                also = format_amount(abs(partner.amount), account.currency)
                yield _of(txn, f"Without it and {partner.title}, {also}, both agree.")
            return
        seen.setdefault(amount, pk)
