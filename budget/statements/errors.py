"""What stands in the way of bringing a file in, said in one sentence each."""

from __future__ import annotations

from budget.errors import BudgetError


class NotReady(BudgetError):
    """The import still lacks something that only a person can say."""


class AlreadySettled(BudgetError):
    """It was imported or discarded before."""

    def __init__(self, name: str, stage: str) -> None:
        super().__init__(f"“{name:.60}” was {stage} before. Open its page to see what came of it.")


class AccountOfOtherCurrency(BudgetError):
    """A statement in one currency cannot go into an account in another."""

    def __init__(self, account: str, held: str, printed: str) -> None:
        super().__init__(f"{account} is in {held}, but these lines are in {printed}. Choose an account in {printed}.")


class LinesRefused(BudgetError):
    """Some lines cannot be read, and nobody said that the others may go in without them."""

    def __init__(self, count: int) -> None:
        noun, those = ("1 line", "it") if count == 1 else (f"{count:,} lines", "them")
        ways = f"Mend {those}, or leave {those} out, or import the rest without {those}."
        super().__init__(f"{noun} cannot be read, so nothing was imported. {ways}")


class BookChanged(BudgetError):
    """What the preview showed is no longer what would be stored."""

    def __init__(self) -> None:
        super().__init__("The book has changed since this preview was made, so nothing was imported yet.")


class NotImported(BudgetError):
    """There is nothing to take back."""

    def __init__(self) -> None:
        super().__init__("This file is not in the book, so there is nothing to undo.")


class TooLarge(BudgetError):
    """More bytes than any statement has."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size // 2**20:,} MB; 512 MB is the most. Bring it in parts.")


class FileGone(BudgetError):
    """A file that could not be read was not kept."""

    def __init__(self, file_name: str) -> None:
        super().__init__(f"{file_name} could not be read, so it was not kept. Bring it again.")
