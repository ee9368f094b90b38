"""Where a failure strikes: at the statement that is named, and at no other."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from verification.drills import strikes
from verification.drills.failing import DrillFailure, before_statement

pytestmark = pytest.mark.django_db
NO_WORLD: Any = None
DELETE = "DELETE FROM budget_transaction WHERE 1 = 0"


def send(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_process_is_stopped_before_the_second_thousand() -> None:
    told: list[str] = []

    with strikes.in_the_second_thousand(NO_WORLD, lambda: told.append("now")):
        send(DELETE)
        assert told == []
        send('DELETE FROM "budget_transaction" WHERE 1 = 0')
        assert told == ["now"]
        send(DELETE, "DELETE FROM budget_monthlytotal WHERE 1 = 0")

    assert told == ["now"]


def test_act_comes_before_the_statement_and_may_keep_it_from_being_sent() -> None:
    told: list[str] = []

    with pytest.raises(DrillFailure), strikes.at("DELETE FROM budget_trans", 2)(NO_WORLD, lambda: told.append("now")):
        send("SELECT 1", DELETE, f"  {DELETE}", "this is never sent")

    assert told == ["now"]


def test_nothing_strikes_any_more_afterwards() -> None:
    told: list[str] = []
    with before_statement("DELETE", 1, lambda: told.append("now")):
        pass

    send(DELETE)

    assert told == []
