"""The month's report, top expenses and all categories as pages: what they say and what they cost."""

from __future__ import annotations

from decimal import Decimal

import pytest

from budget import history
from budget.envelopes.operations import set_budget
from budget.ledger.models import Transaction
from budget.months import Month
from budget.tests import factories
from budget.tests.reports.ledgers import FIELDS, fill, open_ledger
from budget.tests.reports.test_overview import words

QUERIES = {
    "/?month=2024-01": 6,
    "/?month=2024-01&parts=1": 6,
    "/reports/month/2024-01/": 6,
    "/reports/top/": 5,
    "/reports/categories/": 7,
}
"""What each page costs, session, user, membership, the sidebar's accounts and a month's recount included."""


def test_report_compares_two_months_in_two_levels(reader, account, food):
    book = account.book
    snacks = factories.make_category(book, "Snacks", parent=food)
    rent = factories.make_category(book, "Rent")
    set_budget(book=book, by=None, category=snacks, month=Month(2026, 12), amount=Decimal("30.00"))
    factories.make_txn(account, "25.00", snacks, "2026-12-31")
    factories.make_txn(account, "5.00", food, "2026-12-01")
    factories.make_txn(account, "20.00", snacks, "2026-11-30")
    factories.make_txn(account, "70.00", rent, "2026-12-05", "Landlord")
    factories.make_txn(account, "9.00", rent, "2027-01-01", "Next year")

    page = words(reader.get("/reports/month/2026-12/"))

    assert "In December 2026 you spent 100.00. That is 80.00 more than in November." in page
    assert "Rent 1 70.00 70% −70.00 0.00 +70.00 Food 2 30.00 30% 30.00 0.00 20.00 +10.00" in page
    assert "Snacks 1 25.00 25% 30.00 5.00 20.00 +5.00 Food, not divided 1 5.00 5% 0.00 +5.00" in page
    assert "All 3 100.00 30.00 −70.00 20.00 +80.00" in page
    assert "Largest expenses More Landlord" in page


def test_report_keeps_income_and_other_currencies_apart(reader, account, food):
    """R003-14, R003-28: spending is shown positive."""
    book = account.book
    pay = factories.make_category(book, "Pay", is_income=True)
    abroad = factories.make_account(book, "Abroad", currency="USD")
    factories.make_txn(account, "40.00", food, "2026-11-02")
    factories.make_txn(account, "-100.00", pay, "2026-11-01", "Salary")
    factories.make_txn(abroad, "7.00", food, "2026-11-03")

    page = words(reader.get("/reports/month/2026-11/"))

    assert "you earned 100.00 and spent 40.00, so you kept 60.00, 60.0% of it." in page
    assert "Pay 1 +100.00 100% 0.00 +100.00" in page
    assert "In other currencies not part of the sums above Category Count Amount Food 1 7.00 USD" in page


def test_summary_as_csv_has_plain_amounts(reader, account, food):
    factories.make_txn(account, "1234.50", food, "2026-11-02")
    factories.make_txn(account, "-3.00", factories.make_category(account.book, "=A1+1"), "2026-11-02")

    response = reader.get("/reports/month/2026-11/summary.csv")

    assert response.content.decode().splitlines() == [
        "category,count,total,currency",
        "Food,1,1234.50,EUR",
        "'=A1+1,1,-3.00,EUR",
    ]


@pytest.mark.parametrize("limit", ["0", "101", "-1", "ten", "1.5", "", "²", "9" * 30])
def test_top_refuses_a_limit_that_is_none(reader, account, limit):
    response = reader.get("/reports/top/", {"limit": limit})

    assert response.status_code == 422
    assert "Choose a whole number from 1 to 100." in response.content.decode()


def test_top_shows_the_ten_largest_or_as_many_as_asked(reader, account, food):
    """R001-13: ten by default."""
    for amount in range(1, 13):
        factories.make_txn(account, f"{amount}.00", food, "2026-11-02", f"Row {amount}.")
    factories.make_txn(account, "99.00", food, "2026-10-02", "October row.")

    assert words(reader.get("/reports/top/")).count("Row ") == 9
    assert words(reader.get("/reports/top/?month=2026-11")).count("Row ") == 10
    assert words(reader.get("/reports/top/?limit=1")).count("October row.") == 1
    assert words(reader.get("/reports/top/?limit=100")).count("Row ") == 12


def test_all_categories_are_shown_with_their_rows_and_without(reader, account, food, rent):
    """R001-12: empty ones too."""
    factories.make_txn(account, "12.50", food, "2026-11-20", "Dinner")
    factories.make_txn(account, "2.00", None, "2026-11-20", "Unfiled")

    page = words(reader.get("/reports/categories/"))

    assert "Food 1 expense 12.50 Date Payee Account Amount 2026-11-20 Dinner Everyday 12.50" in page
    assert "No category 1 expense 2.00" in page
    assert "Without expenses Rent 0 expenses 0.00" in page


def test_of_a_large_category_the_newest_rows_are_shown_and_all_are_counted(reader, account, food, rent):
    rows = [(account.pk, food.pk, f"2026-11-{1 + n // 10:02}", 1000, f"row {n:03}.") for n in range(250)]
    rows += [(account.pk, rent.pk, "2026-11-01", 5000, f"rent {n}.") for n in range(10)]
    with history.change(account.book, None, "Filled", kind="test.fill") as change:
        change.create_many(Transaction, FIELDS, rows)

    for url in ("/reports/categories/", "/reports/categories/?month=2026-11"):
        page = words(reader.get(url))
        assert "Food 250 expenses 250.00" in page
        assert [f"row {n:03}." in page for n in (249, 240, 239, 0)] == [True, True, False, False]
        assert page.count("rent ") == 10
        assert "The newest 10 are shown. Show all 250 expenses" in page


def test_pages_cost_the_same_whatever_the_rows_and_categories(reader, book, django_assert_num_queries):
    """R000-3, R002-30: no statement per row or category."""
    ledger = open_ledger(book)
    parents = (None, factories.make_category(book, "Above"))
    for rows, categories in ((1, 0), (3, 3), (300, 30)):
        for number in range(categories):
            added = factories.make_category(book, f"C{rows} {number}", parent=parents[number % 2])
            ledger.categories.insert(1, added)
        fill(ledger, rows, rows)
        factories.make_txn(ledger.accounts[0], "1.00", ledger.categories[1], "2024-01-02")
        for url, queries in QUERIES.items():
            reader.get(url)
            with django_assert_num_queries(queries):
                assert reader.get(url).status_code == 200


def test_viewer_sees_the_figures_and_no_writing(client, account, food):
    viewer = factories.make_user()
    factories.make_member(account.book, viewer, "viewer")
    factories.make_txn(account, "12.50", food, "2026-11-20")
    client.force_login(viewer)

    page = client.get("/?month=2026-11").content.decode()

    assert "You can view this book" in page
    assert "12.50 in total" in page
    assert "Set budgets" not in page
