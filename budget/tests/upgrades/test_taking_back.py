"""An upgrade can be taken back and made again."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from budget import guards, history
from budget.books.models import Book
from budget.files.models import StoredFile
from budget.tests.upgrades.conftest import upgrade
from budget.tests.upgrades.test_statements import UPGRADED


@pytest.mark.django_db(transaction=True)
def test_upgrade_is_taken_back_and_made_again() -> None:
    """R003-76: with the earlier tables go the earlier rules, and none that looks at what is gone."""
    upgrade()
    call_command("migrate", "budget", "0002", verbosity=0)
    missing = set(guards.missing(connection))
    assert StoredFile._meta.db_table not in connection.introspection.table_names()
    before = MigrationExecutor(connection).loader.project_state(("budget", "0002_recount")).apps
    rows = before.get_model("budget", "Transaction")._base_manager
    like = rows.order_by("pk")[0]
    like.pk, like.external_id = None, None
    like.save(force_insert=True)
    rows.filter(pk=like.pk).delete()
    call_command("migrate", verbosity=0)

    assert "account_transfer_balances" not in missing
    assert {"transaction_line_of_its_book_new", "statementline_never_altered"} <= missing
    assert guards.missing(connection) == []
    assert history.digest(Book.objects.get()) == UPGRADED
