"""The report of a year and of its payees: equal to plain Python over the rows, each figure a link to its own."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date
from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from django.db import connection

from budget.books.models import Book
from budget.ledger.directory import directory
from budget.ledger.models import Transaction
from budget.ledger.search import read as read_search
from budget.recount.models import MonthRecount
from budget.reports.flows import flows
from budget.reports.pages.year import _asked
from budget.reports.payees import payees
from budget.reports.yearly import Year, YearLine, year
from budget.tests import factories
from budget.tests.reports.ledgers import fill, open_ledger
from budget.tests.reports.test_overview import words
from budget.tests.reports.test_trend import SIDES, TOPS, links_of, plain

COSTS = {"/reports/year/2024/": 6, "/reports/merchants/?range=24": 5}
"""Statements, with those of session, person and membership; payees are known from the request before."""


@pytest.fixture(autouse=True)
def _in_2025(monkeypatch: pytest.MonkeyPatch):
    for page in ("pages.trend", "pages.merchants", "pages.year", "pages.shared", "links"):
        monkeypatch.setattr(f"budget.reports.{page}.today", lambda: date(2025, 1, 10))


def year_of(book: Book, number: str) -> Year:
    asked = _asked(number)
    assert asked is not None
    return year(flows(book, directory(book), asked), asked.span, asked.compared)


def leaves(lines: list[YearLine]) -> dict[str, Decimal]:
    found = {}
    for line in lines:
        for each in line.parts or (line,):
            if each.count:
                found[each.category.name if each.category else ""] = each.total
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_year_is_what_its_rows_add_up_to(book, seed):
    """R000-48: each category, each group, income, spending and net, to the last digit; the year before beside it."""
    fill(open_ledger(book), 150, seed)
    months = plain(book)

    for number in ("2023", "2024", "2025"):
        income: dict[str, Decimal] = defaultdict(Decimal)
        spent: dict[str, Decimal] = defaultdict(Decimal)
        tops: dict[str, Decimal] = defaultdict(Decimal)
        for month, sums in months.items():
            for name, amount in sums.items():
                if month[:4] != number:
                    continue
                if name in SIDES or (not name and amount < 0):
                    income[name] -= amount
                else:
                    spent[name] += amount
                    tops[TOPS[name]] += amount
        found = year_of(book, number)
        assert leaves(list(found.income)) == income
        assert leaves(list(found.spending)) == spent
        assert {str(line.category or ""): line.total for line in found.spending if line.count} == tops
        assert (found.earned, found.spent) == (sum(income.values()), sum(spent.values()))
        assert found.net == sum(income.values()) - sum(spent.values())
    before = {str(line.category or ""): line.total for line in year_of(book, "2023").spending}
    here = {str(line.category or ""): line.before for line in year_of(book, "2024").spending}
    assert {name: amount for name, amount in here.items() if amount} == before


@pytest.mark.parametrize("url", ["/reports/year/2024/", "/reports/merchants/?range=2024"])
def test_every_figure_opens_exactly_its_rows(reader, book, url):
    """R000-48: each line with its rows."""
    ledger = open_ledger(book)
    fill(ledger, 150, 2)
    names = directory(book)

    shown = links_of(reader.get(url).content.decode())

    assert len(shown) > 5
    for href, text in shown:
        search = read_search(dict(parse_qsl(href.split("?")[1])), names, currency=book.currency, path="/")
        assert search.errors == {}
        rows = search.of(book, names).exclude(account=ledger.accounts[2])
        amount = Decimal(text.replace("−", "-").replace(",", "").replace("+", ""))
        assert abs(sum(row.amount for row in rows)) == abs(amount), href


@pytest.mark.parametrize("number", ["0000", "1899", "2201", "99999", "²²²²", "-2024", "20", "foo"])
def test_what_is_no_year_is_no_page(reader, account, number):
    """S25."""
    for path in (f"/reports/year/{number}/", f"/reports/year/{number}/year.csv"):
        response = reader.get(path)
        assert (response.status_code, "from 1900 to 2200" in response.content.decode()) == (404, True)


@pytest.mark.parametrize("number", ["1900", "2200"])
def test_the_first_and_the_last_year_are_shown(reader, account, number):
    assert reader.get(f"/reports/year/{number}/").status_code == 200


def test_year_as_csv(reader, account, food):
    factories.make_txn(account, "12.50", food, "2024-12-05")
    factories.make_txn(account, "1.00", factories.make_category(account.book, "Snacks", parent=food), "2023-12-05")

    response = reader.get("/reports/year/2024/year.csv")

    assert list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig")))) == [
        ["Side", "Category", "Subcategory", "Count", "Total", "Year before", "Currency"],
        ["Spending", "Food", "", "1", "12.50", "0.00", "EUR"],
        ["Spending", "Food", "Snacks", "0", "0.00", "1.00", "EUR"],
    ]


def test_a_year_without_a_month_that_is_held_back(reader, account, food):
    factories.make_txn(account, "12.50", food, "2024-11-05")
    factories.make_txn(account, "7.00", food, "2024-12-05")
    MonthRecount.objects.create(book=account.book, month=date(2024, 12, 1), status="blocked")

    page = words(reader.get("/reports/year/2024/"))
    people = words(reader.get("/reports/merchants/?range=2024"))

    assert "In 2024 you spent 12.50." in page
    assert "Without December 2024, held back until both counts agree." in page
    assert "1 payee got 12.50 in 1 expense." in people
    assert "Largest expenses" not in page
    for table in ("year/2024/year", "trend/trend", "merchants/payees", f"category/{food.pk}/category"):
        refused = reader.get(f"/reports/{table}.csv?range=2024")
        assert (refused.status_code, "December 2024 are held back" in refused.content.decode()) == (409, True)


@pytest.mark.parametrize("seed", range(3))
def test_payees_are_what_their_rows_add_up_to(book, seed):
    """All expenses of the months that are asked for, gaps among them."""
    fill(open_ledger(book), 150, seed)
    asked = _asked("2024")
    assert asked is not None
    months = [month for month in asked.span.months if month.month != 2]
    rows = [
        row
        for row in Transaction.objects.of(book).select_related("account", "category")
        if not row.is_transfer and row.account.currency == "EUR" and not (row.category and row.category.is_income)
        if row.date.year == 2024 and row.date.month != 2
    ]

    found = payees(book, asked, months)

    assert (found.payees, found.many) == (len({row.title for row in rows}), len(rows))
    assert found.total == sum(row.amount for row in rows)
    assert [each.total for each in found.rows] == sorted((row.amount for row in rows), reverse=True)[:100]


def test_a_payees_rows_are_one_line(reader, account, food):
    for amount, day in (("1.00", "2024-12-05"), ("2.00", "2024-12-07"), ("4.00", "2024-11-05")):
        factories.make_txn(account, amount, food, day, "Bakery <b>")
    factories.make_txn(account, "9.00", food, "2024-12-05", "Bakery <b> two")

    page = words(reader.get("/reports/merchants/?range=2024"))

    assert "Bakery <b> 3 7.00 2.33 Sat 7 Dec 2024" in page
    assert "All 4 16.00 4.00" in page


def test_altered_rows_are_not_kept_as_payees(book, account, food):
    """What somebody altered behind the application's back is not shown once that is mended."""
    row = factories.make_txn(account, "5.00", food, "2024-12-05")
    asked = _asked("2024")
    assert asked is not None
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_transaction SET payee = 'Other' WHERE id = %s", [row.pk])
        assert payees(book, asked, asked.span.months, sure=Decimal("6.00")).rows[0].title == "Other"
        cursor.execute("UPDATE budget_transaction SET payee = '' WHERE id = %s", [row.pk])
    assert payees(book, asked, asked.span.months, sure=Decimal("5.00")).rows[0].title == row.description


@pytest.mark.parametrize("query", ["range=all", "range=foo", "account=0"])
def test_payees_of_no_range_are_refused_in_words(reader, account, query):
    """S25: the rows of all time are not counted one by one."""
    assert reader.get(f"/reports/merchants/?{query}").status_code == 422
    assert reader.get(f"/reports/merchants/payees.csv?{query}").status_code == 422


@pytest.mark.parametrize("url", ["/reports/merchants/", "/reports/year/2024/"])
def test_an_empty_book_says_so(reader, book, url):
    assert "in EUR" in words(reader.get(url))


def test_reports_cost_the_same_whatever_the_rows(reader, book, django_assert_num_queries):
    """R000-3, R002-30."""
    ledger = open_ledger(book)
    for rows in (1, 3, 300):
        fill(ledger, rows, rows)
        for url, queries in COSTS.items():
            reader.get(url)
            with django_assert_num_queries(queries):
                assert reader.get(url).status_code == 200
