"""A statement from the drop to the receipt in a real browser, with and without scripts, on both screens."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.statements import recording, takingback
from budget.statements.formats.base import LARGEST_UPLOAD
from budget.statements.models import Stage, StatementImport
from budget.tests import factories
from budget.tests.browser.conftest import shut_out
from budget.tests.statements.bringing import brought, csv
from budget.users.models import User

NOVEMBER = b"""Date,Payee,Text,Amount,Balance
2026-11-01,Landlord,Rent November,-850.00,354.10
2026-11-03,Bakery,Card 1234,-4.50,349.60
2026-11-06,Corner Market,Card 1234,-18.40,331.20
2026-11-10,Employer,Salary,2150.00,2481.20
2026-11-12,Power Co,Direct debit,-63.x0,2418.20
"""
TEN = csv(*[f"2026-11-{day:02},Shop {day},-{day}.00" for day in range(1, 11)])
UNCLEAR = csv("03/04/2026,Kiosk,-1.50", "05/06/2026,Cafe,-2.50")
DROP = """
content => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(content), each => each.charCodeAt(0));
    transfer.items.add(new File([bytes], "dropped.csv", { type: "text/csv" }));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}
"""


@pytest.fixture
def owner(transactional_db: None) -> User:
    return factories.make_user(name="Olive Owner")


@pytest.fixture
def book(owner: User) -> Book:
    return factories.make_book(owner)


@pytest.fixture
def account(book: Book) -> Account:
    return factories.make_account(book)


def file(tmp_path: Path, content: bytes, name: str = "nov.csv") -> str:
    path = tmp_path / name
    path.write_bytes(content)
    return str(path)


def test_ten_rows_are_imported_in_two_actions_and_undone_in_one(
    page: Page, sign_in: Any, owner: User, account: Account, tmp_path: Path
) -> None:
    sign_in(page, owner)
    page.goto("/import/")

    page.set_input_files("#files", file(tmp_path, TEN))  # sent by itself
    expect(page.get_by_text("10 rows, 1 to 10 November. 10 new. Money out 55.00.")).to_be_visible()
    page.get_by_role("button", name="Import 10").click()

    receipt = "10 lines in the file = 10 new + 0 already here + 0 joined + 0 left out + 0 refused."
    expect(page.get_by_text(receipt)).to_be_visible()
    expect(page.locator("#side")).to_contain_text("−55.00")
    page.get_by_role("button", name="Undo this import").press("Enter")
    expect(page.get_by_role("heading", name="Taken back")).to_be_visible()
    assert not Transaction.objects.exists()


def test_row_is_mended_another_joined_and_columns_changed_in_place(
    page: Page, sign_in: Any, owner: User, account: Account, tmp_path: Path
) -> None:
    factories.make_txn(account, "18.40", None, "2026-11-05", "Market")
    sign_in(page, owner)
    page.goto("/import/")
    page.set_input_files("#files", file(tmp_path, NOVEMBER))

    page.get_by_role("link", name="Mend row 5").click()
    page.get_by_role("textbox", name="Date").fill("12 nov 2026")
    page.get_by_role("textbox", name="Payee").fill("Power Co")
    page.get_by_role("textbox", name="Amount").fill("x")
    page.get_by_role("button", name="Mend the row").click()
    expect(page.locator("[data-errors]")).to_be_focused()
    page.get_by_role("textbox", name="Amount").fill("63.00")
    page.get_by_role("textbox", name="Amount").press("Enter")
    expect(page.get_by_text("Row 5 (line 6) is mended.")).to_be_visible()
    page.get_by_role("button", name="Join Corner Market").click()
    expect(page.get_by_role("link", name="Joined 1")).to_be_visible()
    page.get_by_text("Columns", exact=True).click()
    page.locator("#column-1").focus()
    with page.expect_response("**/answers/"):
        page.locator("#column-1").select_option("text")

    expect(page.locator("#column-1")).to_be_focused()
    expect(page.locator("#column-1")).to_have_value("text")
    expect(page.locator("#column-1")).to_be_visible()
    assert StatementImport.objects.get().answers["columns"]["payee"] is None


def test_focus_goes_where_the_work_goes_on(page: Page, sign_in: Any, owner: User, book: Book, account: Account) -> None:
    """Keyboard alone, from the preview to the receipt: nothing pressed leaves the focus nowhere."""
    for day, payee in ((5, "Market"), (6, "Corner")):
        factories.make_txn(account, f"{day}.40", None, f"2026-11-0{day}", payee)
    shops = [f"2026-10-{1 + n % 28:02},Shop {n},-{n + 100}.00" for n in range(60)]
    broken = "2026-11-09,Power,-63.x0"
    found = brought(book, csv("2026-11-05,Market St,-5.40", "2026-11-06,Corner St,-6.40", broken, *shops))
    sign_in(page, owner)
    page.goto(f"/import/{found.pk}/")
    heading = page.get_by_role("heading", name="Rows of the file")

    page.get_by_role("link", name="Later rows").press("Enter")
    expect(heading).to_be_focused()
    page.get_by_role("link", name="To decide 2").press("Enter")
    expect(page.locator(".lines > li")).to_have_count(2)  # until then the link is focused, but the old one
    expect(page.get_by_role("link", name="To decide 2")).to_be_focused()
    page.get_by_role("button", name="Leave out Market St").press("Enter")
    expect(page.get_by_role("link", name="To decide 1")).to_be_visible()
    expect(page.locator("[data-row]", has=page.locator(":focus"))).to_contain_text("Corner St")
    page.get_by_role("button", name="Join all").press("Enter")
    expect(heading).to_be_focused()
    page.goto(f"/import/{found.pk}/?rows=refused")
    page.get_by_role("button", name="Leave out").press("Enter")
    expect(page.get_by_role("button", name="Import 60")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="may.csv")).to_be_focused()


def test_name_of_a_new_account_is_kept_when_import_is_pressed(
    page: Page, sign_in: Any, owner: User, book: Book, tmp_path: Path
) -> None:
    sign_in(page, owner)
    page.goto("/import/")
    page.set_input_files("#files", file(tmp_path, TEN))

    page.get_by_label("Name of the new account").fill("Everyday money")
    with page.expect_response("**/account/"):
        page.get_by_label("Name of the new account").press("Tab")
    page.get_by_role("button", name="Import 10").click()

    expect(page.get_by_role("link", name="Everyday money", exact=True).first).to_be_visible()
    assert Account.objects.get().name == "Everyday money"


def test_question_is_a_button_for_each_answer(
    page: Page, sign_in: Any, owner: User, account: Account, tmp_path: Path
) -> None:
    sign_in(page, owner)
    page.goto("/import/")
    page.set_input_files("#files", file(tmp_path, UNCLEAR))

    page.get_by_role("button", name="3 April 2026 day first").click()

    expect(page.get_by_text("2 rows, 3 April to 5 June. 2 new.")).to_be_visible()


def test_page_follows_the_reading_by_itself(
    page: Page, sign_in: Any, owner: User, book: Book, account: Account
) -> None:
    found = brought(book, TEN)
    StatementImport.objects.filter(pk=found.pk).update(stage=Stage.READING, lines_read=42_000)
    sign_in(page, owner)
    page.goto(f"/import/{found.pk}/")
    expect(page.get_by_text("42,000 lines read")).to_be_visible()

    StatementImport.objects.filter(pk=found.pk).update(stage=Stage.READY)

    expect(page.get_by_role("button", name="Import 10")).to_be_visible()


def test_book_that_changed_meanwhile_is_shown_anew_at_the_same_address(
    page: Page, sign_in: Any, owner: User, book: Book, account: Account
) -> None:
    found, other = brought(book, TEN), brought(book, TEN)
    sign_in(page, owner)
    page.goto(f"/import/{found.pk}/?rows=new")
    recording.confirm(other, by=None)

    page.get_by_role("button", name="Import 10").click()

    expect(
        page.get_by_text("The book has changed since this preview was made, so nothing was imported yet.")
    ).to_be_visible()
    expect(page.get_by_text("All 10 rows are already here.")).to_be_visible()
    assert page.url.endswith(f"/import/{found.pk}/?rows=new")


def test_filters_and_back_keep_their_rows(page: Page, sign_in: Any, owner: User, book: Book, account: Account) -> None:
    found = brought(book, NOVEMBER)
    sign_in(page, owner)
    page.goto(f"/import/{found.pk}/")

    page.get_by_role("link", name="Cannot be read 1").click()
    expect(page.locator(".lines > li")).to_have_count(1)
    assert page.url.endswith("?rows=refused")
    page.get_by_role("button", name="Leave all out").click()
    expect(page.get_by_text("No rows here.")).to_be_visible()
    page.go_back()

    expect(page.locator(".lines > li")).to_have_count(5)


def test_file_dropped_on_any_page_leads_to_its_import(page: Page, sign_in: Any, owner: User, account: Account) -> None:
    sign_in(page, owner)
    page.goto("/transactions/")

    page.evaluate(DROP, base64.b64encode(TEN).decode())

    expect(page.get_by_role("button", name="Import 10")).to_be_visible()


def test_dropped_file_that_is_refused_says_why(page: Page, sign_in: Any, owner: User, account: Account) -> None:
    sign_in(page, owner)
    page.goto("/transactions/")

    with page.expect_response("**/import/"):
        page.evaluate(DROP, base64.b64encode(b"").decode())

    expect(page.locator("#alert")).to_contain_text("is empty")
    expect(page).to_have_url(re.compile("/transactions/$"))


def test_file_that_is_too_large_is_not_even_sent(
    page: Page, sign_in: Any, owner: User, book: Book, tmp_path: Path
) -> None:
    sign_in(page, owner)
    page.goto("/import/")

    page.set_input_files("#files", file(tmp_path, b"x" * (LARGEST_UPLOAD + 1), "huge.csv"))

    expect(page.get_by_text("“huge.csv” is larger than 10 MB.")).to_be_visible()
    assert page.url.endswith("/import/")
    assert not StatementImport.objects.exists()


def test_key_leads_to_import(page: Page, sign_in: Any, owner: User, book: Book) -> None:
    sign_in(page, owner)
    page.goto("/")

    page.keyboard.press("g")
    page.keyboard.press("i")

    expect(page.get_by_role("heading", name="Import", exact=True)).to_be_focused()


def test_without_scripts_everything_is_a_form(
    open_page: Callable[..., Page], sign_in: Any, owner: User, account: Account, tmp_path: Path
) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, owner)
    page.goto("/import/")
    page.set_input_files("#files", file(tmp_path, NOVEMBER))
    page.get_by_role("button", name="Read the files").click()

    page.get_by_role("link", name="Mend row 5").click()
    page.get_by_role("textbox", name="Date").fill("12 nov 2026")
    page.get_by_role("textbox", name="Payee").fill("Power Co")
    page.get_by_role("textbox", name="Amount").fill("63.00")
    page.get_by_role("button", name="Mend the row").click()
    page.get_by_role("button", name="Leave out Bakery").click()
    page.get_by_role("button", name="Import 4").click()

    receipt = "5 lines in the file = 4 new + 0 already here + 0 joined + 1 left out + 0 refused."
    expect(page.get_by_text(receipt)).to_be_visible()
    assert account.transactions.count() == 4


def test_every_state_shuts_nobody_out_and_stays_inside_the_window(
    page: Page, sign_in: Any, owner: User, book: Book, account: Account
) -> None:
    """Axe in both themes, and no sideways scrolling, in every state that an import can be in."""
    food = factories.make_category(book, "Food and everything else that is eaten at home")
    factories.make_rule(food, "bakery")
    factories.make_txn(account, "18.40", food, "2026-11-05", "Market " * 12)
    long = "Longestname" * 11
    states = {
        "ready": brought(book, NOVEMBER.replace(b"Landlord", long.encode())),
        "asking": brought(book, UNCLEAR),
        "unread": factories.make_import(book, stage=Stage.REFUSED, problem="Nothing parts the lines into columns."),
        "reading": factories.make_import(book, stage=Stage.READING, lines_read=42_000),
        "doubts": brought(book, csv("2026-11-02,Kiosk,5.50", "2026-11-03,Cafe,9999999999.99")),
        "recorded": recording.confirm(brought(book, TEN, file_name_of(long)), by=None),
    }
    edited = recording.confirm(brought(book, csv("2026-10-02,Kiosk,-5.50", "2026-10-03,Cafe,-6.50")), by=None)
    operations.change_transaction(Transaction.objects.filter(date="2026-10-02").get(), by=None, category=food)
    undone = recording.confirm(brought(book, csv("2026-09-02,Kiosk,-5.50")), by=None)
    takingback.take_back(undone, by=None, keep_edited=True)
    discarded = brought(book, csv("2026-08-02,Kiosk,-5.50"))
    takingback.discard(discarded)
    silent = factories.make_import(book, stage=Stage.READING)
    StatementImport.objects.filter(pk=silent.pk).update(beat_at="2026-01-01T00:00Z")
    states |= {"edited": edited, "undone": undone, "discarded": discarded, "silent": silent}
    ready = states["ready"]
    line = ready.statements.get().lines.get(fate="refused")
    sign_in(page, owner)

    addresses = {"list": "/import/", "mend": f"/import/{ready.pk}/?mend={line.pk}"}
    addresses |= {name: f"/import/{found.pk}/" for name, found in states.items()}
    found = {}
    for name, address in addresses.items():
        page.goto(address)
        found[name] = shut_out(page)

    assert {url: what for url, what in found.items() if what} == {}


def file_name_of(text: str) -> str:
    """A name as long as any."""
    return f"{text[:110]}.csv"
