"""The schema of a PostgreSQL database as `pg_catalog` tells it, of the one namespace that holds our tables."""

from __future__ import annotations

import re
from typing import Any

from verification.catalog.base import MIGRATIONS, Ask, Part, Schema

LITERALS = re.compile(r"'(?:[^']|'')*'")
HIDDEN = re.compile("\0([0-9]+)\0")
CASTS = re.compile(r"::(?:character varying|varchar|text|bpchar)(?:\([0-9]+\))?(?:\[\])?")
BRACKETS = re.compile(r"(?<![\w\"])\(([\w\0\"]+|ARRAY\[[^\[\]()]*\])\)(?!\s*\w)")

NAMESPACE = f"""
    SELECT coalesce((SELECT relnamespace FROM pg_class WHERE oid = to_regclass('{MIGRATIONS}')),
                    (SELECT oid FROM pg_namespace WHERE nspname = current_schema()))::bigint AS found
"""  # noqa: S608  (a constant)

TABLES = """
    SELECT c.relname, concat_ws(' ', c.relkind, c.relpersistence, CASE WHEN c.relrowsecurity THEN 'ROW SECURITY' END,
           (SELECT string_agg(r.rulename || ' ' || pg_get_ruledef(r.oid, true), ' ' ORDER BY r.rulename)
              FROM pg_rewrite r WHERE r.ev_class = c.oid))
      FROM pg_class c WHERE c.relnamespace = {namespace} AND c.relkind IN ('r', 'p')
"""
COLUMNS = """
    SELECT c.relname, a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
           CASE WHEN a.attnotnull THEN 'NOT NULL' ELSE 'NULL' END,
           'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid, true),
           CASE a.attidentity WHEN 'a' THEN 'ALWAYS IDENTITY' WHEN 'd' THEN 'IDENTITY' END,
           CASE a.attgenerated WHEN '' THEN NULL ELSE 'GENERATED' END,
           CASE WHEN a.attcollation <> t.typcollation THEN 'COLLATE ' || a.attcollation::regcollation END)
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE c.relnamespace = {namespace} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
"""
CONSTRAINTS = """
    SELECT c.relname, CASE o.contype WHEN 'f' THEN 'foreign key' ELSE 'constraint' END, o.conname,
           pg_get_constraintdef(o.oid, true) ||
           CASE WHEN EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgconstraint = o.oid AND t.tgenabled <> 'O')
                THEN ' SWITCHED OFF' ELSE '' END
      FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
     WHERE c.relnamespace = {namespace} AND o.contype IN ('c', 'f', 'p', 'u', 'x')
"""
INDEXES = """
    SELECT c.relname, i.relname,
           pg_get_indexdef(x.indexrelid, 0, true) || CASE WHEN x.indisvalid THEN '' ELSE ' INVALID' END
      FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
     WHERE c.relnamespace = {namespace} AND c.relkind IN ('r', 'p')
       AND NOT EXISTS (SELECT 1 FROM pg_constraint o WHERE o.conindid = x.indexrelid AND o.contype IN ('p', 'u', 'x'))
"""
TRIGGERS = """
    SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'O' THEN '' ELSE ' SWITCHED OFF' END,
           p.proname, concat_ws(' ', l.lanname, p.provolatile, CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' END,
                                array_to_string(p.proconfig, ' '), p.prosrc)
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
      JOIN pg_language l ON l.oid = p.prolang
     WHERE c.relnamespace = {namespace} AND NOT t.tgisinternal
"""


def describe(ask: Ask) -> Schema:
    """Every table with its columns, constraints, foreign keys, indexes, triggers and what those call."""
    namespace = int(ask(NAMESPACE)[0][0])
    schema_name = str(ask(f"SELECT nspname FROM pg_namespace WHERE oid = {namespace}")[0][0])  # noqa: S608  (a number)
    prefix = re.compile(rf'(?:\b{re.escape(schema_name)}|"{re.escape(schema_name)}")\.')

    def rows(query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in ask(query.format(namespace=namespace))]

    def plain(text: str) -> str:
        return " ".join(prefix.sub("", text).split())

    schema: dict[Part, str] = {}
    for table, definition in rows(TABLES):
        schema[Part(table, "table", table)] = plain(definition)
    for table, column, definition in rows(COLUMNS):
        schema[Part(table, "column", column)] = plain(definition).replace("character varying", "varchar")
    for table, kind, name, definition in rows(CONSTRAINTS):
        schema[Part(table, kind, name)] = without_casts(plain(definition))
    for table, name, definition in rows(INDEXES):
        schema[Part(table, "index", name)] = without_casts(plain(definition))
    for table, name, definition, function, body in rows(TRIGGERS):
        schema[Part(table, "trigger", name)] = plain(definition)
        schema[Part(table, "function", function)] = plain(body)
    return schema


def without_casts(expression: str) -> str:
    """An expression without casts between texts, and without the brackets that only they needed.

    PostgreSQL writes `status IN ('a', 'b')` in one way when it reads it first and in another when it reads its own
    words, as after a restore from a dump: `(ARRAY['a'::varchar])::text[]` becomes `ARRAY[('a'::varchar)::text]`.
    """
    literals: list[str] = []

    def put_away(found: re.Match[str]) -> str:
        literals.append(found[0])
        return f"\0{len(literals) - 1}\0"

    text = CASTS.sub("", LITERALS.sub(put_away, expression))
    while (simpler := BRACKETS.sub(r"\1", text)) != text:
        text = simpler
    return HIDDEN.sub(lambda found: literals[int(found[1])], text)
