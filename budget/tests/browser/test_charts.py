"""Charts in a real browser: walked by arrow keys, read above the plot, opened, hidden by the legend, drawn anew."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from budget.books.models import Book
from budget.ledger.models import Account
from budget.months import Month
from budget.tests import factories
from budget.tests.browser.conftest import PHONE
from budget.users.models import User

SCRIPT = Path(settings.BASE_DIR) / "static/js/charts.js"


@pytest.fixture
def owner(transactional_db: None) -> User:
    return factories.make_user(name="Olive Owner")


@pytest.fixture
def account(owner: User) -> Account:
    """An account with a row in each of two months, in the longest category and of the largest amount."""
    book = factories.make_book(owner)
    account = factories.make_account(book)
    food = factories.make_category(book, "A category name of forty letters, really")
    factories.make_txn(account, "9999999999999.99", food, "2024-01-03", "Largest")
    factories.make_txn(account, "-15.00", food, "2024-02-05", "Refund")
    factories.make_txn(account, "12.50", food, "2024-02-20", "Dinner")
    return account


@pytest.mark.browser
def test_arrow_keys_walk_the_days_and_enter_opens_their_rows(
    page: Page, sign_in: Any, account: Account, owner: User
) -> None:
    """R002-9, UX.md section 6: one stop of Tab for each chart, arrows within it."""
    sign_in(page, owner)
    page.goto("/?month=2024-02")
    pace = page.locator("#c-pace")
    last = pace.get_by_role("link", name=re.compile("Through Wed 31 Jan"))
    expect(last).to_have_attribute("tabindex", "0")
    assert pace.locator("a.stop[tabindex='0']").count() == 1

    last.focus()
    page.keyboard.press("Home")
    for _ in range(19):
        page.keyboard.press("ArrowRight")

    told = "Through Tue 20 Feb: February −2.50, January 9,999,999,999,999.99"
    expect(pace.get_by_role("link", name=told)).to_be_focused()
    expect(pace.locator(".say-at")).to_have_text(told)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page).to_have_url(re.compile("from=2024-02-01&to=2024-02-20&type=expense"))
    expect(page.locator("#totals")).to_contain_text("−2.50")


@pytest.mark.browser
def test_legend_hides_a_line_and_shows_it_again(page: Page, sign_in: Any, account: Account, owner: User) -> None:
    sign_in(page, owner)
    page.goto("/?month=2024-02")
    before, line = page.get_by_role("button", name="January"), page.locator("#c-pace .ln.before")
    expect(line).to_be_visible()

    before.focus()
    page.keyboard.press("Enter")

    expect(line).to_be_hidden()
    expect(before).to_have_attribute("aria-pressed", "false")
    before.click()
    expect(line).to_be_visible()


@pytest.mark.browser
def test_new_row_is_drawn_at_once(open_page: Callable[..., Page], sign_in: Any, owner: User) -> None:
    """R002-2: the dialog of any page adds it, and the charts follow without a reload, with their keys."""
    book: Book = factories.make_book(owner)
    account = factories.make_account(book)
    factories.make_txn(
        account, "5.00", factories.make_category(book, "Food"), Month.of(account.created_at.date()).first.isoformat()
    )
    page = open_page()
    sign_in(page, owner)
    page.goto("/")
    page.evaluate("document.body.dataset.kept = 'yes'")

    page.keyboard.press("n")
    page.get_by_label("Amount, payee, and anything else").fill("12.50 lunch #food")
    page.keyboard.press("Enter")

    expect(page.locator("#c-year a.stop").last).to_have_attribute("aria-label", re.compile(r"spending 17\.50"))
    expect(page.locator("#c-worth a.stop").last).to_have_attribute("aria-label", re.compile(r"Net worth −17\.50"))
    expect(page.locator("#c-pace .lb.now")).to_have_text("17.50")
    expect(page.locator("#c-year a.stop[tabindex='0']")).to_have_count(1)
    assert page.evaluate("document.body.dataset.kept") == "yes"


@pytest.mark.browser
def test_chart_that_comes_by_navigation_has_its_keys_and_its_style(
    page: Page, sign_in: Any, account: Account, owner: User
) -> None:
    sign_in(page, owner)
    page.goto("/accounts/")

    page.get_by_role("link", name="Overview", exact=True).first.click()

    expect(page.locator("#c-year a.stop[tabindex='0']")).to_have_count(1)
    assert page.locator("#c-year .plot").evaluate("each => getComputedStyle(each).height") == "176px"


@pytest.mark.browser
def test_tables_open_on_a_phone_and_stay_inside(
    open_page: Callable[..., Page], sign_in: Any, account: Account, owner: User
) -> None:
    page = open_page(viewport=PHONE)
    sign_in(page, owner)
    page.goto("/?month=2024-02")

    for summary in page.get_by_text("Show as a table").all():
        summary.click()

    expect(page.get_by_role("cell", name="9,999,999,999,999.99").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0


@pytest.mark.browser
def test_without_a_script_every_mark_is_a_link(
    open_page: Callable[..., Page], sign_in: Any, account: Account, owner: User
) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, owner)
    page.goto("/?month=2024-02")

    page.get_by_text("Show as a table").nth(1).click()
    page.get_by_role("row", name=re.compile("February 2024")).get_by_role("link").click()

    expect(page).to_have_url(re.compile(r"/transactions/\?month=2024-02"))
    expect(page.get_by_text("Dinner").first).to_be_visible()


@pytest.mark.once
def test_script_of_charts_is_small() -> None:
    """UX.md section 6: at most four kilobytes, unpacked."""
    assert len(SCRIPT.read_bytes()) <= 4096
