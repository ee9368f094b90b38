"""Why this category: the evidence in words, on the row's menu, its form and its page."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from budget import history
from budget.ledger.models import Account, Category, Status, Tier, Transaction
from budget.ledger.why import Why, in_words, why
from budget.tests import factories
from budget.users.models import User

pytestmark = pytest.mark.django_db


def proposed(account: Account, category: Category, **fields: Any) -> Transaction:
    """A row with what proposed its category."""
    values = {"tier": Tier.MERCHANT_MAP, "confidence": 909, "pattern": "KROGER", "predicted_category": category}
    row = factories.make_txn(account, category=category, payee="Kroger")
    with history.change(account.book, None, "Imported", kind="statement.import") as change:
        return change.update(row, **values | fields)


def test_evidence_is_told_in_words(account: Account, food: Category) -> None:
    row = proposed(account, food, status=Status.AUTO_CONFIRMED)

    assert why(row) == Why(
        by="A merchant that you filed before",
        proposed="Food",
        because="Merchant",
        pattern="KROGER",
        sure="sure",
        version=None,
        outcome="Filed without asking.",
    )


@pytest.mark.parametrize(
    ("thousandths", "word"),
    [(1000, "certain"), (999, "sure"), (900, "sure"), (899, "likely"), (500, "likely"), (499, "unsure"), (0, "unsure")],
)
def test_confidence_has_a_word(thousandths: int, word: str) -> None:
    assert in_words(thousandths) == word
    assert in_words(None) == "not said"


@pytest.mark.parametrize(
    ("status", "chosen", "outcome"),
    [
        (Status.PENDING_REVIEW, "", "Nobody has confirmed it yet."),
        (Status.PENDING_SAVE, "food", "Chosen as proposed, not saved yet."),
        (Status.PENDING_SAVE, "rent", "Another one is chosen, not saved yet."),
        (Status.CONFIRMED, "food", "Confirmed as proposed."),
        (Status.CONFIRMED, "rent", "Somebody chose another one, which stays."),
    ],
)
def test_what_became_of_it_is_told(
    account: Account, food: Category, rent: Category, status: Status, chosen: str, outcome: str
) -> None:
    """R003-30: the suggestion stays beside the choice."""
    row = proposed(account, food, status=status)
    with history.change(account.book, None, "Chosen", kind="review.file") as change:
        change.update(row, category={"food": food, "rent": rent}.get(chosen))

    found = why(row)

    assert found is not None
    assert found.outcome == outcome


def test_row_that_nothing_proposed_a_category_for_says_nothing(account: Account, food: Category) -> None:
    assert why(factories.make_txn(account, category=food)) is None


def test_menu_form_and_page_of_a_row_say_why(client: Client, owner: User, account: Account, food: Category) -> None:
    row = proposed(account, food, tier=Tier.AI, model_version=4, pattern="KROGER NORTH")
    client.force_login(owner)
    address = f"/transactions/{row.pk}/"
    in_place = {"HX-Request": "true", "HX-Target": f"txn-{row.pk}", "HX-Current-URL": "http://testserver/transactions/"}

    shown = [
        client.get(f"{address}?field=category", headers={"HX-Request": "true"}).text,
        client.get(address, headers=in_place).text,
        client.get(address).text,
    ]

    for page in shown:
        assert "Why this category?" in page
        assert "A comparison with what you confirmed, model 4" in page
        assert "<bdi>KROGER NORTH</bdi>" in page
        assert "<dd>sure</dd>" in page
