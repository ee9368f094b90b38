"""Rules and merchants in a real browser: tried before they are saved, run, moved, undone; open to everybody."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from budget import history
from budget.books.models import Book
from budget.categorization import operations
from budget.categorization.models import AmountRule, MerchantMapping
from budget.ledger.models import Category, Source, Status, Transaction
from budget.tests.browser.conftest import shut_out
from budget.tests.factories import make_account, make_book, make_category, make_txn, make_user
from budget.users.models import User

pytestmark = pytest.mark.browser
RULES = "/settings/rules/"


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user("alice@example.org", "Alice")


@pytest.fixture
def book(alice: User) -> Book:
    """Two rules, two merchants, a run, and rows that wait."""
    made = make_book(alice, "Household")
    account, food = make_account(made), make_category(made, "Food", icon="fork")
    films = make_category(made, "Films", icon="film")
    operations.add_rule(
        book=made, by=alice, pattern="APPLE.COM/BILL", amount=Decimal("9.99"), category=films, name="Apple TV"
    )
    operations.add_rule(book=made, by=alice, pattern="CORNER*BAKERY", category=food, note="Both shops")
    operations.add_mapping(book=made, by=alice, merchant="Blue Bottle", category=food)
    for text, amount in (("CORNER OLD BAKERY 12", "4.20"), ("BLUE BOTTLE 4412", "5.50")):
        make_txn(account, amount, description=text, status=Status.PENDING_REVIEW, source=Source.CSV_IMPORT)
    operations.run_rules(made, by=alice)
    make_txn(account, "15.99", description="NETFLIX.COM", status=Status.PENDING_REVIEW, source=Source.CSV_IMPORT)
    return made


def test_nobody_is_shut_out(
    open_page: Callable[..., Page],
    sign_in: Callable[[Page, User], None],
    alice: User,
    book: Book,
) -> None:
    page, empty = open_page(), open_page()
    sign_in(page, alice)
    somebody = make_user()
    make_book(somebody, "Empty")
    sign_in(empty, somebody)
    rule, merchant = AmountRule.objects.latest("pk"), MerchantMapping.objects.latest("pk")
    found = {}
    for shown, path in (
        (page, RULES),
        (page, f"{RULES}new/"),
        (page, f"{RULES}{rule.pk}/"),
        (page, f"{RULES}merchants/new/"),
        (page, f"{RULES}merchants/{merchant.pk}/"),
        (page, "/review/accuracy/?all=1"),
        (empty, RULES),
        (empty, "/review/accuracy/"),
    ):
        shown.goto(path)
        # Axe must not load stylesheets by itself, which the page would refuse.
        found[path, shown is empty] = shut_out(shown, preload=False)
    page.goto(RULES)
    page.get_by_role("link", name="Edit the rule CORNER*BAKERY").click()
    page.get_by_role("button", name="Test on past rows").click()
    expect(page.get_by_text("It would change no transaction.")).to_be_visible()
    found["in place", False] = shut_out(page, preload=False)

    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_rule_is_tried_added_with_its_rows_and_undone(
    open_page: Callable[..., Page],
    sign_in: Callable[[Page, User], None],
    alice: User,
    book: Book,
    javascript: bool,
) -> None:
    page, before = open_page(java_script_enabled=javascript), history.digest(book)
    sign_in(page, alice)

    page.goto(RULES)
    page.get_by_role("link", name="New rule").click()
    page.get_by_label("The bank's text contains").fill("netflix")
    page.get_by_label("And the amount is").fill("15.99")
    page.get_by_label("Goes to").select_option(label="Films")
    page.get_by_role("button", name="Test on past rows").click()
    expect(page.get_by_text("It would file 1 transaction that waits for review.")).to_be_visible()
    assert history.digest(book) == before
    page.get_by_role("button", name="Add it and file 1").click()
    expect(page.get_by_text("Added the rule netflix: 1 transaction filed.")).to_be_visible()
    filed = Transaction.objects.of(book).get(description="NETFLIX.COM")
    assert (filed.category, filed.status) == (Category.objects.get(name="Films"), Status.AUTO_CONFIRMED)

    page.get_by_role("button", name="Undo Added the rule netflix").click()
    expect(page.get_by_text("Undone: Added the rule netflix")).to_be_visible()

    assert history.digest(book) == before


def test_rule_is_edited_in_place_and_moved(
    page: Page, sign_in: Callable[[Page, User], None], alice: User, book: Book
) -> None:
    sign_in(page, alice)
    page.goto(RULES)
    listed = page.locator("ol.rules > li")

    page.get_by_role("link", name="Edit the rule CORNER*BAKERY").click()
    page.get_by_label("The bank's text contains").fill("OLD BAKERY")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("Saved the rule OLD BAKERY.")).to_be_visible()
    expect(listed).to_contain_text(["APPLE.COM/BILL", "OLD BAKERY"])
    page.get_by_role("button", name="Ask OLD BAKERY earlier").click()
    expect(listed).to_contain_text(["OLD BAKERY", "APPLE.COM/BILL"])

    assert [rule.pattern for rule in operations.rules_in_order(book)] == ["OLD BAKERY", "APPLE.COM/BILL"]


def test_merchants_are_searched_and_edited_with_the_keyboard(
    page: Page, sign_in: Callable[[Page, User], None], alice: User, book: Book
) -> None:
    sign_in(page, alice)
    page.goto(RULES)

    page.get_by_label("Search the merchants").fill("nobody")
    expect(page.get_by_text("No merchant matches.")).to_be_visible()
    page.get_by_label("Search the merchants").fill("bottle")
    page.get_by_role("link", name="Edit BLUE BOTTLE").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Goes to").select_option(label="Films")
    page.get_by_label("Merchant", exact=True).press("Enter")
    expect(page.get_by_text("Saved BLUE BOTTLE.")).to_be_visible()

    assert str(MerchantMapping.objects.get().category) == "Films"


def test_run_of_what_waits_from_the_phone(
    phone: Page, sign_in: Callable[[Page, User], None], alice: User, book: Book
) -> None:
    operations.add_rule(book=book, by=alice, pattern="NETFLIX", category=Category.objects.get(name="Films"))
    sign_in(phone, alice)
    phone.goto(RULES)

    phone.get_by_role("button", name="Run on what waits").tap()
    expect(phone.get_by_text("Ran all rules: 1 transaction filed.")).to_be_visible()
    expect(phone.get_by_text("Nothing waits for review.")).to_be_visible()
    phone.get_by_role("button", name="Undo Ran all rules").first.tap()
    expect(phone.get_by_text("1 transaction waits for review.")).to_be_visible()
