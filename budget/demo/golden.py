"""The golden run: a few rows of January 2024 whose sums are known, through the same operations that the pages use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import DatabaseError, connection, transaction

from budget.books.models import Book
from budget.errors import BudgetError
from budget.history import AlreadyDone, IdempotentRequest
from budget.ledger import operations
from budget.ledger.loading import usable_key
from budget.ledger.models import Account, Category
from budget.ledger.taxonomy import Starter
from budget.months import Month
from budget.users.models import User

EMAIL, NAME, BOOK = "alice@example.org", "Alice", "Alice's book"
MONTH = Month(2024, 1)
CATEGORIES = (
    ("Food", "#E07A5F"),
    ("Transportation", "#32A190"),
    ("Entertainment", "#B05B13"),
    ("Utilities", "#C9A227"),
)
EXPENSES = (
    (15, "Food", "Groceries", "45.50"),
    (16, "Food", "Lunch", "25.75"),
    (18, "Transportation", "Fuel", "45.00"),
    (20, "Entertainment", "Movie tickets", "30.00"),
)
"""Day of January 2024, category, description, amount in the book's currency."""

DINNER = (22, "Food", "Dinner", "45.75")
EXPECTED = [
    ("Food", 3, Decimal("117.00")),
    ("Transportation", 1, Decimal("45.00")),
    ("Entertainment", 1, Decimal("30.00")),
]
"""The month's summary after the dinner: category, rows, total."""


class SeedChanged(BudgetError):
    """The rows of the golden run are not as they were made."""

    def __init__(self) -> None:
        super().__init__(f"{BOOK} was changed since it was made. Delete that book, then run golden again.")


@dataclass(frozen=True)
class Seeded:
    """The book of the golden run; `is_new` where it was made just now."""

    book: Book
    is_new: bool


def database_answers() -> tuple[bool, str]:
    """Whether a trivial query gets its answer, and a sentence about it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            answer = cursor.fetchone()
    except DatabaseError as error:
        return False, f"The database cannot be reached: {str(error).strip()}"
    if answer != (1,):
        return False, f"The database answers {answer} where 1 is expected."
    return True, "The database answers."


def seed() -> Seeded:
    """Make Alice with her book, four categories and four expenses; if she has it already, nothing is written."""
    found = User.objects.filter(email=EMAIL).first()
    if found is not None and (book := Book.objects.for_user(found).filter(name=BOOK).first()):
        return Seeded(book, is_new=False)
    with transaction.atomic():
        alice = found or User.objects.create_user(EMAIL, NAME)
        book = operations.create_book(
            by=alice, name=BOOK, currency="EUR", starter=Starter.NONE, account_name="Everyday Account"
        )
        for name, color in CATEGORIES:
            operations.add_category(book=book, by=alice, name=name, color=color)
        for expense in EXPENSES:
            _record(book, *expense)
    return Seeded(book, is_new=True)


def record_dinner(book: Book) -> None:
    """Record the dinner of January 2024, once however often this is called; anew after it was undone.

    Raises:
        SeedChanged: the book has no longer the category that the dinner is filed under.
    """
    try:
        key = usable_key(book, User.objects.get(email=EMAIL), "golden-dinner")
        _record(book, *DINNER, request=IdempotentRequest(key, "1"))
    except Category.DoesNotExist as error:
        raise SeedChanged from error
    except AlreadyDone:
        return


def _record(
    book: Book, day: int, category: str, description: str, amount: str, request: IdempotentRequest | None = None
) -> None:
    operations.record_transaction(
        book=book,
        by=User.objects.get(email=EMAIL),
        account=Account.objects.of(book).earliest("pk"),
        category=Category.objects.of(book).get(name=category),
        date=date(MONTH.year, MONTH.month, day),
        description=description,
        amount=Decimal(amount),
        request=request,
    )
