"""Statements that are written once answer what Django's own queries answer."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import BigIntegerField, DateField, Value
from django.test.utils import CaptureQueriesContext

from budget.envelopes import facts
from budget.envelopes.facts import month_facts
from budget.envelopes.operations import set_budget
from budget.ledger import operations
from budget.ledger.models import Rollover, Transaction
from budget.ledger.operations import change_category
from budget.ledger.queries import top_expenses
from budget.months import Month
from budget.prepared import ANY_BOOK, Prepared
from budget.reports import queries
from budget.reports.dashboard import dashboard
from budget.reports.queries import LISTED, ListedTxn, largest
from budget.tests import factories

JANUARY = Month(2024, 1)


@pytest.fixture
def filled(account, food):
    """A book with three months, a plan, a category that carries over, one below it, income, and rows without any."""
    book = account.book
    change_category(food, by=None, rollover=Rollover.BOTH)
    snacks = factories.make_category(book, "Snacks", parent=food)
    salary = factories.make_category(book, "Salary", is_income=True)
    for month in (Month(2023, 6), Month(2023, 12), JANUARY, Month(2024, 2)):
        for category, amount in ((food, "12.50"), (snacks, "-3.50"), (salary, "-900.00"), (None, "4.00")):
            factories.make_txn(account, amount, category, str(month.first))
        set_budget(book=book, by=None, category=food, month=month, amount=Decimal("40.00"))
        set_budget(book=book, by=None, category=snacks, month=month, amount=Decimal("7.00"))
    return book


def test_facts_are_what_the_orm_reads(filled, monkeypatch):
    values = {"book": filled.pk, "since": Month(2023, 11).first, "end": JANUARY.end}
    read = facts.FACTS.read(**values)

    monkeypatch.setattr(facts, "_BOOK", Value(filled.pk, BigIntegerField()))
    monkeypatch.setattr(facts, "_SINCE", Value(values["since"], DateField()))
    monkeypatch.setattr(facts, "_END", Value(values["end"], DateField()))

    assert sorted(map(repr, map(tuple, read))) == sorted(map(repr, facts._facts()))
    assert len(read) > 10


@pytest.mark.parametrize("walked", [1, 3, 4, 6, 1000])
@pytest.mark.parametrize("limit", [1, 3, 50])
def test_largest_of_a_month_are_the_same_however_few_of_the_book_are_looked_at(filled, monkeypatch, walked, limit):
    category = factories.make_category(filled, "Home")
    account, savings = factories.make_account(filled, "Second"), factories.make_account(filled, "Savings")
    abroad = factories.make_account(filled, "Abroad", currency="USD")
    for amount, day in (("90.00", 3), ("90.00", 4), ("12.50", 31), ("500.00", 1)):
        factories.make_txn(account, amount, category, f"2024-01-{day:02}")
    factories.make_txn(abroad, "700.00", category, "2024-01-09")
    factories.make_txn(account, "800.00", factories.make_category(filled, "Pay", is_income=True), "2024-01-09")
    operations.transfer_between_accounts(
        book=filled, by=None, source=account, target=savings, amount=Decimal(600), date=date(2024, 1, 9)
    )
    monkeypatch.setattr(queries, "WALKED", walked)
    queries._largest.cache_clear()

    found = largest(filled, limit, JANUARY)

    expected = ["500.00", "90.00", "90.00", "12.50", "12.50", "4.00"][:limit]
    assert [str(row.amount) for row in found] == expected
    assert found == [ListedTxn(*row) for row in top_expenses(filled, limit, JANUARY).values_list(*LISTED)]
    queries._largest.cache_clear()


@pytest.mark.parametrize("month", [None, JANUARY])
def test_largest_are_the_top_expenses(filled, month):
    expected = [ListedTxn(*row) for row in top_expenses(filled, 3, month).values_list(*LISTED)]

    assert largest(filled, 3, month) == expected
    assert expected


def test_newest_are_what_the_orm_reads(filled):
    rows = Transaction.objects.of(filled).filter(date__lt=JANUARY.end).order_by("-date", "-pk")

    found = dashboard(filled, month_facts(filled, JANUARY), shown=JANUARY, until=JANUARY)

    assert found.newest == [ListedTxn(*row) for row in rows.values_list(*LISTED)[:5]]


def test_each_reading_has_its_own_values_and_is_written_once(filled):
    written = []

    def rows():
        written.append(1)
        return Transaction.objects.of(ANY_BOOK).values_list("pk")

    prepared = Prepared(rows)

    assert len(prepared.read(book=filled.pk)) == 16
    assert prepared.read(book=factories.make_book(factories.make_user()).pk) == []
    assert written == [1]


def test_values_are_bound_and_never_part_of_the_text(filled):
    with CaptureQueriesContext(connection) as queries:
        facts.month_facts(filled, JANUARY)

    assert len(queries) == 1
    assert str(JANUARY.end) not in facts.FACTS._written[connection.vendor].sql


HOSTILE = """<b>&"'"""


@pytest.mark.parametrize(
    "address", ["/?month=2024-01&parts=1", "/reports/month/2024-01/", "/reports/top/", "/budgets/2024-01/"]
)
def test_names_are_escaped_where_rows_are_drawn_as_text(client, owner, account, address):
    category = factories.make_category(account.book, HOSTILE)
    factories.make_txn(account, "12.50", category, "2024-01-05", HOSTILE)
    set_budget(book=account.book, by=None, category=category, month=JANUARY, amount=Decimal("5.00"))
    client.force_login(owner)

    page = client.get(address).content.decode()

    assert HOSTILE not in page
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;&quot;&#x27;" in page
