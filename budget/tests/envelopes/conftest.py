"""Budgets to test with."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from budget.books.models import Book
from budget.envelopes.operations import set_budget
from budget.ledger.models import Category
from budget.months import Month

NOVEMBER = Month(2026, 11)
Give = Callable[..., None]


@pytest.fixture
def give(book: Book) -> Give:
    """Gives a category of `book` a budget: `give(food, "100.00")`, in November unless said otherwise."""

    def given(category: Category, amount: str, month: Month = NOVEMBER) -> None:
        set_budget(book=book, by=None, category=category, month=month, amount=Decimal(amount))

    return given
