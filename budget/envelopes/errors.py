"""What stands in the way of a plan."""

from __future__ import annotations

from decimal import Decimal

from budget.errors import BudgetError
from budget.history import Change
from budget.history.errors import CannotUndo
from budget.ledger.models import Category
from budget.money import format_amount
from budget.months import Month


class SameEnvelope(BudgetError):
    """Moving plan from a category to itself."""

    def __init__(self) -> None:
        super().__init__("Both sides are the same category. Choose two different ones.")


class NotEnoughInEnvelope(BudgetError):
    """The source has less left than what is to be moved, in the month or in a later one that it carries into."""

    def __init__(
        self, category: Category, left: Decimal, needed: Decimal, currency: str, later: Month | None = None
    ) -> None:
        has, wants = format_amount(left, currency), format_amount(needed, currency)
        when = f" in {later.title}" if later else ""
        if left > 0:
            super().__init__(f"{category} has {has} left{when}, {wants} is needed. Move {has} or less.")
        elif left == 0:
            super().__init__(f"{category} has nothing left{when}, {wants} is needed. Choose another category.")
        else:
            over = format_amount(left, currency, sign="none")
            super().__init__(f"{category} is {over} over its budget{when}, {wants} is needed. Choose another category.")
        self.left = left


class BudgetBelowZero(BudgetError):
    """A budget of less than nothing."""

    def __init__(self) -> None:
        super().__init__("A budget cannot be below zero. Enter 0 to plan nothing.")


class NothingToCopy(BudgetError):
    """The month has no plan."""

    def __init__(self, month: Month) -> None:
        super().__init__(f"{month.title} has no budgets to copy. Set a budget first.")


class NothingSpent(BudgetError):
    """The month has no spending to plan from."""

    def __init__(self, month: Month) -> None:
        super().__init__(f"Nothing was spent in {month.title}. Set a budget first.")


class NoPlanForIncome(BudgetError):
    """An income category has no spending to plan."""

    def __init__(self, category: Category) -> None:
        super().__init__(f"{category} is income. Budgets are for categories that spend.")


class StillPlanned(BudgetError):
    """A category with a budget cannot become income."""

    def __init__(self, category: Category, month: Month) -> None:
        super().__init__(f"{category} has a budget in {month.title}. Set its budgets from then on to 0 first.")


class PlanMovedOn(CannotUndo):
    """An undo would take plan that was moved on since."""

    def __init__(self, undone: Change, category: Category, month: Month, left: Decimal, currency: str) -> None:
        below = format_amount(left, currency, sign="none")
        super().__init__(
            f"“{undone}” cannot be undone, because its plan was moved on: {category} would be {below} below zero in "
            f"{month.title}. Move it back first."
        )
