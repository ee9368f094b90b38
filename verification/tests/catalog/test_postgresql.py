"""One schema is described in one way, whether its statements were read from a migration or from a dump."""

import pytest

from verification.catalog import postgresql
from verification.catalog.base import fingerprint
from verification.gates import schema


@pytest.mark.parametrize(
    ("first", "restored"),
    [
        (
            "CHECK (status::text = ANY (ARRAY['a'::character varying, 'b'::character varying]::text[]))",
            "CHECK (status::text = ANY (ARRAY['a'::character varying::text, ('b'::character varying)::text]))",
        ),
        ("CHECK ((name)::text <> ''::text)", "CHECK (name <> '')"),
        ("CHECK (x > ('a'::varchar(3))::text)", "CHECK (x > ('a'))"),
    ],
)
def test_casts_that_a_dump_moves_make_no_difference(first, restored):
    assert postgresql.without_casts(first) == postgresql.without_casts(restored)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CHECK ((a OR b) AND c)", "CHECK (a OR (b AND c))"),
        ("CHECK (x = '(a)')", "CHECK (x = 'a')"),
        ("CHECK (x = '::text')", "CHECK (x = '')"),
        ("CHECK (x::integer > 0)", "CHECK (x > 0)"),
        ("CHECK (lower(x) = y)", "CHECK (x = y)"),
    ],
)
def test_differences_that_matter_stay(one, other):
    assert postgresql.without_casts(one) != postgresql.without_casts(other)


@pytest.mark.pooled
def test_constraints_and_indexes_made_again_from_their_own_words_are_the_same(place):
    before = schema.describe_scratch(place)
    session = place.connect()
    made_again = 0
    for name, table, definition in session.execute(
        "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE contype = 'c' AND connamespace = current_schema()::regnamespace"
    ).fetchall():
        session.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}", ADD CONSTRAINT "{name}" {definition}')
        made_again += 1
    for name, definition in session.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
        "JOIN pg_class ON pg_class.oid = indexrelid WHERE indpred IS NOT NULL "
        "AND relnamespace = current_schema()::regnamespace"
    ).fetchall():
        session.execute(f"DROP INDEX {name}")
        session.execute(definition)
        made_again += 1
    session.close()

    after = schema.describe_scratch(place)

    assert made_again > 30
    assert schema.judge(after, before).status.value == "pass"
    assert fingerprint(after.schema) == fingerprint(before.schema)
