"""The sample books: whole, the same for everybody, made once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from budget import history
from budget.books.models import Book
from budget.demo import household, loading
from budget.demo.habits import HABITS, STANDING
from budget.envelopes import queries as plan_queries
from budget.ledger import totals
from budget.ledger.models import AccountTransfer, Transaction
from budget.ledger.queries import accounts_with_balance
from budget.ledger.taxonomy import seed_standard_categories
from budget.months import Month
from budget.reports import queries
from budget.users.models import User

TODAY = date(2026, 11, 20)


@pytest.fixture
def demo(db: None) -> loading.Demo:
    seed_standard_categories()
    return loading.load(TODAY)


def test_household_is_the_same_for_the_same_day() -> None:
    """R000-31: nothing in it is left to chance."""
    assert household.household(TODAY) == household.household(TODAY)


def test_household_ends_today_and_begins_three_years_before() -> None:
    rows, moves = household.household(TODAY)

    assert (rows[0].date, max(row.date for row in rows)) == (date(2023, 12, 1), TODAY)
    assert all(move.cents > 0 and move.date <= TODAY for move in moves)
    assert 3000 < len(rows) < 4000


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2026, 1, 1), date(2026, 12, 31)])
def test_household_can_be_made_on_any_day(today: date) -> None:
    rows, _ = household.household(today)

    assert max(row.date for row in rows) <= today
    assert min(abs(row.cents) for row in rows) > 0


def test_household_has_what_a_real_one_has() -> None:
    rows, moves = household.household(TODAY)

    film = [row.cents for row in rows if row.payee == "Film Stream"]
    assert sorted(set(film)) == [1299, 1599]
    assert {row.category for row in rows} - {""} == {h.category for h in HABITS} | {s.category for s in STANDING} | {
        "Car Repair",
        "Fines",
    }
    assert sum(row.category == "" for row in rows) == 9
    assert any(row.cents < 0 and row.category == "Clothing" for row in rows)
    assert {(move.source, move.target) for move in moves} == {
        ("Everyday Account", "Credit Card"),
        ("Everyday Account", "Wallet"),
        ("Everyday Account", "Rainy Day Savings"),
        ("Rainy Day Savings", "Everyday Account"),
    }


def test_demo_records_exactly_the_household(demo: loading.Demo) -> None:
    book = demo.books[0]
    rows, moves = household.household(TODAY)

    recorded = Transaction.objects.of(book)
    assert recorded.filter(is_transfer=False).count() == len(rows) + 1  # one was entered by hand
    assert AccountTransfer.objects.of(book).count() == len(moves)
    expected = loading._euros(sum(row.cents for row in rows)) + Decimal("6.80")
    assert sum(txn.amount for txn in recorded) == expected
    assert {account.name: account.balance > 0 for account in accounts_with_balance(book)} == {
        "Everyday Account": True,
        "Rainy Day Savings": True,
        "Credit Card": False,
        "Wallet": True,
    }


def test_demo_is_whole(demo: loading.Demo) -> None:
    for book in demo.books:
        assert history.verify(Book.objects.get(pk=book.pk)).problem == ""
        assert totals.differences(book) == []
    assert [book.version for book in Book.objects.order_by("pk")] == [15, 2]


def test_demo_has_an_overspent_month_and_a_plan(demo: loading.Demo) -> None:
    book, month = demo.books[0], Month(2026, 10)

    figures = queries.figures(queries.category_totals(book, month), book.currency)
    lines = {str(line.category): line for line in plan_queries.plan(book, month)}

    assert figures.kept < 0
    assert lines["Car Repair"].available < 0
    assert lines["Restaurant"].allocated == Decimal(260)
    assert lines["Home Repair"].rollover > 0


def test_second_load_changes_nothing(demo: loading.Demo) -> None:
    """R003-79: what is there stays."""
    before = [history.digest(book) for book in demo.books]

    again = loading.load(date(2026, 12, 24))

    assert (again.is_new, again.books) == (False, demo.books)
    assert [history.digest(book) for book in again.books] == before


def test_load_demo_says_how_to_sign_in(demo: loading.Demo) -> None:
    said = StringIO()

    call_command("load_demo", stdout=said)

    rows = [Transaction.objects.of(book).count() for book in demo.books]
    assert said.getvalue().splitlines() == [
        "User      demo@example.org",
        "Password  three sample years",
        f"Books     Household: {rows[0]:,} transactions in EUR",
        f"          Mountain Cabin: {rows[1]:,} transactions in CHF",
    ]
    assert User.objects.get().check_password(loading.PASSWORD)


def test_a_failure_halfway_leaves_nothing(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    seed_standard_categories()

    def fail(*args: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(loading, "_cabin", fail)
    with pytest.raises(ConnectionError):
        loading.load(TODAY)

    assert (User.objects.count(), Book.objects.count(), Transaction.objects.count()) == (0, 0, 0)
    connection.check_constraints()
