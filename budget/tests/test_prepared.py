"""Statements that are written once answer what Django's own queries answer."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import BigIntegerField, DateField, Value
from django.test.utils import CaptureQueriesContext

from budget.envelopes import facts
from budget.envelopes.operations import set_budget
from budget.ledger.models import Rollover, Transaction
from budget.ledger.operations import change_category
from budget.ledger.queries import top_expenses
from budget.months import Month
from budget.prepared import ANY_BOOK, Prepared
from budget.reports.queries import LISTED, ListedTxn, largest, newest
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


@pytest.mark.parametrize("month", [None, JANUARY])
def test_largest_are_the_top_expenses(filled, month):
    expected = [ListedTxn(*row) for row in top_expenses(filled, 3, month).values_list(*LISTED)]

    assert largest(filled, 3, month) == expected
    assert expected


def test_newest_are_what_the_orm_reads(filled):
    rows = Transaction.objects.of(filled).filter(date__lt=JANUARY.end).order_by("-date", "-pk")

    assert newest(filled, 5, until=JANUARY) == [ListedTxn(*row) for row in rows.values_list(*LISTED)[:5]]


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
