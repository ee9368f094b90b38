"""What other packages keep for a category or an account: asked when it is merged, deleted, or becomes another kind.

The ledger knows none of them; each registers itself when the program starts.
"""

from __future__ import annotations

from typing import Protocol

from budget.history import Recorder
from budget.ledger.models import Account, Category


class Dependent(Protocol):
    """One package's say about a category, inside the change that alters it."""

    one: str
    """What it keeps, as the refusal of a deletion names it: ``monthly budget``."""
    many: str

    def release(self, change: Recorder, category: Category) -> int:
        """Delete what is kept for the category and may go with it; answers how many rows remain."""

    def move(self, change: Recorder, source: Category, target: Category) -> None:
        """Give all that is kept for `source` to `target`."""

    def require_free_for_income(self, change: Recorder, category: Category) -> None:
        """Raise a BudgetError where the category cannot become income."""


_dependents: list[Dependent] = []


def register(dependent: Dependent) -> None:
    """Have `dependent` asked from now on."""
    if dependent not in _dependents:
        _dependents.append(dependent)


def dependents() -> tuple[Dependent, ...]:
    """All that registered, in their order."""
    return tuple(_dependents)


class AccountDependent(Protocol):
    """One package's say about an account, inside the change that alters it."""

    def release(self, change: Recorder, account: Account) -> None:
        """Delete what is kept for the account, which goes too."""

    def require_free_for_currency(self, change: Recorder, account: Account) -> None:
        """Raise a BudgetError where the account cannot get another currency."""


_of_accounts: list[AccountDependent] = []


def register_of_accounts(dependent: AccountDependent) -> None:
    """Have `dependent` asked about accounts from now on."""
    if not any(type(each) is type(dependent) for each in _of_accounts):
        _of_accounts.append(dependent)


def dependents_of_accounts() -> tuple[AccountDependent, ...]:
    """All that registered for accounts, in their order."""
    return tuple(_of_accounts)
