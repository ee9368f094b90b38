"""Budgets in a real browser: covering, moving and typing in as few actions as promised, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from budget.books.models import Book
from budget.envelopes.operations import set_budget, transfer
from budget.envelopes.queries import plan_line
from budget.ledger.models import Category, today
from budget.months import Month
from budget.tests.browser.conftest import DESKTOP, PHONE, shut_out, violations
from budget.tests.factories import make_account, make_book, make_category, make_txn, make_user
from budget.users.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
MONTH = Month.of(today())
ADDRESS = f"/budgets/{MONTH}/"


class Plan:
    """A household: Travel has plenty, Eating out is over."""

    def __init__(self) -> None:
        self.user: User = make_user()
        self.book: Book = make_book(self.user)
        account = make_account(self.book)
        group = make_category(self.book, "Everyday")
        self.food, self.travel, self.gifts = (
            make_category(self.book, name, parent=group, icon=icon, position=place)
            for place, (name, icon) in enumerate((("Eating out", "fork"), ("Travel", "plane"), ("Gifts", "gift")))
        )
        for category, amount in ((self.food, "200.00"), (self.travel, "150.00"), (self.gifts, "30.00")):
            set_budget(book=self.book, by=None, category=category, month=MONTH, amount=Decimal(amount))
        make_txn(account, "236.85", self.food, date=MONTH.day(1).isoformat())
        make_txn(account, "22.00", None, date=MONTH.day(1).isoformat())

    def left(self, category: Category) -> Decimal:
        return plan_line(self.book, category, MONTH).available

    def budget(self, category: Category) -> Decimal:
        return plan_line(self.book, category, MONTH).allocated


@pytest.fixture
def household() -> Plan:
    return Plan()


Opened = Callable[..., Page]


@pytest.fixture
def budgets(open_page: Opened, sign_in: Callable[[Page, User], None], household: Plan) -> Opened:
    def opened(**options: Any) -> Page:
        page = open_page(**options)
        sign_in(page, household.user)
        page.goto(ADDRESS)
        return page

    return opened


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_overspent_budget_is_covered_in_two_actions(
    budgets: Opened, household: Plan, viewport: dict[str, int]
) -> None:
    page = budgets(viewport=viewport)

    page.get_by_role("link", name="Cover").click()
    page.get_by_role("button", name="Travel 150.00 to 113.15").click()

    expect(page.locator("#toast")).to_contain_text("Moved 36.85 from Travel to Eating out.")
    expect(page.locator("#plan-head")).to_contain_text("every category within its budget")
    expect(page.locator(f"#row-{household.travel.pk} .left")).to_have_text("113.15")
    expect(page.get_by_role("link", name="Cover")).to_have_count(0)
    expect(page.locator("#pop")).to_be_hidden()
    assert household.left(household.food) == Decimal("0.00")


def test_any_amount_is_moved_in_three_actions_and_five_characters(budgets: Opened, household: Plan) -> None:
    page = budgets()

    page.keyboard.press("m")
    page.keyboard.type("50")
    page.keyboard.press("Tab")
    page.keyboard.type("gif")
    page.keyboard.press("Enter")

    expect(page.locator("#toast")).to_contain_text("Moved 50.00 from Travel to Gifts.")
    expect(page.locator("#move")).to_be_hidden()
    expect(page.locator(f"#row-{household.gifts.pk} .left")).to_have_text("80.00")
    assert (household.left(household.travel), household.left(household.gifts)) == (Decimal("100.00"), Decimal("80.00"))


def test_a_move_begins_at_the_row_it_is_pressed_on_and_undo_takes_it_back(budgets: Opened, household: Plan) -> None:
    page = budgets()
    page.locator(f"#mv-{household.gifts.pk}").click()
    expect(page.locator("#move-from")).to_have_value(str(household.gifts.pk))
    page.keyboard.type("30")
    page.locator("#move-targets").get_by_role("option", name="Travel").click()
    expect(page.locator("#toast")).to_contain_text("Moved 30.00 from Gifts to Travel.")
    expect(page.locator(f"#row-{household.gifts.pk} .left")).to_have_text("0.00")
    expect(page.locator(f"#mv-{household.gifts.pk}")).to_be_focused()

    page.keyboard.press("u")

    expect(page.locator(f"#row-{household.gifts.pk} .left")).to_have_text("30.00")
    assert household.left(household.gifts) == Decimal("30.00")


def test_a_move_that_cannot_be_says_why_in_the_dialog(budgets: Opened, household: Plan) -> None:
    page = budgets()
    page.keyboard.press("m")
    page.keyboard.type("150.01")
    page.keyboard.press("Tab")
    page.keyboard.type("gif")
    page.keyboard.press("Enter")

    expect(page.locator("#move [data-errors]")).to_contain_text("Travel has 150.00 left, 150.01 is needed.")
    expect(page.locator("#move [data-errors]")).to_be_focused()
    expect(page.locator("#move-body [name=amount]")).to_have_value("150.01")
    assert household.left(household.travel) == Decimal("150.00")


def test_a_budget_is_typed_and_saved_with_tab_or_enter(budgets: Opened, household: Plan) -> None:
    page = budgets()
    food, travel = (page.locator(f"#budget-{category.pk}") for category in (household.food, household.travel))

    food.fill("200+36.85")
    food.press("Tab")
    expect(travel).to_be_focused()
    expect(food).to_have_value("236.85")
    expect(page.locator("#group-" + str(household.food.parent_id))).to_contain_text("416.85")
    travel.fill("100")
    travel.press("Enter")
    expect(page.locator(f"#row-{household.travel.pk} .left")).to_have_text("100.00")
    expect(travel).to_be_focused()

    assert (household.budget(household.food), household.budget(household.travel)) == (
        Decimal("236.85"),
        Decimal("100.00"),
    )


def test_a_budget_that_cannot_be_read_stays_as_typed_with_the_reason(budgets: Opened, household: Plan) -> None:
    page = budgets()
    cell = page.locator(f"#budget-{household.food.pk}")
    cell.fill("12,5o")
    cell.press("Enter")

    expect(page.get_by_role("alert").filter(has_text="We could not read “12,5o”")).to_be_visible()
    expect(cell).to_have_value("12,5o")
    cell.fill("125")
    cell.press("Enter")
    expect(page.locator("#plan-head")).to_contain_text("305.00")
    assert household.budget(household.food) == Decimal("125.00")


def test_the_menu_of_a_cell_sets_this_and_later_months(budgets: Opened, household: Plan) -> None:
    page = budgets()
    page.locator(f"#row-{household.travel.pk}").hover()
    page.locator(f"#menu-{household.travel.pk}").click()
    page.get_by_role("button", name="This and the next 11 months").click()

    expect(page.locator("#toast")).to_contain_text("and the 11 months after")
    assert plan_line(household.book, household.travel, MONTH + 11).allocated == Decimal("150.00")


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_covering_and_setting_work_without_scripts(budgets: Opened, household: Plan, viewport: dict[str, int]) -> None:
    page = budgets(viewport=viewport, java_script_enabled=False)

    page.get_by_role("link", name="Cover").click()
    page.get_by_label("From").select_option(str(household.travel.pk))
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.locator("#toast")).to_contain_text("Moved 36.85 from Travel to Eating out.")

    page.get_by_role("link", name="Gifts", exact=True).click()
    page.get_by_label("Budget", exact=True).fill("45")
    page.get_by_role("button", name="Save").first.click()
    expect(page.locator("#toast")).to_contain_text("Budgeted 45.00 for Gifts")
    assert household.budget(household.gifts) == Decimal("45.00")


def test_the_whole_page_is_one_form_without_scripts(budgets: Opened, household: Plan) -> None:
    page = budgets(java_script_enabled=False)
    page.locator(f"#budget-{household.food.pk}").fill("240")
    page.locator(f"#budget-{household.gifts.pk}").fill("20")
    page.get_by_role("button", name="Save budgets").click()

    expect(page.locator("#toast")).to_contain_text("Set 2 budgets")
    assert (household.budget(household.food), household.budget(household.gifts)) == (Decimal("240"), Decimal("20"))


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_what_opens_on_the_page_shuts_nobody_out(budgets: Opened, household: Plan, viewport: dict[str, int]) -> None:
    page = budgets(viewport=viewport, reduced_motion="reduce")
    page.get_by_role("link", name="Cover").click()
    expect(page.locator("#pop")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Travel 150.00").click()
    expect(page.locator("#toast")).to_contain_text("Moved")
    assert violations(page) == []
    if viewport == DESKTOP:
        page.locator(f"#mv-{household.travel.pk}").click()
        assert violations(page) == []


def test_pages_shut_nobody_out_and_stay_inside_the_window(budgets: Opened, household: Plan) -> None:
    page = budgets(reduced_motion="reduce")
    plenty, over = household.travel, household.food
    transfer(book=household.book, by=None, month=MONTH, source=plenty, target=over, amount=Decimal("36.85"))
    here = ("?all=1", f"{household.travel.pk}/", "move/", "allocations/")
    addresses = (*(ADDRESS + rest for rest in here), "/budgets/moves/", f"/budgets/{MONTH.next}/")

    found = {}
    for address in addresses:
        page.goto(address)
        found[address] = shut_out(page)

    assert {address: what for address, what in found.items() if what} == {}


def test_long_names_and_large_amounts_fit(budgets: Opened, household: Plan) -> None:
    long = make_category(household.book, "N" * 50, label="Very long name " * 6)
    set_budget(book=household.book, by=None, category=long, month=MONTH, amount=Decimal("9999999999.99"))
    for viewport in (DESKTOP, PHONE, {"width": 320, "height": 700}):
        page = budgets(viewport=viewport)
        assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
        overflowing = page.locator("table.bud").evaluate("table => table.scrollWidth - table.parentElement.clientWidth")
        assert overflowing <= 0
        assert re.search(r"9,999,999,999\.99", page.locator("#plan").inner_text())
