"""The text of a SQLite schema is taken apart into parts that a person can name."""

import sqlite3

import pytest

from verification.catalog import sqlite
from verification.catalog.base import Part

pytestmark = pytest.mark.once


def described(*statements):
    session = sqlite3.connect(":memory:")
    for statement in statements:
        session.execute(statement)
    found = sqlite.describe(lambda sql: session.execute(sql).fetchall())
    session.close()
    return {tuple(part[1:]): definition for part, definition in found.items()}


def test_every_kind_of_part_is_told_apart():
    found = described(
        """CREATE TABLE "t" ( -- a comment, with (brackets)
             "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, /* another */
             [two words] varchar(50) COLLATE NOCASE DEFAULT 'a, ''b'' (c)' UNIQUE,
             "n" integer CHECK ("n" >= 0) CHECK ("n" < 9),
             `m` decimal(10, 2) CONSTRAINT "m_small" CHECK (`m` < 5) REFERENCES "t" ("id") ON DELETE CASCADE,
             CONSTRAINT "n_once" UNIQUE ("n", "m"),
             UNIQUE ("m"),
             FOREIGN KEY ("n", "m") REFERENCES "u" ("a", "b")
           ) STRICT""".replace("varchar(50)", "text").replace("decimal(10, 2)", "integer"),
        'CREATE INDEX "by_n" ON "t" ("n") WHERE "n" > 0',
        "CREATE TRIGGER stop BEFORE DELETE ON t BEGIN SELECT RAISE(ABORT, 'stop'); END",
        "CREATE VIEW v AS SELECT 1",
    )

    assert found == {
        ("table", "t"): "TABLE STRICT",
        ("column", "id"): "integer NOT NULL",
        ("constraint", "primary of id"): "PRIMARY KEY AUTOINCREMENT",
        ("column", "two words"): "text COLLATE NOCASE DEFAULT 'a, ''b'' (c)'",
        ("constraint", "unique of two words"): "UNIQUE",
        ("column", "n"): "integer",
        ("constraint", "check of n"): 'CHECK ("n" >= 0)',
        ("constraint", "check of n (another)"): 'CHECK ("n" < 9)',
        ("column", "m"): "integer",
        ("constraint", "m_small"): "CHECK (`m` < 5)",
        ("foreign key", "m"): 'REFERENCES "t" ("id") ON DELETE CASCADE',
        ("constraint", "n_once"): 'UNIQUE ("n", "m")',
        ("constraint", "unique of m"): 'UNIQUE ("m")',
        ("foreign key", "n, m"): 'FOREIGN KEY ("n", "m") REFERENCES "u" ("a", "b")',
        ("index", "by_n"): 'CREATE INDEX "by_n" ON "t" ("n") WHERE "n" > 0',
        ("trigger", "stop"): "CREATE TRIGGER stop BEFORE DELETE ON t BEGIN SELECT RAISE (ABORT, 'stop') ; END",
    }


def test_blanks_and_comments_make_no_difference_but_texts_do():
    one = described("CREATE TABLE t (a text DEFAULT 'x  y', b int)")
    two = described("CREATE TABLE t (\n a  text   DEFAULT 'x  y' , -- why\n b int)")
    three = described("CREATE TABLE t (a text DEFAULT 'x y', b int)")

    assert one == two
    assert one != three


@pytest.mark.parametrize("sql", ["", "CREATE VIRTUAL TABLE x USING fts5", "CREATE TABLE t (a int"])
def test_text_of_another_shape_is_taken_as_it_is(sql):
    found = sqlite.describe(lambda _: [("table", "t", "t", sql)])

    assert Part("t", "table", "t") in found


def test_constraint_without_columns_is_the_table_s():
    found = sqlite.describe(lambda _: [("table", "t", "t", "CREATE TABLE t (CONSTRAINT, CHECK)")])

    assert set(found) == {
        Part("t", "table", "t"),
        Part("t", "constraint", "constraint of the table"),
        Part("t", "constraint", "check of the table"),
    }
