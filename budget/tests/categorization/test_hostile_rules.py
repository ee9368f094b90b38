"""S17: patterns made to be slow, on the page that tries a rule against every row."""

from __future__ import annotations

import time

import pytest
from django.test import Client

from budget.books.models import Book
from budget.categorization.models import AmountRule
from budget.ledger.models import Account, Category, Status, Transaction
from budget.tests.statements.bringing import csv, imported
from budget.users.models import User

pytestmark = pytest.mark.django_db

ROWS = 400
HOSTILE = (
    "A*" * 50,
    "?" * 98 + "AB",
    "*?" * 48 + "AB",
    "A" * 99 + "B",
    "(AB+)+$",
    r"(A*)*\1AB",
)


def test_rule_made_to_be_slow_is_tried_in_less_than_two_seconds(
    client: Client, owner: User, book: Book, account: Account, food: Category
) -> None:
    """Rows whose texts are alike to the last letter; only the first pattern fits them."""
    imported(book, csv(*(f"2026-05-{n % 28 + 1:02},{'A' * 99},-{n}.50" for n in range(1, ROWS + 1))))
    client.force_login(owner)
    found = []
    for pattern in HOSTILE:
        form = {"pattern": pattern, "category": food.pk, "test": "", "request_key": pattern}
        start = time.process_time()

        answer = client.post("/settings/rules/new/", form)

        assert time.process_time() - start < 2, pattern
        assert answer.status_code == 200, pattern
        found.append(answer.context["preview"].count)
    assert found == [ROWS, 0, 0, 0, 0, 0]
    assert not AmountRule.objects.of(book).exists()
    assert not Transaction.objects.of(book).exclude(status=Status.PENDING_REVIEW).exists()
