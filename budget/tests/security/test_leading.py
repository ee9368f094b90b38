"""S8: nobody is led to another host, whatever an address or a name says."""

from __future__ import annotations

import pytest

from budget.tests.security.client import HTMX, CheckedClient, is_own_path
from budget.tests.security.routes import OWN
from budget.tests.security.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # where an answer leads to does not know the database

ELSEWHERE = (
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "\thttps://evil.example",
    "/\t/evil.example",
    "/ok/\r\nSet-Cookie: planted=1",
    "11",
    "account_logout",
    "admin:index",
    "//testserver@evil.example/",
    "",
)


def test_next_leads_to_this_host_only(mine: World, site: CheckedClient) -> None:
    for target in ELSEWHERE:
        for name in ("books:book-switch", "envelopes:budget-month", "ledger:transaction-category"):
            own = OWN[name]
            answer = site.post(own.path(name, mine), (own.form(mine) if own.form else {}) | {"next": target})
            where = answer.headers["Location"]
            assert (answer.status_code, is_own_path(where)) == (302, True), (name, target)
            assert where not in ("/logout/", "/admin/"), (name, target)
        undone = site.post(f"/history/{mine.number}/undo/", {"next": target})
        assert is_own_path(undone.headers["Location"]), target


def test_page_that_htmx_names_is_not_trusted(mine: World, site: CheckedClient) -> None:
    own = OWN["ledger:transaction-category"]
    path, form = own.path("ledger:transaction-category", mine), own.form(mine) if own.form else {}

    for target in (
        "https://evil.example/transactions/",
        "//evil.example/",
        "javascript:1",
        "/a\\b",
        "\x00",
        "x" * 9999,
    ):
        answer = site.post(path, form, headers=HTMX | {"HX-Current-URL": target})
        assert answer.status_code in (200, 204), target
        assert "evil" not in answer.text + str(answer.headers), target


def test_sign_in_and_out_lead_to_this_host_only(mine: World) -> None:
    for target in ELSEWHERE:
        site = CheckedClient().sign_in(mine.user)
        shown = site.get("/login/", {"next": target})
        out = site.post("/logout/", {"next": target})

        assert is_own_path(shown.headers["Location"]), target
        assert (out.status_code, is_own_path(out.headers["Location"])) == (302, True), target
