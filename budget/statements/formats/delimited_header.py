"""Where a table begins: the row that names the columns, and the first row that can be a movement."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from budget.statements.formats.delimited_columns import has_movement, is_date, name_rank
from budget.statements.formats.delimited_records import Row
from budget.statements.formats.delimited_words import NAMES

DEEPEST = 60
"""Rows that may stand before the movements."""

MONEY = ("amount", "debit", "credit")


def find_header(rows: Sequence[Row]) -> Row | None:
    """The row that names the columns, or None where the movements begin at once.

    It is the one with the most known names, among them one of a date or of amounts; where no row has known names, the
    row above the first movement, if it is as wide and has words only.

    Args:
        rows: the first rows, without blank ones.
    """
    start = next((at for at, row in enumerate(rows) if has_movement(row.cells)), None)
    before = rows[:DEEPEST] if start is None else rows[: min(start, DEEPEST)]
    best, most = None, 1
    for row in before:
        if (names := _named(row.cells)) > most:
            best, most = row, names
    if best is not None or not start:
        return best
    above, below = rows[start - 1], rows[start]
    filled = sum(1 for cell in above.cells if any(character.isalpha() for character in cell))
    is_wide = abs(len(above.cells) - len(below.cells)) <= 1 and filled * 2 > len(above.cells) > 1
    return above if is_wide and not any(is_date(cell.strip()) for cell in above.cells) else None


def _named(cells: Sequence[str]) -> int:
    """How many cells are names of columns; 0 unless one of them is of a date or of amounts."""
    if any(is_date(cell.strip()) for cell in cells):
        return 0
    named = {cell: {role for role in NAMES if name_rank(cell, role) is not None} for cell in cells if cell.strip()}
    if not any(roles & {"date", "value_date", *MONEY} for roles in named.values()):
        return 0
    return sum(bool(roles) for roles in named.values())


def widths(rows: Sequence[Row], header: Row | None) -> tuple[int, int]:
    """Values in the narrowest and in the widest row that is sound, from the rows that are movements.

    Some programs leave empty cells at the end out: narrower rows are sound where there are at least three of a width,
    a fifth of all.
    """
    counted = Counter(len(row.cells) for row in rows)
    usual = counted.most_common(1)[0][0] if counted else 0
    if header is not None and counted.get(len(header.cells)):
        usual = len(header.cells)
    sound = [width for width, count in counted.items() if count >= max(3, len(rows) // 5)] + [usual]
    return min(sound), max(usual, *sound)
