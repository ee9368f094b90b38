"""The forecast in a real browser: open to everybody, at both widths, and a what-if by keyboard and without scripts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from budget.books.models import Book
from budget.ledger.models import Account, Transaction, today
from budget.tests.browser.conftest import shut_out
from budget.tests.factories import make_account, make_book, make_series, make_txn, make_user
from budget.users.models import User

pytestmark = pytest.mark.browser
HERE = "/recurring/forecast/"


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user("alice@example.org", "Alice")


@pytest.fixture
def book(alice: User) -> Book:
    """An account that falls below zero before the salary comes, and one with the longest name."""
    made = make_book(alice, "Household")
    account = make_account(made, "Everyday Account")
    make_account(made, "W" * 100, currency="JPY")
    make_txn(account, "-400.00", date=(today() - timedelta(days=2)).isoformat())
    make_series(account, "Rent", "900.00", anchor=today() + timedelta(days=5))
    make_series(account, "Salary", "-2000.00", anchor=today() + timedelta(days=9))
    make_series(account, "L" * 100, "9999999.99", anchor=today() + timedelta(days=80))
    return made


def test_nobody_is_shut_out(
    page: Page, open_page: Callable[..., Page], sign_in: Callable[[Page, User], None], alice: User, book: Book
) -> None:
    empty, somebody = open_page(), make_user()
    make_book(somebody, "Empty")
    sign_in(page, alice)
    sign_in(empty, somebody)
    account = Account.objects.get(name="Everyday Account").pk
    found = {}
    supposed = f"{account}~{(today() + timedelta(days=3)).isoformat()}~monthly~55.00~{'N' * 60}"
    for path in (HERE, f"{HERE}?days=366&account={account}&if={supposed}"):
        page.goto(path)
        page.locator("summary", has_text="Show as a table").click()
        found[path] = shut_out(page)
    empty.goto(HERE)
    found["empty"] = shut_out(empty)

    assert {path: problems for path, problems in found.items() if problems} == {}


def test_a_what_if_is_tried_by_keyboard_and_taken_away(
    page: Page, sign_in: Callable[[Page, User], None], alice: User, book: Book
) -> None:
    sign_in(page, alice)
    page.goto(HERE)
    figure = page.locator(".foresee .figure")
    rows = Transaction.objects.count()
    expect(page.locator("figcaption")).to_contain_text("Everyday Account is lowest on")

    page.locator("#if-amount").focus()
    page.keyboard.type("20000000")
    page.keyboard.press("Enter")

    expect(page.get_by_text("what if", exact=True).first).to_be_visible()
    expect(figure).to_contain_text("−29,996,299.99")
    page.get_by_role("link", name="Remove What if").press("Enter")
    expect(figure).to_contain_text("−9,996,299.99")
    assert Transaction.objects.count() == rows
