"""Net worth through time, the calendar and the way to all reports: equal to plain Python over the rows."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qsl

import pytest

from budget.books.models import Book
from budget.ledger.directory import directory
from budget.ledger.models import Account, Transaction
from budget.ledger.search import read as read_search
from budget.months import Month
from budget.recount.models import MonthRecount
from budget.reports.networth import Worth, worth
from budget.reports.pages.calendar import days_of
from budget.reports.spans import read_asked
from budget.tests import factories
from budget.tests.reports.ledgers import fill, open_ledger
from budget.tests.reports.test_overview import words
from budget.tests.reports.test_trend import links_of

COSTS = {"/reports/net-worth/?range=24": 5, "/reports/calendar/2024-02/": 7, "/reports/": 4}
"""Statements, with those of session, person and membership; the calendar's include the month's recount."""


@pytest.fixture(autouse=True)
def _in_2025(monkeypatch: pytest.MonkeyPatch):
    for page in ("pages.networth", "pages.calendar", "pages.index", "pages.shared", "links"):
        monkeypatch.setattr(f"budget.reports.{page}.today", lambda: date(2025, 1, 10))


def worth_of(book: Book, **params: str) -> Worth:
    names = directory(book, balances=True)
    return worth(book, names, read_asked(params, names, path="/", now=Month(2025, 1)))


@pytest.mark.parametrize("seed", range(4))
def test_net_worth_is_what_the_rows_add_up_to(book, seed):
    """R002-10: of all accounts in the book's currency, and each account in its own, transfers among the rows."""
    ledger = open_ledger(book)
    factories.make_account(book, "Old", opening_balance=Decimal("1234.50"))
    fill(ledger, 150, seed)
    rows = list(Transaction.objects.of(book))
    first = Month.of(min(row.date for row in rows))
    accounts = {account.pk: account for account in Account.objects.of(book)}

    def held_by(pk: int, month: Month) -> Decimal:
        return accounts[pk].opening_balance - sum(
            (row.amount for row in rows if row.account_id == pk and row.date < month.end), Decimal(0)
        )

    for asked in ("6", "24", "2024", "all"):
        found = worth_of(book, range=asked)
        own = [pk for pk, account in accounts.items() if account.currency == "EUR"]
        assert found.values == tuple(
            sum(held_by(pk, month) for pk in own) if month >= first else None for month in found.months
        )
        for line in (*found.own, *found.foreign):
            assert line.end == held_by(line.account.pk, found.months[-1])
            assert line.start == held_by(line.account.pk, found.months[0].previous)
        assert found.end == sum(held_by(pk, found.months[-1]) for pk in own)
        assert {line.account.currency for line in found.foreign} == {"USD"}


def test_a_change_of_net_worth_opens_its_rows(reader, book):
    """R002-4: the rows of the range behind the change, those up to its end behind the balance."""
    ledger = open_ledger(book)
    fill(ledger, 150, 2)
    names = directory(book)

    shown = links_of(reader.get("/reports/net-worth/?range=2024").content.decode())

    assert len(shown) == 6
    for href, text in shown:
        asked = dict(parse_qsl(href.split("?")[1]))
        rows = read_search(asked, names, currency=book.currency, path="/").of(book, names)
        amount = Decimal(text.replace("−", "-").replace(",", "").replace("+", ""))
        assert -sum(row.amount for row in rows) == amount


def test_net_worth_is_held_back_from_a_month_on(reader, account, food):
    for day in ("2024-11-05", "2024-12-05", "2025-01-05"):
        factories.make_txn(account, "10.00", food, day)
    MonthRecount.objects.create(book=account.book, month=date(2024, 12, 1), status="blocked")

    page = words(reader.get("/reports/net-worth/?range=3"))

    assert "Held back from December 2024 on, until both counts agree." in page
    assert "−30.00" not in page
    assert worth_of(account.book, range="3").values == (Decimal("-10.00"), None, None)
    assert reader.get("/reports/net-worth/net-worth.csv?range=3").status_code == 409


@pytest.mark.parametrize("seed", range(3))
def test_days_are_what_their_rows_add_up_to(reader, book, seed):
    """Each day's expenses, and the link that opens them."""
    ledger = open_ledger(book)
    fill(ledger, 150, seed)
    names, month = directory(book), Month(2024, 2)
    found: dict[date, list[Decimal]] = defaultdict(list)
    for row in Transaction.objects.of(book).select_related("account", "category"):
        is_expense = not row.is_transfer and not (row.category and row.category.is_income)
        if row.date in month and row.account.currency == "EUR" and is_expense:
            found[row.date].append(row.amount)

    assert days_of(book, month) == {day: (len(amounts), sum(amounts)) for day, amounts in found.items()}
    page = reader.get("/reports/calendar/2024-02/").content.decode()
    cells = re.findall(r'<a class="stop" href="([^"]*)"', page)
    assert len(cells) == 29
    for number, href in enumerate(cells, 1):
        asked = dict(parse_qsl(unescape(href).split("?")[1]))
        rows = read_search(asked, names, currency=book.currency, path="/").of(book, names)
        day = date(2024, 2, number)
        assert sum(row.amount for row in rows.exclude(account=ledger.accounts[2])) == sum(found[day])


@pytest.mark.parametrize("month", ["0000-00", "2024-13", "1899-12", "99999-01", "foo", "2024-1"])
def test_what_is_no_month_is_no_page(reader, account, month):
    """S25."""
    for path in (f"/reports/calendar/{month}/", f"/reports/calendar/{month}/days.csv"):
        response = reader.get(path)
        assert (response.status_code, "is not a month" in response.content.decode()) == (404, True)


@pytest.mark.parametrize("month", ["1900-01", "2200-12"])
def test_the_first_and_the_last_month_are_shown(reader, account, month):
    assert reader.get(f"/reports/calendar/{month}/").status_code == 200


def test_a_month_held_back_shows_no_day(reader, account, food):
    factories.make_txn(account, "12.34", food, "2024-12-05")
    MonthRecount.objects.create(book=account.book, month=date(2024, 12, 1), status="blocked")

    page = words(reader.get("/reports/calendar/2024-12/"))

    assert "The days of December 2024 are held back" in page
    assert "12.34" not in page


@pytest.mark.parametrize("query", ["range=foo", "range=99999"])
def test_what_is_no_range_is_refused_in_words(reader, account, query):
    assert reader.get(f"/reports/net-worth/?{query}").status_code == 422
    assert reader.get(f"/reports/net-worth/net-worth.csv?{query}").status_code == 422


def test_index_leads_to_every_report(reader, account):
    """One click to each question."""
    page = reader.get("/reports/").content.decode()

    hrefs = re.findall(r'<li class="card"><a href="([^"]*)"', page)
    assert len(hrefs) == 8
    assert [reader.get(href).status_code for href in hrefs] == [200] * 8


@pytest.mark.parametrize("url", ["/reports/net-worth/", "/reports/calendar/2024-02/", "/reports/"])
def test_an_empty_book_has_them_too(reader, book, url):
    assert reader.get(url).status_code == 200


def test_reports_cost_the_same_whatever_the_rows(reader, book, django_assert_num_queries):
    """R000-3, R002-30."""
    ledger = open_ledger(book)
    for rows in (1, 3, 300):
        fill(ledger, rows, rows)
        for url, queries in COSTS.items():
            reader.get(url)
            with django_assert_num_queries(queries):
                assert reader.get(url).status_code == 200
