"""When two transactions are perhaps one: the same amount some days apart, or what was announced and what it became."""

from __future__ import annotations

from dataclasses import dataclass

from budget.statements.fingerprints import plain

DAYS_APART = 4
DAYS_TO_POST = 10
LARGEST_TIP = 3
"""By how many tenths of itself an announced amount may grow until it is posted."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A transaction that a line may be; `day` is a number, `amount` in thousandths."""

    pk: int
    day: int
    amount: int
    said: str
    is_pending: bool

    @property
    def text(self) -> str:
        """Who was paid, plain."""
        return plain(self.said)


def is_posted(announced: Candidate, day: int, amount: int, said: str) -> bool:
    """Whether a row is likely what an announced transaction became: the same payee, perhaps with a tip."""
    if not 0 <= day - announced.day <= DAYS_TO_POST or announced.amount * amount <= 0:
        return False
    grown = abs(amount) - abs(announced.amount)
    if not 0 <= grown * 10 <= abs(announced.amount) * LARGEST_TIP:
        return False
    there, here = announced.text, plain(said)
    return bool(here) and (here.startswith(there[:8]) or there.startswith(here[:8]))


def is_alike(one: Candidate, other: Candidate) -> bool:
    """Whether a person should say if two rows of one account are the same."""
    if one.amount == other.amount and abs(one.day - other.day) <= DAYS_APART:
        return True
    return any(
        announced.is_pending and not posted.is_pending and is_posted(announced, posted.day, posted.amount, posted.said)
        for announced, posted in ((one, other), (other, one))
    )
