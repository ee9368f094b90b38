"""What became of every row of a file: rows = recorded + already there + skipped + refused, to the cent."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Min, Sum

from budget.ledger.models import Account
from budget.statements.balances import Agreement, Identity, agreements, identity
from budget.statements.lines import in_order
from budget.statements.models import Fate, Stage, Statement, StatementImport, StatementLine
from budget.statements.sequence import in_time
from budget.statements.standing import is_undone

MOST_ERRORS = 1000
PROBLEM = ("number", "place", "problem_column", "printed", "problem")
RECORDED = (Fate.NEW, Fate.DOUBTFUL)
THERE = (Fate.THERE, Fate.JOINED)
SKIPPED = (Fate.SKIPPED, Fate.DELETED)


@dataclass(frozen=True)
class Problem:
    """A row that cannot be read."""

    number: int
    place: str
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class Part:
    """One account's part of the file. `sums` are the file's own, by currency, with its sign and every digit."""

    statement: Statement
    account: str
    currency: str
    counts: Mapping[str, int]
    sums: Mapping[str, Decimal]
    first: dt.date | None
    last: dt.date | None
    balance: Identity
    agreement: Agreement | None = None
    """The account beside the bank at the end, once its rows are in the book."""


@dataclass(frozen=True)
class Receipt:
    """The conservation law of an import, before it is confirmed (what would become) and after."""

    source: StatementImport
    rows: int
    recorded: int
    already_there: int
    skipped: int
    refused: int
    doubtful: int
    deleted: int
    joined: int
    sums: Mapping[str, Decimal]
    out: Mapping[str, Decimal]
    into: Mapping[str, Decimal]
    first: dt.date | None
    last: dt.date | None
    parts: Sequence[Part] = ()
    errors: Sequence[Problem] = ()
    more_errors: int = 0
    idle: Sequence[Problem] = ()
    """The rows that move nothing, of which no more are told than of those that cannot be read."""
    rounded: int = 0

    @property
    def balance(self) -> Identity | None:
        """Opening, lines and closing of the whole file, where it is of one account."""
        return _together(self.parts)

    @property
    def agreement(self) -> Agreement | None:
        """The account beside the bank at the end of the file, where it is of one account."""
        if self.balance is None:
            return None
        return next((part.agreement for part in reversed(_in_time(self.parts)) if part.agreement), None)

    @property
    def adds_up(self) -> bool:
        """Whether every row is accounted for; always, or it is a mistake of ours."""
        return self.rows == self.recorded + self.already_there + self.skipped + self.refused


def receipt(found: StatementImport) -> Receipt:
    """The receipt of an import as it stands. Its number of queries grows with its accounts, not with its rows."""
    lines = StatementLine.objects.filter(statement__source=found)
    statements = list(found.statements.select_related("account").order_by("number"))
    sums = _sums([statement.pk for statement in statements])
    agreed = agreements_of(found, statements)
    parts = [_part(statement, sums[statement.pk], agreed.get(statement.pk)) for statement in statements]
    total: dict[str, int] = defaultdict(int)
    for part in parts:
        for fate, count in part.counts.items():
            total[fate] += count
    moved = lines.filter(fate__in=RECORDED).values("currency").order_by("currency")
    out = moved.filter(amount__gt=0).annotate(total=Sum("amount")).values_list("currency", "total")
    into = moved.filter(amount__lt=0).annotate(total=Sum("amount")).values_list("currency", "total")
    refused = lines.filter(fate=Fate.REFUSED).order_by("number")
    shown = list(refused.values_list(*PROBLEM)[:MOST_ERRORS])
    idle = lines.filter(fate=Fate.SKIPPED, amount=None).exclude(problem="").order_by("number")
    days = [day for part in parts for day in (part.first, part.last) if day]
    return Receipt(
        source=found,
        rows=sum(total.values()),
        recorded=sum(total[fate] for fate in RECORDED),
        already_there=sum(total[fate] for fate in THERE),
        skipped=sum(total[fate] for fate in SKIPPED),
        refused=total[Fate.REFUSED],
        doubtful=total[Fate.DOUBTFUL],
        deleted=total[Fate.DELETED],
        joined=total[Fate.JOINED],
        sums=_added(part.sums for part in parts),
        out=dict(out),
        into={currency: -amount for currency, amount in into},
        first=min(days, default=None),
        last=max(days, default=None),
        parts=parts,
        errors=[Problem(*values) for values in shown],
        more_errors=total[Fate.REFUSED] - len(shown),
        idle=[Problem(*values) for values in idle.values_list(*PROBLEM)[:MOST_ERRORS]] if total[Fate.SKIPPED] else [],
        rounded=lines.exclude(remarks=[]).filter(remarks__icontains="is kept as").count(),
    )


def agreements_of(found: StatementImport, statements: Sequence[Statement]) -> Mapping[int, Agreement]:
    """Whether the accounts of an import that stands have what the bank says, by its statements that say a balance."""
    by_account: dict[Account, list[Statement]] = defaultdict(list)
    for statement in statements:
        if statement.account and statement.closing is not None:
            by_account[statement.account].append(statement)
    if found.stage != Stage.RECORDED or not by_account or is_undone(found):
        return {}
    told: dict[int, Agreement] = {}
    for account, own in by_account.items():
        told |= agreements(account, own)
    return told


def _together(parts: Sequence[Part]) -> Identity | None:
    """The balances of a whole file, where it is all of one account: from the earliest opening to the latest closing."""
    if len({(part.statement.account_number, part.account, part.currency) for part in parts}) != 1:
        return None
    balances = [part.balance for part in _in_time(parts)]
    moved = sum((balance.moved for balance in balances), Decimal(0))
    return Identity(balances[0].opening, moved, balances[-1].closing, sum(balance.lines for balance in balances))


def _in_time(parts: Sequence[Part]) -> Sequence[Part]:
    of_statement = {part.statement.pk: part for part in parts}
    return [of_statement[each.pk] for each in in_time([part.statement for part in parts])]


def _part(statement: Statement, sums: Mapping[str, Decimal], agreed: Agreement | None) -> Part:
    told = statement.lines.values("fate").order_by("fate").annotate(lines=Count("pk"))
    days = statement.lines.aggregate(first=Min("date"), last=Max("date"))
    return Part(
        statement=statement,
        account=str(statement.account) if statement.account else statement.new_account,
        currency=statement.currency,
        counts={row["fate"]: row["lines"] for row in told},
        sums=sums,
        first=days["first"],
        last=days["last"],
        balance=identity(statement),
        agreement=agreed,
    )


def _sums(statements: Sequence[int]) -> Mapping[int, dict[str, Decimal]]:
    """The exact sums of what the file prints, by statement and currency: line by line, so that no digit is lost.

    Args:
        statements: their ids.
    """
    sums: dict[int, dict[str, Decimal]] = defaultdict(dict)
    for statement, currency, printed in _printed(statements):
        own = sums[statement]
        own[currency] = own.get(currency, Decimal(0)) + Decimal(printed)
    return sums


def _printed(statements: Sequence[int]) -> Iterator[tuple[int, str, str]]:
    query = "SELECT statement_id, currency, printed FROM budget_statementline WHERE amount IS NOT NULL"
    for page in in_order(query, statements):
        yield from page


def _added(many: Iterator[Mapping[str, Decimal]]) -> dict[str, Decimal]:
    total: dict[str, Decimal] = {}
    for sums in many:
        for currency, amount in sums.items():
            total[currency] = total.get(currency, Decimal(0)) + amount
    return total


def as_json(told: Receipt, *, is_dry_run: bool = False) -> dict[str, Any]:
    """The receipt for programs: money as text with the file's sign, dates as ISO text.

    Of a file that was not stored, what would have been recorded is skipped; in a dry run it is what would be recorded.
    """
    found = told.source
    is_stored = found.stage == Stage.RECORDED
    return {
        "file": found.file_name,
        "format": found.format,
        "account": ", ".join(dict.fromkeys(part.account for part in told.parts)),
        "currency": ", ".join(dict.fromkeys(part.currency for part in told.parts)),
        "rows": told.rows,
        "recorded": told.recorded if is_stored or is_dry_run else 0,
        "already_there": told.already_there,
        "skipped": told.skipped if is_stored or is_dry_run else told.skipped + told.recorded,
        "refused": told.refused,
        "sums": {currency: f"{amount:f}" for currency, amount in told.sums.items()},
        "first": told.first.isoformat() if told.first else None,
        "last": told.last.isoformat() if told.last else None,
        "balance": balance_in_json(told.balance, told.agreement),
        "doubtful": told.doubtful,
        "more_errors": told.more_errors,
        "errors": [
            {"row": problem.number, "place": problem.place, "column": problem.column, "reason": problem.reason}
            for problem in told.errors
        ],
        "left_out": [{"row": row.number, "place": row.place, "reason": row.reason} for row in told.idle],
        "statements": [
            {
                "account": part.account,
                "name": part.statement.account_name,
                "currency": part.currency,
                "rows": sum(part.counts.values()),
                "sums": {currency: f"{amount:f}" for currency, amount in part.sums.items()},
                "balance": balance_in_json(part.balance, part.agreement),
                "remarks": part.statement.remarks,
            }
            for part in told.parts
        ],
    }


def balance_in_json(found: Identity | None, agreed: Agreement | None) -> dict[str, Any]:
    """The bank's figures: the difference is opening plus lines less closing. Then the account's own balance on the day.

    `ledger_difference` is what the account has more than the bank says; `likeliest` are the rows that may be why, with
    the file's sign. Both are None where the file says no closing balance or was not stored; the difference also where
    the account's opening balance follows from that closing one and some rows cannot be read.
    """
    opening, closing, difference = (found.opening, found.closing, found.difference) if found else (None, None, None)
    ledger, surplus = (agreed.ledger, None if agreed.waiting else agreed.difference) if agreed else (None, None)
    figures = {
        "opening": opening,
        "closing": closing,
        "difference": difference,
        "ledger": ledger,
        "ledger_difference": surplus,
    }
    return {name: None if amount is None else f"{amount:f}" for name, amount in figures.items()} | {
        "on": agreed.on.isoformat() if agreed else None,
        "likeliest": [
            {
                "date": clue.date.isoformat() if clue.date else None,
                "amount": f"{-clue.amount:f}",
                "title": clue.title,
                "why": clue.why,
            }
            for clue in (agreed.clues if agreed else ())
        ],
    }
