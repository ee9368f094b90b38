"""Faults of the schema, planted in the scratch database with real statements: each lets something through."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from verification.controls.base import Fault, Outcome, attempt
from verification.gates import schema
from verification.gates.base import GateResult
from verification.scratch import Place

Execute = Callable[..., Any]
AUTOMATIC = "SELECT * FROM sqlite_master WHERE type = 'index' AND sql IS NULL AND tbl_name = ?"
NEWER = ("budget", "9999_of_a_newer_version")


class NotTakenBack(RuntimeError):
    """A planted fault left something behind, or the ground was not whole before."""


def run(place: Place) -> list[Outcome]:
    """Plant every fault that this engine can have, one after the other, and have the schema gate judge each.

    Raises:
        NotTakenBack: the gate does not pass without a fault, before or after; then detecting one proves nothing.
    """
    whole = schema.describe_scratch(place)

    def judge(ground: Place) -> GateResult:
        return schema.judge(schema.describe_scratch(ground), whole)

    outcomes = []
    for fault in (fault for fault in FAULTS if place.engine in fault.engines):
        if judge(place).status.blocks:
            raise NotTakenBack(f"The schema gate fails before {fault.id} is planted.")
        outcomes.append(attempt(fault, place, judge))
    if schema.describe_scratch(place) != whole:
        raise NotTakenBack("The last fault of the schema was not taken back.")
    return outcomes


@contextmanager
def _session(place: Place) -> Iterator[Execute]:
    session = place.connect()
    try:
        yield session.execute
    finally:
        session.close()


@contextmanager
def _statements(place: Place, there: Sequence[str], back: Sequence[str]) -> Iterator[None]:
    with _session(place) as execute:
        for statement in there:
            execute(statement)
        try:
            yield
        finally:
            for statement in back:
                execute(statement)


@contextmanager
def _rewritten(place: Place, table: str, pattern: str, by: str) -> Iterator[None]:
    """SQLite: another text for a table; it cannot drop a constraint, but obeys the text that it has.

    An index that only served a constraint which is gone goes with it: SQLite would refuse the file.
    """
    with _session(place) as execute:
        sql = execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", [table]).fetchone()[0]
        changed = re.sub(pattern, by, sql, count=1)
        if changed == sql:
            raise NotTakenBack(f"Nothing in {table} to plant a fault in.")
        loses_index = sql.count("UNIQUE") > changed.count("UNIQUE")
        indexes = execute(AUTOMATIC, [table]).fetchall() if loses_index else []
        _write_schema(
            execute, table, changed, "DELETE FROM sqlite_master WHERE name = ?", [[row[1]] for row in indexes]
        )
        try:
            yield
        finally:
            _write_schema(execute, table, sql, "INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", indexes)


def _write_schema(execute: Execute, table: str, sql: str, also: str, rows: Sequence[Sequence[Any]]) -> None:
    version = execute("PRAGMA schema_version").fetchone()[0]
    execute("PRAGMA writable_schema = ON")
    for row in rows:
        execute(also, row)
    execute("UPDATE sqlite_master SET sql = ? WHERE type = 'table' AND name = ?", [sql, table])
    execute(f"PRAGMA schema_version = {version + 1}")  # so that every connection reads it anew
    execute("PRAGMA writable_schema = OFF")


@contextmanager
def _without(place: Place, kind: str, name: str, table: str = "", instead: str = "") -> Iterator[None]:
    """Drop an index or a trigger, or put another `instead`; its own text makes it again."""
    with _session(place) as execute:
        if place.engine == "sqlite":
            query = "SELECT sql FROM sqlite_master WHERE type = ? AND name = ?"
            (sql,) = execute(query, [kind, name]).fetchone()
        elif kind == "index":
            (sql,) = execute("SELECT pg_get_indexdef(to_regclass(%s))", [name]).fetchone()
        else:
            query = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = %s AND tgrelid = to_regclass(%s)"
            (sql,) = execute(query, [name, table]).fetchone()
        drop = f"DROP {kind} {name}" + (f" ON {table}" if kind == "trigger" and place.engine != "sqlite" else "")
    with _statements(place, [drop, instead] if instead else [drop], [drop, sql] if instead else [sql]):
        yield


def _constraint(table: str, name: str, pattern: str) -> Callable[[Place], AbstractContextManager[None]]:
    """Drop a named constraint; `pattern` is how it stands in SQLite's text."""

    @contextmanager
    def plant(place: Place) -> Iterator[None]:
        if place.engine == "sqlite":
            with _rewritten(place, table, pattern, ""):
                yield
            return
        with _session(place) as execute:
            query = (
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s AND conrelid = to_regclass(%s)"
            )
            (definition,) = execute(query, [name, table]).fetchone()
        back = f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"
        with _statements(place, [f"ALTER TABLE {table} DROP CONSTRAINT {name}"], [back]):
            yield

    return plant


@contextmanager
def _foreign_key_dropped(place: Place) -> Iterator[None]:
    table = "budget_transaction"
    if place.engine == "sqlite":
        with _rewritten(place, table, r'("account_id" bigint NOT NULL) REFERENCES [^,]*', r"\1 "):
            yield
        return
    with _session(place) as execute:
        query = (
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid = to_regclass(%s) "
            "AND confrelid = to_regclass('budget_account')"
        )
        (name,) = execute(query, [table]).fetchone()
    with _constraint(table, name, "")(place):
        yield


@contextmanager
def _weakened(place: Place) -> Iterator[None]:
    table, name = "budget_transaction", "transaction_status_known"
    if place.engine == "sqlite":
        with _rewritten(place, table, r"'auto_confirmed'\)\)", "'auto_confirmed', 'lost'))"):
            yield
        return
    loose = f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK (status <> '')"
    with (
        _constraint(table, name, "")(place),
        _statements(place, [loose], [f"ALTER TABLE {table} DROP CONSTRAINT {name}"]),
    ):
        yield


@contextmanager
def _float_column(place: Place) -> Iterator[None]:
    if place.engine == "sqlite":
        with _rewritten(place, "budget_account", r'"opening_balance" bigint', '"opening_balance" real'):
            yield
        return
    change = "ALTER TABLE budget_account ALTER COLUMN opening_balance TYPE"
    with _statements(place, [f"{change} double precision"], [f"{change} bigint"]):
        yield


@contextmanager
def _nullable(place: Place) -> Iterator[None]:
    if place.engine == "sqlite":
        with _rewritten(place, "budget_transaction", r'"date" date NOT NULL', '"date" date NULL'):
            yield
        return
    change = "ALTER TABLE budget_transaction ALTER COLUMN date"
    with _statements(place, [f"{change} DROP NOT NULL"], [f"{change} SET NOT NULL"]):
        yield


def _trigger_dropped(place: Place) -> AbstractContextManager[None]:
    return _without(place, "trigger", "account_transfer_balances", "budget_accounttransfer")


@contextmanager
def _trigger_emptied(place: Place) -> Iterator[None]:
    """The same name, but it refuses nothing any more."""
    name, table = "change_never_altered", "budget_change"
    if place.engine == "sqlite":
        empty = (
            f"CREATE TRIGGER {name} BEFORE UPDATE OF digest ON {table} WHEN 1 = 0 BEGIN SELECT RAISE(ABORT, 'x'); END"
        )
        with _without(place, "trigger", name, table, instead=empty):
            yield
        return
    with _session(place) as execute:
        (whole,) = execute("SELECT pg_get_functiondef(to_regproc(%s))", [name]).fetchone()
    empty = f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
    with _statements(place, [empty], [whole]):
        yield


@contextmanager
def _pending(place: Place) -> Iterator[None]:
    """As if the newest migration of the product had never run; in one statement, with its own number and moment."""
    with _session(place) as execute:
        query = "SELECT id, app, name, applied FROM django_migrations WHERE app = 'budget' ORDER BY name DESC LIMIT 1"
        row = execute(query).fetchone()
        mark = "?" if place.engine == "sqlite" else "%s"
        execute(f"DELETE FROM django_migrations WHERE id = {mark}", [row[0]])  # noqa: S608  (a placeholder)
        try:
            yield
        finally:
            execute(f"INSERT INTO django_migrations (id, app, name, applied) VALUES ({', '.join([mark] * 4)})", row)  # noqa: S608  (placeholders)


def _unknown(place: Place) -> AbstractContextManager[None]:
    values = "', '".join(NEWER)
    there = f"INSERT INTO django_migrations (app, name, applied) VALUES ('{values}', '2030-01-01 00:00:00')"  # noqa: S608  (constants)
    return _statements(place, [there], [f"DELETE FROM django_migrations WHERE name = '{NEWER[1]}'"])  # noqa: S608  (a constant)


def _stale_table(place: Place) -> AbstractContextManager[None]:
    return _statements(place, ["CREATE TABLE budget_forgotten (id bigint)"], ["DROP TABLE budget_forgotten"])


def _trigger_off(place: Place) -> AbstractContextManager[None]:
    change = "ALTER TABLE budget_entry {} TRIGGER entry_never_altered"
    return _statements(place, [change.format("DISABLE")], [change.format("ENABLE")])


def _row_rule(place: Place) -> AbstractContextManager[None]:
    """PostgreSQL: a rule that makes deletions vanish without a word."""
    there = "CREATE RULE nothing_goes AS ON DELETE TO budget_transaction DO INSTEAD NOTHING"
    return _statements(place, [there], ["DROP RULE nothing_goes ON budget_transaction"])


def _fault(name: str, title: str, check: str, plant: Any, sign: str, *engines: str) -> Fault[Place]:
    more = {"engines": frozenset(engines)} if engines else {}
    return Fault(f"schema.{name}", title, "schema", f"schema.{check}", plant, sign, **more)


FAULTS: Sequence[Fault[Place]] = (
    _fault(
        "check_dropped",
        "A check constraint is dropped: amounts may be zero",
        "constraints",
        _constraint(
            "budget_transaction", "transaction_amount_not_zero", r', CONSTRAINT "transaction_amount_not_zero" [^,]*'
        ),
        "constraint transaction_amount_not_zero is missing",
    ),
    _fault(
        "check_weakened",
        "A check constraint keeps its name and lets more through",
        "constraints",
        _weakened,
        "constraint transaction_status_known is CHECK",
    ),
    _fault(
        "unique_dropped",
        "A unique constraint is dropped: a person may join a book twice",
        "constraints",
        _constraint(
            "budget_membership", "membership_once_per_book", r', CONSTRAINT "membership_once_per_book" [^)]*\)'
        ),
        "constraint membership_once_per_book is missing",
    ),
    _fault(
        "foreign_key_dropped",
        "A foreign key is dropped: a transaction may name an account that is not there",
        "foreign_keys",
        _foreign_key_dropped,
        "is missing",
    ),
    _fault(
        "float_column",
        "A column of money becomes a floating-point number",
        "money",
        _float_column,
        "column opening_balance is",
    ),
    _fault("nullable", "A required column may be empty", "columns", _nullable, "column date is date NULL"),
    _fault(
        "index_dropped",
        "A unique index is dropped: two categories of one name",
        "indexes",
        lambda place: _without(place, "index", "category_name_once_per_book_and_parent"),
        "index category_name_once_per_book_and_parent is missing",
    ),
    _fault(
        "trigger_dropped",
        "A rule that spans rows is dropped: transfers need not balance",
        "rules",
        _trigger_dropped,
        "rule account_transfer_balances is missing",
    ),
    _fault(
        "trigger_emptied",
        "A rule keeps its name and refuses nothing: the history can be altered",
        "fingerprint",
        _trigger_emptied,
        "change_never_altered was altered",
    ),
    _fault("pending", "A migration was not applied", "migrations", _pending, "is not applied"),
    _fault(
        "newer",
        "The database was migrated by a newer version",
        "migrations",
        _unknown,
        f"{NEWER[1]} is not of this version",
    ),
    _fault(
        "stale_table",
        "A table that no model has any more",
        "tables",
        _stale_table,
        "budget_forgotten: the table is no table of this version",
    ),
    _fault(
        "trigger_off",
        "A rule is switched off: entries of the history can be altered",
        "triggers",
        _trigger_off,
        "trigger entry_never_altered was altered",
        "postgresql",
    ),
    _fault(
        "row_rule",
        "A rewrite rule swallows deletions",
        "tables",
        _row_rule,
        "budget_transaction: the table is",
        "postgresql",
    ),
)
"""Every fault of the schema; twelve on both engines, two more on PostgreSQL."""
