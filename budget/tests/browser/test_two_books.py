"""Two tabs, two books: what is typed in a tab that still shows the other book goes nowhere, and is not lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest
from playwright.sync_api import Page, expect

from budget.books.models import Book
from budget.ledger.models import Transaction
from budget.tests import factories
from budget.tests.browser.conftest import Watch
from budget.users.models import User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LIST = "/transactions/"
SAID = "this page is of Household; you work in Mountain Cabin now. Reload, or switch back."


class Tabs(NamedTuple):
    """One page of Household, opened before another tab switched to Mountain Cabin; and the two books."""

    stale: Page
    other: Page
    household: Book
    cabin: Book


@pytest.fixture
def tabs(page: Page, watch: Watch, sign_in: Callable[[Page, User], None], transactional_db: None) -> Tabs:
    somebody = factories.make_user(name="Olive Owner")
    household, cabin = (factories.make_book(somebody, name) for name in ("Household", "Mountain Cabin"))
    for book in (household, cabin):
        factories.make_txn(factories.make_account(book, f"{book} money"), "20", description=f"{book} firewood")
    sign_in(page, somebody)
    page.goto(LIST)
    other = page.context.new_page()
    watch.follow(other)
    other.goto(LIST)
    return Tabs(page, other, household, cabin)


def switch(tab: Page, name: str) -> None:
    """Choose another book in the sidebar."""
    tab.locator("#side details.switch summary").click()
    tab.locator("#side").get_by_role("button", name=name).click()
    expect(tab.locator("#side details.switch summary")).to_contain_text(name)


def rows(book: Book) -> list[str]:
    """The payees of a book's transactions, oldest first."""
    return [txn.title for txn in Transaction.objects.of(book).order_by("pk")]


def forgive(watch: Watch) -> None:
    """A browser logs every refusal; those with 409 are what these tests are about."""
    watch.complaints[:] = [each for each in watch.complaints if " 409 " not in each]


def test_line_in_a_tab_of_the_other_book_is_refused_and_stays(tabs: Tabs, watch: Watch) -> None:
    switch(tabs.other, "Mountain Cabin")
    stale = tabs.stale
    stale.keyboard.press("n")
    stale.keyboard.type("7 stale book test")
    stale.keyboard.press("Enter")

    expect(stale.locator("#alert")).to_contain_text(SAID)
    assert (rows(tabs.household), rows(tabs.cabin)) == (["Household firewood"], ["Mountain Cabin firewood"])
    expect(stale.locator("#quick")).to_be_visible()
    expect(stale.locator("#quick input[name=line]")).to_have_value("7 stale book test")

    switch(tabs.other, "Household")
    stale.locator("#quick input[name=line]").press("Enter")
    expect(stale.locator("#toast")).to_contain_text("Saved Stale Book Test, 7.00.")
    assert rows(tabs.household) == ["Household firewood", "Stale Book Test"]
    forgive(watch)


def test_tab_that_went_on_to_the_other_book_writes_there(tabs: Tabs) -> None:
    """A link inside the page brings a page of the book that one works in: nothing is stale any more."""
    switch(tabs.other, "Mountain Cabin")
    tabs.stale.locator("#side").get_by_role("link", name="Accounts", exact=True).click()
    expect(tabs.stale.locator("#main")).to_contain_text("Mountain Cabin money")
    tabs.stale.keyboard.press("n")
    tabs.stale.keyboard.type("8 chimney sweep")
    tabs.stale.keyboard.press("Enter")

    expect(tabs.stale.locator("#toast")).to_contain_text("Saved Chimney Sweep, 8.00.")
    assert rows(tabs.cabin) == ["Mountain Cabin firewood", "Chimney Sweep"]


def test_undo_of_the_other_books_change_is_refused(tabs: Tabs, watch: Watch) -> None:
    """Changes are numbered in each book: the number alone would take back another one."""
    tabs.stale.goto("/history/")
    switch(tabs.other, "Mountain Cabin")
    tabs.stale.get_by_role("button", name="Undo Recorded Household firewood").click()

    expect(tabs.stale.locator("#alert")).to_contain_text(SAID)
    assert (rows(tabs.household), rows(tabs.cabin)) == (["Household firewood"], ["Mountain Cabin firewood"])
    forgive(watch)


def test_plain_form_is_kept_and_can_be_saved_in_its_book(tabs: Tabs, watch: Watch) -> None:
    tabs.stale.goto("/transactions/new/")
    switch(tabs.other, "Mountain Cabin")
    form = tabs.stale.locator("#main form").last
    form.get_by_label("Amount").fill("9.00")
    form.get_by_label("Payee").fill("Baker")
    form.get_by_role("button", name="Save").first.click()

    expect(tabs.stale.locator("#main")).to_contain_text(SAID)
    assert rows(tabs.cabin) == ["Mountain Cabin firewood"]
    tabs.stale.get_by_role("button", name="Save it in Household").click()
    expect(tabs.stale.locator("#toast")).to_contain_text("Saved Baker, 9.00.")
    assert rows(tabs.household) == ["Household firewood", "Baker"]
    assert rows(tabs.cabin) == ["Mountain Cabin firewood"]
    forgive(watch)
