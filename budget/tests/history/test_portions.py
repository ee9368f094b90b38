"""Large changes are written, read, checked and taken back in portions; what comes out does not show it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from budget import history
from budget.history import Change, Entry, bulk, chain, queries, recorder, undoing
from budget.history.batch import new_rows
from budget.history.labels import Labels, labels_of_part
from budget.history.rows import shape_of
from budget.history.wording import Wording
from budget.ledger import operations, totals
from budget.ledger.models import Account, Category, Transaction
from budget.tests.factories import last_change, make_account, make_book, make_txn, make_user

pytestmark = pytest.mark.django_db

FIELDS = ["account_id", "date", "amount", "description"]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every portion is of two, or three."""
    for module, name, size in (
        (recorder, "ROWS_AT_ONCE", 3),
        (recorder, "ROWS_PER_ENTRY", 2),
        (recorder, "ENTRIES_IN_MEMORY", 2),
        (undoing, "ROWS_AT_ONCE", 1),
        (undoing, "ENTRIES_AT_ONCE", 2),
        (chain, "CHANGES_AT_ONCE", 2),
        (chain, "ROWS_AT_ONCE", 2),
    ):
        monkeypatch.setattr(module, name, size)


def _load(account: Account, count: int) -> Change:
    rows = [(account.pk, "2026-11-20", 1000 + n % 2, f"Row {n}") for n in range(count)]
    with history.change(account.book, None, f"Loaded {count}", kind="ledger.load") as change:
        assert change.create_many(Transaction, FIELDS, rows) == count
    return last_change(account.book)


def _update(account: Account) -> None:
    """Only the second and the fourth of the rows differ."""
    with history.change(account.book, None, "Noted", kind="test") as change:
        for place in (1, 3):
            change.update(Transaction.objects.order_by("pk")[place], note="x")
    with history.change(account.book, None, "Emptied", kind="test") as change:
        assert change.update_many(Transaction.objects.all(), note="") == 2


def test_portions_do_not_show(account: Account, small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    before = history.digest(account.book)
    loaded = _load(account, 7)
    after = history.digest(account.book)
    assert [(e.position, e.count) for e in loaded.entries.order_by("position")] == [
        (0, 2),
        (1, 1),
        (2, 2),
        (3, 1),
        (4, 1),
    ]
    assert totals.differences(account.book) == []
    verdict = history.verify(account.book)
    assert (verdict.is_whole, verdict.entries) == (True, Entry.objects.filter(book=account.book).count())

    undone = history.undo(loaded, by=None)
    assert history.digest(account.book) == before
    history.undo(undone, by=None)

    monkeypatch.undo()
    assert history.digest(account.book) == after
    assert [row.description for row in Transaction.objects.order_by("pk")] == [f"Row {n}" for n in range(7)]
    assert totals.differences(account.book) == []


def test_batch_without_a_difference_does_not_end_the_writing(account: Account, small: None) -> None:
    _load(account, 5)

    _update(account)

    entries = last_change(account.book).entries.order_by("position")
    second, fourth = list(Transaction.objects.order_by("pk").values_list("pk", flat=True))[1:4:2]
    assert [(entry.first_id, entry.count) for entry in entries] == [(second, 1), (fourth, 1)]
    assert not Transaction.objects.exclude(note="").exists()


def test_batch_without_a_difference_writes_nothing(account: Account) -> None:
    make_txn(account)

    with CaptureQueriesContext(connection) as asked, history.change(account.book, None, "x", kind="test") as change:
        assert change.update_many(Transaction.objects.all(), note="") == 0

    assert [query["sql"] for query in asked if query["sql"].startswith(("UPDATE", "INSERT"))] == []


def test_entries_do_not_pile_up_in_memory(account: Account, small: None) -> None:
    """However many rows there are; a pack is written as soon as it is full."""
    with history.change(account.book, None, "Many", kind="test") as change:
        for count in range(1, 4):
            change.create_all(
                [Transaction(account=account, amount=Decimal(1), description=str(n)) for n in range(count)]
            )
            assert len(change._pending) < 2
        change.create_many(Transaction, FIELDS, [(account.pk, "2026-11-20", n + 1, "x") for n in range(8)])
        assert len(change._pending) < 2
        assert Entry.objects.filter(change_id=change.record.pk).count() >= 4

    assert history.verify(account.book).is_whole


def test_full_pack_is_written_by_column_and_a_smaller_one_is_not(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "ENTRIES_IN_MEMORY", 2)
    packs: list[int] = []
    original = bulk.write

    def write(model: Any, same: Any, varying: Any, count: int) -> None:
        packs.append(count)
        original(model, same, varying, count)

    monkeypatch.setattr(bulk, "write", write)

    with history.change(account.book, None, "Three", kind="test") as change:
        for n in range(3):
            change.create(Transaction(account=account, amount=Decimal(1), description=f"Row {n}"))

    assert packs == [2]
    assert list(last_change(account.book).entries.values_list("position", "count")) == [(0, 1), (1, 1), (2, 1)]


def test_change_takes_one_id(account: Account) -> None:
    numbers = [make_txn(account).pk and last_change(account.book).pk for _ in range(3)]

    assert numbers == list(range(numbers[0], numbers[0] + 3))


def test_chain_of_many_entries_is_read_to_its_end(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of entries has twenty."""
    monkeypatch.setattr(recorder, "ROWS_PER_ENTRY", 1)
    loaded = _load(account, 45)

    verdict = history.verify(account.book)

    assert (loaded.entries.count(), verdict.is_whole) == (45, True)
    assert verdict.entries == Entry.objects.filter(book=account.book).count()


def test_names_that_are_loaded_are_not_asked_for(account: Account, food: Category) -> None:
    rows = [Transaction(account=account, category=food, amount=Decimal(1), description="x") for _ in range(2)]
    labels = Labels()
    labels.remember(rows)

    with CaptureQueriesContext(connection) as asked:
        told = labels.of_changes(shape_of(Transaction), [(1, None, shape_of(Transaction).values(rows[0]))])

    assert told == {"account_id": {str(account.pk): "Everyday"}, "category_id": {str(food.pk): "Food"}}
    assert len(asked) == 0


def test_names_are_asked_for_once_and_told_of_both_sides(account: Account, food: Category, rent: Category) -> None:
    shape, labels = shape_of(Transaction), Labels()
    before = Transaction(account_id=account.pk, category_id=food.pk, amount=Decimal(1))
    after = Transaction(account_id=account.pk, category_id=rent.pk, amount=Decimal(1))
    gone = Transaction(account_id=account.pk, category_id=10**9, amount=Decimal(1))

    with CaptureQueriesContext(connection) as asked:
        told = [labels.of_changes(shape, [(1, shape.values(before), shape.values(after))]) for _ in range(2)]
        lacking = labels.of_changes(shape, [(1, None, shape.values(gone))])

    wanted = {"account_id": {str(account.pk): "Everyday"}, "category_id": {str(food.pk): "Food", str(rent.pk): "Rent"}}
    assert told == [wanted, wanted]
    assert lacking == {"account_id": {str(account.pk): "Everyday"}, "category_id": {str(10**9): ""}}
    assert len(asked) == 3


def test_recorder_remembers_the_names_that_its_rows_came_with(account: Account, food: Category) -> None:
    with history.change(account.book, None, "Two", kind="test") as change:
        txn = change.create(Transaction(account=account, category=food, amount=Decimal(1), description="x"))
        known = set(change._labels._known)
        change.update(txn, category=make_other(change, "Rent"))

        assert known == {(Account, account.pk), (Category, food.pk)}
        assert set(change._labels._known) - known == {(Category, Category.objects.get(name="Rent").pk)}


def make_other(change: history.Recorder, name: str) -> Category:
    return change.create(Category(name=name))


def test_part_of_a_load_names_only_what_it_points_at() -> None:
    rows = new_rows(shape_of(Transaction), ["account_id", "category_id", "amount"], [(7, n, 5) for n in (1, 2, None)])
    labels = {"account_id": {"7": "Everyday"}, "category_id": {"1": "Food", "2": "Rent"}}

    assert [labels_of_part(rows.part(n, n + 1), labels) for n in range(3)] == [
        {"account_id": {"7": "Everyday"}, "category_id": {"1": "Food"}},
        {"account_id": {"7": "Everyday"}, "category_id": {"2": "Rent"}},
        {"account_id": {"7": "Everyday"}},
    ]


def test_load_takes_more_statements_where_one_would_be_too_long(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "SQLITE_VARIABLES", 27)

    _load(account, 11)

    assert list(Transaction.objects.order_by("pk").values_list("description", "amount")) == [
        (f"Row {n}", Decimal(1000 + n % 2) / 1000) for n in range(11)
    ]


def test_load_in_the_order_of_a_column_keeps_its_rows_together(account: Account) -> None:
    rows = [(account.pk, "2026-11-20", 10 * n, name) for n, name in enumerate(("c", "a", "b"), start=1)]

    with history.change(account.book, None, "Loaded", kind="ledger.load") as change:
        change.create_many(Transaction, FIELDS, rows, scattered="description")

    ids = list(Transaction.objects.order_by("description").values_list("description", "amount"))
    assert ids == [("a", Decimal("0.020")), ("b", Decimal("0.030")), ("c", Decimal("0.010"))]
    assert bulk._in_order({"id": [1, 2, 3], "name": ["c", "a", "b"]}, "name") == {
        "id": [2, 3, 1],
        "name": ["a", "b", "c"],
    }
    assert history.verify(account.book).is_whole
    assert [row for row, *_ in _entry_rows(last_change(account.book))] == sorted(
        Transaction.objects.values_list("pk", flat=True)
    )


def _entry_rows(change: Change) -> Iterator[tuple[int, Any, Any]]:
    for entry in change.entries.order_by("position"):
        yield from history.rows_of(entry)


@pytest.mark.parametrize("second", ["2026-11-20T10:00:00.5+01:00", "2026-11-20T12:00:00+00:00"])
def test_moments_of_a_load_are_kept_exactly(account: Account, second: str) -> None:
    moments = ["2026-11-20T10:00:00.5+01:00", second]
    moments = ["2026-11-20T10:00:00.5+01:00", second]
    with history.change(account.book, None, "Loaded", kind="ledger.load") as change:
        change.create_many(
            Transaction,
            [*FIELDS, "created_at"],
            [(account.pk, "2026-11-20", 5, f"Row {n}", moment) for n, moment in enumerate(moments)],
        )

    stored = [row.created_at for row in Transaction.objects.order_by("pk")]
    assert stored == [datetime.fromisoformat(moment) for moment in moments]
    assert stored[0] == datetime(2026, 11, 20, 9, 0, 0, 500_000, tzinfo=UTC)


def test_statistics_are_made_anew(account: Account) -> None:
    make_txn(account)
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA analysis_limit = 0")

    bulk.refresh_statistics()

    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA analysis_limit")
            assert cursor.fetchone() == (1000,)
            cursor.execute("SELECT count(*) FROM sqlite_stat1 WHERE tbl = 'budget_transaction'")
        else:
            cursor.execute("SELECT count(*) FROM pg_stats WHERE tablename = 'budget_transaction'")
        assert cursor.fetchone()[0] > 0


def test_rows_of_a_change_are_paged_across_its_entries(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "ROWS_PER_ENTRY", 3)
    monkeypatch.setattr(queries, "PAGE", 4)
    loaded = _load(account, 10)

    parts = [queries.rows(loaded, after=start) for start in range(11)]

    for start, part in enumerate(parts):
        assert [row.title for row in part.rows] == [f"Row {n}" for n in range(start, min(start + 4, 10))]
        assert part.after == (str(start + 4) if start + 4 < 10 else "")


def test_page_reads_no_more_entries_than_it_shows(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "ROWS_PER_ENTRY", 2)
    monkeypatch.setattr(queries, "PAGE", 3)
    loaded = _load(account, 12)
    read: list[int] = []
    original = Wording.rows

    def rows(self: Wording, entry: Entry) -> Iterator[Any]:
        read.append(entry.position)
        return original(self, entry)

    monkeypatch.setattr(Wording, "rows", rows)
    for after, wanted in ((0, [0, 1]), (1, [0, 1, 2]), (2, [1, 2]), (5, [2, 3, 4]), (11, [5])):
        read.clear()
        queries.rows(loaded, after=after)
        assert read == wanted


def test_list_of_exactly_one_page_has_no_next_one(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    count = account.book.version
    for size, after in ((count, ""), (count - 1, "2")):
        monkeypatch.setattr(queries, "PAGE", size)
        part = queries.changes(account.book)
        assert (len(part.rows), part.after) == (size, after)
    assert [line.is_newest for line in queries.changes(account.book).rows] == [True, *[False] * (count - 2)]
    assert [line.change.number for line in queries.changes(account.book, before=2).rows] == [1]


@pytest.mark.once
@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("7.0.12", (7, 0, 12)),
        ("", None),
        ("7.0", None),
        ("7.0.1.2", None),
        ("7.x.1", None),
        ("7..1", None),
        ("7.-1.1", None),
        ("٣.0.1", None),
        (f"{'9' * 18}.0.0", (10**18 - 1, 0, 0)),
        (f"1{'0' * 18}.0.0", None),
    ],
)
def test_place_in_the_list_of_deletions_is_read_or_ignored(written: str, place: tuple[int, int, int] | None) -> None:
    assert queries._place(written) == place


@pytest.mark.parametrize("page", [1, 2, 3, 100])
def test_deletions_are_read_in_their_order_from_any_place(
    account: Account, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(recorder, "ROWS_PER_ENTRY", 2)
    first = _load(account, 3)
    history.undo(first, by=None)
    _load(account, 5)
    operations.delete_transactions(book=account.book, by=None, rows=Transaction.objects.all())
    make_txn(account, description="Tea")
    operations.delete_transactions(book=account.book, by=None, rows=Transaction.objects.all())
    monkeypatch.setattr(queries, "PAGE", page)

    seen: list[str] = []
    before = ""
    while True:
        part = queries.deletions(account.book, before=before)
        seen += [deleted.row.title for deleted in part.rows]
        assert 0 < len(part.rows) <= page  # no empty page at the end
        if not (before := part.after):
            break

    assert seen == ["Tea", "Row 4", "Row 2", "Row 3", "Row 0", "Row 1"]  # the last entry first, its rows in order
    assert [d.row.title for d in queries.deletions(account.book, text="ROW 3").rows] == ["Row 3"]
    assert [d.row.title for d in queries.deletions(account.book, text="deleted tea").rows] == ["Tea"]
    other = make_account(make_book(make_user(), "Other"))
    assert queries.deletions(other.book).rows == []


def test_entry_from_before_a_field_was_there_has_its_default(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The field stands in the middle of those of today."""
    whole = shape_of(Transaction)
    txn = make_txn(account)
    entry = last_change(account.book).entries.get()
    payload = json.loads(entry.payload)
    place = payload["fields"].index("status")
    row = payload["rows"][0][2]
    older = {**payload, "fields": [f for f in payload["fields"] if f != "status"]}
    older["rows"] = [[txn.pk, None, [v for n, v in enumerate(row) if n != place]]]
    entry.payload = json.dumps(older)

    [(pk, before, after)] = history.rows_of(entry)

    default = Transaction._meta.get_field("status").get_default()
    assert (pk, before) == (txn.pk, None)
    assert after == [default if column.name == "status" else row[n] for n, column in enumerate(whole.columns)]


def test_foreign_key_without_names_is_left_out(
    account: Account, food: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "IS_NAMED", False, raising=False)
    shape = shape_of(Transaction)
    row = Transaction(account=account, category=food, amount=Decimal(1))

    assert Labels().of_changes(shape, [(1, None, shape.values(row))]) == {"category_id": {str(food.pk): "Food"}}
