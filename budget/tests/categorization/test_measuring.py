"""How good the proposals would have been: learned from older rows, asked about newer ones."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from budget import history
from budget.books.models import Book
from budget.categorization import operations
from budget.categorization.engine import Engine
from budget.categorization.measuring import measure
from budget.categorization.models import TrainedModel
from budget.history import change
from budget.ledger.models import Account, Category, Status, Transaction
from budget.tests.factories import make_txn

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_years(account: Account, food: Category, rent: Category) -> None:
    """Three bakeries and a landlord in 2025; in 2026 one bakery is corrected once, and a new one opens."""
    for month in range(1, 13):
        for payee in ("Corner Bakery", "Old Mill Bakery", "North Bakery"):
            make_txn(account, "6.20", food, f"2025-{month:02}-10", payee, payee=payee)
        make_txn(account, "900.00", rent, f"2025-{month:02}-01", "Riverside Homes", payee="Riverside Homes")
    for payee, category in (("Corner Bakery", food), ("Old Mill Bakery", rent), ("Harbour Bakery", food)):
        make_txn(account, "6.20", category, "2026-02-01", payee, payee=payee)
    make_txn(account, "11.00", food, "2026-02-02", "Nobody Knows", payee="Nobody Knows")


def test_measure_compares_proposals_with_what_was_decided(book: Book, two_years: None) -> None:
    """R003-30: accuracy per tier, coverage, calibration; nothing is written."""
    before = history.digest(book)

    found = measure(book, date(2026, 1, 1))

    assert (found["learned_from"], found["tiers"]["rows"], found["tiers"]["coverage"]) == (48, 4, 0.75)
    assert {tier: (r["proposed"], r["right"]) for tier, r in found["tiers"]["tiers"].items()} == {
        "merchant_map": (2, 1),
        "ai": (1, 1),
    }
    assert found["tiers"]["filed_without_asking"]["proposed"] == 2
    assert found["tiers"]["of_new_merchants"] == {**found["tiers"]["tiers"]["ai"]}
    assert (history.digest(book), TrainedModel.objects.count()) == (before, 0)


def test_command_says_it_to_people_and_machines(book: Book, two_years: None) -> None:
    said, told = StringIO(), StringIO()

    call_command("categorization_report", "--book", str(book.pk), "--since", "2026-01-01", stdout=said)
    call_command("categorization_report", "--since", "2026-01-01", "--json", stdout=told)

    assert "learned from 48 rows, asked about 4 from 2026-01-01 on" in said.getvalue()
    assert list(json.loads(told.getvalue())) == [f"Household ({book.pk})"]


def test_command_of_an_empty_book_and_of_no_date(book: Book) -> None:
    said = StringIO()

    call_command("categorization_report", "--book", str(book.pk), stdout=said)

    assert "asked about 0" in said.getvalue()
    with pytest.raises(CommandError, match="is no date"):
        call_command("categorization_report", "--since", "soon")


def test_less_is_asked_from_month_to_month(book: Book, account: Account, food: Category, rent: Category) -> None:
    """R003-53: what a person confirms need not be confirmed for ever."""
    asked = []
    for month in range(1, 7):
        rows = [
            make_txn(account, "6.20", None, f"2026-{month:02}-{day:02}", text, status=Status.PENDING_REVIEW)
            for day, text in enumerate(("CORNER BAKERY 12", "RIVERSIDE HOMES", "CITY TRAM 0815") * 2, 1)
        ]
        operations.run_rules(book, by=None)
        waiting = Transaction.objects.filter(pk__in=[row.pk for row in rows], status=Status.PENDING_REVIEW)
        asked.append(waiting.count())
        with change(book, None, "Confirmed", kind="review.accept") as open_change:
            for txn in waiting:
                chosen = rent if "HOMES" in txn.description else food
                open_change.update(txn, category=chosen, status=Status.CONFIRMED)
                operations.learn(open_change, [txn], chosen)

    assert asked == [6, 6, 0, 0, 0, 0]
    assert Engine(book).known.confirmations_needed == 3
