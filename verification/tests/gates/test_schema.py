"""The schema gate passes on the live database when it is what the migrations make, and names every difference."""

from dataclasses import replace

import pytest
from django.apps import apps
from django.db import connection, models

from verification import live
from verification.catalog.base import Part, asking
from verification.gates import schema
from verification.gates.base import Status


@pytest.fixture(scope="module")
def whole(place):
    """The scratch database as the gate sees it."""
    return schema.describe_scratch(place)


def failing(found):
    return {check.id: list(check.failing_examples) for check in found.checks if check.status.blocks}


@pytest.mark.django_db(transaction=True)
def test_live_database_has_the_schema_of_the_scratch(place):
    """R000-9: every table as the migrations make it."""
    with live.snapshot() as look:
        found = schema.run(look, place)

    assert failing(found) == {}
    assert found.status is Status.PASS
    about = found.details["database"]
    assert about["schema_fingerprint"] == next(c for c in found.checks if c.id == "schema.fingerprint").expected
    assert (about["engine"], about["pending"], about["drift"]) == (connection.vendor, [], [])
    assert about["constraints_expected"] == about["constraints_found"] > 100
    assert about["server"].startswith(("SQLite 3", "PostgreSQL 1"))
    assert about["isolation"].endswith("read only")


@pytest.mark.django_db
def test_description_through_django_is_that_of_the_driver(whole):
    assert schema.describe(asking(connection), connection.vendor).schema == whole.schema


def test_two_looks_give_one_answer(whole):
    assert schema.judge(whole, whole).as_dict() == schema.judge(whole, whole).as_dict()


def test_tables_of_other_programs_are_not_looked_at(whole):
    others = {Part("blog_post", "table", "blog_post"): "TABLE", Part("blog_post", "column", "price"): "real"}

    found = schema.judge(replace(whole, schema={**whole.schema, **others}), whole)

    assert found.status is Status.PASS


def test_table_of_ours_that_no_model_has_is_drift(whole):
    stale = {Part("budget_old", "table", "budget_old"): "TABLE"}

    found = schema.judge(replace(whole, schema={**whole.schema, **stale}), whole)

    assert failing(found) == {
        "schema.fingerprint": ["budget_old: the table is no table of this version any more"],
        "schema.tables": ["budget_old: the table is no table of this version any more"],
    }
    assert found.reason == "schema_drift"


def test_empty_database_is_pending_and_every_check_says_so(whole):
    found = schema.judge(schema.Found(whole.engine, {}, frozenset()), whole)

    assert found.reason == "pending_migrations"
    assert {"schema.migrations", "schema.tables", "schema.rules", "schema.money", "schema.requirements"} <= set(
        failing(found)
    )
    about = found.details["database"]
    assert (about["migrations_applied"], len(about["pending"])) == (0, len(whole.applied))
    assert about["constraints_found"] == 0


def test_migration_of_an_app_that_is_gone_is_nobody_s_concern(whole):
    found = schema.judge(replace(whole, applied=whole.applied | {"formerly.0001_initial"}), whole)

    assert found.status is Status.PASS


def test_newer_migration_of_ours_is_named(whole):
    found = schema.judge(replace(whole, applied=whole.applied | {"budget.9999_newer"}), whole)

    assert failing(found) == {"schema.migrations": ["budget.9999_newer is not of this version"]}
    assert found.details["database"]["drift"] == ["budget.9999_newer: a migration that this version does not know"]


def test_inexact_column_is_named_although_both_databases_have_it(whole):
    """R000-7: an amount is fixed point."""
    part = Part("budget_category", "column", "position")
    inexact = replace(whole, schema={**whole.schema, part: "double precision NOT NULL"})

    found = schema.judge(inexact, inexact)

    assert failing(found) == {
        "schema.money": ["budget_category: column position is double precision NOT NULL, which is inexact"]
    }


def test_requirement_that_the_schema_lost_is_named_although_both_databases_agree(whole):
    """R000-1, R000-6: the lines are asked of the schema itself."""
    part = Part("budget_category", "column", "name")
    shorter = replace(whole, schema={**whole.schema, part: "varchar(20) NOT NULL"})

    found = schema.judge(shorter, shorter)

    assert failing(found) == {
        "schema.requirements": [
            "budget_category: column name is varchar(20) NOT NULL, but R000-6 asks for varchar(50) NOT NULL"
        ]
    }


def test_model_without_its_migration_is_named(whole, monkeypatch):
    monkeypatch.setattr(schema, "models_without_migration", lambda: ["budget: Add field flavour to category"])

    found = schema.judge(whole, whole)

    assert failing(found) == {"schema.models": ["budget: Add field flavour to category"]}


def test_models_have_their_migrations_and_a_changed_one_is_seen(monkeypatch):
    assert schema.models_without_migration() == []

    field = apps.get_model("budget", "Category")._meta.get_field("name")
    monkeypatch.setattr(field, "max_length", 20)

    assert isinstance(field, models.CharField)
    assert schema.models_without_migration() == ["budget: Alter field name on category"]


def test_database_without_the_list_of_migrations_has_none():
    found = schema.describe(lambda sql: [], "sqlite")

    assert (found.schema, found.applied) == ({}, frozenset())
