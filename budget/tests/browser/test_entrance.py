"""The way in, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from budget.users.models import User


@pytest.fixture(autouse=True)
def somebody(transactional_db):
    """Somebody who has an account already: otherwise the first page makes one."""
    return User.objects.create_user("someone@example.org", "Someone", "a long enough password")


def test_person_signs_in_with_the_form(page):
    page.goto("/login/?next=/settings/profile/")
    page.get_by_label("Email").fill("someone@example.org")
    page.get_by_label("Password").fill("a long enough password")
    page.get_by_role("button", name="Sign in").click()

    expect(page).not_to_have_url(re.compile("/login/"))
    assert [cookie["httpOnly"] for cookie in page.context.cookies() if cookie["name"] == "session"] == [True]


def test_wrong_password_is_answered_beside_the_form(page):
    page.goto("/login/")
    page.get_by_label("Email").fill("someone@example.org")
    page.get_by_label("Password").fill("another long password")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_label("Email")).to_have_value("someone@example.org")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_phone_shows_the_whole_form_without_scrolling_sideways(phone):
    phone.goto("/login/")

    expect(phone.get_by_role("button", name="Sign in")).to_be_in_viewport()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
