"""The overview and the reports in a real browser: accessible in both themes and widths, switched without a reload."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from budget.books.models import Book
from budget.envelopes.operations import set_budget
from budget.months import Month
from budget.tests import factories
from budget.tests.browser.conftest import shut_out
from budget.tests.reports.ledgers import fill, open_ledger
from budget.users.models import User

PAGES = (
    "/?month=2024-01",
    "/?month=2024-01&parts=1",
    "/?month=2026-01",
    "/reports/month/2024-01/",
    "/reports/month/2030-01/",
    "/reports/top/",
    "/reports/categories/",
    "/reports/",
    "/reports/trend/?range=24&compare=year",
    "/reports/trend/?range=foo",
    "/reports/category/food/?range=2024",
    "/reports/net-worth/?range=24",
    "/reports/merchants/?range=2024",
    "/reports/year/2024/",
    "/reports/calendar/2024-01/",
)


@pytest.fixture
def owner(transactional_db: None) -> User:
    return factories.make_user(name="Olive Owner")


@pytest.fixture
def book(owner: User) -> Book:
    """A book with two years of rows, an overspent budget and a category with the longest name."""
    book = factories.make_book(owner)
    ledger = open_ledger(book)
    fill(ledger, 120, 1)
    for category in ledger.categories[1:3]:
        assert category is not None
        set_budget(book=book, by=None, category=category, month=Month(2024, 1), amount=Decimal("10.00"))
    wide = factories.make_category(book, "W" * 50, label="Wide name " * 10)
    factories.make_txn(ledger.accounts[0], "9999999999.99", wide, "2024-01-31", "Long " * 40)
    return book


@pytest.mark.browser
def test_reports_shut_nobody_out_and_stay_inside_the_window(page: Page, sign_in: Any, book: Book, owner: User) -> None:
    sign_in(page, owner)

    found = {}
    for url in PAGES:
        page.goto(url)
        found[url] = shut_out(page)

    assert {url: what for url, what in found.items() if what} == {}


@pytest.mark.browser
def test_month_switch_swaps_the_page_and_keeps_the_address(page: Page, sign_in: Any, book: Book, owner: User) -> None:
    """R002-4: figures follow the month that is chosen."""
    sign_in(page, owner)
    page.goto("/?month=2024-12")
    page.evaluate("document.body.dataset.kept = 'yes'")

    page.get_by_role("link", name="January 2025", exact=True).click()

    expect(page.get_by_role("heading", level=1)).to_have_text("January 2025")
    expect(page).to_have_url(re.compile(r"month=2025-01"))
    assert page.evaluate("document.body.dataset.kept") == "yes"
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("December 2024")


@pytest.mark.browser
def test_report_prints_on_one_page(page: Page, sign_in: Any, owner: User) -> None:
    book = factories.make_book(owner)
    account = factories.make_account(book)
    for number in range(20):
        top = factories.make_category(book, f"Category {number}")
        factories.make_txn(account, f"{number + 1}.00", factories.make_category(book, "Part", parent=top), "2024-01-05")
    sign_in(page, owner)
    page.goto("/reports/month/2024-01/")

    printed = page.pdf(format="A4")

    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1


@pytest.mark.browser
def test_overview_works_without_scripts(open_page: Callable[..., Page], sign_in: Any, book: Book, owner: User) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, owner)
    page.goto("/?month=2024-01")

    page.get_by_role("link", name="Subcategories").click()

    expect(page.get_by_role("row", name=re.compile("Groceries"))).to_be_visible()
    page.get_by_role("link", name="December 2023", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("December 2023")
