"""Why an archive is not written or not brought in, in the words of its files and lines."""

from __future__ import annotations

from budget.errors import BudgetError


class ArchiveRefused(BudgetError):
    """An archive that cannot be brought in as it is; nothing of it was kept."""

    def __init__(self, text: str, member: str = "", line: int = 0) -> None:
        place = f"{member}, line {line:,}: " if line else f"{member}: " if member else ""
        super().__init__(f"{place}{text} Nothing was brought in.")


class HistoryBroken(BudgetError):
    """The history was altered behind the program's back, so it does not go out as if it were whole."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"The book's history is not whole, so it is not exported. {problem}")


class MonthHeldBack(BudgetError):
    """A month of the book is held back, so the book does not go out as if it were right."""
