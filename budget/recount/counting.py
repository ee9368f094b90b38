"""Adds up a month from the rows themselves: every one is read and added here, not by the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from django.db import connection, models

from budget.books.models import Book
from budget.history.rows import Value, Values, shape_of
from budget.ledger.models import Transaction
from budget.months import Month
from budget.recount.tallies import Adding, Tallies

ROWS_AT_ONCE = 2000


@dataclass(frozen=True)
class Counted:
    """A month's rows added up; `marks` has the digest of each by its id, if they were asked for."""

    tallies: Tallies
    marks: dict[int, int]


def count_rows(book: Book, month: Month, *, with_marks: bool = False) -> Counted:
    """Add up every row of the month."""
    adding = Adding()
    marks: dict[int, int] = {}
    for pk, values in month_rows(book, month):
        mark = adding.add(pk, values, 1)
        if with_marks:
            marks[pk] = mark
    return Counted(adding.tallies(), marks)


def month_rows(book: Book, month: Month) -> Iterator[tuple[int, Values]]:
    """The rows of a month as the history writes them, a page at a time: no cursor stays on a pooled connection."""
    chosen = ", ".join(_chosen())
    page_of = (
        f"SELECT id, {_as_text('date')}, {chosen} FROM budget_transaction "  # noqa: S608  (names of ours)
        "WHERE book_id = %s AND date >= %s AND date < %s AND (date, id) > (%s, %s) ORDER BY date, id LIMIT %s"
    )
    first, end = month.first.isoformat(), month.end.isoformat()
    after: tuple[Any, int] = (first, -1)
    conversions = _conversions(connection.vendor)
    while page := _rows(page_of, [book.pk, first, end, *after, ROWS_AT_ONCE]):
        for pk, _, *values in page:
            for place, convert in conversions:
                values[place] = convert(values[place])
            yield pk, values
        after = (page[-1][1], page[-1][0])


def rows_with(ids: list[int]) -> dict[int, Values]:
    """Some rows as they are now, wherever they are, by id."""
    chosen = ", ".join(_chosen())
    wanted = ", ".join(["%s"] * len(ids))
    query = f"SELECT id, {chosen} FROM budget_transaction WHERE id IN ({wanted})"  # noqa: S608  (names of ours)
    return {pk: _plain(values) for pk, *values in _rows(query, ids)} if ids else {}


def _rows(query: str, bound: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, bound)
        return list(cursor.fetchall())


def _as_text(column: str) -> str:
    """SQLite's dates come as they are written there, unread by the driver, which stumbles over an altered one."""
    return f"CAST({column} AS TEXT)" if connection.vendor == "sqlite" else column


def _chosen() -> Iterator[str]:
    for column in shape_of(Transaction).columns:
        name = column.field.column or column.name
        if isinstance(column.field, models.DateField):
            yield _as_text(name)
        elif isinstance(column.field, models.BooleanField) and connection.vendor == "sqlite":
            yield f"{name} + 0"
        else:
            yield name


def _plain(values: list[Any]) -> Values:
    for place, convert in _conversions(connection.vendor):
        values[place] = convert(values[place])
    return values


@lru_cache(maxsize=2)
def _conversions(vendor: str) -> tuple[tuple[int, Callable[[Any], Value]], ...]:
    """What makes the driver's values those of the history, by place; the others are so already."""
    is_sqlite = vendor == "sqlite"
    found: list[tuple[int, Callable[[Any], Value]]] = []
    for place, column in enumerate(shape_of(Transaction).columns):
        if isinstance(column.field, models.DateTimeField):
            found.append((place, _moment_from_text if is_sqlite else _moment))
        elif isinstance(column.field, models.DateField) and not is_sqlite:
            found.append((place, _day))
        elif isinstance(column.field, models.BooleanField) and is_sqlite:
            found.append((place, {0: False, 1: True}.get))
    return tuple(found)


@lru_cache(maxsize=4096)
def _day(day: date) -> Value:
    return day.isoformat()


@lru_cache(maxsize=4096)
def _moment(moment: datetime) -> Value:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


@lru_cache(maxsize=4096)
def _moment_from_text(text: Any) -> Value:
    """SQLite keeps moments as text in UTC without saying so; what is no moment stays as it is, and differs."""
    try:
        return _moment(datetime.fromisoformat(text).replace(tzinfo=UTC))
    except (TypeError, ValueError):
        return str(text)
