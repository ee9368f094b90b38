"""Accounts beside their bank in a real browser: ticking until the gap is zero, the certificate, the warning."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements.models import Certificate
from budget.tests import factories
from budget.tests.browser.conftest import shut_out, violations
from budget.users.models import User

MAY = "first=2026-05-01&last=2026-05-31"


@pytest.fixture
def owner(transactional_db: None) -> User:
    return factories.make_user(name="Olive Owner")


@pytest.fixture
def account(owner: User) -> Account:
    """Three rows of May typed by hand, on an account that begins with 100.00."""
    made = factories.make_account(factories.make_book(owner), opening_balance=Decimal(100))
    for day, amount, title in ((3, "12.50", "Bakery"), (9, "30.00", "Shoes"), (30, "7.00", "Cinema")):
        factories.make_txn(made, amount, date=f"2026-05-{day:02}", description=title)
    return made


def test_rows_are_ticked_until_the_gap_is_zero_and_closed_as_right(
    page: Page, sign_in: Any, owner: User, account: Account
) -> None:
    sign_in(page, owner)
    page.goto(f"/accounts/{account.pk}/")
    page.get_by_role("link", name="Reconcile").click()
    page.get_by_label("Balance after").fill("57.50")
    page.get_by_role("button", name="Show the rows").click()

    gap = page.locator("#gap")
    expect(gap).to_contain_text("Gap42.50")
    page.get_by_label("Bakery").check()
    expect(gap).to_contain_text("Gap30.00")
    page.get_by_label("Shoes").focus()
    page.keyboard.press("Space")
    expect(gap).to_contain_text("Gap0.00")
    expect(page.get_by_label("Shoes")).to_be_focused()
    page.get_by_role("button", name="Date it 1 Jun, close as right").click()

    expect(page.get_by_role("heading", name="Everyday, 1 May 2026 to 31 May 2026")).to_be_visible()
    expect(page.locator("#toast")).to_contain_text("Certified Everyday.")
    assert Transaction.objects.get(description="Cinema").date == dt.date(2026, 6, 1)
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#toast")).to_contain_text("Undone")
    expect(page.get_by_role("heading", name="Everyday", exact=True)).to_be_visible()
    assert not Certificate.objects.exists()


def test_without_scripts_the_same_is_done_with_buttons(
    open_page: Callable[..., Page], sign_in: Any, owner: User, account: Account
) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, owner)
    page.goto(f"/accounts/{account.pk}/reconcile/")
    page.get_by_label("Balance after").fill("57.50")
    page.get_by_role("button", name="Show the rows").click()
    page.get_by_label("Bakery").check()
    page.get_by_label("Shoes").check()
    page.get_by_role("button", name="Count again").click()

    expect(page.get_by_label("Bakery")).to_be_checked()
    page.get_by_role("button", name="Date it 1 Jun, close as right").click()
    expect(page.get_by_text("Holds")).to_be_visible()
    page.get_by_role("button", name="Withdraw").click()

    assert not Certificate.objects.exists()


def test_certified_row_is_deleted_from_the_list_after_a_question(
    page: Page, sign_in: Any, owner: User, account: Account
) -> None:
    factories.make_certificate(account, "2026-05-01", "2026-05-31")
    row = page.locator("tbody tr", has_text="Bakery")
    sign_in(page, owner)
    page.goto("/transactions/")

    row.hover()
    page.get_by_role("button", name="Delete Bakery, 12.50").click()
    expect(page.get_by_text("and breaks it")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Keep it").click()
    expect(page.get_by_text("and breaks it")).to_have_count(0)
    row.hover()
    page.get_by_role("button", name="Delete Bakery, 12.50").click()
    page.get_by_role("button", name="Delete it anyway").click()

    expect(page.locator("#toast")).to_contain_text("Deleted Bakery")
    page.goto(f"/accounts/{account.pk}/")
    expect(page.get_by_text("Bakery was deleted")).to_be_visible()
    page.get_by_role("link", name="Olive Owner").first.click()
    page.get_by_role("button", name="Undo").first.click()
    expect(page.locator("#toast")).to_contain_text("Undone")
    page.goto(f"/accounts/{account.pk}/")
    expect(page.locator("section", has_text="Certificates").get_by_text("Certified")).to_be_visible()


def test_chosen_certified_rows_are_deleted_after_a_question(
    page: Page, sign_in: Any, owner: User, account: Account
) -> None:
    factories.make_certificate(account, "2026-05-01", "2026-05-31")
    sign_in(page, owner)
    page.goto("/transactions/")
    page.get_by_label("Select Bakery, 12.50").check()
    page.get_by_label("Select Shoes, 30.00").check()
    page.locator("#bulk").get_by_role("button", name="Delete").click()

    expect(page.locator("#bulk")).to_contain_text("2 selected. This deletes from a statement of Everyday")
    page.get_by_role("button", name="Delete anyway").click()

    expect(page.locator("#toast")).to_contain_text("Deleted 2 transactions")
    assert Transaction.objects.count() == 1


def test_pages_shut_nobody_out_and_stay_inside_the_window(
    page: Page, sign_in: Any, owner: User, account: Account
) -> None:
    book = account.book
    statement = factories.make_statement(
        factories.make_import(book, stage="recorded", file_name=f"{'statement-' * 9}may.csv"),
        account,
        first=dt.date(2026, 4, 3),
        last=dt.date(2026, 4, 28),
        opening=Decimal(100),
        closing=Decimal("87.50"),
        closing_on=dt.date(2026, 5, 8),
    )
    factories.make_line(statement, "12.50", "2026-04-03")
    holding = factories.make_certificate(account, "2026-04-01", "2026-04-30")
    broken = factories.make_certificate(account, "2026-05-01", "2026-05-31")
    operations.change_transaction(Transaction.objects.get(description="Shoes"), by=owner, amount=Decimal("31.00"))
    row = Transaction.objects.get(description="Bakery")
    urls = (
        "/accounts/",
        f"/accounts/{account.pk}/",
        f"/accounts/{account.pk}/reconcile/",
        f"/accounts/{account.pk}/reconcile/?{MAY}&opening=90&closing=57.50",
        f"/accounts/certificates/{holding.pk}/",
        f"/accounts/certificates/{broken.pk}/",
        f"/transactions/{row.pk}/",
    )
    sign_in(page, owner)

    found = {}
    for url in urls:
        page.goto(url)
        found[url] = shut_out(page)

    assert {url: what for url, what in found.items() if what} == {}


def test_certificate_is_printed_without_the_frame(page: Page, sign_in: Any, owner: User, account: Account) -> None:
    made = factories.make_certificate(account, "2026-05-01", "2026-05-31")
    sign_in(page, owner)
    page.goto(f"/accounts/certificates/{made.pk}/")

    page.emulate_media(media="print")

    expect(page.get_by_text(made.digest)).to_be_visible()
    expect(page.get_by_role("button", name="Withdraw")).to_be_hidden()
    expect(page.locator("#side")).to_be_hidden()
