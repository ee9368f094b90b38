"""Who refused a write is told by the rule's own name, and never by a value."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError

from budget.errors import BudgetError
from verification.drills.refusals import refused_by

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (
            IntegrityError("CHECK constraint failed: transaction_amount_not_zero"),
            "IntegrityError (transaction_amount_not_zero)",
        ),
        (
            sqlite3.IntegrityError("account_transfer_balances: 12.50 is not 12.49"),
            "IntegrityError (account_transfer_balances)",
        ),
        (psycopg.Error("category_parent_of_its_book_new refused"), "Error (category_parent_of_its_book_new)"),
        (IntegrityError("FOREIGN KEY constraint failed: 4711"), "IntegrityError (foreign key)"),
        (DatabaseError("the disk is full at /somewhere"), "DatabaseError"),
        (BudgetError("transaction_amount_not_zero, foreign key"), "BudgetError"),
        (ValueError("foreign key"), "ValueError"),
    ],
)
def test_refusal_is_told_without_its_values(failure: Exception, told: str) -> None:
    assert refused_by(failure) == told
