"""Journeys through the review queue: by keyboard, by thumb, without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from budget.books.models import Book
from budget.categorization.models import AmountRule
from budget.ledger.models import Account, AccountTransfer, Category, Status, Transaction, today
from budget.review import operations
from budget.tests import factories
from budget.tests.browser.conftest import DESKTOP, PHONE, violations
from budget.tests.statements.bringing import csv, imported
from budget.users.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, User], None]


@pytest.fixture
def somebody(transactional_db: None) -> User:
    """Somebody with a book of their own."""
    return factories.make_user(name="Olive Owner")


@pytest.fixture
def household(somebody: User) -> Book:
    """A book with an import of seven rows: a new payee, one that is likely, two that are sure."""
    book = factories.make_book(somebody)
    visa = factories.make_account(book, "Visa")
    groceries, _, transport, _ = (
        factories.make_category(book, name) for name in ("Groceries", "Fun", "Transport", "Sport")
    )
    factories.make_txn(visa, "1.00", groceries, payee="Corner")
    factories.make_mapping(groceries, "FOODLAND", confirmations=2)
    day = today()
    rows = (
        f"{day},Bowl Lanes,-22.00",
        f"{day},Foodland,-60.10",
        f"{day - timedelta(1)},Foodland,-61.32",
        f"{day},Trader Hall,-70.50",
        f"{day - timedelta(2)},Trader Hall,-70.54",
        f"{day},Metro Ride,-18.40",
    )
    imported(book, csv(*rows), "visa.csv", account=visa)
    factories.make_mapping(groceries, "TRADER HALL", confirmations=9)
    factories.make_mapping(transport, "METRO RIDE", confirmations=5)
    return book


@pytest.fixture
def at_queue(page: Page, sign_in: SignIn, somebody: User, household: Book) -> Page:
    """The queue, 1280 px wide."""
    sign_in(page, somebody)
    page.goto("/review/")
    return page


def filed(book: Book) -> dict[str, str]:
    """The categories of all confirmed rows, by payee."""
    rows = Transaction.objects.of(book).filter(status=Status.CONFIRMED, line__isnull=False)
    return {row.payee: str(row.category) for row in rows.select_related("category")}


def left(page: Page) -> list[str]:
    """The titles of the groups, in order."""
    return page.locator("article.rq h2").all_inner_texts()


def wait_for(page: Page, count: int) -> None:
    """Until that many groups are left."""
    expect(page.locator("article.rq")).to_have_count(count)


def go_on(page: Page, count: int) -> None:
    """Until that many groups are left and the next one has the focus."""
    wait_for(page, count)
    expect(page.locator("article.rq.cur [data-row-focus]")).to_be_focused()


def test_queue_is_worked_off_with_one_key_a_row(at_queue: Page, household: Book) -> None:
    """One keystroke to accept, one digit to choose; focus goes on to the next."""
    assert left(at_queue) == ["Bowl Lanes", "Foodland, 2 charges", "Metro Ride", "Trader Hall, 2 charges"]

    at_queue.keyboard.press("2")  # a new payee: the second of the likely ones
    go_on(at_queue, 3)
    at_queue.keyboard.press("Enter")
    go_on(at_queue, 2)
    expect(at_queue.locator("#toast")).to_contain_text("Filed Foodland, 2 transactions, under Groceries.")
    at_queue.keyboard.press("Enter")
    go_on(at_queue, 1)
    at_queue.keyboard.press("Enter")

    expect(at_queue.locator("#review")).to_contain_text("Nothing to review.")
    assert filed(household) == {
        "Bowl Lanes": filed(household)["Bowl Lanes"],
        "Foodland": "Groceries",
        "Trader Hall": "Groceries",
        "Metro Ride": "Transport",
    }
    expect(at_queue.locator(".side .review-count")).to_be_empty()


def test_queue_is_reached_and_worked_without_a_pointer(at_queue: Page, household: Book) -> None:
    """G then R, from any page: dialogs and keys come with the queue."""
    at_queue.goto("/")
    at_queue.keyboard.press("g")
    at_queue.keyboard.press("r")
    wait_for(at_queue, 4)
    at_queue.keyboard.press("o")
    expect(at_queue.get_by_label("Find a category")).to_be_focused()
    at_queue.keyboard.type("fun")
    at_queue.keyboard.press("Enter")
    go_on(at_queue, 3)
    at_queue.keyboard.press("r")
    expect(at_queue.locator("#review-rule")).to_contain_text("It files 2 rows now:")

    assert filed(household) == {"Bowl Lanes": "Fun"}


def test_badges_drop_with_each_decision(at_queue: Page) -> None:
    badge = at_queue.locator(".side .review-count")
    expect(badge).to_contain_text("6")
    at_queue.keyboard.press("j")
    at_queue.keyboard.press("Enter")
    expect(badge).to_contain_text("4")
    expect(at_queue.locator("#review-left")).to_contain_text("4 left")


def test_all_sure_ones_go_with_one_key_and_come_back_with_one(at_queue: Page, household: Book) -> None:
    """Undo of A restores all."""
    expect(at_queue.get_by_role("button", name="Accept 3 sure")).to_be_visible()

    at_queue.keyboard.press("a")
    wait_for(at_queue, 2)
    expect(at_queue.locator("#toast")).to_contain_text("Filed 3 transactions under 2 categories.")
    expect(at_queue.locator("[data-counted]")).to_be_hidden()
    assert set(filed(household)) == {"Trader Hall", "Metro Ride"}

    at_queue.keyboard.press("u")
    wait_for(at_queue, 4)
    assert filed(household) == {}


def test_any_other_category_is_found_by_its_name(at_queue: Page, household: Book) -> None:
    at_queue.keyboard.press("o")
    expect(at_queue.get_by_label("Find a category")).to_be_focused()
    at_queue.keyboard.type("spo")
    at_queue.keyboard.press("Enter")

    wait_for(at_queue, 3)
    assert filed(household) == {"Bowl Lanes": "Sport"}
    assert at_queue.evaluate("document.activeElement.closest('[data-row]') !== null")


def test_any_other_category_files_a_whole_group(at_queue: Page, household: Book) -> None:
    """The tick boxes of look-alikes do not stand in the way."""
    foodland = at_queue.locator("article.rq", has_text="Foodland")
    at_queue.keyboard.press("j")
    expect(foodland).to_have_class("rq cur")
    at_queue.keyboard.press("o")
    expect(at_queue.get_by_label("Find a category")).to_be_focused()
    at_queue.keyboard.type("spo")
    at_queue.keyboard.press("Enter")

    wait_for(at_queue, 3)
    rows = Transaction.objects.of(household).filter(payee="Foodland")
    assert [str(row.category) for row in rows] == ["Sport", "Sport"]


def test_category_that_does_not_exist_files_nothing(at_queue: Page, household: Book) -> None:
    """Enter takes what is highlighted, never the first of the hidden ones."""
    at_queue.keyboard.press("o")
    find = at_queue.get_by_label("Find a category")
    expect(find).to_be_focused()
    at_queue.keyboard.type("zzz")
    at_queue.keyboard.press("Enter")
    find.fill("")
    find.fill("zzz")
    at_queue.keyboard.press("Enter")
    expect(find).to_be_visible()
    assert filed(household) == {}

    find.fill("spo")
    at_queue.keyboard.press("Enter")
    wait_for(at_queue, 3)
    assert filed(household) == {"Bowl Lanes": "Sport"}


def test_rule_shows_its_rows_before_it_is_made(at_queue: Page, household: Book) -> None:
    at_queue.keyboard.press("j")
    at_queue.keyboard.press("r")
    dialog = at_queue.locator("#review-rule")
    expect(dialog).to_contain_text("It files 2 rows now:")
    dialog.get_by_label("Goes to").select_option(label="Fun")
    expect(dialog.locator(".touched li")).to_have_count(2)
    dialog.get_by_label("The bank's text contains").fill("FOODLAND NORTH")
    expect(dialog).to_contain_text("It changes no row now")
    assert AmountRule.objects.of(household).count() == 0

    dialog.get_by_label("The bank's text contains").fill("foodland")
    expect(dialog).to_contain_text("It files 2 rows now:")
    dialog.get_by_role("button", name="Make the rule").click()

    expect(dialog).to_be_hidden()
    wait_for(at_queue, 3)
    rows = Transaction.objects.of(household).filter(payee="Foodland")
    assert {(str(row.category), row.status) for row in rows} == {("Fun", Status.AUTO_CONFIRMED)}


def test_skipped_group_goes_to_the_end(at_queue: Page) -> None:
    at_queue.keyboard.press("s")

    assert left(at_queue)[-1] == "Bowl Lanes"
    expect(at_queue.locator("article.rq").first.locator("[data-row-focus]")).to_be_focused()


def test_one_row_of_a_group_is_left_out(at_queue: Page, household: Book) -> None:
    foodland = at_queue.locator("article.rq", has_text="Foodland")
    foodland.locator("summary").click()
    foodland.get_by_role("checkbox").last.uncheck()
    foodland.get_by_role("button", name="Groceries").click()

    expect(at_queue.locator("article.rq h2", has_text="Foodland")).to_have_text("Foodland")
    wait_for(at_queue, 4)
    assert Transaction.objects.of(household).filter(payee="Foodland", status=Status.CONFIRMED).count() == 1


def test_choices_are_kept_and_saved_together(at_queue: Page, household: Book) -> None:
    """R003-32."""
    at_queue.get_by_label("Stage first").check()
    expect(at_queue.locator("#review")).to_contain_text("Choices are kept until you press Save.")
    at_queue.locator("article.rq", has_text="Metro Ride").get_by_role("button", name="Transport").click()
    wait_for(at_queue, 3)
    at_queue.locator("article.rq", has_text="Foodland").get_by_role("button", name="Groceries").click()
    expect(at_queue.get_by_role("button", name="Save 3")).to_be_visible()
    assert filed(household) == {}

    at_queue.keyboard.press("w")

    expect(at_queue.locator("#toast")).to_contain_text("Saved 3 choices.")
    expect(at_queue.locator("#staged")).to_be_empty()
    assert filed(household) == {"Metro Ride": "Transport", "Foodland": "Groceries"}


def test_possible_transfer_is_asked_about_first(at_queue: Page, household: Book) -> None:
    day = today().isoformat()
    savings = factories.make_account(household, "Savings")
    visa = Account.objects.of(household).get(name="Visa")
    imported(household, csv(f"{day},To savings,-250.00"), "a.csv", account=visa)
    imported(household, csv(f"{day},From visa,250.00", f"{day},Interest,250.00"), "b.csv", account=savings)
    at_queue.reload()

    pair = at_queue.locator(".pair", has_text="Interest")
    pair.get_by_role("button", name="Not a transfer").click()
    expect(at_queue.locator(".pair")).to_have_count(1)
    at_queue.get_by_role("button", name="Link as a transfer").click()
    expect(at_queue.locator(".pair")).to_have_count(0)

    assert AccountTransfer.objects.of(household).get().incoming.payee == "From visa"


def test_keys_answer_the_pairs_on_top_first(at_queue: Page, household: Book) -> None:
    """The current row is the topmost: 1 and 2 answer what they stand beside, then the keys go on to the groups."""
    day = today().isoformat()
    savings = factories.make_account(household, "Savings")
    visa = Account.objects.of(household).get(name="Visa")
    imported(household, csv(f"{day},To savings,-250.00"), "a.csv", account=visa)
    imported(household, csv(f"{day},From visa,250.00", f"{day},Interest,250.00"), "b.csv", account=savings)
    at_queue.reload()
    pairs, current = at_queue.locator(".pair"), at_queue.locator(".cur")
    expect(pairs).to_have_count(2)
    expect(current).to_have_count(1)
    expect(current).to_have_id(pairs.first.get_attribute("id") or "")

    at_queue.keyboard.press("2")
    expect(pairs).to_have_count(1)
    expect(current).to_have_count(1)
    expect(pairs.get_by_role("button", name="Link as a transfer")).to_be_focused()
    assert AccountTransfer.objects.of(household).count() == 0

    at_queue.keyboard.press("1")
    expect(pairs).to_have_count(0)
    go_on(at_queue, 5)
    assert AccountTransfer.objects.of(household).get().outgoing.payee == "To savings"
    assert Transaction.objects.of(household).get(payee="Bowl Lanes").status == Status.PENDING_REVIEW


def test_queue_works_with_one_thumb(phone: Page, sign_in: SignIn, somebody: User, household: Book) -> None:
    sign_in(phone, somebody)
    phone.goto("/review/")
    targets = phone.locator("article.rq .opts:not(.js-hide) > *, article.rq .why .btn")
    sizes = [box["height"] for box in (each.bounding_box() for each in targets.all()) if box]
    assert len(sizes) > 10
    assert min(sizes) >= 44
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")

    phone.locator("article.rq", has_text="Metro Ride").get_by_role("button", name="Transport").tap()
    wait_for(phone, 3)
    phone.get_by_role("button", name="Undo", exact=True).tap()
    wait_for(phone, 4)


def test_queue_without_javascript_is_one_form(
    open_page: Callable[..., Page], sign_in: SignIn, somebody: User, household: Book
) -> None:
    plain = open_page(java_script_enabled=False)
    sign_in(plain, somebody)
    plain.goto("/review/")
    plain.locator("article.rq", has_text="Bowl Lanes").get_by_label("Fun").check()
    plain.get_by_role("button", name="Save", exact=True).click()

    assert filed(household) == {"Bowl Lanes": "Fun", "Trader Hall": "Groceries", "Metro Ride": "Transport"}
    assert left(plain) == ["Foodland, 2 charges"]


def test_keys_of_the_page_are_off_where_somebody_switched_them_off(
    page: Page, sign_in: SignIn, somebody: User, household: Book
) -> None:
    User.objects.filter(pk=somebody.pk).update(single_keys=False)
    sign_in(page, somebody)
    page.goto("/review/")

    page.keyboard.press("a")
    page.keyboard.press("1")

    wait_for(page, 4)
    assert filed(household) == {}


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["1280", "390"])
def test_every_state_is_accessible(
    open_page: Callable[..., Page], sign_in: SignIn, somebody: User, household: Book, viewport: dict[str, int]
) -> None:
    """axe finds nothing in both themes."""
    row = Transaction.objects.of(household).get(payee="Bowl Lanes")
    fun = Category.objects.of(household).get(name="Fun")
    operations.decide(book=household, by=None, choices={fun: [row.pk]}, is_staged=True)
    page = open_page(viewport=viewport)
    sign_in(page, somebody)
    page.goto("/review/")
    page.locator("article.rq summary").first.click()
    assert violations(page) == []

    page.locator("article.rq a[data-key=o]").first.click()
    expect(page.locator("#review-list")).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")

    page.locator("article.rq a[data-key=r]").first.click()
    expect(page.locator("#rule-preview")).to_be_visible()
    assert violations(page) == []
