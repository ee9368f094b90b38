"""The earliest balance that the files of an account tell, and what their rows come to before it."""

from __future__ import annotations

import datetime as dt
import heapq
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from budget.ledger.models import Account, Transaction
from budget.statements.models import Fate, Stage, Statement, StatementImport, StatementLine
from budget.statements.sequence import in_time

ONE_DAY = dt.timedelta(days=1)
ZERO = Decimal(0)
MADE = (Fate.NEW, Fate.DOUBTFUL)


@dataclass(frozen=True)
class Anchor:
    """The bank has `balance` before `day`; positive is money one has.

    It is not exact where a statement says only what it ends with and some of its rows cannot be read. Then it is that
    balance and the day after it, so that rows which come later find their place before it.
    """

    statement: Statement
    day: dt.date
    balance: Decimal
    is_exact: bool = True


def anchor(account: Account, undone: Collection[int], also: StatementImport | None = None) -> Anchor | None:
    """The earliest balance that the statements of an account tell.

    Args:
        undone: the ids of the imports that do not count.
        also: an import that counts all the same, recorded or not.
    """
    told = _of_files(account, undone, also).exclude(opening=None, closing=None).order_by("source", "pk")
    placed = enumerate(in_time(told))
    dated = [(day, each.opening is None, place, each) for place, each in placed if (day := _begins(each))]
    heapq.heapify(dated)
    ends: set[int] = set()
    while dated:
        day, _, place, first = heapq.heappop(dated)
        if first.closing is not None and first.pk in ends:
            return Anchor(first, day, first.closing, is_exact=False)
        if first.opening is None and waiting_in([first]):
            ends.add(first.pk)
            heapq.heappush(dated, (_end(first) + ONE_DAY, True, place, first))
            continue
        balance = opening_of(first)
        assert balance is not None
        return Anchor(first, day, balance)
    return None


def opening_of(statement: Statement) -> Decimal | None:
    """What was on the account before the statement: as the bank says, or what its closing balance leaves."""
    if statement.opening is not None or statement.closing is None:
        return statement.opening
    return statement.closing + _sum(statement.lines.exclude(amount=None).filter(is_pending=False))


def waiting_in(statements: Iterable[Statement]) -> Mapping[int, int]:
    """How many rows of statements cannot be read, by the ids of those that have any; also those a person left out.

    A row that moves nothing is left out by nobody.
    """
    lines = StatementLine.objects.filter(unreadable(), statement__in=[each.pk for each in statements])
    return dict(lines.order_by().values_list("statement").annotate(lines=Count("pk")))


def unreadable() -> Q:
    """Rows of files that may be movements, and are unknown."""
    left_out = Q(fate=Fate.SKIPPED, is_chosen=True) & (Q(date=None) | Q(amount=None))
    return (Q(fate=Fate.REFUSED) | left_out) & Q(is_pending=False)


def moved_before(
    account: Account, now: Anchor, undone: Collection[int], also: StatementImport | None = None
) -> Decimal:
    """What rows of files come to before an anchor, as the bank has them; money out is positive.

    Those of an import that does not count are in it as long as they are in the book: somebody kept them. What was only
    announced counts as it stands in the book.
    """
    begun = Q(first__lt=now.day)
    if not Statement.objects.filter(begun, account=account).exists():
        return ZERO
    stand = _of_files(account, undone, also).filter(begun)
    recorded = Statement.objects.filter(begun, account=account, source__stage=Stage.RECORDED)
    gone = recorded.exclude(pk__in=stand.values("pk"))
    own = Exists(Transaction.objects.filter(line=OuterRef("pk")))
    joins = Exists(Transaction.objects.filter(pk=OuterRef("matched_id"), line=None))
    lines = _before(StatementLine.objects.filter(is_pending=False), now)
    moved = _sum(lines.filter(Q(fate__in=MADE) | Q(Q(own) | Q(joins), fate=Fate.JOINED), statement__in=stand))
    if undone:
        moved += _sum(lines.filter(own, statement__in=gone))
    announced = Transaction.objects.filter(account=account, date__lt=now.day, line__is_pending=True)
    moved += _sum(announced.filter(line__statement__account=account))
    if also:
        coming = StatementLine.objects.filter(~own, statement__source=also, statement__account=account, is_pending=True)
        moved += _sum(coming.filter(fate__in=MADE, date__lt=now.day))
    return moved


def brings_before(found: StatementImport, account: Account, now: Anchor) -> bool:
    """Whether an import has rows of an account before an anchor."""
    lines = StatementLine.objects.filter(statement__source=found, statement__account=account)
    return lines.filter(fate__in=(*MADE, Fate.JOINED), date__lt=now.day).exists()


def _of_files(account: Account, undone: Collection[int], also: StatementImport | None) -> QuerySet[Statement]:
    """The statements of an account that count."""
    stands = Q(source__stage=Stage.RECORDED) & ~Q(source__in=list(undone))
    if also:
        stands |= Q(source=also)
    return Statement.objects.filter(stands, account=account)


def _before(lines: QuerySet[StatementLine], now: Anchor) -> QuerySet[StatementLine]:
    """Lines before an anchor; not those of a file that goes on where a closing balance is the anchor."""
    lines = lines.filter(date__lt=now.day)
    if now.is_exact:
        return lines
    goes_on = Q(date=now.day - ONE_DAY, statement__last__gte=now.day)
    return lines.exclude(goes_on & ~Q(statement=now.statement))


def _begins(statement: Statement) -> dt.date | None:
    """The day before which its opening balance is.

    Banks print that balance with the day before the first, or with the first day: a row on that very day which the
    statement does not have came before it.
    """
    first, printed = statement.first, statement.opening_on or statement.closing_on
    if first and (statement.opening_on is None or first <= statement.opening_on):
        return first
    return printed + ONE_DAY if printed else None


def _end(statement: Statement) -> dt.date:
    """The last day that its closing balance is about; one that begins on no day has none."""
    return max(day for day in (statement.closing_on, statement.last) if day)


def _sum(rows: QuerySet[Transaction] | QuerySet[StatementLine]) -> Decimal:
    moved: Decimal = rows.aggregate(total=Sum("amount"))["total"] or ZERO
    return moved
