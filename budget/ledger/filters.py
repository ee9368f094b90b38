"""What a list is narrowed to: as a query, and as an address again."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Q, QuerySet

from budget.books.models import Book
from budget.errors import BudgetError
from budget.history.models import Change
from budget.ledger.directory import Directory
from budget.ledger.models import MonthlyTotal, Status, Transaction, TransactionQuerySet
from budget.money import read_amount
from budget.months import Month

FILTERS = ("q", "month", "from", "to", "category", "account", "type", "status", "min", "max", "filed", "payee")
PLACE = ("sort", "page", "rows")
NEWEST_FIRST = "-date"
ROWS, LEAST_ROWS, MOST_ROWS = 100, 25, 500
FILING = ("statement.import", "rule.create", "rule.run", "rules.run")
"""The kinds of change by which rows are filed without anybody being asked."""
NUMBER = re.compile(r"[0-9][0-9.,]*")


@dataclass(frozen=True)
class Cursor:
    """Where a page begins: after or before the row that has this key and id."""

    is_after: bool
    pk: int
    key: str

    def __str__(self) -> str:
        return f"{'a' if self.is_after else 'b'}.{self.pk}.{self.key}"


@dataclass(frozen=True)
class Chip:
    """One thing that the list is narrowed to, and the address without it."""

    text: str
    url: str


@dataclass
class Search:
    """A list's address, understood. `errors` says per field what could not be; nothing is shown then."""

    path: str
    given: dict[str, str]
    kind: str = ""
    text: list[str] = field(default_factory=list)
    start: date | None = None
    end: date | None = None
    categories: list[frozenset[int]] = field(default_factory=list)
    is_uncategorized: bool = False
    accounts: list[frozenset[int]] = field(default_factory=list)
    amounts: list[tuple[str, Decimal]] = field(default_factory=list)
    status: str = ""
    filed_since: datetime | None = None
    payee: str = ""
    """Exactly what the rows are titled, to the letter."""

    sort: str = NEWEST_FIRST
    cursor: Cursor | None = None
    rows: int = ROWS
    chips: list[Chip] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)
    month: Month | None = None
    fixed_kind: str = ""

    @property
    def sort_by(self) -> str:
        """What the rows are sorted by."""
        return self.sort.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        """Whether the largest or newest comes first."""
        return self.sort.startswith("-")

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the page itself narrows the list."""
        return any(self.given.get(name) for name in FILTERS)

    @property
    def whole_months(self) -> bool:
        """Whether the period, if there is one, consists of whole months."""
        return all(day is None or day.day == 1 for day in (self.start, self.end))

    @property
    def is_in_months(self) -> bool:
        """Whether the monthly totals know the sums of exactly these rows."""
        return self.whole_months and not (self.text or self.amounts or self.status or self.filed_since or self.payee)

    def url(self, **changes: str) -> str:
        """The address with some parameters changed, from its first page on unless `page` is among them."""
        params = {name: value for name, value in self.given.items() if name not in ("page", "rows")} | changes
        query = urlencode({name: value for name, value in params.items() if value})
        return f"{self.path}?{query}" if query else self.path

    @property
    def address(self) -> str:
        """This very address, without empty parameters."""
        place = {name: self.given[name] for name in ("page", "rows") if self.given.get(name)}
        return self.url(**place)

    @property
    def query(self) -> str:
        """The filter alone, to send along with a form."""
        return urlencode({name: self.given[name] for name in FILTERS if self.given.get(name)})

    @property
    def export_query(self) -> str:
        """The filter with what the page itself is narrowed to, for an address that is not the page's."""
        given = {"type": self.fixed_kind, **{name: self.given[name] for name in FILTERS if self.given.get(name)}}
        return urlencode({name: value for name, value in given.items() if value})

    def of(self, book: Book, names: Directory) -> TransactionQuerySet:
        """The rows of `book` that match, in no order. Joins nothing."""
        rows = Transaction.objects.of(book).filter(self._common(names, "date", self.start, self.end))
        for word in self.text:
            found = Q(payee__icontains=word) | Q(description__icontains=word) | Q(note__icontains=word)
            if amount := _plain_number(word, book.currency):
                found |= Q(amount=amount) | Q(amount=-amount)
            rows = rows.filter(found)
        for sign, amount in self.amounts:
            lookup = {">": "gt", ">=": "gte"}.get(sign)
            if lookup:
                rows = rows.filter(Q(**{f"amount__{lookup}": amount}) | Q(**{f"amount__{_mirror(lookup)}": -amount}))
            else:
                lookup = "lt" if sign == "<" else "lte"
                rows = rows.filter(**{f"amount__{lookup}": amount, f"amount__{_mirror(lookup)}": -amount})
        if self.filed_since:
            rows = rows.filter(filed_since(book, self.filed_since))
        if self.payee:
            rows = rows.filter(Q(payee=self.payee) | Q(payee="", description=self.payee))
        return rows.filter(status=self.status) if self.status else rows

    def totals_of(self, book: Book, names: Directory) -> QuerySet[MonthlyTotal]:
        """The monthly totals of the same rows; only where `is_in_months`."""
        return MonthlyTotal.objects.filter(Q(book=book) & self._common(names, "month", self.start, self.end))

    def _common(self, names: Directory, day: str, start: date | None, end: date | None) -> Q:
        wanted = Q()
        if start:
            wanted &= Q(**{f"{day}__gte": start})
        if end:
            wanted &= Q(**{f"{day}__lt": end})
        for accounts in self.accounts:
            wanted &= _one_of("account_id", accounts)
        for categories in self.categories:
            wanted &= _one_of("category_id", categories)
        if self.is_uncategorized:
            wanted &= Q(category_id__isnull=True, is_transfer=False)
        incoming = names.incoming
        if self.kind == "transfer":
            wanted &= Q(is_transfer=True)
        elif self.kind == "income":
            wanted &= Q(category_id__in=incoming)
        elif self.kind == "expense":
            wanted &= Q(is_transfer=False)
            if incoming:
                wanted &= Q(category_id__isnull=True) | ~Q(category_id__in=incoming)
        return wanted


def filed_since(book: Book, start: datetime) -> Q:
    """What imports and runs of rules filed from that moment on, whatever its date, and nobody touched since."""
    runs = Change.objects.filter(book=book, kind__in=FILING, at__gte=start)
    return Q(status=Status.AUTO_CONFIRMED, version__in=runs.values("number"))


def _one_of(column: str, ids: Collection[int]) -> Q:
    return Q(**{column: next(iter(ids))}) if len(ids) == 1 else Q(**{f"{column}__in": sorted(ids)})


def _mirror(lookup: str) -> str:
    return lookup.replace("g", "l") if lookup[0] == "g" else lookup.replace("l", "g", 1)


def _plain_number(word: str, currency: str) -> Decimal | None:
    """The amount that a word of digits says; None where it says none, or two."""
    if not NUMBER.fullmatch(word):
        return None
    try:
        return read_amount(word, currency=currency)
    except BudgetError:
        return None
