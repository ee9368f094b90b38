"""Guessing passwords is slow, whoever asks."""

import pytest
import time_machine
from django.test import Client

from budget.tests.factories import PASSWORD, make_user
from budget.tests.users.test_entrance import said, sign_in


@pytest.mark.django_db
def test_sixth_wrong_password_is_not_even_looked_at() -> None:
    """R002-5: guessing is slow."""
    make_user("alice@example.org", "Alice", PASSWORD)
    answers = [sign_in(Client(), password="wrong") for _ in range(5)]

    assert answers == [(422, "That email and password do not match.")] * 5
    assert sign_in(Client()) == (422, "Too many tries. Try again in 5 minutes.")


@pytest.mark.django_db
def test_owner_gets_in_after_the_wait_and_guesses_stay_below_ten_in_fifteen_minutes() -> None:
    make_user("alice@example.org", "Alice", PASSWORD)
    with time_machine.travel("2026-11-20T12:00:00Z", tick=False) as clock:
        looked_at = 0
        for _ in range(3):
            looked_at += sum("do not match" in sign_in(Client(), password="wrong")[1] for _ in range(7))
            clock.shift(4 * 60 + 55)
        assert looked_at <= 10
        clock.shift(15 * 60)

        assert sign_in(Client()) == (302, "/")


@pytest.mark.django_db
def test_forged_forwarded_address_changes_nothing() -> None:
    make_user("alice@example.org", "Alice", PASSWORD)
    for number in range(5):
        Client().post(
            "/login/",
            {"login": "alice@example.org", "password": "wrong"},
            headers={"X-Forwarded-For": f"192.0.2.{number}"},
        )
    answer = Client().post(
        "/login/", {"login": "alice@example.org", "password": "wrong"}, headers={"X-Forwarded-For": "192.0.2.99"}
    )

    assert said(answer.text) == "Too many tries. Try again in 5 minutes."
