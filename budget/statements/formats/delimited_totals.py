"""Lines that only say a total or a balance, and when such a line is certain to be no movement.

"Total" and "Saldo" begin the names of shops as well. A line at the end that has an amount and no date is taken for a
total only where nothing but words of totals stand in it, or where its amount is that of the rows above or a balance.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from budget.statements.formats.delimited_words import NAMES, TOTALS, UNITS
from budget.statements.formats.layout import plain_name

WORD = re.compile(r"[^\W\d_]+")
ROLES = ("amount", "debit", "credit", "balance")
BESIDE = (
    "a", "al", "alla", "am", "and", "as", "at", "au", "bis", "da", "dal", "data", "date", "de", "del", "della", "der",
    "des", "di", "do", "du", "e", "en", "et", "for", "het", "il", "la", "na", "of", "on", "op", "per", "po", "the",
    "und", "van", "vom", "von", "y", "zum", "movements", "transactions", "transaktionen", "umsatze", "operations",
    "movimientos", "movimenti", "transacciones", "transacties", "operacji", "number", "period", "month", "page",
)  # fmt: skip
"""Words that stand beside those of totals: "Saldo am 30.04.2026", "Total of transactions"."""

OF_TOTALS = frozenset(
    word
    for name in (*TOTALS, *(name for role in ROLES for name in NAMES[role]), *BESIDE, *UNITS)
    for word in name.split()
)


def says_total(cell: str) -> bool:
    """Whether a cell is the name of a total or a balance and not of a movement."""
    return 0 < len(cell) <= 60 and plain_name(cell) in TOTALS


def begins_total(cells: Sequence[str]) -> bool:
    """Whether a row begins like the line of a total; a shop may be called so too."""
    first = plain_name(next((cell for cell in cells if cell.strip()), ""))
    return first in TOTALS or first.split(" ")[0] in TOTALS


def only_totals(cells: Sequence[str]) -> bool:
    """Whether nothing but words of totals, numbers and dates stand in a row."""
    words = {word for cell in cells for word in WORD.findall(plain_name(cell))}
    return bool(words) and words <= OF_TOTALS


@dataclass(slots=True)
class Totals:
    """What the rows of a table add up to so far, as printed: all of them, those above zero and those below."""

    rows: int = 0
    above: Decimal = Decimal(0)
    below: Decimal = Decimal(0)

    def add(self, printed: Decimal) -> None:
        """One more row."""
        self.rows += 1
        if printed > 0:
            self.above += printed
        else:
            self.below += printed

    def explain(self, cells: Sequence[str], amounts: Collection[Decimal], balances: Collection[Decimal]) -> bool:
        """Whether a line with these amounts is a total or a balance for certain.

        Args:
            amounts: those of its columns of money, at least one.
            balances: what is known to have been on the account before the rows above, and after them.
        """
        if only_totals(cells):
            return True
        sums = {self.above, self.below, self.above + self.below} if self.rows > 1 else set()
        known = {abs(amount) for amount in (*sums, *balances)}
        return all(abs(amount) in known for amount in amounts)
