"""The overview: what it says in each state that a month can be in, and that its figures open their rows."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from budget.envelopes.facts import month_facts
from budget.envelopes.operations import set_budget
from budget.ledger.directory import directory
from budget.ledger.search import read
from budget.months import Month
from budget.reports.hero import a_day, days_to_come
from budget.reports.monthly import month_report
from budget.reports.showing import fraction, percent, rank_rows
from budget.tests import factories
from budget.tests.reports.ledgers import fill, open_ledger


def words(response) -> str:
    """What a page says, without its markup."""
    main = response.content.decode().split("<main", 1)[1].split("</main>")[0]
    text = " ".join(unescape(re.sub(r"<[^>]+>", " ", f"<main{main}")).split())
    return re.sub(r" ([.,])(?= |$)", r"\1", text)


def test_empty_book_offers_three_beginnings(reader, book):
    page = words(reader.get("/"))

    assert [text in page for text in ("Add an expense", "Import a statement", "Open accounts")] == [True] * 3


def test_month_has_its_figures_and_its_categories(reader, account, food, day):
    """R002-1, R002-4: income, spending, what was kept, and where it went."""
    day("2026-11-21")
    pay = factories.make_category(account.book, "Pay", is_income=True)
    factories.make_txn(account, "12.50", food, "2026-11-20")
    factories.make_txn(account, "37.50", None, "2026-11-19", "Bowling")
    factories.make_txn(account, "-200.00", pay, "2026-11-02", "Salary")
    factories.make_txn(account, "40.00", food, "2026-10-02", "Before")

    page = words(reader.get("/"))

    assert "November 2026" in page
    assert "Income +200.00 1 deposit Spent 50.00 10.00 more than in October Kept +150.00 75.0% of income" in page
    assert "Net worth 110.00 +150.00 in November" in page
    assert "No category 75% 37.50 file it Food 25% 12.50" in page
    assert "1 category, 2 expenses 50.00 in total" in page
    assert "October had 40.00" in page


def test_free_to_spend_is_the_budget_less_what_was_spent(reader, account, food, day):
    day("2026-11-21")
    set_budget(book=account.book, by=None, category=food, month=Month(2026, 11), amount=Decimal("100.00"))
    factories.make_txn(account, "9.99", food, "2026-11-20")

    page = words(reader.get("/"))

    assert "Free to spend until 30 November € 90.01 That is 10.00 a day for the 9 days after today." in page
    assert "Budget 100.00 Spent so far −9.99 Free to spend 90.01" in page
    assert "90.01 left" in page


def test_overspent_month_says_by_how_much(reader, account, food, day):
    """R001-33: more than was planned is the headline."""
    day("2026-11-30")
    set_budget(book=account.book, by=None, category=food, month=Month(2026, 11), amount=Decimal("100.00"))
    factories.make_txn(account, "136.85", food, "2026-11-20")

    page = words(reader.get("/"))

    assert "Over budget in November € 36.85 You spent 136.85 of a budget of 100.00." in page
    assert "36.85 over" in page


def test_last_month_stays_until_the_first_row(reader, account, food, day):
    day("2026-12-01")
    factories.make_txn(account, "12.50", food, "2026-11-20")

    page = words(reader.get("/"))
    factories.make_txn(account, "3.00", food, "2026-12-01")
    after = words(reader.get("/"))

    assert "Nothing is recorded for December yet. Below is November." in page
    assert "12.50 in total" in page
    assert "Below is" not in after
    assert "3.00 in total" in after


def test_month_without_rows_leads_to_the_last_that_has_some(reader, account, food, day):
    day("2026-11-21")
    factories.make_txn(account, "12.50", food, "2026-02-20")

    assert "Nothing is recorded for September 2026. Open February 2026" in words(reader.get("/?month=2026-09"))


def test_december_is_followed_by_january(reader, account):
    """R000-15: December has a next month."""
    page = reader.get("/?month=2026-12").content.decode()

    assert 'href="/?month=2027-01" aria-label="January 2027"' in page


@pytest.mark.parametrize("month", ["2026-13", "november", "1899-12", "2201-01", "2026-1"])
def test_what_is_no_month_is_no_page(reader, account, month):
    for url in (f"/?month={month}", f"/reports/month/{month}/", f"/reports/top/?month={month}"):
        response = reader.get(url)
        assert response.status_code == 404
        assert "is not a month. Write it as 2026-11" in response.content.decode()


@pytest.mark.parametrize(
    "url", ["/?month=1900-01", "/?month=2200-12", "/reports/month/1900-01/", "/reports/month/2200-12/"]
)
def test_first_and_last_month_have_a_page(reader, account, url):
    assert reader.get(url).status_code == 200


def test_only_the_own_book_is_shown(reader, account, food, client):
    """R000-16: on no page of figures."""
    stranger = factories.make_user()
    other = factories.make_book(stranger)
    factories.make_txn(factories.make_account(other, "Hidden"), "66.60", factories.make_category(other, "Secret"))
    factories.make_txn(account, "1.00", food)

    for url in ("/?month=2026-11", "/reports/month/2026-11/", "/reports/top/", "/reports/categories/"):
        page = reader.get(url).content.decode()
        assert "66.60" not in page
        assert "Secret" not in page
        assert "Hidden" not in page


def test_pages_are_behind_login(client, book):
    """R004-21: nobody sees figures without signing in."""
    for url in ("/", "/reports/month/2026-11/", "/reports/top/", "/reports/categories/"):
        assert client.get(url).status_code == 302


def test_refund_has_a_plus_and_neither_bar_nor_share(account, food):
    factories.make_txn(account, "-5.00", food, "2026-11-20")
    month = Month(2026, 11)

    (row,) = rank_rows(month_report(month_facts(account.book, month), month), parts=False)

    assert (row.amount, row.is_in, row.share, row.bar) == ("+5.00", True, "", "")


def test_money_in_without_a_category_is_income_on_every_page(reader, account, food, day):
    day("2026-11-21")
    factories.make_txn(account, "50.00", food, "2026-11-20")
    factories.make_txn(account, "-200.00", None, "2026-11-02", "Acme")

    page, report = reader.get("/"), reader.get("/reports/month/2026-11/")

    assert "Income +200.00 1 deposit Spent 50.00 1 expense Kept +150.00 75.0% of income" in words(page)
    assert "No category +200.00" in words(page)
    assert 'href="/reports/month/2026-11/#h-income"' in page.content.decode()
    assert "you earned 200.00 and spent 50.00" in words(report)
    assert "No category 1 +200.00 100%" in words(report)
    assert "&amp;type=" not in report.content.decode()


def test_month_of_refunds_alone_says_so_without_a_plus(reader, account, food, day):
    day("2026-11-21")
    factories.make_txn(account, "-15.00", food, "2026-11-20")

    page = words(reader.get("/"))

    assert "Spent so far € −15.00" in page
    assert "Kept +15.00 Net worth 15.00 +15.00 in November" in page
    assert "you got back 15.00 more than you spent." in words(reader.get("/reports/month/2026-11/"))


def test_overspent_subcategories_are_counted_beside_what_is_free(reader, account, food, day):
    day("2026-11-21")
    snacks = factories.make_category(account.book, "Snacks", parent=food)
    for category, amount in ((food, "100.00"), (snacks, "10.00")):
        set_budget(book=account.book, by=None, category=category, month=Month(2026, 11), amount=Decimal(amount))
    factories.make_txn(account, "12.00", snacks, "2026-11-20")

    assert "1 category over in November" in words(reader.get("/"))


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        ("1", "8", "12%"),
        ("3", "8", "38%"),
        ("1", "1000", "<1%"),
        ("0", "10", ""),
        ("-1", "10", ""),
        ("5", "0", ""),
        ("5", "-1", ""),
        ("20", "10", "200%"),
    ],
)
def test_share_is_whole_percent_half_to_even(part, whole, text):
    assert percent(Decimal(part), Decimal(whole)) == text


def test_fraction_has_one_decimal():
    assert [fraction(Decimal(1), Decimal(n)) for n in (3, 8, 0)] == ["33.3%", "12.5%", ""]


def test_what_is_free_a_day_never_adds_up_to_more():
    assert a_day(Decimal("260.68"), 9, "EUR") == Decimal("28.96")
    assert a_day(Decimal("100"), 3, "JPY") == Decimal("33")


@pytest.mark.parametrize(
    ("today", "days"), [("2026-11-21", 9), ("2026-11-30", 0), ("2026-12-01", 0), ("2026-10-31", 30)]
)
def test_days_to_come(today, days):
    assert days_to_come(Month(2026, 11), date.fromisoformat(today)) == days


def test_every_amount_opens_the_rows_that_make_it(book):
    """R002-4: every bar and sum leads to its rows."""
    fill(open_ledger(book), 150, 3)
    month = Month(2024, 1)
    report = month_report(month_facts(book, month), month)
    names = directory(book)

    linked = [row for row in rank_rows(report, parts=True) if row.href]
    lines: dict[int | None, Any] = {}
    for line in report.spending:
        for own in (line, *line.parts):
            if not own.is_rest:
                lines[own.category.pk if own.category else None] = own.tally
    for row in linked:
        asked = {name: values[-1] for name, values in parse_qs(urlsplit(row.href).query).items()}
        search = read(asked, names, currency=book.currency, path="/transactions/")
        amounts = [txn.amount for txn in search.of(book, names).filter(account__currency="EUR")]
        tally = lines[row.category.pk if row.category else None]
        assert (len(amounts), sum(amounts)) == (tally.count, tally.total)
    assert len(linked) == 5
