"""S25 and bad input: nonsense and bulk are answered or refused, never a fault."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from budget import history
from budget.ledger.models import today
from budget.months import Month
from budget.tests.security.client import HTMX, CheckedClient
from budget.tests.security.routes import OWN
from budget.tests.security.world import World

pytestmark = pytest.mark.django_db

HUGE = 10**30
NONSENSE = (
    *("0", "-1", "1000000000", str(HUGE), "9" * 5000, "1e9", "NaN", "∞", "²", "١٢", "1.5", "0x10", "true", "null"),
    *("\x00", "a\x00b", "%", "%00", "'", '"', "[]", "{}", "a.1.2026-11-01", "b.0.", "a.9223372036854775807.2026-01-01"),
    *("a.999999999999999999.9999-99-99", "c.1.1", "a..", "2026-13", "0000-00", "9999-12", "-0001-01", "\ud7ff", "🧾"),
    *(
        "-date,amount",
        "--date",
        "date; drop table",
        "#",
        "@",
        '#"',
        '@""',
        "<",
        ">",
        ">=",
        "<x",
        ">9999999999999999999",
    ),
)
QUERIES = (
    *("page", "q", "month", "from", "to", "category", "account", "type", "status", "min", "max", "sort", "rows"),
    *("before", "after", "show", "limit", "parts", "parent", "all", "field", "line", "amount", "payee", "date"),
)
LONG = "x" * 1_000_000
SHARES = pytest.mark.parametrize("share", [4, pytest.param(1, marks=pytest.mark.nightly)])
"""Each query or form takes every fourth piece of nonsense, its neighbour the next ones; at night each takes all."""


@SHARES
def test_nonsense_in_an_address_is_answered(mine: World, site: CheckedClient, share: int) -> None:
    for place, query in enumerate(QUERIES):
        for path in _readers(query, mine):
            for value in NONSENSE[place % share :: share]:
                answer = site.get(path, {query: value}, headers=HTMX)
                assert answer.status_code in (200, 302, 404, 422), (path, query, value)


def _readers(query: str, world: World) -> list[str]:
    """The pages that read a parameter."""
    row, moving = f"/transactions/{world.txn.pk}/", f"/budgets/{Month.of(today())}/move/"
    return {
        "month": ["/transactions/", "/", "/reports/top/", "/reports/categories/"],
        "before": ["/history/", "/history/?show=deletions", "/budgets/moves/"],
        "after": [f"/history/{world.number}/"],
        "limit": ["/reports/top/"],
        "parts": ["/"],
        "parent": ["/settings/categories/new/"],
        "from": ["/transactions/", moving, "/accounts/transfer/"],
        "to": ["/transactions/", moving, "/accounts/transfer/"],
        "show": ["/history/"],
        "field": [row],
        "amount": ["/transactions/new/", moving],
        "all": [f"/budgets/{Month.of(today())}/"],
    }.get(query, ["/transactions/new/"] if query in ("line", "payee", "date") else ["/transactions/"])


def test_ids_beyond_all_measure_are_not_found(mine: World, site: CheckedClient) -> None:
    for number in (0, 2**31, 2**63 - 1, 2**63, HUGE, int("9" * 300)):
        for name, own in OWN.items():
            if own.owned:
                path = own.path(name, mine, number)
                assert site.get(path).status_code in (404, 405), path
                assert site.post(path, own.form(mine) if own.form else {}).status_code in (404, 405), path


def test_months_beyond_all_measure_are_not_found(mine: World, site: CheckedClient) -> None:
    for text in ("0000-01", "1899-12", "2201-01", "9999-12", "2026-00", "2026-13", "99999-01", "2026-1", "x"):
        for path in (f"/budgets/{text}/", f"/budgets/{text}/move/", f"/reports/month/{text}/"):
            assert site.get(path).status_code == 404, path
    for text in ("1900-01", "2200-12"):
        for path in (f"/budgets/{text}/", f"/reports/month/{text}/", f"/?month={text}"):
            assert site.get(path).status_code == 200, path
        for action in ("copy", "start"):
            assert site.post(f"/budgets/{text}/{action}/").status_code in (200, 302, 422)


@pytest.mark.once
def test_megabyte_of_search_text_is_refused(mine: World, site: CheckedClient) -> None:
    for path in ("/transactions/", "/history/", "/transactions/new/", "/reports/top/", "/"):
        for query in ("q", "line") if path != "/reports/top/" else ("month", "limit"):
            assert site.get(f"{path}?{urlencode({query: LONG})}").status_code in (200, 404, 422), (path, query)


def test_many_words_and_signs_in_a_search_are_answered(mine: World, site: CheckedClient) -> None:
    for text in ("a " * 95, "#Aqmine " * 20, "<1 " * 60, ">1 " * 60, '"' * 199, "2026-11 " * 20, "(" * 199, "%_" * 90):
        assert site.get("/transactions/", {"q": text}).status_code in (200, 422), text


@pytest.mark.once
def test_thousands_of_form_fields_are_refused(mine: World, site: CheckedClient) -> None:
    before = history.digest(mine.book)

    for name in ("ledger:transaction-create", "ledger:transactions-change", "envelopes:budget-month"):
        body = {f"field{place}": "1" for place in range(5_001)}
        assert site.post(OWN[name].path(name, mine), body).status_code == 400, name
    many = site.post("/transactions/bulk/", {"action": "delete", "txn": list(range(1, 1_500))})

    assert many.status_code == 422
    assert history.digest(mine.book) == before


LARGE = (
    ("ledger:transaction-create", "payee"),
    ("ledger:transaction-create", "description"),
    ("ledger:transaction-create", "note"),
    ("ledger:transaction-create", "amount"),
    ("ledger:transaction-create", "date"),
    ("ledger:transaction-create", "category"),
    ("ledger:transaction-create", "line"),
    ("ledger:transaction-create", "request_key"),
    ("ledger:account-create", "name"),
    ("ledger:account-create", "institution"),
    ("ledger:account-create", "opening_balance"),
    ("ledger:category-create", "label"),
    ("ledger:category-create", "name"),
    ("ledger:category-create", "color"),
    ("books:book-change", "name"),
    ("envelopes:budget-move", "amount"),
)


@pytest.mark.once
def test_ten_megabytes_in_a_field_are_refused_beside_it(mine: World, site: CheckedClient) -> None:
    before, text = history.digest(mine.book), "ten megabytes " * 750_000

    for name, field in LARGE:
        own = OWN[name]
        answer = site.post(own.path(name, mine), (own.form(mine) if own.form else {}) | {field: text})

        assert answer.status_code == 422, (name, field)
        assert history.digest(mine.book) == before, (name, field)


@pytest.mark.once
def test_more_than_a_request_may_carry_is_refused(mine: World, site: CheckedClient) -> None:
    body = urlencode({"name": "x" * 13_000_000})

    answer = site.post("/accounts/new/", body, content_type="application/x-www-form-urlencoded")

    assert answer.status_code in (400, 413)


def test_budgets_named_strangely_are_answered(mine: World, site: CheckedClient) -> None:
    food, salary = mine.food.pk, mine.salary.pk

    for form in (
        {f"budget-0{food}": "12345678901234567890"},
        {f"budget-0{food}": "1.00", f"budget-{food}": "2.00"},
        {"budget-00": "1.00"},
        {f"budget-{food}": "1e5"},
        {f"budget-{salary}": "5.00"},
        {"budget-²": "1.00"},
        {"budget-999999999999999999": "1.00"},
        {"budget-0999999999": "1.00"},
        {"seen": "=;=;;1=" + "9" * 5000},
    ):
        assert site.post(f"/budgets/{Month.of(today())}/", form).status_code in (200, 302, 422), form


ANSWERS = {302, 404, 409, 422}
SHOWN = {"reconcile:account": {200}}
"""Whose form, sent without its last button, only shows what it says: the gap that the ticks leave."""


@SHARES
def test_nonsense_in_every_field_is_answered(mine: World, site: CheckedClient, share: int) -> None:
    values = ("", "\x00", str(HUGE), "-1", "²", "🧾", "null", "9" * 5000, "1/2/3", "\ud7ff\u0000")
    for place, (name, own) in enumerate(OWN.items()):
        if own.form is None or name == "books:book-delete":
            continue
        statuses = ANSWERS | SHOWN.get(name, set())
        for value in values[place % share :: share]:
            form = dict.fromkeys(own.form(mine), value)
            assert site.post(own.path(name, mine), form).status_code in statuses, (name, value)
        for field in own.form(mine):
            for value in ("\x00", str(HUGE)):
                kept = own.form(mine) | {field: value}
                assert site.post(own.path(name, mine), kept).status_code in statuses, (name, field, value)


@pytest.mark.once
def test_body_that_is_no_form_is_answered(mine: World, site: CheckedClient) -> None:
    for kind in (
        "application/json",
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
    ):
        for body in (b"", b"\xff\xfe\x00", b"%zz&=&&&", b'{"a": 1}', b"--x\r\nContent-Disposition: form-data\r\n\r\n"):
            for name in ("ledger:transaction-create", "ledger:transactions-change", "books:book-switch"):
                answer = site.generic("POST", OWN[name].path(name, mine), body, content_type=kind)
                assert answer.status_code in (302, 400, 404, 409, 422), (name, kind, body)
