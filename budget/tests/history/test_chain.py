"""The chain: whole as long as nobody writes behind the application's back, and the first altered record is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from budget import guards, history
from budget.history import Change
from budget.ledger.models import Account
from budget.tests.factories import make_txn

pytestmark = pytest.mark.django_db


@contextmanager
def _without_guards() -> Iterator[None]:
    """Somebody with the rights of the schema's owner takes the triggers away first."""
    with connection.cursor() as cursor:
        for rule in guards.rules():
            on = "" if connection.vendor == "sqlite" else f" ON {rule.table}"
            cursor.execute(f"DROP TRIGGER {rule.name}{on}")
    yield
    guards.install(connection)


def test_chain_of_an_untouched_book_is_whole(account: Account) -> None:
    make_txn(account)

    verdict = history.verify(account.book)

    assert (verdict.is_whole, verdict.changes) == (True, Change.objects.filter(book=account.book).count())


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("UPDATE budget_entry SET payload = replace(payload, '12500', '12400') WHERE change_id = %s", "its entry 0"),
        ("UPDATE budget_change SET summary = 'Recorded Tea' WHERE id = %s", "does not match its digest"),
        ("DELETE FROM budget_entry WHERE change_id = %s", "does not match its digest"),
        ("UPDATE budget_book SET version = version + 1 WHERE %s > 0", "but its history ends with change"),
    ],
)
def test_alteration_is_found_and_named(account: Account, sql: str, says: str) -> None:
    txn = make_txn(account, "12.50")
    target = Change.objects.get(book=txn.book, number=txn.version)
    make_txn(account, "3.00")

    with _without_guards(), connection.cursor() as cursor:
        cursor.execute(sql, [target.pk])

    verdict = history.verify(txn.book)
    assert not verdict.is_whole
    assert says in verdict.problem


def test_removed_change_is_named(account: Account) -> None:
    txn = make_txn(account, "12.50")
    make_txn(account, "3.00")
    target = Change.objects.get(book=txn.book, number=txn.version)

    with _without_guards(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM budget_entry WHERE change_id = %s", [target.pk])
        cursor.execute("DELETE FROM budget_change WHERE id = %s", [target.pk])

    assert (
        history.verify(txn.book).problem == f"Change {target.number} is missing; the next one is {target.number + 1}."
    )
