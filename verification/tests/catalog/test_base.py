"""Differences between two schemas are each one sentence, and two equal schemas have one fingerprint."""

import pytest

from verification.catalog.base import Part, count, drift, fingerprint, only, tables

pytestmark = pytest.mark.once

TABLE, COLUMN = Part("budget_a", "table", "budget_a"), Part("budget_a", "column", "x")
TRIGGER = Part("budget_a", "trigger", "stop")
WHOLE = {TABLE: "TABLE", COLUMN: "bigint NOT NULL", TRIGGER: "CREATE TRIGGER stop ..."}


def said(found, expected=WHOLE):
    return [sentence for _, sentence in drift(found, expected)]


def test_equal_schemas_have_no_drift_and_one_fingerprint():
    again = dict(reversed(WHOLE.items()))

    assert said(again) == []
    assert fingerprint(again) == fingerprint(WHOLE)
    assert len(fingerprint(WHOLE)) == 64


def test_each_difference_is_named():
    assert said({**WHOLE, COLUMN: "real NULL"}) == ["budget_a: column x is real NULL, not bigint NOT NULL"]
    assert said({**WHOLE, TRIGGER: "CREATE TRIGGER stop"}) == ["budget_a: trigger stop was altered"]
    assert said({TABLE: "TABLE", COLUMN: "bigint NOT NULL"}) == ["budget_a: trigger stop is missing"]
    assert said({**WHOLE, Part("budget_a", "index", "y"): "y"}) == ["budget_a: index y is not of this version"]
    assert said({**WHOLE, TABLE: "TABLE STRICT"}) == ["budget_a: the table is TABLE STRICT, not TABLE"]


def test_whole_table_is_one_difference():
    other = Part("budget_b", "table", "budget_b")

    assert said({}) == ["budget_a: the table is missing"]
    assert said({**WHOLE, other: "TABLE", Part("budget_b", "column", "z"): "int"}) == [
        "budget_b: the table is no table of this version any more"
    ]


def test_long_definitions_are_cut_in_the_sentence_only():
    found = {**WHOLE, COLUMN: "x" * 400}

    assert len(said(found)[0]) < 250
    assert said(found)[0].count("…") == 1
    assert fingerprint(found) != fingerprint({**WHOLE, COLUMN: "x" * 399})


def test_schema_can_be_narrowed_and_counted():
    schema = {**WHOLE, Part("other", "table", "other"): "TABLE"}

    assert tables(schema) == {"budget_a", "other"}
    assert only(schema, {"budget_a"}) == WHOLE
    assert [count(schema, kind) for kind in ("table", "column", "trigger", "index")] == [2, 1, 1, 0]
