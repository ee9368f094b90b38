"""Lines by the thousand, without a model instance for each: in parts by day, and what becomes of them in one statement.

Everything here goes through the driver's own values: amounts are thousandths, dates what the engine gives.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from django.db import connection, transaction

from budget.statements.fingerprints import DAY_DIGITS

PART = 5_000
"""Lines of one part, where days are not longer than that."""

LONG_DAY = 4 * PART
"""From so many lines on a day is parted itself, by the next digits of the fingerprints."""

AFTER_ALL = "g"
"""Behind every hexadecimal digit."""

SETTLE = "UPDATE budget_statementline SET fate = %s, same_as_id = %s, matched_id = %s WHERE id = %s"
SETTLE_TOGETHER = (
    "UPDATE budget_statementline l SET fate = n.fate, same_as_id = n.same_as, matched_id = n.matched "
    "FROM unnest(%s::varchar[], %s::bigint[], %s::bigint[], %s::bigint[]) AS n (fate, same_as, matched, id) "
    "WHERE l.id = n.id"
)
SAME_AS = "UPDATE budget_statementline SET same_as_id = %s WHERE id = %s"


class Settled(NamedTuple):
    """What becomes of a line."""

    fate: str
    same_as: int | None
    matched: int | None
    pk: int


def among(column: str, values: Collection[int] | Collection[str]) -> tuple[str, Any]:
    """A condition that `column` has one of any number of values, and its one parameter."""
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)", sorted(values)
    return f"{column} IN (SELECT value FROM json_each(%s))", json.dumps(sorted(values))  # noqa: S608  (name of ours)


def select(query: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def parts_by_day(statements: Collection[int]) -> Iterator[tuple[str, str]]:
    """Ranges of fingerprints, the second end excluded, that hold some thousand lines of these statements each.

    Days come in their order and stay whole, if they are not extremely long; lines with one fingerprint always do.
    """
    of_statements, ids = among("statement_id", statements)
    counts = select(
        f"SELECT substr(fingerprint, 1, {DAY_DIGITS}), COUNT(*) FROM budget_statementline "  # noqa: S608  (ours)
        f"WHERE {of_statements} AND fingerprint <> '' GROUP BY 1 ORDER BY 1",
        [ids],
    )
    starts: list[str] = []
    held = PART
    for day, count in counts:
        if held + count > PART:
            starts.append(day)
            held = 0
        held += count
        if count > LONG_DAY:
            starts += [f"{day}{number:02x}" for number in range(1, 256)]
            held = PART
    yield from pairwise([*starts, AFTER_ALL])


def in_order(query: str, statements: Collection[int]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of a query of `budget_statementline` for these statements, as they were written, in parts.

    Ids are gone through in ranges, whatever the statements: their own order is another one, and sorting all of them
    anew for each part would take the square of a long file's time. The `+` keeps an engine from that.
    """
    own, ids = among("statement_id", statements)
    ((first, last),) = select(f"SELECT MIN(id), MAX(id) FROM budget_statementline WHERE {own}", [ids])  # noqa: S608  (names of ours)
    if first is None:
        return
    of_statements, ids = among("+statement_id", statements)
    for start in range(first, last + 1, PART):
        if page := select(
            f"{query} AND {of_statements} AND id >= %s AND id < %s ORDER BY id", [ids, start, start + PART]
        ):
            yield page


def settle(rows: Sequence[Settled], still_chosen: Sequence[tuple[int, int]] = ()) -> None:
    """Write down what becomes of lines.

    Args:
        still_chosen: the earlier line and the line, where a person decided; only that they are the same is noted.
    """
    if not rows and not still_chosen:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        if rows and connection.vendor == "postgresql":
            cursor.execute(SETTLE_TOGETHER, [list(values) for values in zip(*rows, strict=True)])
        elif rows:
            cursor.executemany(SETTLE, rows)
        if still_chosen:
            cursor.executemany(SAME_AS, still_chosen)
