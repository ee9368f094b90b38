"""What the tests of reports have in common."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from budget.users.models import User


@pytest.fixture
def reader(client: Client, owner: User) -> Client:
    """Somebody signed in who owns `book`."""
    client.force_login(owner)
    return client


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch):
    """Sets the date that the server takes for today."""

    def set_to(text: str) -> None:
        monkeypatch.setattr("budget.reports.views.today", lambda: date.fromisoformat(text))

    return set_to
