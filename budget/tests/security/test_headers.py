"""S2, S7, S8: what every answer tells the browser; `CheckedClient` looks at each, here are those it would not meet."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from budget.ledger.operations import change_account, change_category, rename_book
from budget.tests.security.client import CSP, HTMX, CheckedClient, check, events, is_own_path
from budget.tests.security.routes import EVIDENCE, OWN, PERSON, PUBLIC, staff_paths
from budget.tests.security.world import World
from budget.users.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # what is sent in front of a page does not know the database

NAMES = (
    "quote \" and ' and \\ and ; and ,",
    "日本語 Ω مصرف \U0001f9fe",
    "\u202eevil \u200b",
    "%0d%0aSet-Cookie: planted=1",
    "</script>{{7*7}}",
    "javascript:alert(1)",
    "//evil.example/",
)


def test_every_answer_carries_the_protecting_headers(mine: World) -> None:
    User.objects.filter(pk=mine.user.pk).update(is_staff=True)
    site, stranger = CheckedClient().sign_in(mine.user), CheckedClient()
    own = [route.path(name, mine) for name, route in OWN.items()]

    for path in [*own, *PERSON.values(), *EVIDENCE.values(), *staff_paths(mine), "/nothing/"]:
        answer = site.get(path)
        assert "no-store" in answer.headers["Cache-Control"], path
    for path in [*PUBLIC.values(), "/nothing/"]:
        answer = stranger.get(path)
        assert "planted" not in str(answer.headers)


@pytest.mark.parametrize("path", ["js/app.js", "css/app.css", "icons/sprite.svg", "fonts/inter-latin.woff2"])
def test_file_of_the_site_is_taken_for_what_it_is(client: Client, path: str) -> None:
    headers = client.get(f"/static/{path}").headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "Set-Cookie" not in headers


@pytest.mark.parametrize("method", ["get", "post"])
def test_answer_to_a_fault_is_protected_too(
    mine: World, site: CheckedClient, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("broken on purpose")

    for view in ("transactions", "changing"):
        monkeypatch.setattr(f"budget.ledger.views.{view}.directory", broken)
    client = Client(raise_request_exception=False)
    client.force_login(mine.user)
    answer = (
        client.get("/transactions/")
        if method == "get"
        else client.post(f"/transactions/{mine.spent.pk}/deletion/", headers=HTMX)
    )

    assert answer.status_code == 500
    assert {part.strip() for part in answer.headers["Content-Security-Policy"].split(";")} == CSP
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", NAMES)
def test_names_split_no_header(mine: World, name: str) -> None:
    site = CheckedClient().sign_in(mine.user)
    change_category(mine.food, by=mine.user, name=name, label=name)
    change_account(mine.account, by=mine.user, name=name)
    rename_book(mine.book, by=mine.user, name=name)
    list_url = "http://testserver/transactions/?" + "q=%0d%0aX-Planted:1"

    answers = [
        site.get("/transactions/", {"q": name}, headers=HTMX),
        site.get("/transactions/", {"q": f'#"{name}"'}, headers=HTMX),
        site.post("/transactions/new/", {"line": f"4 {name}"}, headers=HTMX),
        site.post(f"/transactions/{mine.txn.pk}/category/", {"category": name}, headers=HTMX),
        site.post("/transactions/bulk/", {"action": "delete"}, headers=HTMX | {"HX-Current-URL": list_url}),
        site.post("/transactions/bulk/", {"action": name, "txn": [mine.txn.pk]}, headers=HTMX),
        site.post(f"/settings/categories/{mine.food.pk}/deletion/", headers=HTMX),
        site.post(f"/accounts/{mine.savings.pk}/closing/", {"next": name}),
        *(site.get(route.path(route_name, mine)) for route_name, route in OWN.items() if "csv" in route_name),
    ]

    for answer in answers:
        assert "X-Planted" not in answer.headers
        assert "planted" not in site.cookies


def test_page_and_fragment_of_one_address_are_told_apart(mine: World, site: CheckedClient) -> None:
    for name, own in OWN.items():
        if own.reads:
            page, fragment = site.get(own.path(name, mine)), site.get(own.path(name, mine), headers=HTMX)
            if page.headers.get("Content-Type", "").startswith("text/html"):
                assert "HX-Request" in page.headers["Vary"], name
                assert "HX-Request" in fragment.headers["Vary"], name


def test_saying_htmx_opens_no_door(mine: World) -> None:
    stranger, viewer = CheckedClient(), CheckedClient().sign_in(mine.viewer)
    more = (HTMX, HTMX | {"HX-Boosted": "true"}, HTMX | {"HX-History-Restore-Request": "true"})

    for headers in more:
        for name, own in OWN.items():
            path = own.path(name, mine)
            assert mine.mark not in stranger.get(path, headers=headers).text
            if own.form and not own.is_personal:
                assert viewer.post(path, own.form(mine), headers=headers).status_code == 403, name


def test_page_restored_from_history_is_whole(mine: World, site: CheckedClient) -> None:
    restore = HTMX | {"HX-History-Restore-Request": "true"}

    for name in ("ledger:transaction-list", "history:change-list", "envelopes:budget-month", "ledger:category-change"):
        answer = site.get(OWN[name].path(name, mine), headers=restore)
        assert "<!doctype html>" in answer.text, name


def test_address_in_a_header_and_events_are_read_as_a_browser_would() -> None:
    assert is_own_path("/transactions/?q=1")
    assert [is_own_path(path) for path in ("//evil", "/\\evil", "https://evil", "x", "")] == [False] * 5
    assert events(json.dumps({"app:close": {}})) == {"app:close"}
    assert events("app:close, app:show") == {"app:close", "app:show"}


def test_check_notices_a_missing_header(mine: World) -> None:
    answer = Client().get("/livez")
    del answer.headers["X-Content-Type-Options"]

    with pytest.raises(AssertionError):
        check(answer, is_private=False)


@pytest.mark.parametrize("host", ["evil.example", "testserver.evil.example", "testserver@evil.example", "a b", ""])
def test_other_host_names_are_refused(mine: World, host: str) -> None:
    client = Client()
    client.force_login(mine.user)

    answer = client.get("/", headers={"host": host})

    assert answer.status_code == 400
    assert mine.mark not in answer.text
