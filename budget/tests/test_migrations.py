"""Upgrading a database that is in use: rows stay as they are, and a second time nothing happens."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.operations import CreateModel

from budget import guards, history
from budget.books.models import Book
from budget.ledger import totals
from budget.tests.factories import make_account, make_book, make_category, make_txn, make_user

MAKE = CreateModel.database_forwards


def cut_off_at_the_last(self: CreateModel, *args: Any) -> None:
    """One table of the migration is made; the second is not."""
    if self.name == "MonthRecount":
        raise OSError("cut off")
    MAKE(self, *args)


@pytest.mark.django_db(transaction=True)
def test_rows_of_an_earlier_version_are_whole_after_the_upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    """R000-47, R003-75, R003-76: from the first migration to the last, cut off halfway, once more, and again."""
    book = make_book(make_user())
    make_txn(make_account(book), "12.50", make_category(book))
    before = (history.digest(book), totals.stored(book))
    call_command("migrate", "budget", "0001", verbosity=0)
    with monkeypatch.context() as patch:
        patch.setattr(CreateModel, "database_forwards", cut_off_at_the_last)
        with pytest.raises(OSError, match="cut off"):
            call_command("migrate", verbosity=0)
    assert "budget_bookrecount" not in connection.introspection.table_names()

    said = StringIO()
    call_command("migrate", stdout=said)
    call_command("migrate", stdout=said)

    kept = Book.objects.get(pk=book.pk)
    assert (history.digest(kept), totals.stored(kept)) == before
    assert (history.verify(kept).is_whole, guards.missing(connection)) == (True, [])
    assert "budget_bookrecount" in connection.introspection.table_names()
    assert "No migrations to apply." in said.getvalue()
