"""S9: whose session ends when, beyond what the tests of signing in and out show."""

from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from budget.ledger.operations import delete_user
from budget.tests.factories import PASSWORD, make_book, make_user
from budget.tests.security.client import CheckedClient
from budget.tests.security.world import World
from budget.users.models import User

pytestmark = pytest.mark.django_db

NEW = "another long password"


@pytest.fixture
def person() -> User:
    """Somebody with a password and a book."""
    user = make_user(password=PASSWORD)
    make_book(user)
    return user


def signed_in(user: User, password: str = PASSWORD) -> Client:
    """A browser in which the person has signed in."""
    client = Client()
    client.post("/login/", {"login": user.email, "password": password})
    assert "_auth_user_id" in client.session
    return client


def is_in(client: Client) -> bool:
    """Whether the browser still shows the person's pages."""
    return not client.get("/settings/profile/").headers.get("Location", "").startswith("/login/")


def test_password_change_gives_the_session_a_new_id(person: User) -> None:
    client = signed_in(person)
    before = client.cookies["session"].value

    client.post("/password/change/", {"oldpassword": PASSWORD, "password1": NEW})

    assert client.cookies["session"].value != before
    assert is_in(client)
    assert not is_in(Client(headers={"cookie": f"session={before}"}))


def test_signing_out_ends_the_session_on_the_server(person: User) -> None:
    client = signed_in(person)
    stolen = client.cookies["session"].value

    client.post("/logout/")

    assert not Session.objects.filter(session_key=stolen).exists()
    assert not is_in(Client(headers={"cookie": f"session={stolen}"}))


def test_ending_the_other_sessions_leaves_this_one_and_those_of_others(person: User) -> None:
    other = make_user(password=PASSWORD)
    make_book(other)
    here, there, theirs = signed_in(person), signed_in(person), signed_in(other)

    here.post("/settings/security/sessions/")

    assert (is_in(here), is_in(there), is_in(theirs)) == (True, False, True)


def test_deleted_person_is_out_at_once(person: User) -> None:
    client = signed_in(person)

    delete_user(person, typed_email=person.email)

    assert not is_in(client)


def test_administrator_who_is_one_no_longer_loses_the_administration_at_once(mine: World) -> None:
    User.objects.filter(pk=mine.user.pk).update(is_staff=True)
    site = CheckedClient().sign_in(mine.user)
    assert site.get("/admin/").status_code == 200

    User.objects.filter(pk=mine.user.pk).update(is_staff=False)

    assert site.get("/admin/").status_code in (302, 403)


def test_made_up_session_is_nobody(mine: World) -> None:
    for cookie in ("", "x", "0" * 32, "../../etc/passwd", "'; --", "é", "a" * 5000):
        client = Client(headers={"cookie": f"session={cookie}; csrf={cookie}; theme={cookie}; messages={cookie}"})
        assert not is_in(client), cookie
