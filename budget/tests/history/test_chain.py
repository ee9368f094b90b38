"""The chain: whole as long as nobody writes behind the application's back, and the first altered record is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import connection

from budget import guards, history
from budget.books.models import Book
from budget.history import Change, Entry, chain
from budget.history.chain import recorded_models, unrecorded_models
from budget.ledger import operations
from budget.ledger.models import Account
from budget.tests.factories import last_change, make_account, make_txn

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
        ("UPDATE budget_change SET previous_digest = digest WHERE id = %s", "does not follow the change before it"),
        ("UPDATE budget_entry SET position = position + 1 WHERE change_id = %s", "lacks its entry 0"),
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


def test_change_without_a_readable_time_is_named(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite keeps any text as a time; what is none is read as nothing."""
    txn = make_txn(account, "12.50")
    newest = last_change(txn.book)

    def timeless(book: Book, version: int) -> Iterator[Change]:
        for record in original(book, version):
            if record.number == newest.number:
                record.at = None  # type: ignore[assignment]  # what the adapter of SQLite makes of such a text
            yield record

    original = chain._changes
    monkeypatch.setattr(chain, "_changes", timeless)

    verdict = history.verify(txn.book)

    assert verdict.problem == f"Change {txn.version}, “{newest.summary}”, was altered: it has no time."
    assert verdict.changes == txn.version


def test_verdict_counts_what_it_read(account: Account) -> None:
    make_txn(account)
    make_txn(account)

    verdict = history.verify(account.book)

    assert verdict.changes == account.book.version
    assert verdict.entries == Entry.objects.filter(book=account.book).count()


def test_digest_of_a_book_changes_with_any_row_and_not_with_its_version(account: Account) -> None:
    txn = make_txn(account)
    digests = {history.digest(account.book)}

    for values in ({"note": "x"}, {"amount": Decimal("12.51")}, {"description": "Tea house"}):
        txn = operations.change_transaction(txn, by=None, **values)
        digests.add(history.digest(account.book))
    make_account(account.book, "Savings")
    digests.add(history.digest(account.book))

    assert len(digests) == 5
    history.undo(last_change(account.book), by=None)
    assert history.digest(account.book) in digests


def test_recorded_rows_and_others_are_told_apart() -> None:
    assert [model.__name__ for model in recorded_models()] == [
        *["Account", "AccountTransfer", "Allocation", "AmountRule", "Category", "Certificate"],
        *[
            "Envelope",
            "EnvelopeTransfer",
            "Membership",
            "MerchantMapping",
            "RecurringSeries",
            "SettledDue",
            "Transaction",
        ],
    ]
    assert sorted(model.__name__ for model in unrecorded_models()) == [
        *["BookRecount", "FilePart", "MonthRecount", "MonthlyTotal", "RejectedTransfer", "RememberedColumns"],
        *["SeriesRow", "SeriesSearch", "Statement", "StatementImport", "StatementLine", "StoredFile", "TrainedModel"],
    ]
    assert all("book" in {field.name for field in model._meta.fields} for model in unrecorded_models())
    assert not {Change, Entry} & {*recorded_models(), *unrecorded_models()}
