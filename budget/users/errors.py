"""What stands in the way of becoming a user."""

from budget.errors import BudgetError


class SomebodyIsHereAlready(BudgetError):
    """The first user can be made once; there is one already."""

    def __init__(self) -> None:
        super().__init__("Somebody has set this up already. Sign in, or ask them for an account.")
