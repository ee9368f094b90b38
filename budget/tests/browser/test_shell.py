"""The frame around every page, in a real browser: keys, dialogs, messages, focus, and that nobody is shut out."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from budget.books.models import Book
from budget.envelopes.operations import set_budget
from budget.ledger.models import Account, today
from budget.months import Month
from budget.tests.browser.conftest import PHONE, shut_out, violations
from budget.tests.factories import make_account, make_book, make_category, make_txn, make_user
from budget.users.models import User

PROFILE = "/settings/profile/"


@pytest.fixture
def alice(transactional_db: None) -> User:
    user = make_user("alice@example.org", "Alice", "a long enough password")
    make_account(make_book(user, "Household"), "Everyday")
    return user


@pytest.fixture
def signed_in(page: Page, alice: User, sign_in: Callable[[Page, User], None]) -> Page:
    sign_in(page, alice)
    page.goto(PROFILE)
    return page


def test_single_keys_open_and_close_dialogs_and_focus_returns(signed_in: Page) -> None:
    signed_in.locator("[data-key-add]").focus()
    signed_in.keyboard.press("n")
    expect(signed_in.locator("#quick")).to_be_visible()
    signed_in.keyboard.press("Escape")
    expect(signed_in.locator("#quick")).to_be_hidden()
    expect(signed_in.locator("[data-key-add]")).to_be_focused()

    signed_in.keyboard.press("?")
    expect(signed_in.locator("#keys")).to_be_visible()


def test_keys_do_nothing_while_typing_and_when_switched_off(signed_in: Page, alice: User) -> None:
    signed_in.get_by_label("Name").press("n")
    expect(signed_in.locator("#quick")).to_be_hidden()

    User.objects.filter(pk=alice.pk).update(single_keys=False)
    signed_in.reload()
    signed_in.keyboard.press("n")
    expect(signed_in.locator("#quick")).to_be_hidden()


def test_link_of_the_sidebar_swaps_the_page_and_moves_focus_to_its_heading(signed_in: Page) -> None:
    signed_in.goto("/password/change/")
    signed_in.evaluate("window.stayed = true")
    signed_in.locator("#side").get_by_role("link", name="Settings").click()

    expect(signed_in).to_have_url(re.compile(PROFILE))
    expect(signed_in).to_have_title("Settings · Budget Tracker")
    expect(signed_in.get_by_role("heading", level=1)).to_be_focused()
    assert signed_in.evaluate("window.stayed") is True
    kept = signed_in.evaluate("Object.assign({}, sessionStorage, localStorage)")
    assert kept == {"htmx-current-path-for-history": PROFILE}  # an address; no page and no form

    signed_in.go_back()
    expect(signed_in).to_have_title("Password · Budget Tracker")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": 500}, "Something broke on our side. Nothing was saved."),
        ({"status": 401}, "You were signed out. Sign in in a new tab, then try again."),
        (None, "Not sent: no connection. What you typed is still here."),
    ],
)
def test_failure_keeps_the_page_and_offers_to_try_again(
    open_page: Callable[..., Page],
    alice: User,
    sign_in: Callable[[Page, User], None],
    watch: Any,
    answer: dict[str, int] | None,
    words: str,
) -> None:
    """R004-14: what went wrong is said, and what was typed stays."""
    page = open_page()
    sign_in(page, alice)
    page.goto("/password/change/")
    page.get_by_label("Current password").fill("typed")

    def fail(route: Route) -> None:
        if answer:
            route.fulfill(**answer)  # type: ignore[arg-type]  # a status alone
        else:
            route.abort()

    page.route("**" + PROFILE, fail)
    page.locator("#side").get_by_role("link", name="Settings").click()

    expect(page.locator("#alert")).to_contain_text(words)
    expect(page.get_by_label("Current password")).to_have_value("typed")

    page.unroute("**" + PROFILE)
    page.get_by_role("button", name="Try again").click()
    expect(page).to_have_title("Settings · Budget Tracker")
    watch.complaints.clear()  # the browser notes the failures that this test made


def test_message_can_be_dismissed_and_wrong_input_gets_the_focus(signed_in: Page) -> None:
    signed_in.get_by_role("button", name="Save").click()
    expect(signed_in.locator("#toast")).to_have_text(re.compile("Saved."))
    signed_in.get_by_role("button", name="Dismiss").click()
    expect(signed_in.locator("#toast")).to_have_text("")

    signed_in.goto("/password/change/")
    signed_in.get_by_label("Current password").fill("wrong")
    signed_in.get_by_label("New password").fill("another long password")
    signed_in.get_by_role("button", name="Change the password").click()
    expect(signed_in.locator("[data-errors]")).to_be_focused()


def test_password_can_be_shown(page: Page, alice: User) -> None:
    page.goto("/login/")
    page.get_by_label("Password").fill("a long")
    page.get_by_role("button", name="Show password").click()

    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")


def test_everything_works_without_scripts(
    open_page: Callable[..., Page], alice: User, sign_in: Callable[[Page, User], None]
) -> None:
    page = open_page(java_script_enabled=False, viewport=PHONE)
    sign_in(page, alice)
    page.goto(PROFILE)
    page.get_by_label("Dark").check()
    page.get_by_role("button", name="Save").click()
    page.locator("summary", has_text="More").click()
    page.locator(".sheet").get_by_role("button", name="Sign out").click()

    assert page.locator("html").get_attribute("data-theme") == "dark"
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_back_button_shows_no_page_of_somebody_who_signed_out(signed_in: Page) -> None:
    signed_in.locator("#side").get_by_role("button", name="Sign out").click()
    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Sign in")
    signed_in.go_back()

    expect(signed_in.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_entrance_and_settings_shut_nobody_out(
    page: Page, alice: User, sign_in: Callable[[Page, User], None], watch: Any
) -> None:
    for address in ("/login/", "/signup/", "/password/reset/", "/password/reset/1-1/", "/not/there/"):
        page.goto(address)
        assert shut_out(page) == []
    page.goto("/login/")
    page.get_by_label("Email").fill("alice@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    assert shut_out(page) == []

    sign_in(page, alice)
    for address in (PROFILE, "/password/change/", "/logout/"):
        page.goto(address)
        assert shut_out(page) == []
    page.goto(PROFILE)
    for key in ("?", "n"):
        page.keyboard.press(key)
        assert shut_out(page) == []
        page.keyboard.press("Escape")
    page.locator("summary", has_text="More").click()  # the phone, where the last look was taken
    assert violations(page) == []
    watch.complaints[:] = [complaint for complaint in watch.complaints if "404" not in complaint]


def test_first_person_comes_in_and_opens_a_book(page: Page, transactional_db: None) -> None:
    """R002-8: from nothing to a book without a manual."""
    page.goto("/login/")
    page.get_by_label("Name").fill("Alice")
    page.get_by_label("Email").fill("alice@example.org")
    page.get_by_label("Password").fill("a long enough password")
    page.get_by_role("button", name="Make my account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your first book")
    assert violations(page) == []

    page.get_by_label("Balance now").fill("1204.10")
    page.get_by_role("button", name="Open the book").click()
    expect(page).to_have_url(re.compile(r"/$"))
    expect(page.locator("#side")).to_be_visible()


def test_sign_in_elsewhere_does_not_stop_what_is_typed(signed_in: Page, watch: Any) -> None:
    signed_in.goto("/transactions/")
    context = signed_in.context
    [cookie] = [each for each in context.cookies() if each["name"] == "csrf"]
    context.add_cookies([{**cookie, "value": "b" * 32}])  # type: ignore[typeddict-item]  # what signing in makes

    signed_in.keyboard.press("n")
    signed_in.locator("#quick-line").fill("12.50 coffee")
    signed_in.locator("#quick-line").press("Enter")
    expect(signed_in.locator("tr[data-row]")).to_have_count(1)
    expect(signed_in.locator("#alert")).to_have_text("")
    watch.complaints.clear()  # the refusal that was answered with a new token


def test_failure_is_said_inside_the_open_dialog_and_goes_with_the_next_success(signed_in: Page, watch: Any) -> None:
    signed_in.goto("/transactions/")
    signed_in.keyboard.press("n")
    signed_in.route(
        "**/transactions/new/", lambda route: route.abort() if route.request.method == "POST" else route.continue_()
    )
    signed_in.locator("#quick-line").fill("12.50 coffee")
    signed_in.locator("#quick-line").press("Enter")
    alert = signed_in.locator("#quick #alert")
    expect(alert).to_contain_text("Not sent: no connection.")
    expect(alert.get_by_role("button", name="Dismiss")).to_be_visible()

    signed_in.unroute("**/transactions/new/")
    alert.get_by_role("button", name="Try again").click()
    expect(signed_in.locator("tr[data-row]")).to_have_count(1)
    expect(signed_in.locator("body > #alert")).to_have_text("")
    expect(signed_in.locator("body > #toast")).to_contain_text("Saved Coffee, 12.50.")
    watch.complaints.clear()  # the connection that this test cut


def test_phone_with_letters_twice_as_large_keeps_its_bar(
    open_page: Callable[..., Page], alice: User, sign_in: Callable[[Page, User], None]
) -> None:
    page = open_page(viewport=PHONE)
    sign_in(page, alice)
    page.goto(PROFILE)
    page.evaluate("document.documentElement.style.setProperty('font-size', '200%')")
    boxes = [each.bounding_box() for each in page.locator("#tabs > a, #tabs summary").all()]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"] for box in boxes)
    skip = page.locator(".skip").bounding_box()
    assert skip
    assert skip["y"] + skip["height"] <= 0


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_largest_amounts_stay_inside_their_columns(
    open_page: Callable[..., Page], alice: User, sign_in: Callable[[Page, User], None], width: int
) -> None:
    book = Book.objects.get()
    account = Account.objects.get()
    month = Month.of(today())
    for name in ("Household Supplies", "Gifts and donations", "Insurance of everything"):
        category = make_category(book, name)
        make_txn(account, "9999999999.99", category, today().isoformat(), payee="A payee")
        set_budget(book=book, by=None, category=category, month=month, amount=Decimal("474.00"))
    page = open_page(viewport={"width": width, "height": 900})
    sign_in(page, alice)
    for address in (
        "/",
        "/transactions/",
        "/transactions/?sort=amount",
        "/accounts/",
        f"/reports/month/{month}/",
        f"/budgets/{month}/",
    ):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == width, address
        for cell in page.locator(".tx td.am").all():
            assert cell.evaluate("cell => cell.scrollWidth <= cell.clientWidth"), address
        for table in page.locator(".bud").all():
            assert table.evaluate("table => table.offsetWidth <= table.parentElement.clientWidth"), address
        for link in page.locator(".bud .who a").all():
            assert width < 1280 or link.evaluate("link => link.scrollWidth <= link.clientWidth"), address
