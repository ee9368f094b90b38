"""The overview: what it says in each state a month can be in."""

from __future__ import annotations

import pytest
from django.test import Client

from budget.tests import factories


@pytest.fixture
def signed_in(client: Client, owner) -> Client:
    client.force_login(owner)
    return client


def test_overview_of_an_empty_book_offers_three_beginnings(signed_in, book):
    page = signed_in.get("/").content.decode()

    assert [text in page for text in ("Add an expense", "Open accounts", "Open budgets")] == [True] * 3


def test_overview_shows_the_month_asked_for(signed_in, account, food):
    factories.make_txn(account, "12.50", food, "2026-11-20")

    page = signed_in.get("/?month=2026-11").content.decode()

    assert "Food" in page
    assert "12.50 in total" in page


def test_month_page(signed_in, account, food):
    factories.make_txn(account, "12.50", food, "2026-11-20")
    for url in ("/reports/month/2026-11/", "/reports/top/", "/reports/categories/", "/reports/month/2026-11/summary.csv"):
        assert signed_in.get(url).status_code == 200
