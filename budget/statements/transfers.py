"""Two imported rows that are one movement between own accounts: linked where that is certain, else a person is asked.

Certain is a pair of equal and opposite amounts in one currency, on two accounts, a few days apart, both still without
a category of somebody's choosing, where neither side has another candidate.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Container, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db.models import BigIntegerField, ExpressionWrapper, F, QuerySet
from django.db.models.functions import Coalesce

from budget import history
from budget.books.models import Book
from budget.history import IdempotentRequest, Recorder
from budget.ledger.errors import AmountNotPositive, SameAccount, TransferUnbalanced
from budget.ledger.models import Account, AccountTransfer, Status, Transaction
from budget.money import from_units
from budget.statements.formats.delimited_export import EXPORT_DIGEST
from budget.statements.lines import among, select
from budget.statements.models import Fate, RejectedTransfer, StatementImport
from budget.users.models import User

DAYS_APART = 4
OPEN = (Status.PENDING_REVIEW, Status.PENDING_SAVE)
ROWS_AT_ONCE = 2000
AMOUNTS_AT_ONCE = 400
UNFILED = (
    "SELECT DISTINCT amount, account_id FROM budget_transaction "
    "WHERE book_id = %s AND NOT is_transfer AND category_id IS NULL"
)


class Leg(NamedTuple):
    """What may be a side of a transfer; its amount out is positive."""

    pk: int
    account: int
    day: date
    amount: Decimal


class Side(NamedTuple):
    """A side of a transfer as our own export tells of it; `currency` is that of the `other` account."""

    pk: int
    account: int
    other: int
    currency: str
    day: date
    amount: Decimal


@dataclass(frozen=True)
class Pair:
    """Money that left one account and money that came to another; `is_certain`: neither side has another candidate."""

    outgoing: Transaction
    incoming: Transaction
    is_certain: bool


def candidates(book: Book) -> QuerySet[Transaction]:
    """What may be a side of a transfer: of a bank's file, without a category, not yet part of one."""
    rows = Transaction.objects.of(book).unsettled().filter(is_transfer=False, category=None, status__in=OPEN)
    return rows.exclude(line=None).select_related("account")


def pairs(book: Book, among: Iterable[int] | None = None) -> list[Pair]:
    """The possible transfers of a book, newest first; only those with a side in `among` where that is given."""
    sides: dict[tuple[str, object], list[Transaction]] = defaultdict(list)
    for txn in _with_an_opposite(candidates(book)):
        sides[txn.account.currency, abs(txn.amount)].append(txn)
    rejected = set(RejectedTransfer.objects.filter(book=book).values_list("outgoing_id", "incoming_id"))
    wanted = None if among is None else set(among)
    found: list[Pair] = []
    for group in sides.values():
        found += _pairs_of(group, rejected, wanted)
    return sorted(found, key=lambda pair: (pair.outgoing.date, pair.outgoing.pk), reverse=True)


def _with_an_opposite(rows: QuerySet[Transaction]) -> Iterator[Transaction]:
    """Those, newest first, whose amount went the other way on another account: of thousands that wait only a few."""
    newest = rows.order_by(Coalesce("date", "date").desc(), "-pk").values_list("pk", "amount", "account_id")
    found = list(newest[: 50 * ROWS_AT_ONCE])
    accounts: dict[object, set[int]] = defaultdict(set)
    for _, amount, account in found:
        accounts[amount].add(account)
    wanted = [pk for pk, amount, account in found if accounts.get(-amount, set()) - {account}]
    for start in range(0, len(wanted), ROWS_AT_ONCE):
        part = rows.in_bulk(wanted[start : start + ROWS_AT_ONCE])
        yield from (part[pk] for pk in wanted[start : start + ROWS_AT_ONCE] if pk in part)


def _pairs_of(group: Sequence[Transaction], rejected: set[tuple[int, int]], wanted: set[int] | None) -> list[Pair]:
    rows = {txn.pk: txn for txn in group}
    legs = [Leg(txn.pk, txn.account_id, txn.date, txn.amount) for txn in group]
    return [
        Pair(rows[one.pk], rows[other.pk], is_certain)
        for one, other, is_certain in possible(legs, rejected)
        if wanted is None or one.pk in wanted or other.pk in wanted
    ]


def possible(legs: Sequence[Leg], rejected: Container[tuple[int, int]]) -> list[tuple[Leg, Leg, bool]]:
    """What went out, what came in, and whether neither has another candidate: of legs of one currency and size."""
    into = sorted((leg for leg in legs if leg.amount < 0), key=_day_of)
    found = [
        (one, other)
        for one in legs
        if one.amount > 0
        for other in into[
            bisect_left(into, one.day.toordinal() - DAYS_APART, key=_day_of) : bisect_left(
                into, one.day.toordinal() + DAYS_APART + 1, key=_day_of
            )
        ]
        if one.account != other.account and (one.pk, other.pk) not in rejected
    ]
    uses: dict[int, int] = defaultdict(int)
    for pair in found:
        for leg in pair:
            uses[leg.pk] += 1
    return [(one, other, uses[one.pk] == uses[other.pk] == 1) for one, other in found]


def _day_of(leg: Leg) -> int:
    return leg.day.toordinal()


def link_certain(change: Recorder, found: StatementImport) -> int:
    """Link the certain pairs that an import, in its own open change, completed; answers how many."""
    if found.layout == EXPORT_DIGEST:
        return _link_told(change, found)
    waiting = candidates(change.book)
    sides: dict[tuple[str, object], list[Leg]] = defaultdict(list)
    new: set[int] = set()
    for amounts in _met(change.book, waiting.filter(line__statement__source=found)):
        told = waiting.filter(amount__in=amounts).order_by("date", "pk")
        for pk, account, currency, day, amount, source in told.values_list(
            "pk", "account_id", "account__currency", "date", "amount", "line__statement__source"
        ):
            sides[currency, abs(amount)].append(Leg(pk, account, day, amount))
            new |= {pk} if source == found.pk else set()
    rejected = set(RejectedTransfer.objects.filter(book=change.book).values_list("outgoing_id", "incoming_id"))
    certain = [
        (one.pk, other.pk)
        for group in sides.values()
        for one, other, is_certain in possible(group, rejected)
        if is_certain and (one.pk in new or other.pk in new)
    ]
    for start in range(0, len(certain), ROWS_AT_ONCE // 4):
        part = certain[start : start + ROWS_AT_ONCE // 4]
        rows = waiting.in_bulk([pk for pair in part for pk in pair])
        for out, into in part:
            _link(change, rows[out], rows[into])
    return len(certain)


def _met(book: Book, new: QuerySet[Transaction]) -> Iterator[list[Decimal]]:
    """The amounts of new rows that went the other way on another account, with their opposites together, in parts."""
    units = ExpressionWrapper(F("amount"), output_field=BigIntegerField())  # without a Decimal for each
    accounts: dict[int, set[int]] = defaultdict(set)
    for amount, account in new.order_by().values_list(units, "account_id").distinct():
        accounts[amount].add(account)
    own = set().union(*accounts.values())
    elsewhere = Account.objects.of(book).exclude(pk__in=own if len(own) == 1 else ())
    if not Transaction.objects.filter(account__in=list(elsewhere)).exists():
        return
    told = sorted(accounts)
    met: set[int] = set()
    for start in range(0, len(told), ROWS_AT_ONCE):
        condition, opposite = among("amount", {-amount for amount in told[start : start + ROWS_AT_ONCE]})
        for amount, account in select(f"{UNFILED} AND {condition}", [book.pk, opposite]):
            if accounts[-amount] - {account}:
                met.add(abs(amount))
    sizes = sorted(met)
    for start in range(0, len(sizes), AMOUNTS_AT_ONCE):
        part = [from_units(size) for size in sizes[start : start + AMOUNTS_AT_ONCE]]
        yield [*part, *(-size for size in part)]


def _link_told(change: Recorder, found: StatementImport) -> int:
    """Link the pairs that our own export tells of: each side names the other's account.

    In one currency both have the same amount; in two only the days say which belong together. Those of one day come
    first, and of several alike the first is linked with the first. A side whose other one is missing waits for review.
    """
    told = Transaction.objects.of(change.book).filter(line__statement__source=found, is_transfer=False, category=None)
    told = told.filter(line__fate__in=(Fate.NEW, Fate.DOUBTFUL)).exclude(line__other_account="").order_by("date", "pk")
    accounts = Account.objects.of(change.book).values_list("pk", "name", "currency")
    names = {name: (pk, currency) for pk, name, currency in accounts}
    sides = [
        Side(pk, account, *names[other], day, amount)
        for pk, account, other, day, amount in told.values_list(
            "pk", "account_id", "line__other_account", "date", "amount"
        )
        if other in names
    ]
    together = told_together(sides, dict(names.values()))
    for start in range(0, len(together), ROWS_AT_ONCE // 4):
        part = together[start : start + ROWS_AT_ONCE // 4]
        legs = Transaction.objects.of(change.book).filter(pk__in=[pk for pair in part for pk in pair])
        change.update_many(legs, is_transfer=True, status=Status.CONFIRMED)
        rows = legs.in_bulk()
        change.create_all([AccountTransfer(outgoing=rows[out], incoming=rows[into]) for out, into in part])
    return len(together)


def told_together(sides: Sequence[Side], currencies: Mapping[int, str]) -> list[tuple[int, int]]:
    """The outgoing and incoming sides that belong together; sides in the order of their days."""
    together: list[tuple[int, int]] = []
    for by_day in (True, False):
        fresh = list(_alike(sides, currencies, by_day=by_day))
        linked = {pk for pair in fresh for pk in pair}
        sides = [side for side in sides if side.pk not in linked]
        together += fresh
    return together


def _alike(sides: Iterable[Side], currencies: Mapping[int, str], *, by_day: bool) -> Iterator[tuple[int, int]]:
    """Outgoing and incoming sides of one way and size, where there are as many of both."""
    waiting: dict[Hashable, tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for side in sides:
        size = abs(side.amount) if currencies[side.account] == side.currency else None
        way = (side.account, side.other) if side.amount > 0 else (side.other, side.account)
        waiting[way, size, side.day if by_day else None][side.amount < 0].append(side.pk)
    for out, into in waiting.values():
        if len(out) == len(into):
            yield from zip(out, into, strict=True)


def link(
    *,
    book: Book,
    by: User | None,
    outgoing: Transaction,
    incoming: Transaction,
    request: IdempotentRequest | None = None,
) -> AccountTransfer:
    """Make two transactions one transfer between own accounts: neither spends any more.

    Raises:
        SameAccount, AmountNotPositive, TransferUnbalanced: they cannot be one; nothing is written.
    """
    with history.change(book, by, "Linked a transfer", kind="account_transfer.link", request=request) as change:
        change.fresh(outgoing)
        change.fresh(incoming)
        made = _link(change, outgoing, incoming)
        change.record.summary = f"Linked {outgoing.title} as a transfer from {outgoing.account} to {incoming.account}"[
            :300
        ]
    return made


def _link(change: Recorder, outgoing: Transaction, incoming: Transaction) -> AccountTransfer:
    if outgoing.account_id == incoming.account_id:
        raise SameAccount
    if outgoing.amount <= 0 or incoming.amount >= 0 or outgoing.is_transfer or incoming.is_transfer:
        raise AmountNotPositive
    if outgoing.account.currency == incoming.account.currency and outgoing.amount + incoming.amount:
        raise TransferUnbalanced(outgoing.amount, -incoming.amount)
    for txn in (outgoing, incoming):
        change.update(txn, is_transfer=True, category=None, status=Status.CONFIRMED)
    return change.create(AccountTransfer(outgoing=outgoing, incoming=incoming))


def reject(book: Book, outgoing: int, incoming: int) -> None:
    """Remember that two transactions are no transfer."""
    RejectedTransfer.objects.get_or_create(book=book, outgoing_id=outgoing, incoming_id=incoming)


def ask_again(book: Book) -> int:
    """Forget what was rejected; answers how many pairs there were."""
    return RejectedTransfer.objects.filter(book=book).delete()[0]
