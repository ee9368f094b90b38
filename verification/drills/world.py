"""The people and books of a drill, made through the product's own operations, with fixed names, amounts and dates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from budget.books.models import Book
from budget.envelopes.models import EnvelopeTransfer
from budget.envelopes.operations import set_budget, transfer
from budget.history import Change
from budget.ledger import operations
from budget.ledger.models import Account, AccountTransfer, Category, Transaction
from budget.ledger.taxonomy import Starter
from budget.months import Month
from budget.users.models import User

DAY = date(2026, 11, 20)
MONTH = Month(2026, 11)


@dataclass(frozen=True)
class World:
    """An owner with a book, and somebody else with another; neither may see anything of the other's.

    The owner's book has two accounts, and categories for spending and income; so has the stranger's, by other names.
    """

    owner: User
    book: Book
    everyday: Account
    savings: Account
    food: Category
    rent: Category
    salary: Category
    stranger: User
    theirs: Book
    their_account: Account
    their_category: Category
    their_txn: Transaction

    def record(self, amount: str = "12.50", description: str = "Coffee house", **more: Any) -> Transaction:
        """A transaction in the owner's book; out is positive."""
        values: dict[str, Any] = {"account": self.everyday, "category": self.food, "date": DAY} | more
        return operations.record_transaction(
            book=self.book, by=self.owner, amount=Decimal(amount), description=description, **values
        )

    def alter(self, txn: Transaction, amount: str) -> Transaction:
        """A transaction's amount, changed by the owner."""
        return operations.change_transaction(txn, by=self.owner, amount=Decimal(amount))

    def move(self, amount: str = "40.00") -> AccountTransfer:
        """Money from Everyday to Savings."""
        return operations.transfer_between_accounts(
            book=self.book,
            by=self.owner,
            source=self.everyday,
            target=self.savings,
            amount=Decimal(amount),
            date=DAY,
        )

    def plan(self, amount: str = "200.00", later: int = 0, category: Category | None = None) -> Change | None:
        """A budget for Food."""
        return set_budget(
            book=self.book,
            by=self.owner,
            category=category or self.food,
            month=MONTH,
            amount=Decimal(amount),
            later=later,
        )

    def shift(self, amount: str = "25.00") -> EnvelopeTransfer:
        """Plan from Food to Rent."""
        return transfer(
            book=self.book, by=self.owner, source=self.food, target=self.rent, month=MONTH, amount=Decimal(amount)
        )


def person(name: str) -> User:
    """Somebody new, with an address that nobody has; no password, so that nobody can sign in with one."""
    return User.objects.create_user(f"person-{next_number()}@drill.invalid", name)


def next_number() -> int:
    """A number that no address of a drill has."""
    newest = User.objects.order_by("pk").last()
    return newest.pk + 1 if newest else 1


def world() -> World:
    """A new world."""
    owner, stranger = person("Owner"), person("Stranger")
    book, theirs = _book(owner, "Household"), _book(stranger, "Elsewhere")
    account = _opener(book, owner)
    everyday, savings = account(name="Everyday"), account(name="Savings", type="savings")
    category = _adder(book, owner)
    their_account = _opener(theirs, stranger)(name="Their account")
    their_category = _adder(theirs, stranger)(name="Their category")
    return World(
        owner=owner,
        book=book,
        everyday=everyday,
        savings=savings,
        food=category(name="Food"),
        rent=category(name="Rent"),
        salary=category(name="Salary", is_income=True),
        stranger=stranger,
        theirs=theirs,
        their_account=their_account,
        their_category=their_category,
        their_txn=operations.record_transaction(
            book=theirs,
            by=stranger,
            account=their_account,
            category=their_category,
            amount=Decimal("77.77"),
            description="Their coffee",
            date=DAY,
        ),
    )


def last_change(book: Book) -> Change:
    """The newest change of a book."""
    return Change.objects.filter(book=book).latest("number")


def _book(by: User, name: str) -> Book:
    return operations.create_book(by=by, name=name, currency="EUR", starter=Starter.NONE)


def _opener(book: Book, by: User) -> Callable[..., Account]:
    return lambda **fields: operations.open_account(book=book, by=by, **fields)


def _adder(book: Book, by: User) -> Callable[..., Category]:
    return lambda **fields: operations.add_category(book=book, by=by, **fields)
