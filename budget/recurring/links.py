"""Keeps `SeriesRow` true: which transaction is which due date of a series, in the same transaction as the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from budget.books.models import Book
from budget.categorization.merchants import merchant_of
from budget.history.batch import NewRows
from budget.history.keeping import RowChange, keep
from budget.history.rows import Values, shape_of
from budget.ledger.models import Account, Transaction, today
from budget.money import from_units, to_units
from budget.recurring.models import RecurringSeries, SeriesRow
from budget.recurring.rhythm import beat, due, slot

YEARS = 3
"""So far back history is looked through."""
ROWS_AT_ONCE = 5000
IDS_AT_ONCE = 500
LONGEST = 100
PARTS = ("account_id", "date", "amount", "is_transfer", "payee", "description")
DEFINING = ("account_id", "name", "merchant", "amount", "low", "high", "rhythm", "anchor")
"""The fields of a series that its rows follow from."""


def key_of(payee: str, description: str) -> str:
    """By what a row's payee is recognised."""
    return merchant_of(payee, description) or (payee or description).upper()[:LONGEST].strip()


def window(day: date) -> date:
    """The first day that is still looked at."""
    return day - timedelta(days=365 * YEARS + 7)


class Row(NamedTuple):
    """What a transaction is matched by; `units` in thousandths, out positive."""

    pk: int
    account: int
    day: date
    units: int
    payee: str
    description: str
    category: int | None = None


class Pattern(NamedTuple):
    """What a series' rows look like: from `low` to `high` without a sign, about `units`."""

    series: int
    rhythm: str
    anchor: date
    units: int
    low: int
    high: int


class Matcher:
    """Says of a row which series it is one of."""

    def __init__(self, book: Book) -> None:
        self.patterns: dict[tuple[str, str, bool], list[Pattern]] = {}
        self.bands: dict[tuple[str, bool], tuple[int, int]] = {}
        fields = ("pk", "account__currency", "name", "merchant", "amount", "low", "high", "rhythm", "anchor")
        for row in RecurringSeries.objects.of(book).values_list(*fields).order_by("pk"):
            self._add(*row)
        self.currencies: dict[int, str] = (
            dict(Account.objects.of(book).values_list("pk", "currency")) if self.patterns else {}
        )

    def _add(self, *row: object) -> None:
        pk, currency, name, payee, amount, low, high, rhythm, anchor = row
        units = abs(to_units(amount))  # type: ignore[arg-type]  # as the model has them
        least, most = (abs(to_units(low)), abs(to_units(high))) if low is not None else (units, units)  # type: ignore[arg-type]
        spread = 2 if low is not None else 3
        pattern = Pattern(pk, rhythm, anchor, units, least - least // spread, most + most // spread)  # type: ignore[arg-type]
        is_out = amount > 0  # type: ignore[operator]
        for key in {str(payee), key_of(str(name), str(name))}:
            self.patterns.setdefault((key, str(currency), is_out), []).append(pattern)
        before = self.bands.get((str(currency), is_out), (pattern.low, pattern.high))
        self.bands[str(currency), is_out] = (min(before[0], pattern.low), max(before[1], pattern.high))

    def match(self, row: Row) -> SeriesRow | None:
        """The link of a row to the due date that it settles, if it is one of a series'."""
        currency, is_out, size = self.currencies.get(row.account, ""), row.units > 0, abs(row.units)
        band = self.bands.get((currency, is_out))
        if band is None or not band[0] <= size <= band[1]:
            return None
        best: tuple[int, int, int] | None = None
        found: SeriesRow | None = None
        for pattern in self.patterns.get((key_of(row.payee, row.description), currency, is_out), ()):
            if not pattern.low <= size <= pattern.high:
                continue
            number, off = slot(pattern.rhythm, pattern.anchor, row.day)
            if abs(off) > beat(pattern.rhythm).reach:
                continue
            distance = (abs(size - pattern.units) * 20 // pattern.units, abs(off), pattern.series)
            if best is None or distance < best:
                best = distance
                settles = due(pattern.rhythm, pattern.anchor, number)
                found = SeriesRow(series_id=pattern.series, transaction_id=row.pk, due=settles)
        return found

    def span(self, payees: Iterable[str]) -> tuple[int, int] | None:
        """The least and the most, signed, that rows of these payees' series have."""
        wanted = set(payees)
        chosen = [
            (pattern if is_out else pattern._replace(low=-pattern.high, high=-pattern.low))
            for (key, _, is_out), patterns in self.patterns.items()
            if key in wanted
            for pattern in patterns
        ]
        return (min(p.low for p in chosen), max(p.high for p in chosen)) if chosen else None


class RowKeeper:
    """Links what one change writes to the transactions of a book."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.old: list[int] = []
        self.new: list[Row] = []
        self.many: tuple[str, str] | None = None
        names = shape_of(Transaction).names
        self.places = tuple(names.index(name) for name in PARTS)

    def take(self, rows: Iterable[RowChange]) -> None:
        """Note rows that were written."""
        for pk, before, after in rows:
            if before is not None:
                self.old.append(pk)
            if after is not None:
                account, day, units, is_transfer, payee, description = (after[place] for place in self.places)
                if not is_transfer:
                    on = date.fromisoformat(str(day))
                    self.new.append(Row(pk, int(account or 0), on, int(units or 0), str(payee), str(description)))

    def take_new(self, rows: NewRows) -> None:
        """Note the days of many rows, whose ids nobody says."""
        days = [str(day) for day in rows.distinct("date")]
        first, last = self.many or (days[0], days[0])
        self.many = (min(first, *days), max(last, *days))

    def close(self) -> None:
        """Write the links. One query where the book has no series."""
        matcher = Matcher(self.book)
        if not matcher.patterns:
            return
        if self.many:
            first, end = (date.fromisoformat(day) for day in self.many)
            _link_between(self.book, matcher, first, end)
        last = {row.pk: row for row in self.new}
        _forget(self.book, sorted({*self.old, *last}))
        _write(self.book, [link for row in last.values() if (link := matcher.match(row))])


class SeriesKeeper:
    """Links the rows of series that one change made, altered or deleted."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.payees: set[str] = set()
        self.gone: list[int] = []
        names = shape_of(RecurringSeries).names
        self.name, self.payee = names.index("name"), names.index("merchant")
        self.defining = tuple(names.index(name) for name in DEFINING)

    def take(self, rows: Iterable[RowChange]) -> None:
        """Note series whose rows are others now."""
        for pk, before, after in rows:
            if before is not None and after is not None and self._defined(before) == self._defined(after):
                continue
            if after is None:
                self.gone.append(pk)
            for values in (before, after):
                if values is not None:
                    name = str(values[self.name])
                    self.payees |= {str(values[self.payee]), key_of(name, name)}

    def _defined(self, values: Values) -> list[object]:
        return [values[place] for place in self.defining]

    def take_new(self, rows: NewRows) -> None:
        """Note many new series."""
        self.payees |= {str(payee) for payee in rows.distinct("merchant")}

    def close(self) -> None:
        """Link them anew."""
        for part in _parts(self.gone):
            SeriesRow.objects.filter(book=self.book, series__in=part).delete()
        if self.payees:
            relink(self.book, self.payees)


def register() -> None:
    """Have every change to transactions and series kept track of."""
    keep(Transaction, RowKeeper)
    keep(RecurringSeries, SeriesKeeper)


def relink(book: Book, payees: set[str], matcher: Matcher | None = None) -> None:
    """Link the rows of the last three years that are of these payees' series anew. Pages through rows of their size."""
    matcher = matcher or Matcher(book)
    span = matcher.span(payees)
    wanted = {
        pattern.series for (key, _, _), patterns in matcher.patterns.items() if key in payees for pattern in patterns
    }
    for part in _parts(sorted(wanted)):
        SeriesRow.objects.filter(book=book, series__in=part).delete()
    if span is None:
        return
    for rows in recent(book, *span, today()):
        links = [link for row in rows if (link := matcher.match(row)) and link.series_id in wanted]
        _forget(book, [link.transaction_id for link in links])
        _write(book, links)


def _link_between(book: Book, matcher: Matcher, first: date, last: date) -> None:
    """Link the rows from `first` to `last`, both included, anew; those of the last three years."""
    span = matcher.span({key for key, _, _ in matcher.patterns})
    if span is not None:
        for rows in recent(book, *span, today(), first, last):
            links = [link for row in rows if (link := matcher.match(row))]
            _forget(book, [link.transaction_id for link in links])
            _write(book, links)


def recent(
    book: Book, low: int, high: int, on: date, first: date = date.min, last_day: date = date.max
) -> Iterator[list[Row]]:
    """The book's rows from three years before a day on, with amounts from `low` to `high` (thousandths, included).

    Args:
        first: not before this day; `last_day` is the last one that is read.
    """
    own = Transaction.objects.of(book).filter(is_transfer=False, date__gte=max(first, window(on)), date__lte=last_day)
    own = own.filter(amount__gte=from_units(low), amount__lte=from_units(high)).order_by("-date", "-pk")
    fields = ("pk", "account_id", "date", "amount", "payee", "description", "category_id")
    last: tuple[date, int] | None = None
    while True:
        page = own if last is None else own.filter(date__lte=last[0]).exclude(date=last[0], pk__gte=last[1])
        rows = [
            Row(pk, account, day, to_units(amount), payee, text, category)
            for pk, account, day, amount, payee, text, category in page.values_list(*fields)[:ROWS_AT_ONCE]
        ]
        if rows:
            yield rows
        if len(rows) < ROWS_AT_ONCE:
            return
        last = (rows[-1].day, rows[-1].pk)


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), IDS_AT_ONCE):
        yield ids[start : start + IDS_AT_ONCE]


def _forget(book: Book, ids: Sequence[int]) -> None:
    for part in _parts(ids):
        SeriesRow.objects.filter(book=book, transaction__in=part).delete()


def _write(book: Book, links: Sequence[SeriesRow]) -> None:
    for link in links:
        link.book = book
    if links:
        SeriesRow.objects.bulk_create(links, batch_size=IDS_AT_ONCE)
