"""Signing up, in and out; what a stranger can find out; who is let in."""

import re
from collections.abc import Iterator

import pytest
from django.core import mail
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from pytest_django import Settings

from budget.tests.factories import PASSWORD, make_book, make_user
from budget.users.models import User

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "another horse another staple"


@pytest.fixture
def alice() -> User:
    user = make_user("alice@example.org", "Alice", PASSWORD)
    make_book(user)
    return user


def sign_in(
    client: Client, email: str = "alice@example.org", password: str = PASSWORD, to: str = ""
) -> tuple[int, str]:
    """Send the sign-in form; answers the status, and where it leads or what it says."""
    answer = client.post("/login/", {"login": email, "password": password, "next": to})
    return answer.status_code, answer.headers.get("Location", "") or said(answer.text)


def said(page: str) -> str:
    """The words of a form's error summary, without markup."""
    summary = re.search(r"data-errors.*?<div>(.*?)</div>", page, re.DOTALL)
    return re.sub(r"<[^>]+>", "", summary[1]).strip() if summary else ""


def without_tokens(page: str, *typed: str) -> str:
    """A page without what differs on every request, and without what was typed into it."""
    page = re.sub(r'csrfmiddlewaretoken" value="[^"]+"|X-CSRFToken": "[^"]+"', "", page)
    for text in typed:
        page = page.replace(text, "")
    return page


def test_sign_in_leads_to_the_overview(client: Client, alice: User) -> None:
    """R001-35, R002-5: with address and password."""
    assert sign_in(client, "Alice@EXAMPLE.org ") == (302, "/")
    assert client.session["_auth_user_id"] == str(alice.pk)


def test_wrong_password_keeps_the_address_and_says_no_more_than_needed(client: Client, alice: User) -> None:
    """R002-5: another password opens nothing."""
    answer = client.post("/login/", {"login": "alice@example.org", "password": "wrong"})

    assert (answer.status_code, said(answer.text)) == (422, "That email and password do not match.")
    assert 'value="alice@example.org"' in answer.text


def test_sign_in_says_the_same_about_a_known_and_an_unknown_address(client: Client, alice: User) -> None:
    known = client.post("/login/", {"login": "alice@example.org", "password": "wrong"})
    unknown = client.post("/login/", {"login": "nobod@example.org", "password": "wrong"})

    assert known.status_code == unknown.status_code == 422
    assert without_tokens(known.text, "alice@") == without_tokens(unknown.text, "nobod@")


def test_reset_says_the_same_about_a_known_and_an_unknown_address(client: Client, alice: User) -> None:
    known = client.post("/password/reset/", {"email": "alice@example.org"}, follow=True)
    unknown = client.post("/password/reset/", {"email": "nobod@example.org"}, follow=True)

    assert known.redirect_chain == unknown.redirect_chain == [("/password/reset/sent/", 302)]
    assert without_tokens(known.text) == without_tokens(unknown.text)
    assert [message.to for message in mail.outbox] == [["alice@example.org"]]


def test_sign_up_says_the_same_about_a_known_and_an_unknown_address(client: Client, alice: User) -> None:
    typed = {"name": "Bob", "password1": NEW_PASSWORD}
    known = client.post("/signup/", typed | {"email": "ALICE@example.org"}, follow=True)
    unknown = client.post("/signup/", typed | {"email": "nobod@example.org"}, follow=True)

    assert known.redirect_chain == unknown.redirect_chain == [("/login/", 302)]
    assert without_tokens(known.text) == without_tokens(unknown.text)
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert User.objects.count() == 2


def test_new_person_signs_up_signs_in_and_is_asked_for_a_first_book(client: Client, alice: User) -> None:
    client.post("/signup/", {"name": "Bob", "email": "bob@example.org", "password1": NEW_PASSWORD})

    assert sign_in(client, "bob@example.org", NEW_PASSWORD) == (302, "/")
    assert client.get("/settings/profile/").headers["Location"] == "/welcome/"
    assert "Your first book" in client.get("/welcome/").text


def test_sign_up_where_addresses_are_confirmed_sends_a_code_or_a_note(
    client: Client, alice: User, settings: Settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    settings.ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
    typed = {"name": "Bob", "password1": NEW_PASSWORD}

    known = Client().post("/signup/", typed | {"email": "alice@example.org"}, follow=True)
    unknown = client.post("/signup/", typed | {"email": "nobod@example.org"}, follow=True)

    assert known.redirect_chain == unknown.redirect_chain == [("/signup/code/", 302)]
    assert without_tokens(known.text, "alice@") == without_tokens(unknown.text, "nobod@")
    assert [(m.to, m.subject) for m in mail.outbox] == [
        (["alice@example.org"], "You have an account already"),
        (["nobod@example.org"], "Your code for Budget Tracker"),
    ]
    code = re.search(r"^\S{6,9}$", str(mail.outbox[1].body), re.MULTILINE)
    assert code
    assert client.post("/signup/code/", {"code": code[0]}).headers["Location"] == "/"
    assert "_auth_user_id" in client.session


def test_sign_up_refuses_a_weak_password_and_writes_nothing(client: Client, alice: User) -> None:
    answer = client.post("/signup/", {"name": "Bob", "email": "bob@example.org", "password1": "password1234"})

    assert answer.status_code == 422
    assert "This password is too common." in said(answer.text)
    assert User.objects.count() == 1


def test_closed_sign_up_says_so_and_takes_nobody(client: Client, alice: User, settings: Settings) -> None:
    settings.SIGNUP_OPEN = False

    shown = client.get("/signup/")
    sent = client.post("/signup/", {"name": "Bob", "email": "bob@example.org", "password1": NEW_PASSWORD})

    assert "Sign-up is closed" in shown.text
    assert "Sign-up is closed" in sent.text
    assert "Make an account" not in client.get("/login/").text
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("to", "leads"),
    [
        ("/settings/profile/", "/settings/profile/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_next_is_followed_on_this_host_only(client: Client, alice: User, to: str, leads: str) -> None:
    assert sign_in(client, to=to) == (302, leads)


def test_sign_out_ends_the_session_and_has_the_browser_forget(client: Client, alice: User) -> None:
    sign_in(client)
    stolen = client.cookies["session"].value
    answer = client.post("/logout/")

    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.headers["Location"] == "/login/"
    assert Client(headers={"cookie": f"session={stolen}"}).get("/settings/profile/").status_code == 302


def test_sign_out_needs_a_post(client: Client, alice: User) -> None:
    sign_in(client)

    assert client.get("/logout/").status_code == 200
    assert client.get("/settings/profile/").status_code == 200


def test_session_gets_a_new_id_at_sign_in(client: Client, alice: User) -> None:
    client.get("/login/")
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies["session"] = planted = str(session.session_key)
    sign_in(client)

    assert client.cookies["session"].value != planted


def test_pages_of_a_signed_in_person_are_stored_nowhere(client: Client, alice: User) -> None:
    sign_in(client)
    page = client.get("/settings/profile/")

    assert page.headers["Cache-Control"] == "no-store"
    assert "HX-Request" in page.headers["Vary"]


def test_switched_off_user_is_out_at_once_and_cannot_come_back(client: Client, alice: User) -> None:
    sign_in(client)
    User.objects.filter(pk=alice.pk).update(is_active=False)

    assert client.get("/settings/profile/").headers["Location"].startswith("/login/")
    assert sign_in(Client()) == (302, "/login/inactive/")


def test_password_change_needs_the_old_one_and_ends_other_sessions(client: Client, alice: User) -> None:
    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)

    refused = client.post("/password/change/", {"oldpassword": "wrong", "password1": NEW_PASSWORD})
    done = client.post("/password/change/", {"oldpassword": PASSWORD, "password1": NEW_PASSWORD})

    assert (refused.status_code, said(refused.text)) == (422, "Current password: That is not your current password.")
    assert done.status_code == 302
    assert client.get("/settings/profile/").status_code == 200
    assert elsewhere.get("/settings/profile/").status_code == 302


def test_reset_link_works_once(client: Client, alice: User) -> None:
    client.post("/password/reset/", {"email": "alice@example.org"})
    link = re.search(r"http://testserver(/password/reset/\S+)", str(mail.outbox[0].body))
    assert link
    form = client.get(link[1]).headers["Location"]

    assert client.post(form, {"password1": NEW_PASSWORD}).headers["Location"] == "/password/reset/done/"
    assert "This link no longer works" in Client().get(link[1]).text
    assert sign_in(Client(), password=NEW_PASSWORD) == (302, "/")


def test_reset_link_dies_with_a_password_change(client: Client, alice: User) -> None:
    client.post("/password/reset/", {"email": "alice@example.org"})
    link = re.search(r"http://testserver(/password/reset/\S+)", str(mail.outbox[0].body))
    assert link
    alice.set_password(NEW_PASSWORD)
    alice.save()

    assert "This link no longer works" in client.get(link[1]).text


def test_reset_link_cannot_be_steered_by_the_host_header(client: Client, alice: User) -> None:
    answer = client.post("/password/reset/", {"email": "alice@example.org"}, headers={"host": "evil.example"})

    assert answer.status_code == 400
    assert mail.outbox == []


def test_fragment_for_somebody_signed_out_is_refused_without_leading_away(client: Client, alice: User) -> None:
    assert client.get("/settings/profile/", headers={"HX-Request": "true"}).status_code == 401


def test_boosted_link_of_somebody_signed_out_leads_to_the_sign_in_page(client: Client, alice: User) -> None:
    answer = client.get("/settings/profile/", headers={"HX-Request": "true", "HX-Boosted": "true"})

    assert answer.headers["HX-Redirect"] == "/login/?next=/settings/profile/"


PUBLIC = {
    "/health",
    "/livez",
    "/readyz",
    "/welcome/",
    "/login/",
    "/login/inactive/",
    "/logout/",  # leads to the sign-in page
    "/signup/",
    "/signup/code/",
    "/password/reset/",
    "/password/reset/sent/",
    "/password/reset/done/",
    "/password/reset/1-1/",
    "/admin/login/",
}


def addresses(patterns: list[URLPattern | URLResolver], before: str = "/") -> Iterator[str]:
    """An example of every address that the program answers."""
    for entry in patterns:
        part = str(entry.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
        part = re.sub(r"<month:\w+>", "2026-11", part)
        part = re.sub(r"\(\?P<\w+>[^)]*\)|<[^>]+>", "1", part)
        if isinstance(entry, URLResolver):
            yield from addresses(entry.url_patterns, before + part)
        else:
            yield before + part


def test_every_page_is_behind_the_sign_in_but_for_the_public_ones(client: Client, alice: User) -> None:
    """R001-35, R002-5, R004-21: every address that there is."""
    answers = {address: client.get(address) for address in set(addresses(get_resolver().url_patterns))}
    refused = {address for address, answer in answers.items() if "/login/?next=" in answer.headers.get("Location", "")}

    assert len(answers) > 20
    assert answers.keys() - refused <= PUBLIC
