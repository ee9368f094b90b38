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


class NothingSupposed(BudgetError):
    """Nothing is no what-if."""

    def __init__(self) -> None:
        super().__init__("Enter an amount other than zero, such as 12.50.")


class SupposedTooFar(BudgetError):
    """A day that no forecast reaches."""

    def __init__(self, day: str, *, is_past: bool) -> None:
        matter = "has passed" if is_past else "is more than a year ahead"
        super().__init__(f"{day} {matter}. Choose a day from today to a year ahead.")


class SupposedUnreadable(BudgetError):
    """An address that was cut or altered, or an account that is not there any more."""

    def __init__(self) -> None:
        super().__init__("A what-if in this address could not be read and is left out. Enter it again.")


class TooManySupposed(BudgetError):
    """More what-ifs than an address holds."""

    def __init__(self, most: int) -> None:
        super().__init__(f"At most {most} what-ifs fit on one page. Remove one first.")


class NoSuchReach(BudgetError):
    """A number of days that is none, or too far ahead."""

    def __init__(self, text: str, most: int) -> None:
        super().__init__(f"We cannot look “{text[:20]}” days ahead. Use a number from 1 to {most}.")
