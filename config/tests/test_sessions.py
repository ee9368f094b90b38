"""How long a login lasts (S9)."""

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import RequestFactory

from config.sessions import SessionLimitsMiddleware

HOUR, DAY = 3600, 24 * 3600
START = 1_780_000_000
pytestmark = pytest.mark.django_db


@pytest.fixture
def signed_in(client):
    """A client whose user signed in at START."""
    user = get_user_model().objects.create_user("someone@example.org", "Someone", "a long enough password")
    with time_machine.travel(START, tick=False):
        client.force_login(user)
    return client


def is_signed_in(client, at: int) -> bool:
    """Does a page know the user at this moment? Asks the middleware that every page runs through."""
    with time_machine.travel(at, tick=False):
        return bool(client.get("/admin/login/").wsgi_request.user.is_authenticated)


def test_session_ends_after_twelve_hours_without_a_request(signed_in):
    assert is_signed_in(signed_in, START)
    assert not is_signed_in(signed_in, START + 12 * HOUR + 1)


def test_session_lives_on_while_it_is_used(signed_in):
    assert all(is_signed_in(signed_in, START + hours * HOUR) for hours in range(0, 60, 6))


def test_session_ends_after_thirty_days_however_busy(signed_in):
    busy = [is_signed_in(signed_in, START + hours * HOUR) for hours in range(0, 30 * 24, 6)]

    assert all(busy)
    assert not is_signed_in(signed_in, START + 30 * DAY)


def test_page_after_page_writes_the_session_once(django_assert_num_queries):
    middleware = SessionLimitsMiddleware(lambda request: HttpResponse())
    session = SessionStore()
    session["_auth_user_id"] = "1"
    modified = []
    for minute in range(10):
        with time_machine.travel(START + 60 * minute, tick=False):
            request = RequestFactory().get("/")
            request.session = session
            session.modified = False
            middleware(request)
            modified.append(session.modified)

    assert modified == [True] + [False] * 9


def test_visitor_without_a_session_gets_none(client):
    client.get("/livez")

    assert not Session.objects.exists()
