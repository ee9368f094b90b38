"""Which certificates no longer hold, and which rows broke them: from the rows as they are and the history since."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from budget.history import Action, Change, Entry, rows_of
from budget.history.rows import shape_of
from budget.ledger.models import Account, Transaction
from budget.money import from_units, to_units
from budget.statements.balances import ONE_DAY, balances_on
from budget.statements.certificates import TOLD, Digest, Told, digest_of, plainly
from budget.statements.models import Certificate
from budget.statements.returned import returned

MOST_NAMED = 20
ENTRIES_AT_ONCE = 50
ROWS_TOGETHER = 20_000
PERIODS_TOGETHER = 100

Values = Sequence[object]


@dataclass(frozen=True)
class Breach:
    """A row of a certified period that is no longer as it was: `what` says altered, added, deleted or moved away."""

    what: str
    title: str
    date: dt.date
    amount: Decimal
    pk: int | None
    change: Change | None
    was_date: dt.date | None = None
    was_amount: Decimal | None = None

    @property
    def is_redated(self) -> bool:
        """Whether it has another day than was certified."""
        return self.was_date is not None and self.was_date != self.date

    @property
    def is_changed(self) -> bool:
        """Whether it has another amount than was certified."""
        return self.was_amount is not None and self.was_amount != self.amount


@dataclass(frozen=True)
class Found:
    """Why a certificate is broken: the first few rows, and how many there are beside them."""

    breaches: Sequence[Breach] = ()
    more: int = 0


def is_broken(certificate: Certificate, *, without: QuerySet[Transaction] | None = None) -> bool:
    """Whether its period has other rows than were certified, `without` those: counted and hashed anew."""
    now = digest_of(certificate.account_id, certificate.first, certificate.last, without=without)
    return not now.agrees_with(certificate)


def sealed_at() -> Subquery:
    """The number of the change that made a certificate: undoing a withdrawal writes it again, and is not that."""
    made = Entry.objects.filter(
        book=OuterRef("book"), model="certificate", first_id__lte=OuterRef("pk"), last_id__gte=OuterRef("pk")
    )
    return Subquery(made.order_by().values("book").annotate(number=Min("change__number")).values("number")[:1])


def broken_among(certificates: Sequence[Certificate]) -> set[int]:
    """The ids of those that no longer hold. Its number of queries does not grow with what they are about.

    What is as many and was not written since still holds; only the others are hashed anew.
    """
    if not certificates:
        return set()
    inside = Transaction.objects.filter(
        account=OuterRef("account"), date__gte=OuterRef("first"), date__lte=OuterRef("last")
    )
    now = inside.order_by().values("account").annotate(rows=Count("pk"), newest=Max("version"))
    told = Certificate.objects.filter(pk__in=[each.pk for each in certificates]).annotate(
        now=Coalesce(Subquery(now.values("rows")[:1]), 0),
        newest=Coalesce(Subquery(now.values("newest")[:1]), 0),
        sealed=Coalesce(sealed_at(), 0),
    )
    broken, doubtful, sizes = set(), [], 0
    for each in told:
        if each.now != each.rows:
            broken.add(each.pk)
        elif each.newest > each.sealed:
            doubtful.append(each)
            sizes += each.rows
    if sizes > ROWS_TOGETHER or len(doubtful) > PERIODS_TOGETHER:
        return broken | {each.pk for each in doubtful if is_broken(each)}
    return broken | _hashed_together(doubtful)


def _hashed_together(certificates: Sequence[Certificate]) -> set[int]:
    """Those of a few small periods whose rows differ. One query."""
    if not certificates:
        return set()
    inside = Q()
    for each in certificates:
        inside |= Q(account=each.account_id, date__range=(each.first, each.last))
    rows: dict[int, list[Told]] = defaultdict(list)
    found = plainly(Transaction.objects.filter(inside).order_by("date", "pk"))
    for account, *told in found.values_list("account", *TOLD):
        rows[account].append(told)
    broken = set()
    for each in certificates:
        digest = Digest()
        first, last = each.first.isoformat(), each.last.isoformat()
        digest.add(row for row in rows[each.account_id] if first <= row[1] <= last)
        if not digest.agrees_with(each):
            broken.add(each.pk)
    return broken


@dataclass(frozen=True)
class Drift:
    """What the account has more at the two ends of a certified period than was agreed; zero where it still agrees."""

    before: Decimal
    after: Decimal

    @property
    def apart(self) -> Decimal:
        """What it is before the period, without its sign."""
        return abs(self.before)


def drift(account: Account, certificate: Certificate) -> Drift:
    """Whether the balances are still those agreed: rows before the period and the opening balance count in them too."""
    ledger = balances_on(account, (certificate.first - ONE_DAY, certificate.last))
    before, after = ledger[certificate.first - ONE_DAY], ledger[certificate.last]
    return Drift(before - certificate.opening, after - certificate.closing)


def breaches(certificate: Certificate) -> Found:
    """Which rows broke a certificate, the first few; none where it holds."""
    return _Search(certificate).found() if is_broken(certificate) else Found()


class _Search:
    """The rows of one period as they are, beside what the history says they were when it was certified."""

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate
        names = shape_of(Transaction).names
        wanted = ("account_id", "date", "amount", "payee", "description", "line_id")
        self.place = {name: names.index(name) for name in wanted}
        self.sealed: int = Certificate.objects.filter(pk=certificate.pk).annotate(at=sealed_at()).get().at or 0

    def found(self) -> Found:
        own = self.certificate
        inside = Transaction.objects.filter(account=own.account_id, date__range=(own.first, own.last))
        written = inside.filter(version__gt=self.sealed).order_by("date", "pk")
        now = {txn.pk: txn for txn in written.only("pk", "date", "amount", "payee", "description", "version")}
        was = self._as_certified(sorted(now))
        altered = [pk for pk in now if self._is_in(was[pk]) and not self._is_same(was[pk], now[pk])]
        added = [pk for pk in now if not self._is_in(was[pk])]
        gone = own.rows + len(added) - inside.count()
        lost = dict(self._lost(gone, set(now))) if gone > 0 else {}
        then = {pk: [values[self.place[name]] for name in ("date", "amount", "line_id")] for pk, values in lost.items()}
        came_back = returned(added, then)
        added = [pk for pk in added if pk not in came_back]
        lost = {pk: values for pk, values in lost.items() if pk not in came_back}
        gone -= len(came_back) // 2
        named = [*((pk, "altered") for pk in altered), *((pk, "added") for pk in added)][:MOST_NAMED]
        left = MOST_NAMED - len(named)
        found = [self._of_row(pk, what, now[pk], was[pk]) for pk, what in named]
        found += [self._of_lost(pk, values) for pk, values in list(lost.items())[:left]]
        return Found(found, max(len(altered) + len(added) + max(gone, 0) - len(found), 0))

    # --- What the history says ---

    @cached_property
    def _entries(self) -> list[tuple[int, str, int, int, int]]:
        """Every entry about transactions since, the oldest first, without what it says."""
        later = Entry.objects.filter(
            book=self.certificate.book_id, model="transaction", change__number__gt=self.sealed
        ).order_by("change__number", "position")
        return list(later.values_list("pk", "action", "first_id", "last_id", "count"))

    def _as_certified(self, ids: Sequence[int]) -> Mapping[int, Values | None]:
        """What rows were when it was certified, by their ids; None for those that were not there."""
        was: dict[int, Values | None] = {}
        open_ids = set(ids)

        def may_tell(first: int, last: int) -> bool:
            place = bisect_left(ids, first)
            return place < len(ids) and ids[place] <= last

        concerned = [pk for pk, _, first, last, _ in self._entries if may_tell(first, last)]
        for entry in _read(concerned):
            for pk, before, _ in rows_of(entry):
                if pk in open_ids:
                    open_ids.discard(pk)
                    was[pk] = before
            if not open_ids:
                break
        return was | dict.fromkeys(open_ids)

    def _lost(self, count: int, here: set[int]) -> Iterator[tuple[int, Values]]:
        """Rows that were in the period and are not now: deleted, or moved to another day or account.

        Entries of rows that came since are not read: their ids are known from the entry, where they follow each other.
        """
        seen, since = set(here), _MadeSince()
        concerned: list[int] = []
        place: dict[int, int] = {}
        for number, (pk, action, first, last, rows) in enumerate(self._entries):
            if action == Action.CREATE and rows == last - first + 1:
                since.add(first, last, number)
            else:
                place[pk] = number
                concerned.append(pk)
        for entry in _read(concerned):
            for row, before, _ in rows_of(entry):
                if row in seen or since.has(row, place[entry.pk]):
                    continue
                seen.add(row)
                if before is not None and self._is_in(before):
                    yield row, before
                    count -= 1
                    if not count:
                        return

    def _last_to_touch(self, pk: int) -> Change | None:
        """The change that last altered day, amount or account of a row, or deleted it."""
        concerned = [entry for entry, _, first, last, _ in self._entries if first <= pk <= last]
        for start in range(len(concerned), 0, -ENTRIES_AT_ONCE):
            for entry in reversed(list(_read(concerned[max(start - ENTRIES_AT_ONCE, 0) : start]))):
                for row, before, after in rows_of(entry):
                    if row == pk and (before is None or after is None or self._counts(before) != self._counts(after)):
                        return entry.change
        return None

    def _counts(self, values: Values) -> tuple[object, ...]:
        return tuple(values[self.place[name]] for name in ("account_id", "date", "amount"))

    def _is_in(self, values: Values | None) -> bool:
        if values is None or values[self.place["account_id"]] != self.certificate.account_id:
            return False
        first, last = self.certificate.first.isoformat(), self.certificate.last.isoformat()
        return first <= str(values[self.place["date"]]) <= last

    def _is_same(self, values: Values | None, txn: Transaction) -> bool:
        assert values is not None
        return self._counts(values)[1:] == (txn.date.isoformat(), to_units(txn.amount))

    # --- What is told of it ---

    def _of_row(self, pk: int, what: str, txn: Transaction, was: Values | None) -> Breach:
        before = self._told(was) if was is not None and what == "altered" else (None, None)
        return Breach(what, txn.title, txn.date, txn.amount, pk, self._last_to_touch(pk), *before)

    def _of_lost(self, pk: int, values: Values) -> Breach:
        now = Transaction.objects.filter(pk=pk).exists()
        day, amount = self._told(values)
        title = str(values[self.place["payee"]] or values[self.place["description"]])
        what = "moved away" if now else "deleted"
        return Breach(what, title, day, amount, pk if now else None, self._last_to_touch(pk))

    def _told(self, values: Values) -> tuple[dt.date, Decimal]:
        day, units = values[self.place["date"]], values[self.place["amount"]]
        return dt.date.fromisoformat(str(day)), from_units(int(str(units)))


class _MadeSince:
    """Which rows were made by which of a list of entries: few by their ids, many by the first and the last."""

    def __init__(self) -> None:
        self._few: dict[int, int] = {}
        self._many: list[tuple[int, int, int]] = []

    def add(self, first: int, last: int, number: int) -> None:
        """The rows from `first` to `last` were made by the entry of that number."""
        if last - first < ENTRIES_AT_ONCE:
            for pk in range(first, last + 1):
                self._few.setdefault(pk, number)
        else:
            self._many.append((first, last, number))

    def has(self, pk: int, number: int) -> bool:
        """Whether a row was made before the entry of that number."""
        if self._few.get(pk, number) < number:
            return True
        return any(first <= pk <= last and made < number for first, last, made in self._many)


def _read(ids: Sequence[int]) -> Iterator[Entry]:
    """Entries with what they say, in the order of the ids given, some at a time."""
    for start in range(0, len(ids), ENTRIES_AT_ONCE):
        part = ids[start : start + ENTRIES_AT_ONCE]
        found = Entry.objects.filter(pk__in=part).select_related("change").in_bulk()
        yield from (found[pk] for pk in part)
