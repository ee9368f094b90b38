"""Which rows of a preview will be linked as transfers between own accounts: what `transfers.link_certain` will do.

A row that is recorded gets its id only then; until then its line stands for it, with its id negated, and an account
that the import opens is the negated id of the first statement that names it.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import sha256

from django.db.models import Count, Max, QuerySet, Sum

from budget.ledger.models import Account, Transaction
from budget.money import to_units
from budget.statements import transfers
from budget.statements.formats.delimited_export import EXPORT_DIGEST
from budget.statements.models import Fate, RejectedTransfer, Statement, StatementImport, StatementLine
from budget.statements.recording import TO_RECORD, Line, Maker
from budget.statements.standing import last_taught
from budget.statements.transfers import Leg, Side

MAY_LINK = (*TO_RECORD, Fate.JOINED)
LARGEST = 20_000
"""Lines of an import whose links are foreseen as a whole; of longer ones those of a page, see `Foreseer.told`."""


@dataclass(frozen=True)
class Other:
    """The other side of a row: a transaction of the book, or (`place`) another row of the same file."""

    account: str
    currency: str
    day: dt.date
    amount: Decimal
    txn: int = 0
    place: str = ""


@dataclass(frozen=True)
class _Place:
    """An account that is there or will be."""

    pk: int
    name: str
    currency: str


class Foreseer:
    """Foresees the links of one import, as its book stands. The number of queries does not depend on the rows."""

    def __init__(self, found: StatementImport, maker: Maker) -> None:
        self.found = found
        self.maker = maker
        self.is_told = found.layout == EXPORT_DIGEST
        self._lines = StatementLine.objects.filter(statement__source=found)

    def links(self, lines: Sequence[StatementLine] | None = None) -> Mapping[int, Other]:
        """The other side of each of these lines, or of all, that will be linked, by the line's id."""
        wanted = (
            None if lines is None else [line for line in lines if line.fate in MAY_LINK and line.amount is not None]
        )
        pairs = self._told(wanted) if self.is_told else self._certain(wanted)
        both = {one: other for pair in pairs for one, other in (pair, pair[::-1]) if one.pk < 0}
        of_file = StatementLine.objects.filter(pk__in=[-other.pk for other in both.values() if other.pk < 0])
        places = dict(of_file.values_list("pk", "place"))
        return {-one.pk: self._other(other, places) for one, other in both.items()}

    def told(self, links: Mapping[int, Other]) -> str:
        """By which a form tells what its page showed: the links of all lines, or of long files all they depend on."""
        return digest_of(links) if self.is_whole else self._state()

    def _state(self) -> str:
        """A digest that becomes another one whenever a link may.

        A row that comes to wait gets a version above all others that do, one that waits no longer is one less.
        """
        book = self.found.book
        waiting = transfers.candidates(book).order_by()
        lines = self._lines.order_by("fate").values_list("fate")
        rejected = RejectedTransfer.objects.filter(book=book)
        told = [
            waiting.aggregate(rows=Count("pk"), newest=Max("version")),
            rejected.aggregate(rows=Count("pk"), newest=Max("pk")),
            list(lines.annotate(rows=Count("pk"), numbers=Sum("number"), like=Sum("matched_id"))),
            sorted((place.pk, place.name, place.currency) for place in self._accounts.values()),
            sorted((pk, place.pk) for pk, place in self._of_statements.items()),
            last_taught(book.pk),
        ]
        return sha256(repr(told).encode()).hexdigest()[:32]

    @property
    def is_whole(self) -> bool:
        """Whether the links are foreseen of all lines, not of a page."""
        return sum(statement.lines_count for statement in self._statements) <= LARGEST

    @cached_property
    def _statements(self) -> Sequence[Statement]:
        return list(self.found.statements.select_related("account").order_by("number"))

    @cached_property
    def _accounts(self) -> Mapping[int, _Place]:
        """Those of the book and those that the import opens, by their ids."""
        there = Account.objects.of(self.found.book).values_list("pk", "name", "currency")
        return {pk: _Place(pk, name, currency) for pk, name, currency in there} | {
            place.pk: place for place in self._of_statements.values() if place.pk < 0
        }

    @cached_property
    def _of_statements(self) -> Mapping[int, _Place]:
        """The account of each statement, by the statement's id."""
        opened: dict[tuple[str, str], _Place] = {}
        places: dict[int, _Place] = {}
        for statement in self._statements:
            if statement.account:
                places[statement.pk] = _Place(statement.account.pk, statement.account.name, statement.account.currency)
            else:
                key = (statement.new_account.lower(), statement.currency)
                new = _Place(-statement.pk, statement.new_account, statement.currency)
                places[statement.pk] = opened.setdefault(key, new)
        return places

    def _certain(self, lines: Sequence[StatementLine] | None) -> Iterator[tuple[Leg, Leg]]:
        """The pairs with a side in `lines` that have no other candidate."""
        amounts = self._opposed(lines)
        if not amounts:
            return
        joined = self._joined()
        sides: dict[tuple[str, Decimal], list[Leg]] = defaultdict(list)
        there = transfers.candidates(self.found.book).filter(amount__in=amounts).exclude(pk__in=joined)
        legs = [Leg(txn.pk, txn.account_id, txn.date, txn.amount) for txn in there]
        new = self._lines.filter(fate__in=TO_RECORD, amount__in=amounts)
        legs += self._open(new.defer("original", "remarks"))
        for leg in (*legs, *(leg for leg in joined.values() if leg)):
            sides[self._accounts[leg.account].currency, abs(leg.amount)].append(leg)
        rejected = set(RejectedTransfer.objects.filter(book=self.found.book).values_list("outgoing_id", "incoming_id"))
        wanted = None if lines is None else {-line.pk for line in lines}
        for group in sides.values():
            for one, other, is_certain in transfers.possible(group, rejected):
                if is_certain and (wanted is None or one.pk in wanted or other.pk in wanted):
                    yield one, other

    def _opposed(self, lines: Sequence[StatementLine] | None) -> set[Decimal]:
        """Their amounts, and the opposites of these, that have an opposite in the book or elsewhere in the file."""
        waiting = set(transfers.candidates(self.found.book).order_by().values_list("amount", flat=True).distinct())
        is_of_several = len({place.pk for place in self._of_statements.values()}) > 1
        if not waiting and not is_of_several:
            return set()
        of_file = self._lines.filter(fate__in=MAY_LINK, amount__isnull=False).order_by()
        if lines is None:
            own = told = set(of_file.values_list("amount", flat=True).distinct())
        else:
            own = {line.amount for line in lines}
            told = set(of_file.filter(amount__in=_opposites(own)).values_list("amount", flat=True).distinct())
        met = _opposites(own) & (waiting | told)
        return met | _opposites(met)

    def _joined(self) -> Mapping[int, Leg | None]:
        """The transactions that lines are joined to, as they will be; None for those that will be no candidates."""
        chosen = self._lines.filter(fate=Fate.JOINED).order_by("pk")
        by_txn = {line.matched_id: line for line in chosen.defer("original", "remarks") if line.matched_id}
        rows = Transaction.objects.of(self.found.book).filter(pk__in=by_txn).select_related("account")
        joined: dict[int, Leg | None] = {}
        for txn in rows:
            line = by_txn[txn.pk]
            is_posted = txn.is_pending and not line.is_pending and line.date and line.amount is not None
            day, amount = (line.date, line.amount) if is_posted else (txn.date, txn.amount)
            is_open = not txn.is_transfer and txn.category_id is None and txn.status in transfers.OPEN
            pk = -line.pk if txn.line_id is None else txn.pk
            joined[txn.pk] = Leg(pk, txn.account_id, day, amount) if is_open and day and amount else None
        return joined

    def _open(self, lines: QuerySet[StatementLine] | Sequence[StatementLine]) -> Iterator[Leg]:
        """What these lines will be, where they wait for review without a category."""
        for line in lines:
            if line.date is None or line.amount is None:
                continue
            filed = self.maker.filed(line_of(line, self._of_statements[line.statement_id].pk))
            if filed.category is None and not filed.opens and filed.status in transfers.OPEN:
                yield Leg(-line.pk, self._of_statements[line.statement_id].pk, line.date, line.amount)

    def _told(self, lines: Sequence[StatementLine] | None) -> Iterator[tuple[Leg, Leg]]:
        """The pairs that our own export tells of, with a side in `lines`."""
        named = None if lines is None else [line for line in lines if line.other_account]
        if named == []:
            return
        names = {place.name: place for place in self._accounts.values()}
        told = self._lines.filter(fate__in=TO_RECORD).exclude(other_account="")
        if named and all(self._is_in_one_currency(line, names) for line in named):
            sizes = {line.amount for line in named if line.amount is not None}
            told = told.filter(amount__in=sizes | {-size for size in sizes})
        legs: dict[int, Leg] = {}
        sides: list[Side] = []
        for line in told.order_by("date", "pk").defer("original", "remarks"):
            for leg in self._open([line]):
                if other := names.get(line.other_account):
                    legs[leg.pk] = leg
                    sides.append(Side(leg.pk, leg.account, other.pk, other.currency, leg.day, leg.amount))
        currencies = {place.pk: place.currency for place in names.values()}
        for out, into in transfers.told_together(sides, currencies):
            yield legs[out], legs[into]

    def _is_in_one_currency(self, line: StatementLine, names: Mapping[str, _Place]) -> bool:
        other = names.get(line.other_account)
        return other is None or other.currency == self._of_statements[line.statement_id].currency

    def _other(self, leg: Leg, places: Mapping[int, str]) -> Other:
        account = self._accounts[leg.account]
        txn, place = (leg.pk, "") if leg.pk > 0 else (0, places[-leg.pk])
        return Other(account.name, account.currency, leg.day, leg.amount, txn, place)


def _opposites(amounts: Iterable[Decimal | None]) -> set[Decimal]:
    return {-amount for amount in amounts if amount is not None}


def line_of(line: StatementLine, account: int) -> Line:
    """The line as its transaction is made of it; it has a date and an amount."""
    assert line.date is not None
    assert line.amount is not None
    return Line(
        line.pk, account, line.currency, line.date.isoformat(), to_units(line.amount), line.payee, line.text,
        line.is_pending, line.category_hint, line.note, line.other_account,
    )  # fmt: skip


def digest_of(links: Mapping[int, Other]) -> str:
    """By which a form tells what its page showed."""
    told = sorted(f"{pk} {other}" for pk, other in links.items())
    return sha256("\n".join(told).encode()).hexdigest()[:32]
