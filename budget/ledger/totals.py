"""Keeps `MonthlyTotal` true: every change's effect on the months, written in the same transaction as its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth

from budget.books.models import Book
from budget.history.batch import NewRows
from budget.history.keeping import RowChange, keep
from budget.history.rows import Value, Values, shape_of
from budget.ledger.errors import SumsTooLarge
from budget.ledger.models import MonthlyTotal, Transaction
from budget.money import UNIT

KEYS_AT_ONCE = 400
MOST = 4 * 10**18
"""What all totals of a book, whatever their sign, may add up to in thousandths, when a large one is written."""

SUSPICIOUS = MOST // 10_000
"""A larger total is reason to add up all of them. Ten thousand that are not stay below `MOST` together, so that no sum
of a book reaches twice as much, and a BIGINT holds it."""

PARTS = ("account_id", "category_id", "date", "is_transfer", "amount")


class Key(NamedTuple):
    """What a total is kept for; `month` is ISO text of its first day, `category` None where there is none."""

    account: int
    category: int | None
    month: str
    is_transfer: bool


class Sums(NamedTuple):
    """A number of rows and their sum in thousandths, out positive."""

    rows: int
    units: int


class TotalsKeeper:
    """Adds up what one change does to the transactions of a book."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.deltas: dict[Key, Sums] = {}
        names = shape_of(Transaction).names
        self.places = tuple(names.index(name) for name in PARTS)

    def take(self, rows: Iterable[RowChange]) -> None:
        """Note rows that were written."""
        for _, before, after in rows:
            if before is not None:
                self._add(before, -1)
            if after is not None:
                self._add(after, 1)

    def take_new(self, rows: NewRows) -> None:
        """Note many rows that were not there before: two steps for each row, and one for each key."""
        accounts, categories, days, transfers, amounts = (rows.column(name) for name in PARTS)
        months = [day[:7] for day in days]  # type: ignore[index]  # ISO text, as recorded
        keys = list(zip(accounts, categories, months, transfers, strict=True))
        sums: dict[tuple[Value, ...], int] = dict.fromkeys(keys, 0)
        for key, units in zip(keys, amounts, strict=True):
            sums[key] += units  # type: ignore[operator]  # thousandths
        for key, count in Counter(keys).items():
            account, category, month, is_transfer = key
            whole = Key(account, category, f"{month}-01", bool(is_transfer))  # type: ignore[arg-type]  # as recorded
            before = self.deltas.get(whole, Sums(0, 0))
            self.deltas[whole] = Sums(before.rows + count, before.units + sums[key])

    def _add(self, values: Values, sign: int) -> None:
        account, category, day, is_transfer, units = (values[place] for place in self.places)
        key = Key(account, category, f"{day[:7]}-01", bool(is_transfer))  # type: ignore[arg-type, index]  # as recorded
        count, total = self.deltas.get(key, (0, 0))
        self.deltas[key] = Sums(count + sign, total + sign * units)  # type: ignore[operator]  # thousandths

    def close(self) -> None:
        """Write the sums that changed: one statement for a few months, whatever the number of rows.

        Raises:
            SumsTooLarge: the book could not be added up any more.
        """
        changed = [(key, sums) for key, sums in self.deltas.items() if sums != (0, 0)]
        if any(abs(sums.units) > SUSPICIOUS for _, sums in changed):
            _require_room(self.book, changed)
        if _apply(self.book, changed) > SUSPICIOUS:
            _require_room(self.book)


def register() -> None:
    """Have every change to transactions kept track of."""
    keep(Transaction, TotalsKeeper)


def _require_room(book: Book, coming: Iterable[tuple[Key, Sums]] = ()) -> None:
    """Add up all totals with what is coming, exactly, which the database could not."""
    units = {key: sums.units for key, sums in stored(book).items()}
    for key, sums in coming:
        units[key] = units.get(key, 0) + sums.units
    if sum(map(abs, units.values())) > MOST:
        raise SumsTooLarge


def _apply(book: Book, deltas: Sequence[tuple[Key, Sums]]) -> int:
    """Add deltas to the stored totals; answers the largest of these totals, without its sign.

    Counts that fall are updated, and deleted at zero, before the others are inserted: an upsert would first insert
    the negative count, which the database refuses.
    """
    largest = 0
    with connection.cursor() as cursor:
        for key, sums in deltas:
            if sums.rows <= 0:
                largest = max(largest, _lower(cursor, book, key, sums))
        rising = [(key, sums) for key, sums in deltas if sums.rows > 0]
        for start in range(0, len(rising), KEYS_AT_ONCE):
            part = rising[start : start + KEYS_AT_ONCE]
            places = ", ".join(["(%s, %s, %s, %s, %s, %s, %s)"] * len(part))
            values: list[int | str | bool | None] = []
            for key, sums in part:
                values += (book.pk, key.account, key.category, key.month, key.is_transfer, sums.rows, sums.units)
            cursor.execute(
                "INSERT INTO budget_monthlytotal (book_id, account_id, category_id, month, is_transfer, count, total) "  # noqa: S608
                f"VALUES {places} "
                "ON CONFLICT (book_id, account_id, COALESCE(category_id, 0), month, is_transfer) DO UPDATE "
                "SET count = budget_monthlytotal.count + excluded.count, "
                "total = budget_monthlytotal.total + excluded.total RETURNING total",
                values,
            )
            largest = max(largest, *(abs(total) for (total,) in cursor.fetchall()))
    return largest


def _lower(cursor: CursorWrapper, book: Book, key: Key, sums: Sums) -> int:
    """Write a total with fewer rows, or with as many and another sum; answers it, without its sign."""
    where = (
        "WHERE book_id = %s AND account_id = %s AND COALESCE(category_id, 0) = %s AND month = %s AND is_transfer = %s"
    )
    which: list[int | str | bool] = [book.pk, key.account, key.category or 0, key.month, key.is_transfer]
    if sums.rows < 0:
        cursor.execute(f"DELETE FROM budget_monthlytotal {where} AND count = %s", [*which, -sums.rows])  # noqa: S608
        if cursor.rowcount:
            return 0
    cursor.execute(
        f"UPDATE budget_monthlytotal SET count = count + %s, total = total + %s {where} RETURNING total",  # noqa: S608
        [sums.rows, sums.units, *which],
    )
    return max((abs(total) for (total,) in cursor.fetchall()), default=0)


def stored(book: Book) -> dict[Key, Sums]:
    """The totals as they are kept."""
    rows = MonthlyTotal.objects.filter(book=book).values_list(
        "account_id", "category_id", "month", "is_transfer", "count", "total"
    )
    return {Key(a, c, m.isoformat(), t): Sums(n, int(total * UNIT)) for a, c, m, t, n, total in rows}


def counted(book: Book) -> dict[Key, Sums]:
    """The totals as the rows of the book add up to: one grouped query."""
    rows = (
        Transaction.objects.of(book)
        .annotate(month=TruncMonth("date"))
        .values_list("account_id", "category_id", "month", "is_transfer")
        .annotate(rows=Count("pk"), total=Sum("amount"))
        .order_by()
    )
    return {Key(a, c, m.isoformat(), t): Sums(n, int(total * UNIT)) for a, c, m, t, n, total in rows}


class Difference(NamedTuple):
    """A total that is not what its rows add up to."""

    key: Key
    stored: Sums
    counted: Sums


def differences(book: Book) -> list[Difference]:
    """Where the kept totals and the rows disagree: nowhere, unless somebody wrote behind the application's back."""
    kept, true = stored(book), counted(book)
    nothing = Sums(0, 0)
    keys = sorted(kept.keys() | true.keys(), key=repr)
    found = [Difference(key, kept.get(key, nothing), true.get(key, nothing)) for key in keys]
    return [difference for difference in found if difference.stored != difference.counted]


def rebuild(book: Book) -> int:
    """Make the totals of `book` anew from its rows; answers how many there are."""
    true = counted(book)
    MonthlyTotal.objects.filter(book=book).delete()
    _apply(book, list(true.items()))
    return len(true)
