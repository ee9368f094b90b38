"""The evidence pages in a real browser: open to all eyes and hands, inside the window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from budget.tests import factories
from budget.tests.browser.conftest import shut_out
from budget.users.models import User
from verification.tests.bundles import NEWER, OLDER, full_bundle, put, sound_bundle, stopped_bundle

STOPPED = "20261119T080000Z-4e1c9a2f00d0"
PAGES = (
    "/evidence/",
    f"/evidence/{NEWER}/",
    f"/evidence/{OLDER}/",
    f"/evidence/{STOPPED}/",
    "/evidence/broken/",
    "/evidence/traceability/?system=R000",
    "/evidence/traceability/?system=R004&shown=yes",
    "/evidence/reading/",
)


@pytest.fixture
def place(tmp_path: Path, settings: Settings) -> Path:
    settings.EVIDENCE_DIR = tmp_path
    return tmp_path


@pytest.fixture
def staff(transactional_db: None, place: Path) -> User:
    user = factories.make_user(name="Ada Admin", is_staff=True)
    factories.make_book(user)
    return user


@pytest.fixture
def bundles(place: Path) -> None:
    """One verified, one blocked with everything in it, one stopped early, one broken."""
    put(place, STOPPED, stopped_bundle(), key=None)
    put(place, OLDER, sound_bundle())
    put(place, NEWER, full_bundle())
    (place / "broken").mkdir()


@pytest.mark.browser
def test_evidence_shuts_nobody_out_and_stays_inside_the_window(
    page: Page, sign_in: Any, staff: User, place: Path
) -> None:
    sign_in(page, staff)
    page.goto("/evidence/")
    empty = shut_out(page)
    put(place, STOPPED, stopped_bundle(), key=None)
    put(place, OLDER, sound_bundle())
    put(place, NEWER, full_bundle())
    (place / "broken").mkdir()

    found = {}
    for url in PAGES:
        page.goto(url)
        page.evaluate("document.querySelectorAll('.evidence details').forEach(each => each.open = true)")
        found[url] = shut_out(page)

    assert {url: what for url, what in found.items() if what} == {}
    assert empty == []


@pytest.mark.browser
def test_gate_is_opened_by_its_link_and_json_is_copied(page: Page, sign_in: Any, staff: User, bundles: None) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    sign_in(page, staff)
    page.goto("/history/")

    page.get_by_role("navigation", name="You").get_by_role("link", name="Evidence").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Release evidence")
    page.get_by_role("link", name="1.0.0 is ready for release").click()
    expect(page.locator("#gate-schema")).to_be_hidden()
    page.get_by_role("link", name="Schema", exact=True).press("Enter")
    expect(page.locator("#gate-schema").get_by_text("schema.all")).to_be_visible()
    page.get_by_role("button", name="Copy", exact=True).click()

    assert '"crud_matrix": "pass"' in page.evaluate("navigator.clipboard.readText()")


@pytest.mark.browser
def test_trace_is_filtered_by_a_choice(page: Page, sign_in: Any, staff: User, bundles: None) -> None:
    sign_in(page, staff)
    page.goto("/evidence/traceability/")

    page.get_by_label("System").select_option("R000")
    expect(page.get_by_role("status").filter(has_text="48 lines")).to_be_visible()
    page.get_by_label("Shown or not").select_option("yes")

    expect(page.get_by_role("status").filter(has_text="1 line")).to_be_visible()
    expect(page.get_by_text("cents are kept")).to_be_visible()


@pytest.mark.browser
def test_print_leaves_nothing_folded(page: Page, sign_in: Any, staff: User, bundles: None) -> None:
    sign_in(page, staff)
    page.goto(f"/evidence/{OLDER}/")
    page.emulate_media(media="print")

    expect(page.locator("#gate-schema").get_by_text("schema.all")).to_be_visible()
    expect(page.get_by_role("navigation", name="Evidence")).to_be_hidden()
    expect(page.get_by_role("link", name="Download JSON")).to_be_hidden()
