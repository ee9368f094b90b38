"""What is typed or pressed on an import's page while its answers are slow."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from budget.books.models import Book
from budget.ledger.models import Account, Transaction
from budget.statements.models import Statement, StatementImport
from budget.tests import factories
from budget.tests.statements.bringing import brought, csv
from budget.users.models import User

ROWS = csv("2026-11-05,Market,-5.40", "2026-11-06,Corner,-6.40")
SLOW = 0.4
"""Seconds that an answer takes."""


@pytest.fixture
def owner(transactional_db: None) -> User:
    return factories.make_user(name="Olive Owner")


@pytest.fixture
def book(owner: User) -> Book:
    return factories.make_book(owner)


@pytest.fixture
def account(book: Book) -> Account:
    return factories.make_account(book)


@pytest.fixture
def found(account: Account, book: Book) -> StatementImport:
    return brought(book, ROWS, account=account)


@pytest.fixture
def opened(page: Page, sign_in: Any, owner: User, found: StatementImport) -> Page:
    """The import's page, whose own answers come late."""

    def late(route: Route) -> None:
        answer = route.fetch()
        time.sleep(SLOW)
        route.fulfill(response=answer)

    sign_in(page, owner)
    page.goto(f"/import/{found.pk}/")
    for address in ("**/account/", "**/rows/"):
        page.route(address, late)
    return page


def test_name_typed_while_the_answer_is_under_way_is_kept_whole(opened: Page) -> None:
    name = opened.get_by_label("Name of the new account")
    opened.locator("select[name=account]").select_option("new")
    name.click()
    opened.keyboard.press("Control+A")
    opened.keyboard.type("My everyday money", delay=60)  # longer than the answer takes
    expect(name).to_have_value("My everyday money")
    expect(name).to_be_focused()
    opened.keyboard.press("Tab")
    with opened.expect_response("**/account/"):
        pass

    expect(name).to_have_value("My everyday money")
    statement = Statement.objects.get()
    assert (statement.account, statement.new_account) == (None, "My everyday money")


@pytest.mark.parametrize("key", ["Enter", "click"])
def test_import_pressed_right_after_the_name_records_under_that_name(opened: Page, key: str) -> None:
    opened.locator("select[name=account]").select_option("new")
    opened.get_by_label("Name of the new account").fill("Holiday fund")
    button = opened.get_by_role("button", name="Import 2")
    if key == "click":
        button.click()
    else:
        button.press(key)

    expect(opened.locator("#h-receipt")).to_contain_text("Imported")
    assert {txn.account.name for txn in Transaction.objects.select_related("account")} == {"Holiday fund"}
    assert Transaction.objects.count() == 2


def test_import_pressed_before_another_account_alters_the_rows_asks_to_look_again(opened: Page, book: Book) -> None:
    other = factories.make_account(book, name="Other")
    factories.make_txn(other, "5.40", None, "2026-11-05", "Market")
    opened.reload()

    opened.locator("select[name=account]").select_option("Other")
    opened.get_by_role("button", name="Import 2").click()

    expect(opened.get_by_text("Look at them, then import.")).to_be_visible()
    expect(opened.get_by_text("1 new, 1 to decide").or_(opened.get_by_text("1 already here")).first).to_be_visible()
    assert Transaction.objects.count() == 1


def test_answer_to_a_row_leaves_the_name_that_is_being_typed(opened: Page) -> None:
    opened.locator("select[name=account]").select_option("new")
    name = opened.get_by_label("Name of the new account")
    with opened.expect_response("**/account/"):
        pass
    opened.get_by_role("button", name="Leave out Market").click()
    name.click()
    opened.keyboard.press("Control+A")
    opened.keyboard.type("Slow and steady", delay=60)
    expect(name).to_have_value("Slow and steady")
    expect(opened.get_by_role("button", name="Import 1")).to_be_visible()
    with opened.expect_response("**/account/"):
        opened.keyboard.press("Tab")

    expect(name).to_have_value("Slow and steady")
    assert Statement.objects.get().new_account == "Slow and steady"
