"""S5: no other site can make a browser write, and looking at pages writes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from django.apps import apps
from django.db import models
from django.test import Client

from budget.tests.factories import PASSWORD
from budget.tests.security.client import HTMX, CheckedClient
from budget.tests.security.routes import EVIDENCE, OWN, PERSON, PUBLIC, UNSAFE, staff_paths
from budget.tests.security.world import World
from budget.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # whether a request is let in is decided before any row is read

TOKEN = re.compile(r'csrfmiddlewaretoken" value="([^"]+)"')
LINK = re.compile(r'(?:href|hx-get)="(/[^"#]*)"')
FORGOTTEN = {"sessions.Session"}
MOST_PAGES = 90


def every_path(world: World) -> list[str]:
    """An address of every route."""
    own = [route.path(name, world) for name, route in OWN.items()]
    return [*own, *PUBLIC.values(), *PERSON.values(), *EVIDENCE.values(), *staff_paths(world)]


def guarded(user: User) -> Client:
    """A signed-in browser whose forms are checked."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    return client


def rows(tables: Iterable[type[models.Model]]) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    return {table._meta.label: sorted(table._base_manager.values_list(), key=repr) for table in tables}


def everything() -> dict[str, list[tuple[object, ...]]]:
    """All tables but what a browser keeps open."""
    tables = [m for m in apps.get_models() if m._meta.label not in FORGOTTEN and not m._meta.proxy]
    return rows(tables)


def test_unsafe_request_without_a_token_is_refused_everywhere(mine: World) -> None:
    User.objects.filter(pk=mine.user.pk).update(is_staff=True, is_superuser=True)
    browser, before = guarded(mine.user), everything()

    answers = {
        (path, method): browser.generic(method, path).status_code for path in every_path(mine) for method in UNSAFE
    }

    assert {what: status for what, status in answers.items() if status != 403} == {}
    assert everything() == before


def test_unsafe_request_of_another_site_is_refused_though_its_token_is_right(mine: World) -> None:
    browser, before = guarded(mine.user), everything()
    found = TOKEN.search(browser.get("/settings/profile/").text)
    assert found
    ours = browser.post("/settings/profile/", {"csrfmiddlewaretoken": found[1], "name": ""})

    for path in every_path(mine):
        for origin in ("https://evil.example", "null", "http://testserver.evil.example"):
            answer = browser.post(path, {"csrfmiddlewaretoken": found[1]}, headers={"origin": origin})
            assert answer.status_code == 403, (path, origin)

    assert ours.status_code == 422
    assert everything() == before


def test_token_of_somebody_else_is_refused(mine: World, theirs: World) -> None:
    found = TOKEN.search(guarded(theirs.user).get("/settings/profile/").text)
    assert found
    browser = guarded(mine.user)
    browser.get("/settings/profile/")

    answer = browser.post("/settings/profile/", {"csrfmiddlewaretoken": found[1], "name": "Renamed"})
    header = browser.post("/settings/profile/", {"name": "Renamed"}, headers=HTMX | {"X-CSRFToken": found[1]})

    assert (answer.status_code, header.status_code) == (403, 403)


def test_sign_in_needs_a_token_too(mine: World) -> None:
    mine.user.set_password(PASSWORD)
    mine.user.save()

    answer = Client(enforce_csrf_checks=True).post("/login/", {"login": mine.user.email, "password": PASSWORD})

    assert answer.status_code == 403


@pytest.mark.parametrize("is_staff", [False, True])
def test_looking_at_every_page_changes_no_table(mine: World, theirs: World, is_staff: bool) -> None:
    User.objects.filter(pk=mine.user.pk).update(is_staff=is_staff)
    site = CheckedClient().sign_in(mine.user)
    waiting = staff_paths(mine) if is_staff else [route.path(name, mine) for name, route in OWN.items()]
    seen: set[str] = set()
    before = everything()

    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0).replace("&amp;", "&")
        if path in seen or path.startswith("/static/"):
            continue
        seen.add(path)
        waiting += LINK.findall(site.get(path).text)
        site.get(path, headers=HTMX)

    assert everything() == before
    assert len(seen) > 60
