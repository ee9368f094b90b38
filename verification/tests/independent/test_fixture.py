"""The known answer has the edges that its README promises."""

import csv
from collections import Counter
from decimal import Decimal

import pytest

from budget.ledger.taxonomy import GROUPS
from verification.known_answer import FIXTURE

pytestmark = pytest.mark.once


def rows():
    with FIXTURE.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_people_months_and_currencies():
    assert len(rows()) == 309
    assert {row["user_id"] for row in rows()} == {"1", "2", "3"}
    assert {row["currency"] for row in rows()} == {"EUR", "USD"}
    assert {row["date"][:7] for row in rows()} == {"2023-12", "2024-01", "2024-02", "2024-03"}


def test_categories_are_those_of_the_standard_taxonomy():
    standard = {name for group in GROUPS for name, _ in group.split()} | {group.name for group in GROUPS}

    assert {row["category"] for row in rows()} <= standard


def test_edges_are_there():
    days = Counter(row["date"] for row in rows())
    amounts = [Decimal(row["amount"]) for row in rows()]
    twins = Counter(tuple(row.values()) for row in rows())

    assert min(days[day] for day in ("2023-12-31", "2024-01-01", "2024-01-31", "2024-02-29", "2024-03-31")) >= 3
    assert {Decimal("0.01"), Decimal("-0.01"), Decimal("9999999999.99")} <= set(amounts)
    assert 0 not in amounts
    assert max(twins.values()) == 3


def test_a_category_adds_up_to_nothing_and_one_to_less():
    def total(category, month):
        found = [row for row in rows() if (row["user_id"], row["category"], row["date"][:7]) == (*category, month)]
        return sum(Decimal(row["amount"]) for row in found)

    assert total(("3", "Flights"), "2024-03") == 0
    assert total(("1", "Shopping"), "2024-03") < 0
