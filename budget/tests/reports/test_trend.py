"""The trend and the report of a category: equal to plain Python over the rows, each figure a link to its own."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from datetime import date
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qsl

import pytest

from budget.books.models import Book
from budget.ledger.directory import directory
from budget.ledger.models import Category, Transaction
from budget.ledger.search import read as read_search
from budget.months import Month
from budget.recount.models import MonthRecount
from budget.reports.categories import find, months_of, parts_of
from budget.reports.flows import flows
from budget.reports.payees import payees
from budget.reports.spans import Asked, Span, read_asked
from budget.reports.trend import savings_rate, trend
from budget.tests import factories
from budget.tests.reports.ledgers import fill, open_ledger
from budget.tests.reports.test_overview import words

NOW = Month(2025, 1)
COSTS = {
    "/reports/trend/?range=24": 5,
    "/reports/trend/?range=6&compare=year": 5,
    "/reports/category/{food}/?range=24": 6,
    "/reports/category/none/?range=24": 6,
}
"""Statements, with those of session, person and membership; one more where payees were not read before."""


@pytest.fixture(autouse=True)
def _in_2025(monkeypatch: pytest.MonkeyPatch):
    for page in ("trend", "category", "shared"):
        monkeypatch.setattr(f"budget.reports.pages.{page}.today", lambda: date(2025, 1, 10))


def asked_of(book: Book, **params: str) -> Asked:
    return read_asked(params, directory(book), path="/reports/trend/", now=NOW)


def plain(book: Book, account: int | None = None) -> dict[str, dict[str, Decimal]]:
    """By month: what each category's rows add up to, in euros or on one account, with no database at work."""
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row in Transaction.objects.of(book).select_related("account", "category"):
        if row.is_transfer or (row.account_id != account if account else row.account.currency != "EUR"):
            continue
        found[row.date.isoformat()[:7]][row.category.name if row.category else ""] += row.amount
    return found


SIDES = {"Pay": "Pay", "Bonus": "Pay"}
TOPS = {"Food": "Food", "Groceries": "Food", "Coffee": "Food", "Rent": "Rent", "": ""}


def sums_of(months: dict[str, dict[str, Decimal]], span: Span) -> tuple[Decimal, Decimal, dict[str, Decimal]]:
    income = spent = Decimal(0)
    by_top: dict[str, Decimal] = defaultdict(Decimal)
    for month in map(str, span.months):
        for name, amount in months.get(month, {}).items():
            if name in SIDES or (not name and amount < 0):
                income -= amount
            else:
                spent += amount
                by_top[TOPS[name]] += amount
    return income, spent, by_top


@pytest.mark.parametrize("seed", range(4))
def test_trend_is_what_the_rows_add_up_to(book, seed):
    """R001-32, R002-10: every range, comparison and account, to the last digit."""
    ledger = open_ledger(book)
    fill(ledger, 150, seed)
    for account in (None, ledger.accounts[1], ledger.accounts[2]):
        rows = plain(book, account.pk if account else None)
        for given in ({"range": "3"}, {"compare": "previous"}, {"range": "2024", "compare": "year"}, {"range": "all"}):
            asked = asked_of(book, **given, **({"account": str(account.pk)} if account else {}))
            found = trend(flows(book, directory(book), asked), asked)
            income, spent, by_top = sums_of(rows, asked.span)
            assert (found.sums.income, found.sums.spent) == (income, spent)
            assert {str(line.category or ""): line.total for line in found.spending if line.count} == by_top
            for line in found.months:
                came, went, _ = sums_of(rows, Span(line.month, line.month))
                assert line.flow is not None
                assert (line.flow.came, line.flow.went) == (came, went)
            if asked.compared:
                assert found.before is not None
                assert (found.before.income, found.before.spent) == sums_of(rows, asked.compared)[:2]


@pytest.mark.parametrize("seed", range(3))
def test_a_category_is_what_its_rows_add_up_to(book, seed):
    """Its months, its parts and its payees; the payees also when they are asked for again."""
    ledger = open_ledger(book)
    fill(ledger, 150, seed)
    names, asked = directory(book), asked_of(book, range="24")
    read = flows(book, names, asked)
    for category in (None, *Category.objects.of(book)):
        subject = find(names, str(category.pk) if category else "none")
        assert subject is not None
        below = {category and category.pk} | {
            c.pk for c in Category.objects.of(book) if c.parent == category and category
        }
        rows = [
            row
            for row in Transaction.objects.of(book).select_related("account")
            if row.category_id in below and not row.is_transfer and row.account.currency == "EUR"
            if Month.of(row.date) in asked.span
        ]
        months = months_of(read, subject, asked.span.months)
        for month in asked.span.months:
            assert months[month].total == sum(row.amount for row in rows if row.date in month)
        parts = parts_of(read, subject, asked.span.months)
        if parts:
            assert sum(part.total for part in parts) == subject.sign * sum(row.amount for row in rows)
        total = sum((row.amount for row in rows), Decimal(0))
        for _ in range(2):
            found = payees(
                book,
                asked,
                list(months),
                within=subject.ids if category else None,
                is_unfiled=category is None,
                sure=total,
            )
            assert (found.many, found.total) == (len(rows), total)
            assert {each.title: (each.many, each.total) for each in found.rows} == {
                row.title: (1, row.amount) for row in sorted(rows, key=lambda row: (-row.amount, row.title))[:100]
            }


def links_of(page: str) -> list[tuple[str, str]]:
    """Amounts in tables that are links to rows, each with its address."""
    found = re.findall(r'<td class="r"><a class="n t [^"]*" href="(/transactions/[^"]*)">([^<]*)</a>', page)
    return [(unescape(href), text) for href, text in found]


@pytest.mark.parametrize(
    "url",
    [
        "/reports/trend/?range=24",
        "/reports/trend/?range=2024&compare=year",
        "/reports/category/{food}/?range=24",
        "/reports/category/none/?range=24",
        "/reports/category/{pay}/?range=24",
    ],
)
def test_every_figure_opens_exactly_its_rows(reader, book, url):
    """R002-4, UX.md section 9, 10: the rows behind an amount add up to it."""
    ledger = open_ledger(book)
    fill(ledger, 150, 2)
    names = directory(book)
    food, pay = (Category.objects.of(book).get(name=name).pk for name in ("Food", "Pay"))

    page = reader.get(url.format(food=food, pay=pay)).content.decode()

    shown = links_of(page)
    assert len(shown) > 5
    for href, text in shown:
        search = read_search(dict(parse_qsl(href.split("?")[1])), names, currency=book.currency, path="/transactions/")
        assert search.errors == {}
        rows = search.of(book, names).exclude(account=ledger.accounts[2])
        amount = Decimal(text.replace("−", "-").replace(",", "").replace("+", ""))
        total = sum(row.amount for row in rows)
        assert abs(total) == abs(amount), href


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("range=foo", "There is no range “foo”. Choose 3, 6, 12 or 24 months, a year such as 2025, or all."),
        ("range=99999", "There is no range “99999”."),
        ("range=1899", "There is no range “1899”."),
        ("range=-3", "There is no range “-3”."),
        ("range=²", "There is no range “²”."),
        ("compare=never", "There is no comparison “never”."),
        ("range=all&compare=previous", "Nothing lies before all months."),
        ("account=foo", "Account not found."),
        ("account=99999999999999999999", "Account not found."),
    ],
)
def test_what_is_no_range_is_refused_in_words(reader, account, query, says):
    """S25."""
    for page in ("trend", "category/none"):
        response = reader.get(f"/reports/{page}/?{query}")
        assert (response.status_code, says in words(response)) == (422, True)
        table = reader.get(f"/reports/{page}/{page.split('/')[0]}.csv?{query}")
        assert (table.status_code, table.content.decode().startswith(says)) == (422, True)


@pytest.mark.parametrize("key", ["0", "987654321", "9" * 40, "nothing-called-so", "²"])
def test_what_is_no_category_is_no_page(reader, book, key):
    assert reader.get(f"/reports/category/{key}/").status_code == 404
    assert reader.get(f"/reports/category/{key}/category.csv").status_code == 404


def test_a_category_is_found_by_its_name_where_only_one_has_it(reader, account, food):
    factories.make_txn(account, "12.50", food, "2025-01-02")
    other = factories.make_category(account.book, "Night out")
    factories.make_category(account.book, "Night out", parent=food)

    assert "Food cost 12.50" in words(reader.get("/reports/category/food/?range=3"))
    assert reader.get("/reports/category/night-out/").status_code == 404
    assert reader.get(f"/reports/category/{other.pk}/").status_code == 200


def test_somebody_elses_category_and_account_are_not_there(reader, account):
    other = factories.make_account(factories.make_book(factories.make_user()))
    theirs = factories.make_category(other.book, "Theirs")

    assert reader.get(f"/reports/category/{theirs.pk}/").status_code == 404
    assert reader.get("/reports/category/theirs/").status_code == 404
    assert reader.get(f"/reports/trend/?account={other.pk}").status_code == 422


def test_months_held_back_show_no_figure(reader, account, food):
    for day in ("2024-11-05", "2024-12-05", "2025-01-05"):
        factories.make_txn(account, "10.00", food, day)
    MonthRecount.objects.create(book=account.book, month=date(2024, 12, 1), status="blocked")

    page = words(reader.get("/reports/trend/?range=3"))
    one = words(reader.get(f"/reports/category/{food.pk}/?range=3"))

    assert "spent 20.00. Without December 2024, held back until both counts agree." in page
    assert "December 2024 is held back" in page
    assert "December 2024 held back held back held back" in page
    assert "Food cost 20.00" in one
    assert "Without December 2024" in one
    assert 'type=expense">20.00' not in reader.get("/reports/trend/?range=3").content.decode()


def test_nothing_came_in_so_there_is_no_rate():
    assert savings_rate(Decimal(0), Decimal(5)) is None
    assert savings_rate(Decimal(-1), Decimal(5)) is None
    assert savings_rate(Decimal("3.00"), Decimal("2.00")) == Decimal("33.3")
    assert savings_rate(Decimal("2.00"), Decimal("3.00")) == Decimal("-50.0")


@pytest.mark.parametrize("url", ["/reports/trend/", "/reports/category/none/", "/reports/trend/?range=all"])
def test_an_empty_book_says_so(reader, book, url):
    response = reader.get(url)

    assert response.status_code == 200
    assert "<svg" in response.content.decode()


def test_trend_as_csv_has_every_month(reader, account, food):
    factories.make_txn(account, "1234.50", food, "2024-12-05")
    factories.make_txn(account, "-3000.00", factories.make_category(account.book, "=Pay", is_income=True), "2024-12-05")

    response = reader.get("/reports/trend/trend.csv?range=2024")

    rows = list(csv.reader(io.StringIO(response.getvalue().decode("utf-8-sig"))))
    assert rows[0] == ["Month", "Line", "Amount", "Currency"]
    assert len(rows) == 1 + 12 * 3 + 2
    assert rows[-5:] == [
        ["2024-12", "Income", "3000.00", "EUR"],
        ["2024-12", "Spending", "1234.50", "EUR"],
        ["2024-12", "Kept", "1765.50", "EUR"],
        ["2024-12", "Income: =Pay", "3000.00", "EUR"],
        ["2024-12", "Spending: Food", "1234.50", "EUR"],
    ]


def test_reports_cost_the_same_whatever_the_rows(reader, book, django_assert_num_queries):
    """R000-3, R002-30: no statement per row, month or category."""
    ledger = open_ledger(book)
    food = Category.objects.of(book).get(name="Food").pk
    for rows in (1, 3, 300):
        fill(ledger, rows, rows)
        factories.make_txn(ledger.accounts[0], "1.00", ledger.categories[1], "2024-12-02")
        factories.make_txn(ledger.accounts[0], "1.00", None, "2024-12-02")
        for url, queries in COSTS.items():
            reader.get(url.format(food=food))
            with django_assert_num_queries(queries):
                assert reader.get(url.format(food=food)).status_code == 200


def test_odd_amounts_and_names_are_drawn(reader, account):
    """The limit of an amount, the longest name, a month of refunds alone."""
    wide = factories.make_category(account.book, "W" * 50, label="Wide name " * 10)
    factories.make_txn(account, "9999999999999.99", wide, "2024-11-05", "L" * 200)
    factories.make_txn(account, "-5.00", wide, "2024-12-05", "<b>&")

    page = reader.get("/reports/trend/?range=3&compare=year").content.decode()

    assert "9,999,999,999,994.99" in page
    assert "<b>&" not in reader.get(f"/reports/category/{wide.pk}/?range=3").content.decode()
