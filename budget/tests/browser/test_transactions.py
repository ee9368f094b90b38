"""Journeys through the transactions: added in two actions, in three taps, twice by mistake, edited from two tabs."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from budget.books.models import Book, Role
from budget.ledger.models import Account, Category, Transaction, today
from budget.tests import factories
from budget.tests.browser.conftest import DESKTOP, PHONE, violations
from budget.users.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SignIn = Callable[[Page, User], None]
LIST = "/transactions/"


@pytest.fixture
def somebody(transactional_db: None) -> User:
    """Somebody with a book of their own."""
    return factories.make_user(name="Olive Owner")


@pytest.fixture
def household(somebody: User) -> Book:
    """A book with two accounts, three categories and a few rows."""
    book = factories.make_book(somebody)
    everyday, visa = factories.make_account(book, "Everyday"), factories.make_account(book, "Visa")
    eating, fun = factories.make_category(book, "Eating out"), factories.make_category(book, "Fun")
    salary = factories.make_category(book, "Salary", is_income=True)
    day = today().isoformat()
    factories.make_txn(everyday, "-2150", salary, day, "ACME PAYROLL", payee="Acme")
    factories.make_txn(visa, "84.60", eating, day, "NOPA RESTAURANT", payee="Nopa")
    factories.make_txn(visa, "15.00", fun, day, "CINEMA", payee="Cinema")
    return book


@pytest.fixture
def at_list(page: Page, sign_in: SignIn, somebody: User, household: Book) -> Page:
    """The list, 1280 px wide."""
    sign_in(page, somebody)
    page.goto(LIST)
    return page


def amounts(book: Book) -> list[Decimal]:
    """Every amount, oldest row first."""
    return list(Transaction.objects.of(book).order_by("pk").values_list("amount", flat=True))


def row(page: Page, title: str) -> Any:
    """The row of a payee."""
    return page.locator("tr[data-row]", has_text=title)


def test_expense_is_added_in_two_actions_from_several_pages(at_list: Page, household: Book) -> None:
    """R002-8, R004-1: two actions, wherever one is."""
    for place, path in enumerate((LIST, "/", "/accounts/", "/history/", "/settings/profile/"), start=1):
        at_list.goto(path)
        at_list.keyboard.press("n")
        at_list.keyboard.type(f"{place}.50 coffee house #eat")
        expect(at_list.locator("#quick-preview")).to_contain_text(f"{place}.50")
        at_list.keyboard.press("Enter")
        expect(at_list.locator("#toast")).to_contain_text(f"Saved Coffee House, {place}.50.")
        expect(at_list.locator("#quick")).not_to_be_visible()

    assert amounts(household)[3:] == [Decimal(f"{place}.50") for place in range(1, 6)]


def test_list_shows_the_new_row_and_total_without_leaving(at_list: Page, household: Book) -> None:
    """R002-2, R004-5: row and total at once."""
    at_list.keyboard.press("n")
    at_list.keyboard.type("12.50 coffee house #eat")
    expect(at_list.locator("#quick-preview")).to_contain_text("Eating out")
    at_list.keyboard.press("Control+Enter")

    expect(row(at_list, "Coffee House")).to_contain_text("12.50")
    expect(at_list.locator("#totals")).to_contain_text("112.10")
    expect(at_list.locator("#quick-line")).to_be_focused()
    expect(at_list.locator("#quick-line")).to_have_value("")


def test_phone_needs_three_taps_and_the_amount(phone: Page, sign_in: SignIn, somebody: User, household: Book) -> None:
    """R002-8: three taps on a phone."""
    sign_in(phone, somebody)
    phone.goto("/")

    phone.locator("#tabs .add").tap()
    expect(phone.locator("#quick-amount")).to_be_focused()
    phone.keyboard.type("7.20")
    phone.locator("#quick-chips label", has_text="Eating out").tap()
    expect(phone.locator("#quick-preview")).to_contain_text("Eating out")
    phone.locator("#quick button", has_text="Save").first.tap()

    expect(phone.locator("#toast")).to_contain_text("Saved Eating out, 7.20.")
    assert amounts(household)[3:] == [Decimal("7.20")]


def test_category_is_corrected_in_one_press_and_undone(at_list: Page, household: Book) -> None:
    nopa = row(at_list, "Nopa")
    nopa.hover()

    nopa.locator("[data-key='2']").click()

    expect(at_list.locator("#toast")).to_contain_text("Nopa is now Fun.")
    expect(row(at_list, "Nopa").locator(".chip")).to_contain_text("Fun")
    assert Transaction.objects.get(payee="Nopa").category == Category.objects.get(name="Fun")
    at_list.keyboard.press("u")
    expect(at_list.locator("#toast")).to_contain_text("Undone")
    assert Transaction.objects.get(payee="Nopa").category == Category.objects.get(name="Eating out")


def test_category_menu_takes_two_actions_and_the_keyboard(at_list: Page, household: Book) -> None:
    at_list.keyboard.press("j")
    at_list.keyboard.press("c")
    expect(at_list.locator("#cats")).to_be_visible()
    expect(at_list.locator("#cats input[data-filter]")).to_be_focused()
    at_list.keyboard.type("eat")
    at_list.keyboard.press("Enter")

    expect(row(at_list, "Cinema").locator(".chip")).to_contain_text("Eating out")
    expect(at_list.locator("#cats")).not_to_be_visible()


def test_category_that_does_not_exist_changes_nothing(at_list: Page, household: Book) -> None:
    """Enter takes what is highlighted, never the first of the hidden ones."""
    at_list.keyboard.press("j")
    at_list.keyboard.press("c")
    find = at_list.locator("#cats input[data-filter]")
    expect(find).to_be_focused()
    sent: list[str] = []
    at_list.on("request", lambda request: sent.append(request.url))
    at_list.keyboard.press("Enter")
    at_list.keyboard.type("zzz")
    at_list.keyboard.press("Enter")
    expect(find).to_be_visible()
    expect(find).to_have_value("zzz")
    assert sent == []

    find.fill("eat")
    at_list.keyboard.press("Enter")
    expect(row(at_list, "Cinema").locator(".chip")).to_contain_text("Eating out")
    assert Transaction.objects.get(payee="Cinema").category == Category.objects.get(name="Eating out")


def test_row_is_edited_in_place_with_errors_beside_the_field(at_list: Page, household: Book) -> None:
    row(at_list, "Nopa").locator("[data-row-focus]").click()
    form = at_list.locator("tr.edit")
    form.get_by_label("Amount").fill("12,5o")
    form.get_by_role("button", name="Save").click()
    expect(form.locator("[data-errors]")).to_be_focused()
    expect(form.get_by_label("Amount")).to_have_value("12,5o")

    form.get_by_label("Amount").fill("90+4.60")
    form.get_by_role("button", name="Save").click()

    expect(row(at_list, "Nopa")).to_contain_text("94.60")
    expect(at_list.locator("#totals")).to_contain_text("109.60")
    expect(row(at_list, "Nopa").locator("[data-cell='payee']")).to_be_focused()


def test_edit_in_place_takes_the_focus_and_escape_gives_it_back(at_list: Page, household: Book) -> None:
    for key in ("j", "j", "e"):
        at_list.keyboard.press(key)
    expect(at_list.locator("tr.edit").get_by_label("Amount")).to_be_focused()
    at_list.keyboard.press("Escape")
    expect(at_list.locator("tr.edit")).to_have_count(0)
    expect(at_list.locator("[data-row] [data-cell='payee']:focus")).to_have_count(1)


def test_row_is_deleted_at_once_and_comes_back(at_list: Page, household: Book) -> None:
    """R004-22: deleted and restored by one key each."""
    row(at_list, "Nopa").locator("[data-row-focus]").focus()
    at_list.keyboard.press("d")

    expect(row(at_list, "Nopa")).to_have_count(0)
    expect(at_list.locator("#totals")).to_contain_text("15.00")
    expect(at_list.locator("#toast")).to_contain_text("Deleted Nopa, 84.60.")
    expect(at_list.locator("[data-row] :focus")).to_have_count(1)
    at_list.keyboard.press("u")
    expect(row(at_list, "Nopa")).to_have_count(1)
    expect(at_list.locator("[data-row] :focus, h1:focus")).to_have_count(1)


def test_several_are_filed_with_one_bar(at_list: Page, household: Book) -> None:
    for title in ("Nopa", "Cinema"):
        row(at_list, title).locator("[data-select]").check()
    at_list.locator("#bulk-category").select_option(label="Fun")
    at_list.get_by_role("button", name="Set category").click()

    expect(at_list.locator("#toast")).to_contain_text("Filed 1 transaction under Fun.")
    expect(row(at_list, "Nopa").locator(".chip")).to_contain_text("Fun")


def test_filter_lives_in_the_address(at_list: Page, household: Book) -> None:
    """R004-3, R004-5: the total is of what is shown."""
    at_list.locator("#q").fill("nopa")
    expect(at_list.locator("#totals")).to_contain_text("1 shown")
    expect(at_list).to_have_url(f"{at_list.url.split('?')[0]}?q=nopa")

    at_list.reload()
    expect(at_list.locator("#totals")).to_contain_text("1 shown")
    at_list.locator(".chips").get_by_text("nopa").click()
    expect(at_list.locator("#totals")).to_contain_text("3 shown")
    at_list.go_back()
    expect(at_list.locator("#totals")).to_contain_text("1 shown")


def test_c4_double_click_reload_and_back_make_one_row(at_list: Page, household: Book) -> None:
    """C4, R004-8, R004-15: one press too many makes no second row."""
    at_list.keyboard.press("n")
    at_list.keyboard.type("1.01 double click")
    expect(at_list.locator("#quick-preview")).to_contain_text("1.01")
    at_list.locator("#quick button.p").dblclick()
    expect(row(at_list, "Double Click")).to_have_count(1)

    at_list.goto("/transactions/new/")
    form = at_list.locator("form:has(#id_amount)")
    form.get_by_label("Amount").fill("2.02")
    form.get_by_label("Payee").fill("Reloaded")
    form.get_by_role("button", name="Save", exact=True).dblclick()
    expect(row(at_list, "Reloaded")).to_have_count(1)
    at_list.reload()

    assert amounts(household)[3:] == [Decimal("1.01"), Decimal("2.02")]


def test_c4_without_script_back_and_submit_makes_one_row(
    open_page: Callable[..., Page], sign_in: SignIn, somebody: User, household: Book
) -> None:
    """C4, R004-8: without scripts as well."""
    page = open_page(java_script_enabled=False)
    sign_in(page, somebody)
    page.goto("/transactions/new/")
    content = page.content()
    key = page.locator("form:has(#id_amount) [name='request_key']").get_attribute("value")
    page.locator("#id_amount").fill("3.03")
    page.locator("#id_payee").fill("Plain")
    page.locator("form:has(#id_amount) button.p").click()
    expect(row(page, "Plain")).to_have_count(1)
    page.reload()

    answer = page.context.request.post(
        f"{page.url.split('/transactions')[0]}/transactions/new/",
        form={
            "csrfmiddlewaretoken": content.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0],
            "request_key": key or "",
            "seen": "",
            "amount": "3.03",
            "direction": "out",
            "payee": "Plain",
            "category": "",
            "date": today().isoformat(),
            "account": str(Transaction.objects.latest("pk").account_id),
            "description": "",
            "note": "",
        },
    )

    assert "Already saved." in answer.text()
    assert amounts(household)[3:] == [Decimal("3.03")]


def test_c4_two_tabs_with_a_form_each_make_two_rows(at_list: Page, household: Book) -> None:
    """C4: two forms are meant twice."""
    other = at_list.context.new_page()
    other.goto(LIST)
    for tab in (at_list, other):
        tab.keyboard.press("n")
        tab.keyboard.type("4.04 twin")
        expect(tab.locator("#quick-preview")).to_contain_text("4.04")
        tab.keyboard.press("Enter")
        expect(tab.locator("#toast")).to_contain_text("Saved Twin, 4.04.")

    expect(other.locator("#toast")).to_contain_text("Keep both, or remove this one.")
    assert amounts(household)[3:] == [Decimal("4.04"), Decimal("4.04")]


def test_c9_two_tabs_edit_one_row_and_nothing_is_lost(at_list: Page, household: Book) -> None:
    """C9: both versions are shown."""
    other = at_list.context.new_page()
    other.goto(LIST)
    for tab, amount in ((at_list, "14.00"), (other, "12.50")):
        row(tab, "Nopa").locator("[data-row-focus]").click()
        tab.locator("tr.edit").get_by_label("Amount").fill(amount)
    at_list.locator("tr.edit").get_by_role("button", name="Save").click()
    expect(row(at_list, "Nopa")).to_contain_text("14.00")
    other.locator("tr.edit").get_by_role("button", name="Save").click()

    expect(other.locator("tr.edit")).to_contain_text("Yours: 12.50. Theirs: 14.00. Keep yours, or take theirs.")
    assert Transaction.objects.get(payee="Nopa").amount == Decimal("14.00")
    other.locator("tr.edit").get_by_role("button", name="Keep yours").click()
    expect(row(other, "Nopa")).to_contain_text("12.50")
    assert Transaction.objects.get(payee="Nopa").amount == Decimal("12.50")


def test_without_script_everything_can_be_done(
    open_page: Callable[..., Page], sign_in: SignIn, somebody: User, household: Book
) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, somebody)
    page.goto("/transactions/new/")
    page.locator("#line").fill("12.50 bakery #eat")
    page.keyboard.press("Enter")
    expect(row(page, "Bakery")).to_contain_text("12.50")

    row(page, "Bakery").locator("a.chip").click()
    page.locator("button.o", has_text="Fun").click()
    expect(row(page, "Bakery").locator(".chip")).to_contain_text("Fun")

    page.locator("#q").fill("bakery")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("#totals")).to_contain_text("1 shown")

    row(page, "Bakery").locator("[data-row-focus]").click()
    page.locator("button", has_text="Delete").click()
    expect(row(page, "Bakery")).to_have_count(0)
    assert len(amounts(household)) == 3


LONG = "The joint household account of both of us, for all days"
WIDTHS = (390, 768, 800, 1000, 1025, 1100, 1280, 1440)
COLUMNS = """rows => rows.map(row => {
  const boxes = [...row.cells].map(cell => cell.getBoundingClientRect()).filter(box => box.width);
  const meets = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
    && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  return [row.querySelector(".py .pw").clientWidth, boxes.some((a, i) => boxes.slice(i + 1).some(b => meets(a, b)))];
})"""


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
def test_payee_has_room_and_nothing_overlaps_at_any_width(
    page: Page, sign_in: SignIn, household: Book, role: Role
) -> None:
    member = factories.make_user(name="Max Member")
    factories.make_member(household, member, role)
    factories.make_txn(factories.make_account(household, LONG), "12.50", None, today().isoformat(), "BAKERY " * 9)
    sign_in(page, member)

    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for url in (LIST, LIST + "?sort=amount"):
            page.goto(url)
            for room, overlaps in page.locator("tr[data-row]").evaluate_all(COLUMNS):
                if room < 100 or overlaps:
                    found[width, url] = (room, overlaps)

    assert found == {}


@pytest.mark.parametrize("width", [800, 1025, 1280, 1440])
def test_delete_can_be_pressed_whatever_else_the_row_offers(at_list: Page, household: Book, width: int) -> None:
    long = factories.make_category(household, "Food and everything else that is eaten at home")
    for payee, category in (("Shop", long), ("Kiosk", None)):
        factories.make_txn(Account.objects.of(household)[0], "3", category, today().isoformat(), payee, payee=payee)
    at_list.set_viewport_size({"width": width, "height": 1000})
    at_list.goto(LIST)

    for payee in ("Shop", "Kiosk", "Cinema"):
        row(at_list, payee).locator(".am").hover()
        row(at_list, payee).get_by_role("button", name="Delete").click(timeout=5000)
        expect(row(at_list, payee)).to_have_count(0)


@pytest.mark.parametrize("size", [DESKTOP, PHONE, {"width": 900, "height": 900}], ids=["1280", "390", "900"])
def test_toast_leaves_the_bar_alone(at_list: Page, household: Book, size: Any) -> None:
    row(at_list, "Cinema").get_by_role("checkbox").check()
    row(at_list, "Nopa").locator(".am").hover()
    row(at_list, "Nopa").get_by_role("button", name="Delete").click()
    expect(at_list.locator(".toast")).to_be_visible()
    at_list.set_viewport_size(size)

    bar, toast = at_list.locator(".bulk").bounding_box(), at_list.locator(".toast").bounding_box()

    assert bar
    assert toast
    assert toast["y"] + toast["height"] <= bar["y"] or bar["y"] + bar["height"] <= toast["y"]


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1280", "390"])
def test_axe_finds_nothing_in_any_state(
    open_page: Callable[..., Page],
    sign_in: SignIn,
    somebody: User,
    household: Book,
    size: dict[str, int],
) -> None:
    """R002-8: nobody is shut out."""
    Account.objects.of(household).get(name="Visa")
    page = open_page(viewport=size)
    sign_in(page, somebody)
    page.goto(LIST)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]

    row(page, "Nopa").locator("a.chip").click()
    expect(page.locator("#cats .o").first).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Escape")

    row(page, "Nopa").locator("[data-row-focus]").click()
    form = page.locator("tr.edit")
    expect(form).to_be_visible()
    assert violations(page) == []
    form.get_by_label("Amount").fill("12,5o")
    form.get_by_role("button", name="Save").click()
    expect(form.locator("[data-errors]")).to_be_visible()
    assert violations(page) == []

    page.goto(f"{LIST}?q=zebra")
    assert violations(page) == []
    page.goto(f"{LIST}?sort=evil&min=x")
    assert violations(page) == []
    page.goto("/transactions/new/?line=12.50+coffee+%23eat")
    assert violations(page) == []
    page.goto(f"/transactions/{Transaction.objects.get(payee='Nopa').pk}/?field=category")
    assert violations(page) == []

    page.goto(LIST)
    page.locator("[data-open='quick']:visible").first.click()
    expect(page.locator("#quick-chips .chip").first).to_be_attached()
    page.keyboard.type("12.50")
    expect(page.locator("#quick-preview")).to_contain_text("12.50")
    assert violations(page) == []
    page.locator("#quick button.p").click()
    expect(page.locator("#quick-errors")).to_be_visible()
    assert violations(page) == []
