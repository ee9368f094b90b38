"""History, accounts, categories, books and the administration in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from budget import history
from budget.books.models import Book
from budget.history import Change
from budget.ledger import operations
from budget.ledger.models import Category, Transaction
from budget.tests.browser.conftest import shut_out
from budget.tests.factories import make_account, make_book, make_category, make_txn, make_user
from budget.users.models import User

pytestmark = pytest.mark.browser


@pytest.fixture
def alice(transactional_db: None) -> User:
    return make_user("alice@example.org", "Alice", is_staff=True)


@pytest.fixture
def book(alice: User) -> Book:
    """A book with one of everything, a deleted row among it."""
    made = make_book(alice, "Household")
    account, savings = make_account(made), make_account(made, "Savings", type="savings")
    food = make_category(made, "Food", icon="fork")
    make_category(made, "Coffee", parent=food, is_recurring=True)
    make_txn(account, category=food)
    gone = make_txn(account, "41.22", description="Shell")
    operations.transfer_between_accounts(
        book=made, by=alice, source=account, target=savings, amount=make_txn(account).amount
    )
    operations.delete_transactions(book=made, by=alice, rows=Transaction.objects.filter(pk=gone.pk))
    return made


def _pages(book: Book, alice: User) -> list[str]:
    category = Category.objects.of(book).get(name="Food")
    account = Transaction.objects.of(book).earliest("pk").account
    somebody, last = make_user(), Change.objects.filter(book=book).latest("number").number
    return [
        "/history/",
        "/history/?show=deletions",
        f"/history/{last}/",
        "/accounts/",
        "/accounts/new/",
        "/accounts/transfer/",
        *(f"/accounts/{account.pk}/{what}" for what in ("", "edit/", "deletion/")),
        "/settings/categories/",
        "/settings/categories/new/",
        *(f"/settings/categories/{category.pk}/{what}" for what in ("", "merge/")),
        "/settings/books/",
        "/settings/books/new/",
        f"/settings/books/{book.pk}/deletion/",
        "/settings/security/",
        "/admin/",
        "/admin/budget/user/",
        f"/admin/budget/user/{somebody.pk}/delete/",
        "/admin/budget/category/",
        *(f"/admin/budget/category/{category.pk}/{what}/" for what in ("change", "delete")),
        "/admin/budget/transaction/",
    ]


def test_nobody_is_shut_out(
    page: Page,
    sign_in: Callable[[Page, User], None],
    alice: User,
    book: Book,
) -> None:
    sign_in(page, alice)
    found = {}
    for path in _pages(book, alice):
        page.goto(path)
        # Axe must not load stylesheets by itself, which the page would refuse.
        found[path] = shut_out(page, preload=False)

    assert {path: what for path, what in found.items() if what} == {}


@pytest.mark.parametrize("javascript", [True, False], ids=["htmx", "plain"])
def test_delete_an_account_then_undo_it_from_history(
    open_page: Callable[..., Page],
    sign_in: Callable[[Page, User], None],
    alice: User,
    book: Book,
    javascript: bool,
) -> None:
    page, before = open_page(java_script_enabled=javascript), history.digest(book)
    sign_in(page, alice)

    page.goto("/accounts/")
    page.locator(".list").get_by_role("link", name="Everyday", exact=True).click()
    page.get_by_role("link", name="Delete with its history").click()
    page.get_by_label("Type “Everyday” to confirm").fill("Everyday")
    page.get_by_role("button", name="Delete the account with its history").click()
    expect(page.get_by_text("Deleted Everyday.")).to_be_visible()
    assert history.digest(book) != before

    page.goto("/history/")
    page.get_by_role("button", name="Undo Deleted Everyday with its history").click()
    expect(page.get_by_text("Undone: Deleted Everyday with its history")).to_be_visible()

    assert history.digest(book) == before


def test_undo_that_is_refused_says_why_and_leaves_the_page(
    page: Page, sign_in: Callable[[Page, User], None], alice: User, book: Book
) -> None:
    sign_in(page, alice)
    page.goto("/history/")

    page.get_by_role("button", name="Undo Opened Everyday").click()

    expect(page.locator("#alert")).to_contain_text("cannot be undone, because something builds on it")
    expect(page).to_have_url(page.url.split("?")[0])


def test_category_is_renamed_in_its_place(
    page: Page, sign_in: Callable[[Page, User], None], alice: User, book: Book
) -> None:
    sign_in(page, alice)
    page.goto("/settings/categories/")

    page.get_by_role("link", name="Edit Coffee").click()
    page.get_by_label("Name", exact=True).fill(" ")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#tree .errors")).to_contain_text("Give the category a name, such as Groceries.")
    page.get_by_label("Name", exact=True).fill("Espresso")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("link", name="Edit Espresso")).to_be_visible()
    expect(page.locator("#toast")).to_contain_text("Saved Espresso.")
    assert Category.objects.get(book=book, name="Coffee").label == "Espresso"
