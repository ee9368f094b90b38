"""What stands in the way of a change to rules and known merchants."""

from __future__ import annotations

from budget.errors import BudgetError


class CategoryClosed(BudgetError):
    """An archived category is never proposed, so no rule may lead to it."""

    def __init__(self, category: str) -> None:
        super().__init__(f"{category} is archived. Restore it, or choose another category.")


class AmountNotAboveZero(BudgetError):
    """A rule's amount is written without a sign."""

    def __init__(self) -> None:
        super().__init__("Write the amount of a rule above zero; it fits money out and money in.")


class ToleranceBelowZero(BudgetError):
    """A tolerance goes both ways already."""

    def __init__(self) -> None:
        super().__init__("Write the tolerance without a minus; it goes both ways.")


class MerchantTaken(BudgetError):
    """A merchant is filed under one category."""

    def __init__(self, merchant: str) -> None:
        super().__init__(f"{merchant} is in the list already. Change it there.")


class NoMerchant(BudgetError):
    """A text that names nobody, such as a number."""

    def __init__(self, text: str) -> None:
        super().__init__(f"“{text[:60]}” names no merchant. Write the name, such as BLUE BOTTLE.")


class ConfirmationsOutOfRange(BudgetError):
    """A threshold that makes no sense."""

    def __init__(self, most: int) -> None:
        super().__init__(f"Use a number of confirmations from 1 to {most}.")


class NobodyToAsk(BudgetError):
    """The server has no language model, or none that can be asked."""

    def __init__(self) -> None:
        super().__init__("No language model is switched on here. Whoever runs this server can set LLM_PROVIDER.")
