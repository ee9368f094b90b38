"""What becomes of series when their category or account is merged, deleted or changed."""

from __future__ import annotations

from budget.history import Recorder
from budget.ledger import dependents
from budget.ledger.models import Account, Category
from budget.recurring.errors import StillRecurring
from budget.recurring.models import RecurringSeries, SettledDue


class Filed:
    """The categories that series are filed under, as the ledger asks about them."""

    one = "recurring series"
    many = "recurring series"

    def release(self, change: Recorder, category: Category) -> int:
        """Leave the category's series without one; none is in the way."""
        change.update_many(RecurringSeries.objects.of(change.book).filter(category=category), category=None)
        return 0

    def move(self, change: Recorder, source: Category, target: Category) -> None:
        """File the series of `source` under `target`."""
        change.update_many(RecurringSeries.objects.of(change.book).filter(category=source), category=target)

    def require_free_for_income(self, change: Recorder, category: Category) -> None:
        """A series may be filed under income or spending alike."""


class Held:
    """The accounts that series are paid from, as the ledger asks about them."""

    def release(self, change: Recorder, account: Account) -> None:
        """Delete the account's series, which go with it."""
        own = RecurringSeries.objects.of(change.book).filter(account=account)
        change.delete_many(SettledDue.objects.of(change.book).filter(series__in=own.values("pk")))
        change.delete_many(own)

    def require_free_for_currency(self, change: Recorder, account: Account) -> None:
        """Amounts of series are in the account's currency.

        Raises:
            StillRecurring: it has series.
        """
        if RecurringSeries.objects.of(change.book).filter(account=account).exists():
            raise StillRecurring(account)


def register() -> None:
    """Have the ledger ask."""
    dependents.register(FILED)
    dependents.register_of_accounts(HELD)


FILED, HELD = Filed(), Held()
