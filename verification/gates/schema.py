"""The schema gate: the live database is, part by part, what the migrations of this version make of an empty one.

The drills of the next gates run on a scratch database; because its schema and the live one have one fingerprint, what
they show of the one holds for the other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from budget import guards
from budget.money import MoneyField
from verification.catalog import postgresql, sqlite
from verification.catalog.base import (
    KINDS,
    MIGRATIONS,
    Ask,
    Part,
    Schema,
    asking,
    count,
    drift,
    fingerprint,
    only,
    tables,
)
from verification.gates.base import Check, GateResult, Json, held
from verification.live import Look
from verification.scratch import Place

OURS = "budget_"
"""Tables whose names begin so belong to this program alone: one that no model has any more is drift."""

INEXACT = re.compile(r"\b(?:real|double|float\d?|numeric|decimal|money)\b", re.IGNORECASE)
"""Types of a column that no amount may have: floats round, and SQLite keeps decimals as floats."""

MOST = 100
"""At most so many differences go into the bundle in words; the checks count them all."""

ISOLATION = {"sqlite": "snapshot, read only", "postgresql": "repeatable read, read only"}

REQUIRED: Sequence[tuple[str, Part, str]] = (
    ("R000-1", Part("budget_user", "column", "email"), "NOT NULL"),
    ("R000-1", Part("budget_user", "index", "user_email_unique_in_any_case"), "UNIQUE"),
    ("R000-6", Part("budget_category", "column", "name"), "varchar(50) NOT NULL"),
    ("R000-6", Part("budget_category", "constraint", "category_name_not_empty"), "CHECK"),
    ("R000-6", Part("budget_category", "index", "category_name_once_per_book_and_parent"), "UNIQUE"),
    ("R000-7", Part("budget_transaction", "column", "book_id"), "bigint NOT NULL"),
    ("R000-7", Part("budget_membership", "column", "user_id"), "bigint NOT NULL"),
    ("R000-7", Part("budget_transaction", "column", "category_id"), "bigint"),
    ("R000-7", Part("budget_transaction", "column", "amount"), "bigint NOT NULL"),
    ("R000-7", Part("budget_transaction", "constraint", "transaction_amount_not_zero"), "CHECK"),
    ("R000-7", Part("budget_transaction", "column", "date"), "date NOT NULL"),
)
"""What the requirements ask of the schema itself: the part that holds it, and what its definition says."""


@dataclass(frozen=True)
class Found:
    """A database as the gate sees it: its parts, and the migrations that it says were applied to it."""

    engine: str
    schema: Schema
    applied: frozenset[str]


def describe(ask: Ask, engine: str) -> Found:
    """Read a database's catalogue."""
    schema = (sqlite if engine == "sqlite" else postgresql).describe(ask)
    rows = ask(f"SELECT app, name FROM {MIGRATIONS}") if MIGRATIONS in tables(schema) else []  # noqa: S608  (a constant)
    return Found(engine, schema, frozenset(f"{app}.{name}" for app, name in rows))


def run(look: Look, place: Place) -> GateResult:
    """The gate on the live database, in its snapshot, against the scratch database."""
    ask = asking(look.connection)
    version = "SELECT sqlite_version()" if look.engine == "sqlite" else "SHOW server_version"
    found = judge(describe(ask, look.engine), describe_scratch(place))
    name = "SQLite" if look.engine == "sqlite" else "PostgreSQL"
    about = {"server": f"{name} {str(ask(version)[0][0]).split()[0]}", "isolation": ISOLATION[look.engine]}
    return replace(found, details={"database": {**found.details["database"], **about}})


def describe_scratch(place: Place) -> Found:
    """The scratch database, through a plain connection of the driver."""
    session = place.connect()
    try:
        return describe(lambda sql: session.execute(sql).fetchall(), place.engine)
    finally:
        session.close()


def judge(live: Found, scratch: Found) -> GateResult:
    """The gate: is `live` what the migrations made of `scratch`?

    Tables of other programs in the live database are not looked at; ours are, also those that no model has any more.
    """
    ours = only(live.schema, tables(scratch.schema) | {name for name in tables(live.schema) if name.startswith(OURS)})
    differences = drift(ours, scratch.schema)
    pending, unknown = _migrations(live, scratch)
    changed = models_without_migration()
    checks = [
        _migration_check(live, scratch, pending, unknown),
        held(
            "schema.models",
            not changed,
            expected="every model has its migration",
            observed=f"{len(changed)} changes without a migration",
            failing_examples=changed,
            requirements=["R000-9"],
        ),
        held(
            "schema.fingerprint",
            not differences and fingerprint(ours) == fingerprint(scratch.schema),
            expected=fingerprint(scratch.schema),
            observed=fingerprint(ours),
            unit="sha256",
            message="The live schema and the freshly migrated one are the same." if not differences else "",
            failing_examples=[sentence for _, sentence in differences],
            requirements=["R000-9"],
        ),
        *(_kind_check(kind, ours, scratch.schema, differences) for kind in KINDS if count(scratch.schema, kind)),
        _rules_check(ours),
        _money_check(ours),
        _required_check(ours),
    ]
    reason = ""
    if any(check.status.blocks for check in checks):
        reason = "pending_migrations" if pending else "schema_drift"
    return GateResult("schema", checks, reason, details=_details(ours, live, scratch, pending, unknown, differences))


def models_without_migration() -> list[str]:
    """What `makemigrations` would write, by app."""
    loader = MigrationLoader(None)
    detector = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    changes = detector.changes(graph=loader.graph)
    return sorted(
        f"{app}: {operation.describe()}" for app, all_ in changes.items() for m in all_ for operation in m.operations
    )


def _migrations(live: Found, scratch: Found) -> tuple[list[str], list[str]]:
    """Those that wait, and those that this version does not know; of our apps only."""
    known = {name.partition(".")[0] for name in scratch.applied}
    unknown = {name for name in live.applied - scratch.applied if name.partition(".")[0] in known}
    return sorted(scratch.applied - live.applied), sorted(unknown)


def _migration_check(live: Found, scratch: Found, pending: Sequence[str], unknown: Sequence[str]) -> Check:
    said = [f"{name} is not applied" for name in pending] + [f"{name} is not of this version" for name in unknown]
    return held(
        "schema.migrations",
        not said,
        expected=f"{len(scratch.applied)} applied, 0 pending, 0 unknown",
        observed=f"{len(live.applied & scratch.applied)} applied, {len(pending)} pending, {len(unknown)} unknown",
        unit="migrations",
        failing_examples=said,
        requirements=["R000-9"],
    )


def _kind_check(kind: str, ours: Schema, expected: Schema, differences: Sequence[tuple[str, str]]) -> Check:
    said = [sentence for its_kind, sentence in differences if its_kind == kind]
    names = {"foreign key": "foreign_keys", "index": "indexes"}
    there = sum(part.kind == kind and ours.get(part) == definition for part, definition in expected.items())
    more = sum(part.kind == kind and part not in expected for part in ours)
    return held(
        f"schema.{names.get(kind, f'{kind}s')}",
        not said and not more and there == count(expected, kind),
        expected=f"{count(expected, kind)} as the migrations make them, 0 more",
        observed=f"{there} as the migrations make them, {more} more",
        failing_examples=said,
        requirements=["R000-9"],
    )


def _rules_check(ours: Schema) -> Check:
    """The rules that span rows are triggers made by the program, not by a migration: each by its name."""
    there = {part.name for part in ours if part.kind == "trigger"}
    lacking = [rule.name for rule in guards.rules() if rule.name not in there]
    return held(
        "schema.rules",
        not lacking,
        expected=f"{len(guards.rules())} rules that span rows",
        observed=f"{len(guards.rules()) - len(lacking)} rules that span rows",
        failing_examples=[f"rule {name} is missing" for name in lacking],
        requirements=["R000-41"],
    )


def _money_check(ours: Schema) -> Check:
    """Every amount is a whole number of thousandths, and no other column of ours is inexact either."""
    amounts = [
        Part(model._meta.db_table, "column", field.column)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, MoneyField) and field.column
    ]
    wrong = [
        f"{part.table}: column {part.name} is {ours.get(part, 'missing')}, not bigint"
        for part in amounts
        if not ours.get(part, "").startswith("bigint")
    ]
    wrong += [
        f"{part.table}: column {part.name} is {definition}, which is inexact"
        for part, definition in sorted(ours.items())
        if part.kind == "column" and part not in amounts and INEXACT.search(definition)
    ]
    return held(
        "schema.money",
        not wrong,
        expected=f"{len(amounts)} columns of money are bigint, 0 columns are inexact",
        observed=f"{len(wrong)} columns are neither",
        failing_examples=wrong,
        requirements=["R000-7"],
    )


def _required_check(ours: Schema) -> Check:
    wrong = [
        f"{part.table}: {part.kind} {part.name} is {ours.get(part, 'missing')}, but {line} asks for {words}"
        for line, part, words in REQUIRED
        if words.replace(" ", "") not in ours.get(part, "").replace(" ", "")
    ]
    return held(
        "schema.requirements",
        not wrong,
        expected=f"{len(REQUIRED)} of {len(REQUIRED)}",
        observed=f"{len(REQUIRED) - len(wrong)} of {len(REQUIRED)}",
        failing_examples=wrong,
        requirements=sorted({line for line, _, _ in REQUIRED}),
    )


def _details(
    ours: Schema,
    live: Found,
    scratch: Found,
    pending: Sequence[str],
    unknown: Sequence[str],
    differences: Sequence[tuple[str, str]],
) -> dict[str, Json]:
    """The part `database` of the bundle."""
    applied = sorted(live.applied & scratch.applied)
    said = [sentence for _, sentence in differences]
    held_by_rows = ("constraint", "foreign key")
    return {
        "database": {
            "engine": scratch.engine,
            "schema_fingerprint": fingerprint(ours),
            "migrations_applied": len(applied),
            "migrations_sha256": hashlib.sha256("\n".join(applied).encode()).hexdigest(),
            "pending": list(pending),
            "drift": [*(f"{name}: a migration that this version does not know" for name in unknown), *said][:MOST],
            "constraints_expected": sum(count(scratch.schema, kind) for kind in held_by_rows),
            "constraints_found": sum(count(ours, kind) for kind in held_by_rows),
        }
    }
