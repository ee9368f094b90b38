"""A book that is removed takes along what the bank sent, and nothing of another book."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Model

from budget import history
from budget.books.models import Book
from budget.categorization.models import TrainedModel
from budget.files import vault
from budget.history import Change, Entry
from budget.history.chain import recorded_models, unrecorded_models
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.statements.models import RejectedTransfer, RememberedColumns, StatementImport
from budget.tests.factories import (
    last_change,
    make_book,
    make_certificate,
    make_import,
    make_line,
    make_mapping,
    make_rule,
    make_statement,
    make_user,
)

pytestmark = pytest.mark.django_db


def test_removing_a_book_takes_its_files_statements_and_rules_along(account: Account, food: Category) -> None:
    """S14: what the bank sent goes with the book, sealed content included."""
    kept = make_line(make_statement(make_import(make_book(make_user(), "Kept"))))
    line = make_line(make_statement(make_import(account.book, b"x" * 600_000), account))
    imported = {"line": line, "predicted_category": food, "tier": "ai", "confidence": 900}
    with history.change(account.book, None, "Imported", kind="import.create") as change:
        txn = change.create(Transaction(account=account, amount=Decimal("12.50"), description="Coffee", **imported))
    StatementImport.objects.filter(pk=line.statement.source_id).update(stage="recorded", change=last_change(food.book))
    make_rule(food)
    make_mapping(food)
    make_certificate(account)
    RememberedColumns.objects.create(book=food.book, account=account, header="h" * 64, columns={})
    RejectedTransfer.objects.create(book=food.book, outgoing_id=txn.pk, incoming_id=txn.pk)
    TrainedModel.objects.create(book=food.book)

    operations.remove_book(account.book, typed_name="Household")

    connection.check_constraints()
    models: list[type[Model]] = [*unrecorded_models(), *recorded_models(), Change, Entry]
    for model in models:
        assert not model._base_manager.exclude(book_id=kept.book_id).exists(), model
    vault.check(kept.statement.source.kept)
    assert not Book.objects.exclude(pk=kept.book_id).exists()
