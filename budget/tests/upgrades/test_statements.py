"""A book that was written when transactions, books and their history had fewer fields is upgraded.

`at_0002.json` holds the rows of such a database as the program of that time left them: a book with changes, a deletion,
a transfer, a budget, an undo, and recounts.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models, transaction
from django.db.migrations.executor import MigrationExecutor

from budget import guards, history
from budget.books.models import Book
from budget.files.models import StoredFile
from budget.history import Change, Entry
from budget.ledger import operations, totals
from budget.ledger.models import Transaction
from budget.money import MoneyField, from_units
from budget.months import Month
from budget.recount.models import BookRecount, MonthRecount, Standing
from budget.recount.operations import count_month
from budget.users.models import User

pytestmark = pytest.mark.django_db(transaction=True)
FILE = Path(__file__).with_name("at_0002.json")
NEW_FIELDS = {"line_id", "predicted_category_id", "tier", "confidence", "pattern", "model_version"}
UPGRADED = "5b292bea8d0cf8444af4954efbde16e910d244cf434e10e6b26dbb09d27ed239"
"""The digest of the book's rows after the upgrade, on every engine."""


@pytest.fixture
def upgraded() -> Book:
    """The book of the old database, migrated to what the models are today."""
    call_command("migrate", "budget", "0002", verbosity=0)
    _load(json.loads(FILE.read_text(encoding="utf-8"))["tables"])
    call_command("migrate", verbosity=0)
    return Book.objects.get()


def _load(tables: dict[str, dict[str, Any]]) -> None:
    old = MigrationExecutor(connection).loader.project_state(("budget", "0002_recount")).apps
    with transaction.atomic():
        for name, table in tables.items():
            model = old.get_model("budget", name)
            fields = {field.attname: field for field in model._meta.concrete_fields}
            assert set(fields) == set(table["columns"])
            rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
            model._base_manager.bulk_create(
                model(**{name: _value(fields[name], value) for name, value in row.items()}) for row in rows
            )


def _value(field: models.Field[Any, Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(field, MoneyField):
        return from_units(value)
    if isinstance(field, models.DateTimeField):
        return datetime.datetime.fromisoformat(value).replace(tzinfo=datetime.UTC)
    return datetime.date.fromisoformat(value) if isinstance(field, models.DateField) else value


def test_entries_were_written_with_the_old_fields(upgraded: Book) -> None:
    """So that the tests below are about what they say."""
    fields = [json.loads(entry.payload)["fields"] for entry in Entry.objects.filter(model="transaction")]

    assert len(fields) == 9
    assert not any(NEW_FIELDS & set(names) for names in fields)


def test_history_is_whole_and_every_row_is_kept(upgraded: Book) -> None:
    """R000-47: nothing is altered by an upgrade."""
    assert history.verify(upgraded).is_whole
    assert guards.missing(connection) == []
    assert totals.differences(upgraded) == []
    assert (upgraded.version, upgraded.confirmations_needed) == (17, 3)
    assert [(t.description, t.amount, t.tier, t.line) for t in Transaction.objects.of(upgraded).order_by("pk")] == [
        ("Coffee house", Decimal("13.50"), "", None),
        ("Pay", Decimal("-2500.00"), "", None),
        ("Tea house", Decimal("3.20"), "", None),
        ("Transfer to Savings", Decimal("50.00"), "", None),
        ("Transfer from Everyday", Decimal("-50.00"), "", None),
    ]


def test_digest_is_the_same_on_every_engine(upgraded: Book) -> None:
    assert history.digest(upgraded) == UPGRADED


def test_months_are_counted_anew_and_agree_with_the_old_history(upgraded: Book) -> None:
    """What was kept of a recount is of rows without the new fields, so it is forgotten."""
    assert (BookRecount.objects.count(), MonthRecount.objects.count()) == (0, 0)

    for month in (Month(2026, 10), Month(2026, 11)):
        count_month(upgraded, month)

    assert list(MonthRecount.objects.values_list("status", flat=True)) == [Standing.VERIFIED] * 2


def _coffee() -> str:
    row = Transaction.objects.get(description="Coffee house")
    return f"{row.amount} {row.note}"


@pytest.mark.parametrize(
    ("number", "shown", "what"),
    [
        (11, _coffee, "12.50 with milk"),
        (12, lambda: f"{Transaction.objects.get(description='Bakery').amount}", "7.00"),
        (15, lambda: Book.objects.get().name, "Household"),
    ],
    ids=["alteration", "deletion", "the book's name"],
)
def test_old_change_is_taken_back_and_done_again(
    upgraded: Book, number: int, shown: Callable[[], str], what: str
) -> None:
    """R000-47: undo of what was done before the upgrade."""
    undone = history.undo(Change.objects.get(book=upgraded, number=number), by=User.objects.get())

    assert shown() == what
    history.undo(undone, by=User.objects.get())
    assert history.digest(upgraded) == UPGRADED
    assert history.verify(Book.objects.get()).is_whole
    assert totals.differences(upgraded) == []


def test_old_undo_is_taken_back(upgraded: Book) -> None:
    """The rows come back with nothing in the fields that there were not yet."""
    history.undo(Change.objects.get(book=upgraded, undoes__isnull=False), by=None)

    back = Transaction.objects.filter(description__in=["Ferry", "Train"]).order_by("pk")
    assert [(t.amount, t.predicted_category, t.tier, t.confidence, t.pattern) for t in back] == [
        (Decimal("4.50"), None, "", None, ""),
        (Decimal("9.90"), None, "", None, ""),
    ]
    count_month(upgraded, Month(2026, 11))
    assert MonthRecount.objects.get(month="2026-11-01").status == Standing.VERIFIED


def test_old_row_is_changed_and_the_chain_goes_on(upgraded: Book) -> None:
    tea = Transaction.objects.get(description="Tea house")

    operations.change_transaction(tea, by=User.objects.get(), amount=Decimal("3.30"))
    history.undo(Change.objects.get(book=upgraded, number=18), by=None)

    tea.refresh_from_db()
    assert (tea.amount, Book.objects.get().version) == (Decimal("3.20"), 19)
    assert history.verify(Book.objects.get()).is_whole
    assert history.digest(upgraded) == UPGRADED


def test_upgrade_is_taken_back_and_made_again(upgraded: Book) -> None:
    """R003-76: with the earlier tables go the earlier rules, and none that looks at what is gone."""
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
