"""The schema of a SQLite file. What SQLite enforces is the text of `sqlite_master`, so that text is what is read."""

from __future__ import annotations

import re
from collections.abc import Iterable

from verification.catalog.base import Ask, Part, Schema

PIECES = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\] | --[^\n]* | /\*.*?\*/ | [(),] | [^\s(),'"`\[]+""",
    re.VERBOSE | re.DOTALL,
)
CONSTRAINTS = frozenset({"CONSTRAINT", "CHECK", "UNIQUE", "PRIMARY", "FOREIGN", "REFERENCES"})
"""Words that begin a constraint, in a column's definition or beside the columns."""

OWN = "name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"


def describe(ask: Ask) -> Schema:
    """Every table with its columns, constraints, foreign keys, indexes and triggers."""
    schema: dict[Part, str] = {}
    query = f"SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND {OWN}"  # noqa: S608  (a constant)
    for kind, name, table, sql in ask(query):
        if kind == "table":
            schema |= _table(str(table), str(sql))
        elif kind in ("index", "trigger"):
            schema[Part(str(table), kind, str(name))] = plain(str(sql))
    return schema


def plain(sql: str) -> str:
    """SQL with single blanks between its pieces and without comments; what is quoted stays as it is."""
    return _joined(_pieces(sql))


def _joined(pieces: Iterable[str]) -> str:
    text = ""
    for piece in pieces:
        text += piece if not text or text.endswith("(") or piece in (",", ")") else f" {piece}"
    return text


def _pieces(sql: str) -> list[str]:
    return [piece for piece in PIECES.findall(sql) if not piece.startswith(("--", "/*"))]


def _table(table: str, sql: str) -> dict[Part, str]:
    pieces = _pieces(sql)
    first = pieces.index("(") if "(" in pieces else len(pieces)
    items, after = _items(pieces[first:])
    found = {Part(table, "table", table): _joined(["TABLE", *(piece.upper() for piece in after)])}
    for item in items:
        column, constraints = "", [item]
        if item[0].upper() not in CONSTRAINTS:
            column = _unquoted(item[0])
            own, *constraints = _clauses(item[1:])
            found[Part(table, "column", column)] = _joined(own)
        for clause in constraints:
            part = _constraint(table, column, clause)
            while part in found:  # two without a name on one column
                part = part._replace(name=f"{part.name} (another)")
            found[part] = _joined(_body(clause))
    return found


def _items(pieces: list[str]) -> tuple[list[list[str]], list[str]]:
    """What stands between the commas inside the outer brackets, and what follows those (STRICT, WITHOUT ROWID)."""
    items: list[list[str]] = [[]]
    depth = 0
    for place, piece in enumerate(pieces):
        depth += (piece == "(") - (piece == ")")
        if depth == 0:
            return [item for item in items if item], pieces[place + 1 :]
        if depth == 1 and piece == ",":
            items.append([])
        elif place:
            items[-1].append(piece)
    return [item for item in items if item], []


def _clauses(pieces: list[str]) -> list[list[str]]:
    """A column's type, nullability and default first, then each of its constraints, with its name if it has one."""
    clauses: list[list[str]] = [[]]
    depth = 0
    for piece in pieces:
        is_named = len(clauses[-1]) == 2 and clauses[-1][0].upper() == "CONSTRAINT"
        if depth == 0 and piece.upper() in CONSTRAINTS and not is_named:
            clauses.append([])
        clauses[-1].append(piece)
        depth += (piece == "(") - (piece == ")")
    return clauses


def _body(clause: list[str]) -> list[str]:
    return clause[2:] if clause[0].upper() == "CONSTRAINT" and len(clause) > 2 else clause


def _constraint(table: str, column: str, clause: list[str]) -> Part:
    """Which part a constraint is: by its name, or by its columns."""
    body = _body(clause)
    word = body[0].upper()
    if word in ("FOREIGN", "REFERENCES"):
        return Part(table, "foreign key", column or _columns(body))
    name = _unquoted(clause[1]) if body is not clause else f"{word.lower()} of {column or _columns(body)}"
    return Part(table, "constraint", name)


def _columns(pieces: list[str]) -> str:
    """The names in the first brackets."""
    if "(" not in pieces:
        return "the table"
    inside = pieces[pieces.index("(") + 1 :]
    return ", ".join(_unquoted(piece) for piece in inside[: inside.index(")")] if piece != ",")


def _unquoted(piece: str) -> str:
    return piece[1:-1].replace('""', '"') if piece[:1] in ('"', "`", "[") else piece
