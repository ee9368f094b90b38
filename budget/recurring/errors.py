"""What stands in the way of a series."""

from __future__ import annotations

from datetime import date

from budget.errors import BudgetError
from budget.ledger.models import Account


class SeriesNotFound(BudgetError):
    """It belongs to another book, or was deleted."""

    def __init__(self) -> None:
        super().__init__("This recurring series is not there any more. Open the list again.")


class NotADueDate(BudgetError):
    """A day on which the series is not due."""

    def __init__(self, day: date) -> None:
        super().__init__(f"{day.day} {day:%B %Y} is no due date of it. Choose one of its dates.")


class AlreadySettled(BudgetError):
    """A due date that was recorded, paid or skipped before."""

    def __init__(self, day: date) -> None:
        super().__init__(f"What was due on {day.day} {day:%B %Y} is settled already. Open the page again.")


class NothingLeftToSkip(BudgetError):
    """Nothing is expected of a series that is paused, ended or only suggested."""

    def __init__(self) -> None:
        super().__init__("Nothing is expected of it now, so there is nothing to skip. Resume or confirm it first.")


class AccountIsClosed(BudgetError):
    """Nothing is recorded by itself on a closed account."""

    def __init__(self, account: Account) -> None:
        super().__init__(f"{account} is closed, so nothing is recorded on it. Reopen it, or choose another account.")


class StillRecurring(BudgetError):
    """An account with series keeps its currency: their amounts are in it."""

    def __init__(self, account: Account) -> None:
        super().__init__(f"{account} has recurring series in {account.currency}. Delete them first.")
