"""Which rows of a certified period went and came back as other rows of the same content: their file came again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from budget.ledger.models import Transaction
from budget.statements.certificates import TOLD, content_of, plainly
from budget.statements.models import StatementLine

IDS_AT_ONCE = 500


def returned(added: Sequence[int], lost: Mapping[int, Sequence[object]]) -> set[int]:
    """The ids of added and of lost transactions that are the same in content, each with one of the others.

    Args:
        lost: day, amount in thousandths and line's id, as they were certified, by the transaction's id.
    """
    if not added or not lost:
        return set()
    lines = _lines(sorted({int(str(line)) for _, _, line in lost.values() if line is not None}))
    waiting: dict[str, list[int]] = defaultdict(list)
    for pk, (day, units, line) in lost.items():
        said = lines.get(int(str(line)), (None, None, None)) if line is not None else (None, None, None)
        waiting[content_of(str(day), int(str(units)), *said)].append(pk)
    found: set[int] = set()
    for start in range(0, len(added), IDS_AT_ONCE):
        now = Transaction.objects.filter(pk__in=added[start : start + IDS_AT_ONCE])
        for pk, *content in plainly(now).values_list(*TOLD):
            if same := waiting.get(content_of(*content)):
                found |= {pk, same.pop()}
    return found


def _lines(ids: Sequence[int]) -> Mapping[int, tuple[str | None, str | None, str | None]]:
    """The fate, the bank's id and the fingerprint of lines, by their ids."""
    said: dict[int, tuple[str | None, str | None, str | None]] = {}
    for start in range(0, len(ids), IDS_AT_ONCE):
        told = StatementLine.objects.filter(pk__in=ids[start : start + IDS_AT_ONCE])
        said |= {
            pk: (fate, own, mark) for pk, fate, own, mark in told.values_list("pk", "fate", "bank_id", "fingerprint")
        }
    return said
