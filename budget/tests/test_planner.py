"""Pages on a planner that has counted nothing: what each statement walks through stays in proportion.

PostgreSQL plans with what ANALYZE last counted. Of a database that was just restored or imported it knows how large the
files are and nothing of what is in them, and orders joins accordingly. So the work of every statement is counted here,
in rows (PostgreSQL) or in steps of the engine's machine (SQLite), rather than its time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.db.backends.postgresql.psycopg_any import mogrify
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budget import history
from budget.books.models import Book
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.ledger.models import Account, Category, Transaction
from budget.months import Month
from budget.tests import factories
from budget.users.models import User
from config.postgresql.base import PreparedCursor

pytestmark = pytest.mark.django_db

ROWS = 3_000
CATEGORIES = 60
MONTHS = 12
MOVES = 300
MOST = 4
"""How often a statement may come by each row that there is."""
STEPS_PER_ROW = 60
"""Of SQLite's machine, for one row that a statement reads, joins and sorts."""
NOVEMBER = Month(2026, 11)

PAGES = (
    "/",
    "/?parts=1",
    "/?month=2026-02",
    "/transactions/",
    "/transactions/?rows=50",
    "/transactions/?sort=-amount",
    "/transactions/?sort=category",
    "/transactions/?sort=payee",
    "/transactions/?q=shop",
    "/transactions/?type=expense",
    "/expenses/",
    "/income/",
    "/budgets/2026-11/",
    "/budgets/2026-02/",
    "/budgets/2026-11/allocations/",
    "/budgets/2026-11/move/",
    "/budgets/moves/",
    "/accounts/",
    "/reports/month/2026-11/",
    "/reports/top/",
    "/reports/top/?month=2026-11",
    "/reports/categories/",
    "/history/",
    "/review/",
    "/settings/categories/",
)


@pytest.fixture(autouse=True)
def _in_november() -> Iterator[None]:
    with time_machine.travel("2026-11-21 12:00:00+00:00", tick=False):
        yield


@pytest.fixture
def size(owner: User, book: Book) -> int:
    """How many rows there are in all; two books have as many each, and statistics know of none."""
    counted = sum(_fill(each) for each in (factories.make_book(owner, "Before"), book))
    if connection.vendor == "postgresql":
        _forget_statistics()
    return counted


def _forget_statistics() -> None:
    """Make PostgreSQL forget all that it counted in our tables, until the test's transaction ends.

    Other tests of the same worker leave it different things to remember, and its own ANALYZE adds to them at any
    moment: the lock keeps that away.
    """
    tables = [name for name in connection.introspection.table_names() if name.startswith("budget_")]
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {', '.join(tables)} IN SHARE UPDATE EXCLUSIVE MODE")
        cursor.execute("DELETE FROM pg_statistic WHERE starelid = ANY(%s::regclass[])", [tables])
        cursor.execute(
            "UPDATE pg_class SET relpages = 0, reltuples = -1, relallvisible = 0 WHERE oid = ANY(%s::regclass[]) "
            "OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = ANY(%s::regclass[]))",
            [tables, tables],
        )
        cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
        cursor.execute("SET LOCAL statement_timeout = '30s'")


def _fill(book: Book) -> int:
    accounts = [factories.make_account(book, f"Account {number}") for number in range(10)]
    with history.change(book, None, "Filled", kind="test.fill") as change:
        categories = change.create_all([Category(name=f"Category {n}", rollover="both") for n in range(CATEGORIES)])
        given: dict[Month, list[Allocation]] = {}
        for back in range(MONTHS):
            month = NOVEMBER - back
            envelopes = change.create_all([Envelope(category=each, month=month.first) for each in categories])
            given[month] = change.create_all([Allocation(envelope=each, amount=Decimal(10)) for each in envelopes])
        _move(change, given, book)
        fields = ("account_id", "category_id", "date", "amount", "description")
        change.create_many(Transaction, fields, list(_transactions(accounts, categories)))
    return ROWS + 10 + CATEGORIES + MONTHS * CATEGORIES * 2 + MOVES * 3


def _move(change: Any, given: dict[Month, list[Allocation]], book: Book) -> None:
    for number in range(MOVES):
        there = given[NOVEMBER - number % MONTHS]
        source, target = there[number % CATEGORIES].envelope, there[(number + 1) % CATEGORIES].envelope
        outgoing, incoming = change.create_all(
            [Allocation(envelope=source, amount=Decimal(-1)), Allocation(envelope=target, amount=Decimal(1))]
        )
        change.create_all([EnvelopeTransfer(outgoing=outgoing, incoming=incoming)])


def _transactions(accounts: list[Account], categories: list[Category]) -> Iterator[tuple[Any, ...]]:
    for number in range(ROWS):
        day = date(2026, 11, 20) - timedelta(days=number // 9)
        account, category = accounts[number % len(accounts)], categories[number % len(categories)]
        yield account.pk, category.pk, day.isoformat(), 1_000 + number, f"Shop {number % 50}"


def test_work_of_each_page_stays_in_proportion_without_any_statistics(client: Client, owner: User, size: int) -> None:
    client.force_login(owner)
    immense = {}
    for page in PAGES:
        kept: dict[str, Any] = {}
        with CaptureQueriesContext(connection) as queries, connection.execute_wrapper(partial(_note_kept, kept)):
            assert client.get(page).status_code == 200, page
        statements = {query["sql"] for query in queries if query["sql"].startswith(("SELECT", "WITH", "(SELECT"))}
        assert statements, page
        assert kept or connection.vendor != "postgresql", page
        works = [(_work(statement), statement) for statement in statements]
        for work, statement in works + [(_rows_of_kept(*each), each[0]) for each in kept.items()]:
            if work > MOST * size:
                immense[page] = work, statement

    assert immense == {}


def _work(statement: str) -> int:
    """How many rows the database looked at for an answer, of any step of its plan."""
    return _rows_of(statement) if connection.vendor == "postgresql" else _steps_of(statement) // STEPS_PER_ROW


def _note_kept(kept: dict[str, Any], execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """Which statements the server keeps a plan of, and values for them."""
    if connection.vendor == "postgresql" and isinstance(context["cursor"].cursor, PreparedCursor):
        kept[sql] = params
    return execute(sql, params, many, context)


def _rows_of_kept(sql: str, params: Any) -> int:
    """The same of the plan for any values, which the server may come to prefer."""
    names: list[str] = []
    values: list[Any] = []

    def number(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        if not found[1] or found[1] not in names:
            values.append(params[found[1]] if found[1] else params[len(values)])
            names.append(found[1] or "")
        return f"${names.index(found[1]) + 1 if found[1] else len(names)}"

    text = re.sub(r"%(?:%|s|\((\w+)\)s)", number, sql)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor.execute(f"PREPARE judged ({', '.join(map(_type_of, values))}) AS {text.replace('%', '%%')}", [])
        rows = _rows_of(mogrify(f"EXECUTE judged({', '.join(['%s'] * len(values))})", values, connection))
        cursor.execute("DEALLOCATE judged")
        cursor.execute("SET LOCAL plan_cache_mode = auto")
    return rows


def _type_of(value: object) -> str:
    """As the driver tells the server."""
    return "date" if isinstance(value, date) else "bigint" if isinstance(value, int) else "unknown"


def _rows_of(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + statement.replace("%", "%%"), [])
        (answer,) = cursor.fetchone()
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    return _rows_below(plan)


def _rows_below(plan: dict[str, Any]) -> int:
    removed = sum(value for name, value in plan.items() if name.startswith("Rows Removed"))
    here = (plan["Actual Rows"] + removed) * plan["Actual Loops"]
    return int(here) + sum(map(_rows_below, plan.get("Plans", ())))


def _steps_of(statement: str) -> int:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 100
        return 0

    connection.connection.set_progress_handler(count, 100)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement.replace("%", "%%"), [])
            cursor.fetchall()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return steps
