"""The badge of a month in a real browser: asked for by the page, opened, red when a row is altered, for everybody."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from budget.ledger.models import Transaction
from budget.months import Month
from budget.recount import views
from budget.recount.models import MonthRecount
from budget.recount.operations import count_month
from budget.tests import factories
from budget.tests.browser.conftest import DESKTOP, PHONE, shut_out, violations
from budget.users.models import User

OCTOBER = Month(2026, 10)
REPORT, COUNTS = "/reports/month/2026-10/", "/reports/month/2026-10/counts/"
PAGES = (REPORT, "/?month=2026-10", "/reports/top/?month=2026-10", "/reports/categories/?month=2026-10")


@pytest.fixture
def owner(transactional_db: None) -> User:
    return factories.make_user(name="Olive Owner")


@pytest.fixture
def bread(owner: User) -> Transaction:
    """One row of October, in a category with the longest name."""
    book = factories.make_book(owner)
    food = factories.make_category(book, "Food", label="Food and everything else that is eaten at home " * 2)
    return factories.make_txn(factories.make_account(book), "12.50", food, "2026-10-03", "Bakery")


def alter(row: Transaction, units: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_transaction SET amount = %s WHERE id = %s", [units, row.pk])


def test_page_has_its_month_counted_and_opens_both_counts(
    page: Page, sign_in: Any, owner: User, bread: Transaction
) -> None:
    sign_in(page, owner)
    page.goto(REPORT)

    badge = page.get_by_role("button", name="Counted twice")
    badge.click()
    expect(page.get_by_text("Both equal what is shown, to the cent.")).to_be_visible()
    alter(bread, 13_000)
    page.get_by_role("button", name="Count again").click()

    held = page.get_by_role("button", name="Held back")
    expect(held).to_be_focused()
    held.press("Enter")
    expect(page.get_by_text(f"Transaction {bread.pk}, Bakery, 3 Oct")).to_be_visible()
    page.get_by_role("link", name="See both counts").click()
    expect(page.get_by_role("cell", name="13.00")).to_be_visible()
    alter(bread, 12_500)
    page.get_by_role("button", name="Count again").click()
    expect(page.get_by_role("heading", name="Counted twice")).to_be_visible()


def test_row_altered_since_turns_the_badge_red_as_the_page_opens(
    page: Page, sign_in: Any, owner: User, bread: Transaction
) -> None:
    count_month(bread.book, OCTOBER)
    alter(bread, 13_000)
    sign_in(page, owner)

    page.goto("/?month=2026-10")

    expect(page.get_by_role("button", name="Held back")).to_be_visible()


def test_long_history_says_how_far_it_is_read(
    page: Page, sign_in: Any, owner: User, bread: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "SLICE", 0)
    sign_in(page, owner)

    page.goto(REPORT)

    expect(page.get_by_text("Being checked")).to_be_visible()
    assert violations(page, include=[["#recount"]]) == []
    expect(page.get_by_role("button", name="Counted twice")).to_be_visible()


@pytest.mark.parametrize("is_altered", [False, True], ids=["verified", "blocked"])
def test_badge_shuts_nobody_out_and_stays_inside_the_window(
    page: Page, sign_in: Any, owner: User, bread: Transaction, is_altered: bool
) -> None:
    if is_altered:
        alter(bread, 13_000)
    sign_in(page, owner)

    found = {}
    for url in PAGES:
        page.set_viewport_size(DESKTOP)
        page.goto(url)
        badge = page.locator("#recount button.tag")
        badge.click()
        expect(page.locator("#recount-counts")).to_be_visible()
        found[url] = shut_out(page)
    page.goto(COUNTS)
    found[COUNTS] = shut_out(page)

    assert {url: what for url, what in found.items() if what} == {}


def test_without_scripts_a_button_counts(
    open_page: Callable[..., Page], sign_in: Any, owner: User, bread: Transaction
) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, owner)
    page.goto(COUNTS)

    page.get_by_role("button", name="Count now").click()

    expect(page.get_by_role("heading", name="Counted twice")).to_be_visible()
    assert MonthRecount.objects.get().status == "verified"


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_without_scripts_a_report_shows_what_is_kept(
    open_page: Callable[..., Page], sign_in: Any, owner: User, bread: Transaction, viewport: Any
) -> None:
    page = open_page(java_script_enabled=False, viewport=viewport)
    sign_in(page, owner)
    page.goto(REPORT)
    expect(page.get_by_role("link", name="Not counted yet")).to_have_attribute("href", COUNTS)

    count_month(bread.book, OCTOBER)
    page.goto(REPORT)
    expect(page.get_by_role("button", name="Counted twice")).to_contain_text("Counted")
    expect(page.get_by_role("link", name="See both counts")).to_have_attribute("href", COUNTS)

    alter(bread, 13_000)
    count_month(bread.book, OCTOBER, afresh=True)
    page.goto(REPORT)
    expect(page.get_by_role("button", name="Held back")).to_be_visible()
    expect(page.get_by_role("link", name="See both counts")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") == 0


def test_print_of_a_held_back_month_says_so_across_the_page(
    page: Page, sign_in: Any, owner: User, bread: Transaction
) -> None:
    alter(bread, 13_000)
    sign_in(page, owner)
    page.goto(REPORT)
    expect(page.get_by_role("button", name="Held back")).to_be_visible()

    page.emulate_media(media="print")

    expect(page.get_by_text("These figures are not verified.")).to_be_visible()
