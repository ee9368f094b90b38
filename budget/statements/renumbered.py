"""New lines that another id, or the same id, of the bank speaks against: a person decides, nothing is dropped.

The same id with another day or amount is perhaps a correction, and a new id on an equal row perhaps the bank's way of
counting anew at every download. What another line of the file is already is neither.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any, Protocol

from budget.statements.again import same_text
from budget.statements.fingerprints import day_number
from budget.statements.known import Earlier, Known, Line
from budget.statements.lines import Settled, among, select, settle
from budget.statements.models import Fate

DAYS_TO_CORRECT = 10

OPEN = "bank_id <> '' AND fate = 'new' AND NOT is_chosen"


class Nearby(Protocol):
    """What knows which transactions lines of the file are, or (`taken`) are perhaps."""

    taken: set[int]

    def is_spoken_for(self, txn: int) -> bool:
        """Whether another line of the file is a transaction already."""


def mark_renumbered(known: Known, near: Nearby) -> None:
    """Name for each new line with an id the earlier one whose id it has, else an equal one with another id."""
    if not known or not known.has(OPEN):
        return
    repeated = _repeated(known)
    for page in known.pages(OPEN):
        if lines := [line for line in page if (line.account, line.bank_id) not in repeated]:
            same = known.earlier("k.bank_id", {line.bank_id for line in lines}, _same_id, _likely(lines))
            settle(list(_doubtful(((line, _corrected(line, same[_same_id(line)])) for line in lines), near)))
    for page in known.pages(OPEN):
        equal = known.earlier("k.fingerprint", {line.fingerprint for line in page}, same_text)
        in_turn = {key: iter(lines) for key, lines in equal.items()}
        settle(list(_doubtful(((line, in_turn.get(same_text(line), ())) for line in page), near)))


def _repeated(known: Known) -> set[Hashable]:
    """Account and id of several lines of the file; such an id proves nothing."""
    own, ids = among("l.statement_id", known.statements)
    rows = select(
        "SELECT s.account_id, l.bank_id FROM budget_statementline l "  # noqa: S608  (names of ours)
        f"JOIN budget_statement s ON s.id = l.statement_id WHERE {own} AND l.amount IS NOT NULL "
        "AND l.bank_id <> '' GROUP BY 1, 2 HAVING COUNT(*) > 1",
        [ids],
    )
    return set(rows)


def _likely(lines: Sequence[Line]) -> tuple[str, Sequence[Any]]:
    """A condition for what `_corrected` may want of some lines."""
    days = [day_number(line.fingerprint) for line in lines]
    first, last = (
        dt.date.fromordinal(day).isoformat() for day in (min(days) - DAYS_TO_CORRECT, max(days) + DAYS_TO_CORRECT)
    )
    condition, amounts = among("k.amount", {line.amount for line in lines})
    return f" AND (k.date BETWEEN %s AND %s OR {condition})", [first, last, amounts]


def _corrected(line: Line, known: Sequence[Earlier]) -> list[Earlier]:
    """Those that may be this line with another day or amount, the likeliest first.

    Some banks count from one in every file: where day and amount are both others, only near days make it likely.
    """
    day = day_number(line.fingerprint)
    likely = []
    for earlier in known:
        apart = abs(day_number(earlier.fingerprint) - day)
        if earlier.amount == line.amount or apart <= DAYS_TO_CORRECT:
            likely.append((earlier.amount != line.amount, apart, earlier))
    return [earlier for _, _, earlier in sorted(likely, key=lambda each: each[:2])]


def _doubtful(lines: Iterable[tuple[Line, Iterable[Earlier]]], near: Nearby) -> Iterator[Settled]:
    for line, known in lines:
        for earlier in known:
            txn = earlier.txn
            if txn and earlier.bank_id and txn not in near.taken and not near.is_spoken_for(txn):
                near.taken.add(txn)
                yield Settled(Fate.DOUBTFUL.value, None, txn, line.pk)
                break


def _same_id(line: Line | Earlier) -> Hashable:
    return line.account, line.bank_id
