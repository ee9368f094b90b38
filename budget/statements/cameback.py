"""What an undo would bring back beside what came meanwhile: rows typed by hand, or told by another kind of file.

A row that went with its import is often typed by hand until the file comes again. Where the import is reinstated
instead, no file is compared with anything; so it is asked about here, by the same likeness as in a preview.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone

from budget.dates import spell_date
from budget.history import Action, Change, Entry, entries_about, rows_of
from budget.history.rows import Values, shape_of
from budget.ledger.models import Account, Transaction
from budget.money import format_with_currency, from_units, to_units
from budget.statements.likeness import DAYS_TO_POST, Candidate, is_alike
from budget.statements.models import StatementImport, StatementLine

ROWS_AT_ONCE = 500
ENTRIES_AT_ONCE = 50
MOST_SAID = 3


class Told(NamedTuple):
    """A transaction as it was or is; `line` is the line that told of it, if one did."""

    row: Candidate
    account: int
    title: str
    line: int | None


def before_undoing(change: Change) -> list[str]:
    """What is asked before rows come back that something stands for already; empty where nothing does."""
    named = [other for other, _ in _pairs(change)]
    if not named:
        return []
    currencies = dict(Account.objects.of(change.book).values_list("pk", "currency"))
    told = " and ".join(_named(other, currencies) for other in named[:MOST_SAID])
    if more := len(named) - MOST_SAID if len(named) > MOST_SAID else 0:
        told += f" and {more:,} more"
    is_one = len(named) == 1
    it = "it would stand twice" if is_one else "they would stand twice"
    join = "; to join them, import the file again instead" if _is_of_import(change) else ""
    what = "a row that this brings back" if is_one else "rows that this brings back"
    return [f"{told} came meanwhile and may be {what}: then {it}{join}."]


def _named(other: Told, currencies: Mapping[int, str]) -> str:
    day = spell_date(dt.date.fromordinal(other.row.day), timezone.localdate())
    amount = format_with_currency(abs(from_units(other.row.amount)), currencies[other.account])
    return f"“{other.title}” of {day}, {amount},"


def _is_of_import(change: Change) -> bool:
    root = change
    while root.undoes is not None:
        root = root.undoes
    return StatementImport.objects.filter(Q(change=root) | Q(taken_back=root), book=change.book_id).exists()


def _pairs(change: Change) -> Iterator[tuple[Told, Told]]:
    """What came since `change` and may be what it deleted, with that; each once, the nearest first."""
    names = shape_of(Transaction).names
    place = {name: names.index(name) for name in ("account_id", "date", "amount", "payee", "description", "line_id")}
    place["is_pending"] = names.index("is_pending")
    since = Transaction.objects.of(change.book).filter(version__gt=change.number)
    deleted = change.entries.filter(model=shape_of(Transaction).name, action=Action.DELETE)
    if not deleted.exists() or not since.exists():
        return
    taken: set[int] = set()
    for entry in entries_about(change, Transaction):
        if entry.action != Action.DELETE:
            continue
        gone = [_as_it_was(pk, before, place) for pk, before, _ in rows_of(entry) if before is not None]
        for start in range(0, len(gone), ROWS_AT_ONCE):
            yield from _paired(change, gone[start : start + ROWS_AT_ONCE], place, taken)


def _as_it_was(pk: int, values: Values, place: Mapping[str, int]) -> Told:
    def said(name: str) -> str:
        return str(values[place[name]] or "")

    title = said("payee") or said("description")
    day = dt.date.fromisoformat(said("date")).toordinal()
    row = Candidate(pk, day, int(said("amount") or 0), title, bool(values[place["is_pending"]]))
    line = values[place["line_id"]]
    return Told(row, int(said("account_id")), title, int(str(line)) if line is not None else None)


def _paired(
    change: Change, gone: Sequence[Told], place: Mapping[str, int], taken: set[int]
) -> Iterator[tuple[Told, Told]]:
    here = [each for each in _written_since(change, gone) if each.row.pk not in taken]
    if not here:
        return
    kinds = _kinds([*gone, *here])
    was = _as_of(change, {each.row.pk for each in here})
    for back in gone:
        likely = [
            each
            for each in here
            if each.row.pk not in taken
            and each.account == back.account
            and is_alike(each.row, back.row)
            and _may_be_one(kinds.get(each.line or 0), kinds.get(back.line or 0), each, back)
            and not _stood_beside(was.get(each.row.pk), back, place)
        ]
        if likely:
            best = min(likely, key=lambda each: _apart(each.row, back.row))
            taken.add(best.row.pk)
            yield best, back


def _apart(one: Candidate, other: Candidate) -> tuple[int, int]:
    return abs(one.amount - other.amount), abs(one.day - other.day)


def _may_be_one(one: Kind | None, other: Kind | None, here: Told, back: Told) -> bool:
    """Whether two rows that are alike can be told of by different hands.

    Two typed by hand are one only if they say the same; two of files of one kind only if one was announced.
    """
    if one is None and other is None:
        return (here.row.day, here.row.amount, here.row.text) == (back.row.day, back.row.amount, back.row.text)
    return one != other or here.row.is_pending or back.row.is_pending


def _stood_beside(was: Values | None, back: Told, place: Mapping[str, int]) -> bool:
    """Whether a row stood beside the other one already when that was deleted, so that nothing becomes double now."""
    if was is None:
        return False
    then = _as_it_was(0, was, place)
    return then.account == back.account and is_alike(then.row, back.row)


def _written_since(change: Change, gone: Sequence[Told]) -> list[Told]:
    """Transactions near these that were written after `change`: of one of their amounts, or announced, or posted."""
    days = [each.row.day for each in gone]
    near = Transaction.objects.of(change.book).filter(
        version__gt=change.number,
        account__in={each.account for each in gone},
        date__gte=dt.date.fromordinal(min(days) - DAYS_TO_POST),
        date__lte=dt.date.fromordinal(max(days) + DAYS_TO_POST),
    )
    if not any(each.row.is_pending for each in gone):
        near = near.filter(Q(amount__in={from_units(each.row.amount) for each in gone}) | Q(is_pending=True))
    return [
        Told(
            Candidate(txn.pk, txn.date.toordinal(), to_units(txn.amount), txn.payee or txn.description, txn.is_pending),
            txn.account_id,
            txn.title,
            txn.line_id,
        )
        for txn in near.order_by("date", "pk")
    ]


Kind = tuple[str, str]
"""The format of a file and the digest of its header."""


def _kinds(rows: Sequence[Told]) -> dict[int, Kind]:
    """Of which kind of file lines are, by their ids."""
    ids = {each.line for each in rows if each.line is not None}
    lines = StatementLine.objects.filter(pk__in=ids)
    told = lines.values_list("pk", "statement__source__format", "statement__source__layout")
    return {pk: (name, layout) for pk, name, layout in told}


def _as_of(change: Change, ids: Collection[int]) -> dict[int, Values]:
    """What some transactions were right after `change`; nothing of those that were not there."""
    later = Entry.objects.filter(
        book=change.book_id,
        model=shape_of(Transaction).name,
        change__number__gt=change.number,
        first_id__lte=max(ids),
        last_id__gte=min(ids),
    ).order_by("change__number", "position")
    was: dict[int, Values] = {}
    left = set(ids)
    concerned = list(later.values_list("pk", flat=True))
    for start in range(0, len(concerned), ENTRIES_AT_ONCE):
        found = Entry.objects.in_bulk(concerned[start : start + ENTRIES_AT_ONCE])
        for pk in concerned[start : start + ENTRIES_AT_ONCE]:
            for row, before, _ in rows_of(found[pk]):
                if row in left:
                    left.discard(row)
                    if before is not None:
                        was[row] = before
        if not left:
            break
    return was
