"""Measures writing: a file into a book, one expense, a transfer, an undo; each beside the bare driver's work."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from budget import history
from budget.bench.pages import Timing, timing
from budget.books.models import Book
from budget.history import Change
from budget.ledger import operations
from budget.ledger.loading import load_ledger
from budget.ledger.models import Account, Category, Transaction
from budget.users.models import User

BARE = "bench_bare"
ROWS_AT_ONCE = 1000
COLUMNS = tuple(field.attname for field in Transaction._meta.concrete_fields)


def load(file: Path, book: Book) -> float:
    """Seconds to load a raw ledger: validated, with history and totals."""
    start = time.perf_counter()
    load_ledger(file, book=str(book.pk))
    return time.perf_counter() - start


def load_bare(book: Book) -> float:
    """Seconds that the driver takes for the same rows as tuples, into a table with the same indexes, no more."""
    _make_bare()
    seconds, last = 0.0, 0
    rows = Transaction.objects.of(book).order_by("pk").values_list(*COLUMNS)
    with transaction.atomic():
        while part := [_plain(row) for row in rows.filter(pk__gt=last)[:ROWS_AT_ONCE]]:
            last = part[-1][0]
            start = time.perf_counter()
            _write_bare(part)
            seconds += time.perf_counter() - start
        start = time.perf_counter()
    return seconds + time.perf_counter() - start


def single(book: Book, user: User, tries: int) -> dict[str, Timing]:
    """One thing at a time, each durable before the next: an expense, a transfer, an undo, and a bare INSERT."""
    account = Account.objects.of(book).earliest("pk")
    savings = Account.objects.of(book).filter(name="Savings").first() or operations.open_account(
        book=book, by=user, name="Savings"
    )
    category = Category.objects.of(book).earliest("pk")
    _make_bare()
    bare = _plain(Transaction.objects.of(book).values_list(*COLUMNS).latest("pk"))

    def expense() -> None:
        operations.record_transaction(
            book=book, by=user, account=account, amount=Decimal("12.50"), description="Bench", category=category
        )

    def transfer() -> None:
        operations.transfer_between_accounts(
            book=book, by=user, source=account, target=savings, amount=Decimal(10), date=date(2026, 10, 1)
        )

    numbers = iter(range(1, 10_000))

    def insert() -> None:
        with transaction.atomic():
            _write_bare([(next(numbers), *bare[1:])])

    found = {"bare INSERT": _timed(insert, tries), "record one expense": _timed(expense, tries)}
    made = list(Change.objects.filter(book=book, kind="transaction.create").order_by("-number")[:tries])
    undone = iter(made)
    found["undo"] = _timed(lambda: history.undo(next(undone), by=user), tries, warm_up=0)
    found["transfer"] = _timed(transfer, tries)
    return found


def _timed(does: Callable[[], object], tries: int, warm_up: int = 3) -> Timing:
    seconds = []
    for attempt in range(warm_up + tries):
        start = time.perf_counter()
        does()
        if attempt >= warm_up:
            seconds.append(time.perf_counter() - start)
    return timing(seconds)


def _plain(row: Sequence[Any]) -> tuple[Any, ...]:
    """A row as the driver takes it."""
    return tuple(
        int(value * 1000)
        if isinstance(value, Decimal)
        else value
        if isinstance(value, (int, str, type(None)))
        else str(value)
        for value in row
    )


def _make_bare() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {BARE}")
        if connection.vendor == "postgresql":
            cursor.execute(f"CREATE TABLE {BARE} (LIKE budget_transaction INCLUDING ALL)")
            for column in ("book", "account", "category"):
                cursor.execute(
                    f"ALTER TABLE {BARE} ADD FOREIGN KEY ({column}_id) REFERENCES budget_{column} (id) "
                    "DEFERRABLE INITIALLY DEFERRED"
                )
            return
        cursor.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = 'budget_transaction' "
            "AND type IN ('table', 'index') AND sql IS NOT NULL ORDER BY type DESC"
        )
        for type_, name, sql in cursor.fetchall():
            made = sql.replace('"budget_transaction"', BARE)
            cursor.execute(made if type_ == "table" else made.replace(f'"{name}"', f"{BARE}_{name}"))


def _write_bare(rows: Sequence[tuple[Any, ...]]) -> None:
    names = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(rows) > 1:
            with cursor.copy(f"COPY {BARE} ({names}) FROM STDIN") as stream:
                for row in rows:
                    stream.write_row(row)
            return
        one = f"({', '.join(['%s'] * len(COLUMNS))})"
        values = [value for row in rows for value in row]
        cursor.execute(f"INSERT INTO {BARE} ({names}) VALUES {', '.join([one] * len(rows))}", values)  # noqa: S608
