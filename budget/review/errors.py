"""What stands in the way of a decision."""

from __future__ import annotations

from budget.errors import BudgetError


class NothingWaits(BudgetError):
    """All rows of a decision were filed, deleted or taken for a transfer meanwhile."""

    def __init__(self) -> None:
        super().__init__("These do not wait for review any more. Reload the page to see what does.")


class NothingSure(BudgetError):
    """Accepting all that is sure where nothing is."""

    def __init__(self) -> None:
        super().__init__("None is sure enough to accept at once.")


class OtherNumber(BudgetError):
    """Meanwhile more or fewer choices were kept than the page showed."""

    def __init__(self, now: int, seen: int) -> None:
        are = f"{now:,} choice{' is' if now == 1 else 's are'}"
        super().__init__(f"{are} kept now, not {seen:,}. Reload the page, look at them, then save.")


class NotUnderstood(BudgetError):
    """A form that says nothing of use; our pages send none."""

    def __init__(self) -> None:
        super().__init__("We could not read which transactions are meant. Reload the page and choose again.")
