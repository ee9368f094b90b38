"""What a look at the books holds, and that the two connections look at the same rows in the same order."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from budget.ledger.models import Transaction
from verification.drills import witness
from verification.drills.witness import Look, Table
from verification.drills.world import world

BOOKS = Table("books", ("id", "name", "created_at"), {}, (), "id")
ROWS = Table(
    "rows",
    ("id", "book_id", "amount", "digest", "twin_id"),
    {"book_id": "books", "twin_id": "rows"},
    ("amount",),
    "book_id",
)


@pytest.fixture
def two_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness, "_tables", [BOOKS, ROWS])


def look(books: dict[int, tuple[Any, ...]], rows: dict[int, tuple[Any, ...]]) -> Look:
    return Look({"books": books, "rows": rows})


@pytest.mark.once
def test_figures_are_rows_sums_and_a_digest_of_what_does_not_move(two_tables: None) -> None:
    seen = look({5: (5, "Home", "now")}, {8: (8, 5, 12_500, "x", None), 9: (9, 5, -500, "y", 8)})

    text = b"books" + b"0\x1fHome\x1e" + b"rows" + b"0\x1f0\x1f12500\x1fNone\x1e" + b"1\x1f0\x1f-500\x1f0\x1e"
    assert seen.figures() == {
        "counts": {"books": 1, "rows": 2},
        "sums": {"rows.amount": "12.00"},
        "digest": hashlib.sha256(text).hexdigest(),
    }
    assert look({}, {}).counts() == {}


@pytest.mark.once
def test_looks_differ_by_whole_rows_moments_included(two_tables: None) -> None:
    one = look({5: (5, "Home", "now")}, {8: (8, 5, 1, "x", None)})

    assert one.differing(look({5: (5, "Home", "then")}, {})) == 2
    assert one.differing(one) == 0


@pytest.mark.once
def test_tables_are_those_of_books_each_with_all_its_columns() -> None:
    named = {table.name: table for table in witness.tables()}
    rows, books = named["budget_transaction"], named["budget_book"]

    assert witness.tables()[0] is books
    assert [table.name for table in witness.tables()[1:]] == sorted(named.keys() - {"budget_book"})
    assert (books.columns[0], books.owner, books.money) == ("id", "id", ())
    assert (rows.columns[0], rows.owner, rows.money) == ("id", "book_id", ("amount",))
    assert set(rows.columns) == {field.column for field in Transaction._meta.concrete_fields}
    assert {column: rows.targets[column] for column in ("book_id", "account_id", "category_id")} == {
        "book_id": "budget_book",
        "account_id": "budget_account",
        "category_id": "budget_category",
    }
    assert not {"by_id", "amount", "id"} & rows.targets.keys()
    assert "by_id" in named["budget_change"].columns
    assert witness.tables() is witness.tables()


@pytest.mark.once
def test_what_moves_from_run_to_run_is_in_no_digest() -> None:
    assert set(witness.VOLATILE) == {
        *("created_at", "at", "head", "digest", "previous_digest", "payload", "key", "key_digest"),
        *("first_id", "last_id", "by_id", "user_id", "sealed", "beat_at", "trained_at"),
    }


@pytest.mark.once
@pytest.mark.parametrize(("vendor", "names"), [("sqlite", '+"id", +"name"'), ("postgresql", '"id", "name"')])
def test_statement_reads_the_books_from_a_number_on(monkeypatch: pytest.MonkeyPatch, vendor: str, names: str) -> None:
    monkeypatch.setattr(witness, "connection", SimpleNamespace(vendor=vendor))
    table = Table("books", ("id", "name"), {}, (), "id")

    select = table.select % 3
    assert select.split(" FROM ") == [f"SELECT {names}", '"books" WHERE "id" >= 3 ORDER BY "id"']


@pytest.mark.django_db
def test_own_look_sees_what_is_not_committed_yet() -> None:
    made = world()
    before = witness.own_look(made.book.pk)

    txn = made.record("12.50")
    after = witness.own_look(made.book.pk)

    amount = next(table for table in witness.tables() if table.name == "budget_transaction").columns.index("amount")
    assert after.tables["budget_transaction"][txn.pk][amount] == 12_500
    assert set(after.tables["budget_book"]) == {made.book.pk, made.theirs.pk}
    assert after.differing(before) > 0
    assert after.sums()["budget_transaction.amount"] == "90.27"


@pytest.mark.once
def test_second_connection_reads_a_file_and_cannot_write_it(
    two_tables: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "a book?.sqlite3"
    with sqlite3.connect(file) as first:
        first.execute("CREATE TABLE books (id, name, created_at)")
        first.execute("CREATE TABLE rows (id, book_id, amount, digest, twin_id)")
        first.execute("INSERT INTO books VALUES (2, 'Home', 'now'), (1, 'Old', 'then')")
        first.execute("INSERT INTO rows VALUES (4, 2, 5000, 'x', NULL), (3, 2, 1000, 'y', 4)")
    first.close()
    there = SimpleNamespace(vendor="sqlite", settings_dict={"NAME": str(file)})
    monkeypatch.setattr(witness, "connection", there)

    seen = witness.look(2)

    assert seen == look({2: (2, "Home", "now")}, {3: (3, 2, 1000, "y", 4), 4: (4, 2, 5000, "x", None)})
    assert list(seen.tables["rows"]) == [3, 4]
    with pytest.raises(sqlite3.OperationalError, match="readonly"), witness._second() as execute:
        execute("DELETE FROM rows")


@pytest.mark.once
def test_first_connection_of_a_file_is_closed_under_django(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    raw = SimpleNamespace(close=lambda: closed.append("closed"))
    monkeypatch.setattr(witness, "connection", SimpleNamespace(vendor="sqlite", connection=raw))

    witness.end_first_connection()

    assert closed == ["closed"]


@pytest.mark.once
def test_address_of_the_second_connection_is_that_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = {"dbname": "book", "host": "h", "context": object(), "cursor_factory": object()}
    monkeypatch.setattr(witness, "connection", SimpleNamespace(get_connection_params=lambda: parameters))

    assert witness._address() == {"dbname": "book", "host": "h"}
