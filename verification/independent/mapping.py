"""Reads `--category-map`: which names of the raw ledger stand for which of the database's, said by a person."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

from verification.independent.refusal import Places, Refused, malformed
from verification.independent.rows import LONGEST_FIELD, NOT_TEXT, height, kind_of
from verification.independent.values import category_name

COLUMNS = ["old", "new"]


def read_map(file: Path) -> dict[str, str]:
    """Old names with their new ones, both as they are compared. The first line is `old,new`.

    Raises:
        Refused: it cannot be read, has other columns, an empty name, or one old name with two new ones.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig", errors="surrogateescape")
    except OSError as error:
        reason = "category_map_missing" if isinstance(error, FileNotFoundError) else "category_map_unreadable"
        raise Refused(reason, "The category map cannot be opened.") from error
    csv.field_size_limit(LONGEST_FIELD)
    places = Places()
    found: dict[str, str] = {}
    line = 1
    try:
        for row in csv.reader(StringIO(text, newline=""), strict=True):
            for column, kind in _faults(row, found, is_first=line == 1):
                places.add(line, column, kind)
            if line > 1 and len(row) == len(COLUMNS):
                found.setdefault(*map(category_name, row))
            line += height(row)
    except csv.Error as error:
        places.add(line, "", kind_of(error))
    if line == 1 and not places.total:
        places.add(1, "", "missing_header")
    if places.total:
        raise malformed("category_map_malformed", "The category map", places)
    return found


def _faults(row: list[str], found: dict[str, str], is_first: bool) -> list[tuple[str, str]]:
    """What is wrong with a row: columns and kinds."""
    if is_first:
        return [] if row == COLUMNS else [("", "missing_header")]
    if not row:
        return []
    if len(row) != len(COLUMNS):
        return [("new", "short_row") if len(row) < len(COLUMNS) else ("", "long_row")]
    if marks := [
        (name, kind_of(mark)) for name, text in zip(COLUMNS, row, strict=True) if (mark := NOT_TEXT.search(text))
    ]:
        return marks
    old, new = map(category_name, row)
    if not old or not new:
        return [("new" if old else "old", "empty_name")]
    return [("old", "repeated_name")] if found.get(old, new) != new else []
