"""Which lines of a file are lines of an earlier one again. Equal is not duplicate: occurrences are counted.

A line is an earlier one again if the bank gives it the same id, day and amount, or else the same day, amount and plain
text; of several equal ones the first is the first again, the second the second, and a third is new. Two lines with
different ids of the bank are two. However long the files are, some thousand lines are in memory at a time.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, QuerySet

from budget.ledger.models import Transaction
from budget.statements.models import Fate, Stage, StatementImport, StatementLine
from budget.statements.standing import undone_imports

LINES_AT_ONCE = 2000
KEYS_AT_ONCE = 500
ONE_BUCKET = 20_000
"""So many lines are sorted at once; of a longer file a 256th at a time, by the first digits of their fingerprints."""

SETTLE = "UPDATE budget_statementline SET fate = %s, same_as_id = %s, matched_id = %s WHERE id = %s"
SETTLE_CHOSEN = "UPDATE budget_statementline SET same_as_id = %s WHERE id = %s"


class Told(NamedTuple):
    """A line, of this file or an earlier one."""

    pk: int
    account: int
    source: int
    bank_id: str
    fingerprint: str
    date: dt.date
    amount: Decimal
    is_chosen: bool


NAMES = (
    "pk", "statement__account_id", "statement__source_id", "bank_id", "fingerprint", "date", "amount", "is_chosen",
)  # fmt: skip


def mark_again(found: StatementImport) -> None:
    """Mark the lines of an import that are lines of earlier ones again; those that a person decided about stay."""
    if not _known(found.book_id).exists():
        return
    _Marking(found).run()


def _known(book: int) -> QuerySet[StatementLine]:
    """Lines that were recorded, or joined with what was there."""
    fates = (Fate.NEW, Fate.DOUBTFUL, Fate.JOINED)
    return StatementLine.objects.filter(book=book, statement__source__stage=Stage.RECORDED, fate__in=fates)


class _Marking:
    """One comparison of an import with what its book was told before."""

    def __init__(self, found: StatementImport) -> None:
        self.found = found
        self.undone = set(undone_imports(found.book_id))
        self.used: set[int] = set()
        """Earlier lines that an id found, where they could be found a second time by their text."""
        lines = StatementLine.objects.filter(statement__source=found, statement__account__isnull=False)
        self.lines = lines.exclude(amount=None)
        self.is_mixed = self.lines.filter(bank_id="").exists() and self.lines.exclude(bank_id="").exists()
        self.statements = list(found.statements.exclude(account=None).values_list("pk", flat=True))

    def run(self) -> None:
        """By the bank's id first, then by day, amount and text."""
        if self.lines.exclude(bank_id="").exists():
            self.by_bank_id()
        for page in self.buckets():
            self.by_text(page)

    def by_bank_id(self) -> None:
        """The same id, day and amount; one id on several movements proves nothing by itself."""
        with_id = self.lines.exclude(bank_id="")
        names = ("statement__account_id", "bank_id", "date", "amount")
        repeated = with_id.values_list(*names).annotate(lines=Count("pk")).filter(lines__gt=1).order_by()
        places: dict[Hashable, int] = {tuple(key): 0 for *key, _ in repeated}
        for page in _pages(with_id):
            earlier = self.earlier("bank_id", {line.bank_id for line in page}, _same_movement)
            pairs = []
            for line in page:
                key = _same_movement(line)
                nth = places.get(key, 0)
                if key in places:
                    places[key] += 1
                if nth < len(earlier[key]):
                    pairs.append((line, earlier[key][nth]))
            self.settle(pairs)
            if self.is_mixed:
                self.used.update(earlier_line.pk for _, earlier_line in pairs)

    def buckets(self) -> Iterator[list[Told]]:
        """The lines in groups in which all equal ones are together."""
        free = self.lines.filter(same_as_id=None)
        if self.lines.count() <= ONE_BUCKET:
            yield list(map(Told._make, free.order_by("number", "pk").values_list(*NAMES)))
            return
        ends = [f"{number:02x}" for number in range(256)]
        for first, last in zip(ends, [*ends[1:], "g"], strict=True):
            part = free.filter(statement__in=self.statements, fingerprint__gte=first, fingerprint__lt=last)
            yield list(map(Told._make, part.order_by("number", "pk").values_list(*NAMES)))

    def by_text(self, lines: Sequence[Told]) -> None:
        """The same day, amount and text, counted; not where the bank gives two different ids."""
        groups: dict[Hashable, list[Told]] = defaultdict(list)
        for line in lines:
            groups[_same_text(line)].append(line)
        keys = list(groups)
        for start in range(0, len(keys), KEYS_AT_ONCE):
            part = keys[start : start + KEYS_AT_ONCE]
            marks = {line.fingerprint for key in part for line in groups[key]}
            earlier = self.earlier("fingerprint", marks, _same_text)
            pairs = []
            for key in part:
                pairs += _paired(groups[key], [line for line in earlier[key] if line.pk not in self.used])
            self.settle(pairs)

    def earlier(
        self, field: str, values: Iterable[str], key: Callable[[Told], Hashable]
    ) -> defaultdict[Hashable, list[Told]]:
        """Lines of earlier files by `key`, oldest first; those of an import that was taken back only if they stayed."""
        wanted = sorted(values)
        by_key: defaultdict[Hashable, list[Told]] = defaultdict(list)
        for start in range(0, len(wanted), KEYS_AT_ONCE):
            part = _known(self.found.book_id).filter(**{f"{field}__in": wanted[start : start + KEYS_AT_ONCE]})
            told = list(map(Told._make, part.order_by("pk").values_list(*NAMES)))
            gone = [line.pk for line in told if line.source in self.undone]
            kept = set(_transactions(gone))
            for line in told:
                if line.source not in self.undone or line.pk in kept:
                    by_key[key(line)].append(line)
        return by_key

    def settle(self, pairs: Sequence[tuple[Told, Told]]) -> None:
        """Write down which line is which, and whether what it became is still there."""
        there = _transactions([earlier.pk for _, earlier in pairs])
        rows, chosen = [], []
        for line, earlier in pairs:
            if line.is_chosen:
                chosen.append((earlier.pk, line.pk))
            else:
                fate = Fate.THERE if earlier.pk in there else Fate.DELETED
                rows.append((fate.value, earlier.pk, there.get(earlier.pk), line.pk))
        with connection.cursor() as cursor:
            if rows:
                cursor.executemany(SETTLE, rows)
            if chosen:
                cursor.executemany(SETTLE_CHOSEN, chosen)


def _paired(fresh: Sequence[Told], known: Sequence[Told]) -> list[tuple[Told, Told]]:
    """The first with the first, the second with the second; a line with an id only with one that has none."""
    pairs, free = [], list(known)
    for line in fresh:
        match = next((other for other in free if not (line.bank_id and other.bank_id)), None)
        if match is not None:
            free.remove(match)
            pairs.append((line, match))
    return pairs


def _same_movement(line: Told) -> Hashable:
    return line.account, line.bank_id, line.date, line.amount


def _same_text(line: Told) -> Hashable:
    return line.account, line.fingerprint


def _pages(lines: QuerySet[StatementLine]) -> Iterator[list[Told]]:
    last = 0
    while page := list(map(Told._make, lines.filter(pk__gt=last).order_by("pk").values_list(*NAMES)[:LINES_AT_ONCE])):
        yield page
        last = page[-1].pk


def _transactions(lines: Sequence[int]) -> dict[int, int]:
    """The transactions of some lines, by line."""
    found: dict[int, int] = {}
    for start in range(0, len(lines), KEYS_AT_ONCE):
        part = lines[start : start + KEYS_AT_ONCE]
        found |= dict(Transaction.objects.filter(line__in=part).values_list("line_id", "pk"))
        joined = dict(
            StatementLine.objects.filter(pk__in=part, fate=Fate.JOINED, same_as_id__isnull=False).values_list(
                "pk", "same_as_id"
            )
        )
        if joined:  # what such a line became keeps the line that it came from
            kept = dict(Transaction.objects.filter(line__in=joined.values()).values_list("line_id", "pk"))
            found |= {line: kept[first] for line, first in joined.items() if first in kept}
    return found
