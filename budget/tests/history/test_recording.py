"""The pen: what it records, what it refuses, and that a failure leaves nothing."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from budget import history
from budget.books.models import Book, Role
from budget.books.rows import WrittenOutsideOfAChange
from budget.history import Change, Entry, IdempotentRequest, bulk, recorder
from budget.ledger import operations
from budget.ledger.models import Account, Category, Transaction
from budget.tests.factories import last_change, make_book, make_category, make_member, make_txn, make_user

pytestmark = pytest.mark.django_db


def test_change_raises_the_version_and_moves_the_head(book: Book) -> None:
    before = book.version

    make_category(book)

    stored = Book.objects.get(pk=book.pk)
    newest = last_change(book)
    assert (stored.version, stored.head) == (before + 1, newest.digest)
    assert (book.version, book.head) == (stored.version, stored.head)


def test_entry_keeps_the_row_before_and_after_with_readable_names(account: Account, food: Category) -> None:
    """R003-41: what is written goes into the history with it."""
    txn = make_txn(account, "12.50", food)
    operations.change_transaction(txn, by=None, amount=Decimal("14.00"))

    entry = last_change(txn.book).entries.get()

    payload = json.loads(entry.payload)
    [[pk, before, after]] = payload["rows"]
    assert (entry.model, entry.action, pk) == ("transaction", "update", txn.pk)
    assert dict(zip(payload["fields"], before, strict=True))["amount"] == 12500
    assert after == {"amount": 14000}
    assert payload["names"] == {"account_id": {str(account.pk): "Everyday"}, "category_id": {str(food.pk): "Food"}}


@pytest.mark.parametrize(
    "write",
    [
        lambda txn: txn.save(),
        lambda txn: txn.delete(),
        lambda txn: Transaction.objects.filter(pk=txn.pk).update(amount=Decimal(1)),
        lambda txn: Transaction.objects.filter(pk=txn.pk).delete(),
        lambda txn: Transaction.objects.bulk_create([Transaction(account=txn.account, book=txn.book)]),
        lambda txn: Transaction.objects.bulk_update([txn], ["amount"]),
        lambda txn: Transaction.objects.create(account=txn.account, book=txn.book),
        lambda txn: txn.book.save(),
        lambda txn: Change.objects.filter(book=txn.book).delete(),
        lambda txn: Entry.objects.filter(book=txn.book).update(payload=""),
    ],
)
def test_writing_outside_of_a_change_raises(account: Account, write: object) -> None:
    txn = make_txn(account)

    with pytest.raises(WrittenOutsideOfAChange):
        write(txn)  # type: ignore[operator]  # one of the lambdas above


def test_failure_halfway_leaves_no_trace(account: Account, food: Category) -> None:
    """R000-2: neither the row nor the change."""
    book = Book.objects.get(pk=account.book_id)
    before = (history.digest(book), Change.objects.count(), Entry.objects.count())

    def record_half() -> None:
        with history.change(book, None, "Half", kind="test") as change:
            change.create(Transaction(account=account, category=food, amount=Decimal(1), description="One"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        record_half()

    assert (history.digest(book), Change.objects.count(), Entry.objects.count()) == before
    assert Book.objects.get(pk=book.pk).version == book.version


def test_change_that_writes_nothing_leaves_no_trace(book: Book) -> None:
    before = Change.objects.count()

    with history.change(book, None, "Nothing", kind="test"):
        pass

    assert Change.objects.count() == before


def test_update_without_a_difference_records_nothing(account: Account) -> None:
    txn = make_txn(account)
    before = Change.objects.count()

    operations.change_transaction(txn, by=None, description=txn.description, amount=txn.amount)

    assert Change.objects.count() == before


def test_viewer_may_not_write_and_stranger_neither(account: Account) -> None:
    viewer, stranger = make_user(), make_user()
    make_member(account.book, viewer, Role.VIEWER)

    for person in (viewer, stranger):
        with pytest.raises(history.MayOnlyView):
            operations.add_category(book=account.book, by=person, name="Rent")

    assert not Category.objects.of(account.book).exists()


def test_same_request_again_gives_the_first_change_and_writes_once(account: Account) -> None:
    """R004-6, R004-15: repeated, it gives the existing record."""
    request = IdempotentRequest("key-12345678", "digest")
    first = make_txn(account, request=request)

    with pytest.raises(history.AlreadyDone) as again:
        make_txn(account, request=request)

    assert operations.made_by(again.value.change) == [first.pk]
    assert Transaction.objects.of(account.book).count() == 1


def test_same_key_with_other_content_is_refused(account: Account) -> None:
    """C3, R004-7: same key, other body."""
    make_txn(account, request=IdempotentRequest("key-12345678", "one"))

    with pytest.raises(history.KeyReused):
        make_txn(account, "99.00", request=IdempotentRequest("key-12345678", "two"))

    assert Transaction.objects.of(account.book).count() == 1


def test_same_key_of_another_person_is_another_request(account: Account) -> None:
    """C3: same key by another user succeeds on its own."""
    first, second = make_user(), make_user()
    for person in (first, second):
        make_member(account.book, person)
        operations.record_transaction(
            book=account.book,
            by=person,
            account=account,
            amount=Decimal(1),
            description="Tea",
            request=IdempotentRequest("key-12345678", "one"),
        )

    assert Transaction.objects.of(account.book).count() == 2


def test_a_row_of_another_book_is_refused(owner: object, account: Account) -> None:
    other = make_book(make_user(), "Other")

    with (
        pytest.raises(ValueError, match="belongs to another book"),
        history.change(other, None, "x", kind="t") as change,
    ):
        change.create(Transaction(book=account.book, account=account, amount=Decimal(1), description="One"))


def test_a_change_within_a_change_is_refused(book: Book) -> None:
    with (
        pytest.raises(RuntimeError, match="open already"),
        history.change(book, None, "outer", kind="t"),
        history.change(book, None, "inner", kind="t"),
    ):
        pass


def test_many_rows_are_one_change_and_one_undo(account: Account, food: Category) -> None:
    book = account.book
    before = (history.digest(book), Change.objects.filter(book=book).count())
    rows = ((account.pk, food.pk, f"2026-{1 + n % 12:02}-15", 1000 + n, f"Row {n}", "confirmed") for n in range(2500))
    fields = ["account_id", "category_id", "date", "amount", "description", "status"]

    with history.change(book, None, "Loaded 2,500 rows", kind="ledger.load") as change:
        written = change.create_many(Transaction, fields, rows)

    loaded = last_change(book)
    assert (written, Change.objects.filter(book=book).count() - before[1]) == (2500, 1)
    assert sum(loaded.entries.values_list("count", flat=True)) == 2500
    assert Transaction.objects.of(book).count() == 2500
    assert Transaction.objects.of(book).get(description="Row 7").amount == Decimal("1.007")
    history.undo(loaded, by=None)
    assert history.digest(book) == before[0]


def test_a_bulk_row_that_a_rule_refuses_fails_like_any_other(account: Account) -> None:
    """On PostgreSQL it is COPY that refuses; nothing of the change is left on either engine."""
    fields, before = ["account_id", "date", "amount", "description"], history.digest(account.book)
    rows = [(account.pk, "2026-01-01", n, f"Row {n}") for n in range(5, -1, -1)]

    with pytest.raises(IntegrityError), history.change(account.book, None, "Loaded", kind="ledger.load") as change:
        change.create_many(Transaction, fields, rows)

    assert history.digest(account.book) == before


def test_bulk_rows_never_get_an_id_that_was_used_before(account: Account) -> None:
    book = account.book
    single = make_txn(account)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk=single.pk))

    with history.change(book, None, "Loaded", kind="ledger.load") as change:
        change.create_many(
            Transaction, ["account_id", "date", "amount", "description"], [(account.pk, "2026-01-01", 5, "One")]
        )
    after = make_txn(account)

    bulk = Transaction.objects.of(book).get(description="One")
    assert single.pk < bulk.pk < after.pk


def test_history_cannot_be_altered_or_deleted_by_raw_sql(account: Account) -> None:
    """M5: the database itself refuses."""
    from django.db import connection

    make_txn(account)
    attacks = [
        "UPDATE budget_entry SET payload = '{}'",
        "UPDATE budget_change SET summary = 'Nothing happened'",
        "DELETE FROM budget_entry",
        "DELETE FROM budget_change",
    ]
    for attack in attacks:
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(attack)


def test_rows_that_nobody_watches_are_loaded_too(book: Book) -> None:
    with history.change(book, None, "Loaded", kind="test") as change:
        written = change.create_many(Category, ["name"], [("Tea",), ("Toys",)])

    assert written == 2
    assert sorted(Category.objects.of(book).values_list("name", flat=True)) == ["Tea", "Toys"]


def test_update_of_many_rows_writes_only_those_that_differ(account: Account, food: Category) -> None:
    plain, sorted_in = make_txn(account), make_txn(account, category=food)
    with history.change(account.book, None, "Sorted", kind="test") as change:
        written = change.update_many(Transaction.objects.all(), category=food)
        again = change.update_many(Transaction.objects.all(), category_id=food.pk)

    entry = last_change(account.book).entries.get()
    assert (written, again) == (1, 0)
    assert (entry.count, entry.first_id, entry.last_id) == (1, plain.pk, plain.pk)
    assert Transaction.objects.get(pk=plain.pk).version == account.book.version
    assert Transaction.objects.get(pk=sorted_in.pk).version == sorted_in.version


def test_row_of_the_recorder_has_its_book_and_version(account: Account) -> None:
    with history.change(account.book, None, "Two", kind="test") as change:
        made = change.create_all(
            [Transaction(account=account, amount=Decimal(n), description=f"Row {n}") for n in (1, 2)]
        )

    stored = Transaction.objects.of(account.book).order_by("pk")
    assert [row.pk for row in stored] == [row.pk for row in made]
    assert {row.version for row in stored} == {account.book.version}


def test_form_that_was_opened_on_an_older_row_is_refused(account: Account) -> None:
    txn = make_txn(account)
    seen = txn.version
    operations.change_transaction(txn, by=None, description="Tea house")

    with history.change(account.book, None, "x", kind="test") as change:
        assert change.fresh(txn, seen=txn.version) is txn
        with pytest.raises(history.ChangedMeanwhile):
            change.fresh(txn, seen=seen)


def test_change_of_many_entries_is_kept_like_one_of_few(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries are written in packs, the change comes last; the chain is the same as if all were written at once."""
    monkeypatch.setattr(recorder, "ROWS_PER_ENTRY", 2)
    monkeypatch.setattr(recorder, "ENTRIES_IN_MEMORY", 2)
    book = account.book
    before = history.digest(book)

    with history.change(book, None, "Nine", kind="test") as change:
        made = change.create_all(
            [Transaction(account=account, amount=Decimal(n), description=f"Row {n}") for n in range(1, 10)]
        )
    created = last_change(book)
    with history.change(book, None, "None", kind="test") as change:
        deleted = change.delete_many(Transaction.objects.all())
    removed = last_change(book)

    assert (len(made), deleted) == (9, 9)
    for done, action in ((created, "create"), (removed, "delete")):
        entries = list(done.entries.order_by("position"))
        assert [(entry.position, entry.count) for entry in entries] == [(0, 2), (1, 2), (2, 2), (3, 2), (4, 1)]
        assert {(entry.model, entry.action, entry.book_id) for entry in entries} == {("transaction", action, book.pk)}
        assert [entry.first_id for entry in entries] == [row.pk for row in made[::2]]
    assert history.verify(book).is_whole
    assert history.digest(book) == before
    history.undo(removed, by=None)
    assert Transaction.objects.of(book).count() == 9


@pytest.mark.parametrize(("rows", "asked"), [(2, False), (3, True)])
def test_database_looks_at_its_tables_anew_after_a_large_load(
    book: Book, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, rows: int, asked: bool
) -> None:
    monkeypatch.setattr(recorder, "MANY_ROWS", 3)

    with (
        django_capture_on_commit_callbacks(execute=True) as callbacks,
        history.change(book, None, "Loaded", kind="test") as change,
    ):
        change.create_many(Category, ["name"], [(f"Category {n}",) for n in range(rows)])

    assert (bulk.refresh_statistics in callbacks) == asked


def test_book_itself_is_changed_like_its_rows(book: Book) -> None:
    with history.change(book, None, "Renamed", kind="test") as change:
        written = change.update_many(Book.objects.filter(pk=book.pk), name="Our home")

    assert written == 1
    assert Book.objects.get(pk=book.pk).name == "Our home"
    assert history.verify(book).is_whole


def test_row_that_was_deleted_meanwhile_is_no_longer_there(account: Account) -> None:
    txn = make_txn(account)
    operations.delete_transactions(book=account.book, by=None, rows=Transaction.objects.filter(pk=txn.pk))

    with history.change(account.book, None, "x", kind="test") as change, pytest.raises(history.Vanished):
        change.fresh(txn)


def test_update_answers_the_row_whether_it_differs_or_not(account: Account) -> None:
    txn = make_txn(account)

    with history.change(account.book, None, "x", kind="test") as change:
        assert change.update(txn, description=txn.description) is txn
        assert change.update(txn, description="Tea house") is txn


def test_row_that_comes_back_has_the_version_of_the_change_that_brought_it(account: Account) -> None:
    txn = make_txn(account)
    operations.delete_transactions(book=account.book, by=None, rows=Transaction.objects.filter(pk=txn.pk))

    undone = history.undo(last_change(account.book), by=None)

    assert Transaction.objects.get(pk=txn.pk).version == undone.number
