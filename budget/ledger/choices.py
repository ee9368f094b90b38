"""Who learns when a person files transactions that came from a bank: told inside the change that does it.

The ledger knows none of them; each registers itself when the program starts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from django.db.models import QuerySet

from budget.history import Recorder
from budget.ledger.models import Category, Source, Status, Transaction

FROM_BANKS = (Source.CSV_IMPORT, Source.PLAID, Source.ARCHIVE)
MOST = 5000
"""How many rows of one choice are told; who files more at once has said nothing about each of them."""

Learner = Callable[[Recorder, Sequence[Transaction], Category], object]

_learners: list[Learner] = []


def register(learner: Learner) -> None:
    """Have `learner` told from now on."""
    if learner not in _learners:
        _learners.append(learner)


def chosen(rows: QuerySet[Transaction], category: Category | None) -> list[Transaction]:
    """Of rows about to be filed under `category` those that this says something new about."""
    if category is None or not _learners:
        return []
    new = rows.filter(source__in=FROM_BANKS).exclude(category=category, status=Status.CONFIRMED)
    return list(new.order_by("pk")[:MOST])


def tell(change: Recorder, rows: Iterable[Transaction], category: Category | None) -> None:
    """Say that a person filed `rows` under `category`, inside the change that does so."""
    told = [txn for txn in rows if txn.source in FROM_BANKS]
    if category is not None and told:
        for learner in _learners:
            learner(change, told, category)
