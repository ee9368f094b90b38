"""S6, S7: hostile texts in a real browser run nothing and ask for nothing; nothing stays there after signing out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Dialog, Page, expect

from budget import history
from budget.ledger.models import Account, Category, Transaction, today
from budget.months import Month
from budget.tests.browser.conftest import Watch
from budget.tests.security.payloads import ALL, SCRIPTS
from budget.tests.security.world import World, make_world
from budget.users.models import User

ALARMS = """
window.zq = () => { console.error("zq ran"); alert("zq ran"); };
"""


@pytest.fixture
def hostile(transactional_db: None) -> World:
    """A book with every payload in every text of every kind of row."""
    world = make_world("Aqmine")
    User.objects.filter(pk=world.user.pk).update(name=SCRIPTS[0])
    with history.change(world.book, None, SCRIPTS[0], kind="ledger.load") as change:
        change.update(world.book, name=SCRIPTS[3])
        for place, text in enumerate(ALL):
            name = f"{text[:46]}{place:03}"
            account = change.create(Account(name=name, institution=text[:100], currency="EUR"))
            category = change.create(Category(name=name, label=text[:100]))
            words = {"description": text, "payee": text[:100], "note": text}
            change.create(Transaction(account=account, category=category, amount=9, **words))
    return world


def test_hostile_texts_run_nothing(
    open_page: Callable[..., Page], sign_in: Callable[[Page, User], None], hostile: World, watch: Watch
) -> None:
    page, dialogs, asked = open_page(), list[str](), list[str]()

    def dismiss(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", dismiss)
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(ALARMS)
    sign_in(page, hostile.user)
    row, month = Transaction.objects.of(hostile.book).latest("pk"), Month.of(today())
    account, category = Account.objects.of(hostile.book).latest("pk"), Category.objects.of(hostile.book).latest("pk")

    for address in (
        *("/review/", "/", "/transactions/", "/transactions/new/", "/accounts/", "/history/", "/settings/categories/"),
        *(f"/budgets/{month}/?all=1", f"/budgets/{month}/{category.pk}/", f"/budgets/{month}/move/"),
        *(f"/reports/month/{month}/", "/reports/top/", "/reports/categories/", "/settings/profile/"),
        *(f"/transactions/{row.pk}/", f"/accounts/{account.pk}/", f"/accounts/{account.pk}/deletion/"),
        *(f"/history/{hostile.number}/", "/settings/books/", f"/settings/categories/{category.pk}/merge/"),
    ):
        page.goto(address, wait_until="networkidle")  # what is still asked for would fail on leaving
        assert (
            page.evaluate("document.querySelectorAll('zq, zq-element, iframe, embed, object, plaintext').length") == 0
        )
        assert page.evaluate("[...document.scripts].filter(script => !script.src).length") == 0
    page.goto("/transactions/", wait_until="networkidle")
    with page.expect_response(lambda response: "/transactions/?q=" in response.url):
        page.locator("[data-search]").first.fill(SCRIPTS[10])
    page.wait_for_load_state("networkidle")

    assert dialogs == []
    assert [url for url in asked if "zq.example" in url] == []
    assert watch.complaints == []


def test_nothing_stays_in_the_browser_after_signing_out(
    page: Page, sign_in: Callable[[Page, User], None], transactional_db: None
) -> None:
    world = make_world("Aqmine")
    sign_in(page, world.user)
    page.goto("/transactions/")
    page.goto("/accounts/")
    expect(page.locator("#main")).to_contain_text(f"{world.mark} Everyday")
    kept = page.evaluate("JSON.stringify([Object.values(sessionStorage), Object.values(localStorage)])")
    assert world.mark not in kept

    page.goto("/logout/")
    page.locator("main form[action*=logout] button, form[action*=logout] button").first.click()
    expect(page).to_have_url("/login/")
    page.go_back()
    page.go_back()

    expect(page.locator("body")).not_to_contain_text(world.mark)
    assert page.evaluate("sessionStorage.length + localStorage.length") in (0, 1)
    assert world.mark not in page.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}])")
