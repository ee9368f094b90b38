"""S22: logs help whoever runs the program, and tell nobody's secrets; a fault's page tells nothing at all."""

from __future__ import annotations

import logging
import re

import pytest
from django.db import DatabaseError
from django.test import Client

from budget.ledger.models import Transaction, today
from budget.tests.factories import PASSWORD, make_txn
from budget.tests.security.client import HTMX
from budget.tests.security.world import World

pytestmark = pytest.mark.django_db

PLANTED = "Zqplanted-pharmacy"
AMOUNT = "8642.97"


@pytest.fixture
def browser(mine: World) -> Client:
    """Signed in with a password, and answered 500 instead of an exception."""
    mine.user.set_password(PASSWORD)
    mine.user.save()
    client = Client(raise_request_exception=False)
    client.post("/login/", {"login": mine.user.email, "password": PASSWORD})
    assert "_auth_user_id" in client.session
    return client


def written(caplog: pytest.LogCaptureFixture) -> str:
    """Everything that was logged, tracebacks and all attached values included."""
    plain = logging.Formatter("%(levelname)s %(name)s: %(message)s")
    return "\n".join(plain.format(record) + repr(record.args) for record in caplog.records)


def test_fault_while_writing_logs_a_reference_and_no_secret(
    mine: World, browser: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R001-29: a fault is answered, and found again in the log."""

    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr("budget.ledger.operations.record_transaction", broken)
    form = {
        "amount": AMOUNT,
        "direction": "out",
        "payee": PLANTED,
        "category": mine.food.pk,
        "date": today().isoformat(),
        "account": mine.account.pk,
        "description": PLANTED,
        "note": PLANTED,
    }
    session = browser.cookies["session"].value

    answer = browser.post("/transactions/new/", form)

    log = written(caplog)
    reference = re.search(r"Reference ([0-9A-F]{4})", log)
    assert answer.status_code == 500
    assert reference
    assert reference[1] in answer.text
    assert "broken on purpose" in log
    for secret in (PLANTED, AMOUNT, session, PASSWORD, mine.user.email, mine.mark):
        assert secret not in log, secret
        assert secret not in answer.text, secret
    for inside in ("Traceback", "RuntimeError", "broken on purpose", "budget/", "Django", "SELECT"):
        assert inside not in answer.text, inside


def test_fault_of_the_database_logs_no_values(
    mine: World, browser: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_txn(mine.account, AMOUNT, mine.food, today().isoformat(), PLANTED, payee=PLANTED)

    def refuse(*args: object, **kwargs: object) -> None:
        raise DatabaseError("no answer")

    monkeypatch.setattr("budget.ledger.views.transactions.directory", refuse)

    page, fragment = (browser.get("/transactions/", {"q": PLANTED}, headers=headers) for headers in ({}, HTMX))

    log = written(caplog)
    assert (page.status_code, fragment.status_code) == (500, 500)
    assert "no answer" in log
    assert PLANTED not in log
    assert AMOUNT not in log
    assert "no answer" not in page.text + fragment.text


def test_failed_sign_in_logs_neither_password_nor_session(mine: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    client = Client()
    client.get("/login/")

    for typed in ("a wrong password zq", PASSWORD):
        answer = client.post("/login/", {"login": mine.user.email, "password": typed, "next": "/\r\nFORGED line"})
        assert typed not in answer.text

    log = written(caplog)
    assert "a wrong password zq" not in log
    assert PASSWORD not in log
    assert "\nFORGED" not in log


def test_sign_up_reset_and_change_log_no_password(
    mine: World, browser: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    new = "zq very new password"

    browser.post("/password/change/", {"oldpassword": PASSWORD, "password1": new})
    Client().post("/signup/", {"name": "New", "email": "new@example.org", "password1": new})
    Client().post("/password/reset/", {"email": mine.user.email})

    log = written(caplog)
    assert new not in log
    assert PASSWORD not in log
    assert "/password/reset/" not in re.sub(r"(Not Found|Forbidden|Bad Request)[^\n]*", "", log)


def test_line_ends_in_an_address_forge_no_log_line(
    mine: World, browser: Client, caplog: pytest.LogCaptureFixture
) -> None:
    browser.get("/nothing/%0d%0aERROR budget.errors: FORGED")
    browser.get("/transactions/99999999/%0aFORGED/")

    assert [
        line for line in written(caplog).splitlines() if line.startswith(("FORGED", "ERROR budget.errors: FORGED"))
    ] == []


def test_statements_are_logged_only_on_request(mine: World, browser: Client, caplog: pytest.LogCaptureFixture) -> None:
    """R001-22: not unless asked for."""
    make_txn(mine.account, AMOUNT, mine.food, today().isoformat(), PLANTED, payee=PLANTED)

    assert browser.get("/transactions/", {"q": PLANTED}).status_code == 200

    assert Transaction.objects.of(mine.book).filter(payee=PLANTED).count() == 1
    assert logging.getLogger("django.db.backends").getEffectiveLevel() == logging.WARNING
    assert PLANTED not in written(caplog)
