"""What comes again in a real browser: confirmed and undone with the keyboard, without scripts, open to everybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, expect

from budget.books.models import Book
from budget.ledger.models import today
from budget.recurring.models import RecurringSeries, State
from budget.recurring.rhythm import due
from budget.recurring.searching import search
from budget.tests.browser.conftest import shut_out
from budget.tests.factories import make_account, make_book, make_category, make_series, make_txn, make_user
from budget.users.models import User

pytestmark = pytest.mark.browser
LIST = "/recurring/"


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user("alice@example.org", "Alice")


@pytest.fixture
def book(alice: User) -> Book:
    """A late bill, a price that rose, a series that records itself, and a suggestion."""
    made = make_book(alice, "Household")
    account, films = make_account(made), make_category(made, "Films", icon="film")
    last = today() - timedelta(days=3)
    for back in range(7, -1, -1):
        day = due("monthly", last, -back).isoformat()
        make_txn(account, "15.49" if back == 0 else "13.99", films, day, "FILM STREAM 4412")
        make_txn(account, "29.90", None, day, "GYM")
    made.refresh_from_db()
    search(made, None)
    late = today() - timedelta(days=12)
    make_txn(account, "9.90", None, due("monthly", late, -1).isoformat(), "Club")
    make_series(account, "Club", "9.90", anchor=late)
    make_series(account, "Pocket money", "20.00", anchor=date(today().year + 1, 1, 31), posts=True)
    return made


def test_nobody_is_shut_out(
    open_page: Callable[..., Page], sign_in: Callable[[Page, User], None], alice: User, book: Book
) -> None:
    page, empty = open_page(), open_page()
    phone = open_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    for shown in (page, phone):
        sign_in(shown, alice)
    somebody = make_user()
    make_book(somebody, "Empty")
    sign_in(empty, somebody)
    series = RecurringSeries.objects.get(merchant="FILM STREAM")
    found: dict[tuple[str, object], list[object]] = {}
    for path in (LIST, f"{LIST}?view=calendar", f"{LIST}new/", f"{LIST}{series.pk}/", f"{LIST}{series.pk}/edit/"):
        for shown in (page, phone):
            shown.goto(path)
            found[path, shown is phone] = shut_out(shown, preload=False)
    for path in (LIST, f"{LIST}?view=calendar"):
        empty.goto(path)
        found[path, "empty"] = shut_out(empty, preload=False)
    wide = [
        path
        for path in (LIST, f"{LIST}?view=calendar", f"{LIST}{series.pk}/")
        if phone.goto(path) and phone.evaluate("document.documentElement.scrollWidth > innerWidth")
    ]

    assert {at: problems for at, problems in found.items() if problems} == {}
    assert wide == []


def test_a_suggestion_is_confirmed_and_taken_back_with_the_keyboard(
    page: Page, sign_in: Callable[[Page, User], None], alice: User, book: Book
) -> None:
    sign_in(page, alice)
    page.goto("/")
    page.keyboard.press("g")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Recurring", level=1)).to_be_visible()
    series = RecurringSeries.objects.get(merchant="GYM")

    page.get_by_role("button", name="Confirm GYM").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Confirmed the recurring GYM.")
    series.refresh_from_db()
    assert series.state == State.CONFIRMED
    page.keyboard.press("u")

    expect(page.get_by_role("button", name="Confirm GYM")).to_be_visible()
    series.refresh_from_db()
    assert series.state == State.SUGGESTED


def test_all_of_it_works_without_scripts(
    open_page: Callable[..., Page], sign_in: Callable[[Page, User], None], alice: User, book: Book
) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, alice)
    page.goto(LIST)
    page.get_by_role("button", name="Dismiss GYM").click()
    expect(page.locator("#toast")).to_contain_text("Dismissed the recurring GYM.")
    page.get_by_role("link", name="Club").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()

    assert dict(RecurringSeries.objects.values_list("merchant", "state")) == {
        "FILM STREAM": State.SUGGESTED,
        "GYM": State.DISMISSED,
        "CLUB": State.PAUSED,
        "POCKET MONEY": State.CONFIRMED,
    }
