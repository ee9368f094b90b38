"""What stands in the way of a change to the ledger."""

from __future__ import annotations

from decimal import Decimal

from budget.errors import BudgetError


class CategoryNotFound(BudgetError):
    """The category is not one of the book's."""

    def __init__(self) -> None:
        super().__init__("Category not found. Choose one of this book's categories.")


class AccountNotFound(BudgetError):
    """The account is not one of the book's."""

    def __init__(self) -> None:
        super().__init__("Account not found. Choose one of this book's accounts.")


class AmountIsZero(BudgetError):
    """An amount of nothing."""

    def __init__(self) -> None:
        super().__init__("The amount is zero. Enter an amount, such as 12.50.")


class AmountNotPositive(BudgetError):
    """Moving nothing, or less than nothing."""

    def __init__(self) -> None:
        super().__init__("The amount must be above zero. To move money the other way, swap the two sides.")


class SumsTooLarge(BudgetError):
    """More than the program can add up."""

    def __init__(self) -> None:
        super().__init__(
            "With this, the amounts in this book would add up to more than 4,000,000,000,000,000. "
            "Nothing was saved. Use smaller amounts."
        )


class DateOutOfRange(BudgetError):
    """A date that no transaction has."""

    def __init__(self, year: int) -> None:
        super().__init__(f"The year {year} is out of range. Use a date from 1900 to 2200.")


class SameAccount(BudgetError):
    """A transfer from an account to itself."""

    def __init__(self) -> None:
        super().__init__("Both sides are the same account. Choose two different accounts.")


class PartOfATransfer(BudgetError):
    """One leg of a transfer cannot be altered alone."""

    def __init__(self) -> None:
        super().__init__("This is one side of a transfer. Delete the transfer and enter it anew to change it.")


class NameTaken(BudgetError):
    """A second account or category by the same name."""

    def __init__(self, what: str, name: str) -> None:
        super().__init__(f"There is {what} named “{name}” already. Choose another name.")


class InUse(BudgetError):
    """Something cannot be deleted while other rows need it."""

    def __init__(self, name: str, count: int, one: str, many: str, instead: str) -> None:
        super().__init__(f"“{name}” has {count:,} {one if count == 1 else many}. {instead}")


class OtherKind(BudgetError):
    """Spending and income cannot be one category."""

    def __init__(self, source: str, target: str) -> None:
        super().__init__(f"“{source}” and “{target}”: one is spending, the other is income. Choose one of its kind.")


class TooDeep(BudgetError):
    """A third level of categories."""

    def __init__(self, parent: str) -> None:
        super().__init__(f"“{parent}” is below another category already. Categories have two levels.")


class CurrencyFixed(BudgetError):
    """An account with transactions keeps its currency."""

    def __init__(self, name: str) -> None:
        super().__init__(f"“{name}” has transactions in its currency. Open another account for another currency.")


class CurrencyDiffers(BudgetError):
    """A transaction cannot go to an account in another currency with the number it has."""

    def __init__(self, account: str, currency: str) -> None:
        super().__init__(f"“{account}” holds {currency}. Enter the amount in {currency} too.")


class ArrivingMissing(BudgetError):
    """Money moved between two currencies, without what arrives."""

    def __init__(self, account: str, currency: str) -> None:
        super().__init__(f"“{account}” holds {currency}. Use Move money to say how much arrives.")


class TransferUnbalanced(BudgetError):
    """What leaves is not what arrives, in one currency."""

    def __init__(self, out: Decimal, into: Decimal) -> None:
        super().__init__(f"{out} leaves but {into} arrives, in one currency. Enter one amount.")


class ConfirmationMismatch(BudgetError):
    """The name typed to confirm is another one."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Type “{name}” exactly as it is to confirm.")
