"""S3: who may ask what. Every route, every method, for everybody whom it is not for."""

from __future__ import annotations

import re
from typing import Any

import pytest

from budget import history
from budget.tests.factories import make_book, make_user
from budget.tests.security.client import HTMX, CheckedClient
from budget.tests.security.routes import EVIDENCE, METHODS, MISSING, OWN, PERSON, PUBLIC, STAFF, names, staff_paths
from budget.tests.security.world import World
from budget.users.models import User

pytestmark = pytest.mark.django_db
OTHERS = ["member of another book", pytest.param("staff", marks=pytest.mark.nightly), "superuser"]

TOKENS = re.compile(
    r'csrfmiddlewaretoken" value="[^"]+"|X-CSRFToken": "[^"]+"|[0-9a-f]{8}-[0-9a-f-]{27}|(?:id|for|name)="[^"]*"'
)
REFUSED = "You can view this book, not change it."
OWNERS = ("Only an owner removes a book.", "Only an owner takes the whole book away.")


def ask(client: CheckedClient, method: str, path: str, form: dict[str, object] | None = None, **more: Any) -> Any:
    """Send one request; forms as a browser sends them."""
    send = getattr(client, method.lower())
    return send(path, form or {}, **more) if method == "POST" else send(path, **more)


def digests(*worlds: World) -> list[str]:
    """The books as they stand."""
    return [history.digest(world.book) for world in worlds]


def test_every_route_is_classified() -> None:
    assert set(names()) == {*OWN, *PUBLIC, *PERSON, *STAFF, *EVIDENCE}


@pytest.mark.once
def test_nobody_gets_anything_but_the_way_to_sign_in(mine: World) -> None:
    """R002-5, R004-21: no route is open by mistake."""
    before, stranger = digests(mine), CheckedClient()
    paths = [own.path(name, mine) for name, own in OWN.items()] + [
        *PERSON.values(),
        *EVIDENCE.values(),
        *staff_paths(mine),
    ]

    for path in paths:
        for method in METHODS:
            answer = ask(stranger, method, path)
            where = answer.headers.get("Location", "")
            assert (answer.status_code, where.partition("?")[0]) in ((302, "/login/"), (302, "/admin/login/")), path
            assert mine.mark not in answer.text
        assert ask(stranger, "GET", path, headers=HTMX).status_code == 401, path
        assert ask(stranger, "POST", path, headers=HTMX).status_code == 401, path
    assert digests(mine) == before


@pytest.mark.once
@pytest.mark.parametrize("who", OTHERS)
def test_objects_of_somebody_else_are_not_there(mine: World, theirs: World, who: str) -> None:
    """R000-45, R004-21: another person's objects answer 404."""
    User.objects.filter(pk=mine.user.pk).update(
        is_staff=who != "member of another book", is_superuser=who == "superuser"
    )
    client, before = CheckedClient().sign_in(mine.user), digests(mine, theirs)

    for name, own in OWN.items():
        if own.owned is None:
            continue
        form = own.form(theirs) if own.form else {}
        for method in METHODS if who == "member of another book" else ("GET", "POST"):
            for headers in ({}, HTMX) if method in ("GET", "POST") else ({},):
                answer = ask(client, method, own.path(name, theirs), form, headers=headers)
                missing = ask(client, method, own.path(name, theirs, MISSING), form, headers=headers)
                asks = (method == "GET" and own.reads) or (method == "POST" and own.form)
                assert answer.status_code in ((404,) if asks else (404, 405)), (method, name)
                assert answer.status_code == missing.status_code
                assert TOKENS.sub("", answer.text) == TOKENS.sub("", missing.text), (method, name)
                assert theirs.mark not in answer.text
    assert digests(mine, theirs) == before


@pytest.mark.once
def test_viewer_reads_and_is_refused_in_words_what_writes(mine: World) -> None:
    before, viewer = digests(mine), CheckedClient().sign_in(mine.viewer)

    for name, own in OWN.items():
        path = own.path(name, mine)
        expected = {"page": 200, "form": 403, "": 405}[own.reads]
        shown = ask(viewer, "GET", path, follow=name == "envelopes:budget-current")
        if own.reads == "form":
            assert any(said in shown.text for said in (REFUSED, *OWNERS)), name
        assert shown.status_code == expected, name
        if own.is_personal:
            continue
        form = own.form(mine) if own.form else {}
        for headers in ({}, HTMX):
            written = ask(viewer, "POST", path, form, headers=headers)
            assert written.status_code == (403 if own.form else 405), name
            if own.form:
                assert any(said in written.text for said in (REFUSED, *OWNERS)), name
        for method in ("PUT", "PATCH", "DELETE"):
            assert ask(viewer, method, path).status_code in (403, 405), (method, name)
        assert digests(mine) == before, name


@pytest.mark.once
def test_disabled_person_is_a_stranger_at_once(mine: World, site: CheckedClient) -> None:
    User.objects.filter(pk=mine.user.pk).update(is_active=False)
    site.person, before = None, digests(mine)

    for name, own in OWN.items():
        for method in ("GET", "POST"):
            answer = ask(site, method, own.path(name, mine), own.form(mine) if own.form else {})
            assert answer.status_code == 302, name
            assert answer.headers["Location"].startswith("/login/")
    assert digests(mine) == before


def test_staff_without_a_book_is_led_to_the_welcome_page(theirs: World) -> None:
    staff = CheckedClient().sign_in(make_user(is_staff=True, is_superuser=True))

    for name, own in OWN.items():
        answer = staff.get(own.path(name, theirs))
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/welcome/"), name


@pytest.mark.once
def test_administration_is_for_staff_only(mine: World, site: CheckedClient) -> None:
    before = digests(mine)

    for path in staff_paths(mine):
        for method in ("GET", "POST", "PUT", "DELETE"):
            answer = ask(site, method, path)
            assert answer.status_code in (302, 403), path
            assert "/login/" in answer.headers.get("Location", "/login/"), path
            assert mine.mark not in answer.text.replace(mine.user.name, ""), path
    assert digests(mine) == before


@pytest.mark.once
def test_evidence_is_not_there_for_members(mine: World, site: CheckedClient) -> None:
    before = digests(mine)

    for path in EVIDENCE.values():
        for method in METHODS:
            assert ask(site, method, path).status_code == 404, (method, path)
        assert ask(site, "GET", path, headers=HTMX).status_code == 404, path
    assert digests(mine) == before


def test_administration_of_money_is_read_only(mine: World) -> None:
    staff = CheckedClient().sign_in(make_user(is_staff=True))
    make_book(User.objects.get(pk=staff.session["_auth_user_id"]))
    before = digests(mine)
    read_only = ("book", "envelope", "allocation", "envelopetransfer", "change", "account", "transaction")

    for path in staff_paths(mine):
        if re.match(rf"/admin/budget/({'|'.join(read_only)}|accounttransfer)/", path):
            answer = ask(staff, "POST", path, {"post": "yes", "name": "hacked", "amount": "1", "_save": "1"})
            assert answer.status_code in (200, 302, 403), path
    assert digests(mine) == before
