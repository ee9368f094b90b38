"""What the history writes down, to the letter: rows as JSON, new rows by column, and the digests over them."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.db import models

from budget.books.models import Book
from budget.history import Action, Change, Entry
from budget.history.batch import new_rows
from budget.history.digests import change_digest, entry_digest
from budget.history.rows import canonical, column_of, shape_named, shape_of
from budget.ledger.models import Account, Category, Transaction
from budget.statements.models import StatementLine
from budget.tests.factories import last_change, make_txn

ROW = {
    "account_id": 7,
    "amount": Decimal("-12.505"),
    "date": date(2026, 2, 28),
    "description": "Café",
    "category_id": None,
}


def test_row_is_written_as_json_and_read_back() -> None:
    shape = shape_of(Transaction)
    row = Transaction(**ROW)

    written = dict(zip(shape.names, shape.values(row), strict=True))
    again = shape.row(Book(pk=3), 11, shape.values(row))

    assert {name: written[name] for name in ROW} == {
        "account_id": 7,
        "amount": -12505,
        "date": "2026-02-28",
        "description": "Café",
        "category_id": None,
    }
    assert {name: getattr(again, name) for name in ROW} == ROW
    assert (again.pk, again.book_id) == (11, 3)  # type: ignore[attr-defined]  # a transaction has a book
    assert not {"id", "book_id", "version"} & set(shape.names)


def test_moment_is_written_in_utc_to_the_microsecond() -> None:
    field = models.DateTimeField()
    field.set_attributes_from_name("at")
    column = column_of(field)
    moment = datetime(2026, 3, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))

    assert column.write(moment) == "2026-02-28T23:30:00.000000+00:00"
    assert column.read("2026-02-28T23:30:00.000000+00:00") == moment
    assert column.write(None) is None


def test_shape_knows_the_rows_that_others_point_at() -> None:
    shape = shape_named("transaction")

    targets = {column.name: (place, column.target) for place, column in shape.foreign_keys()}

    assert (shape.name, shape.model) == ("transaction", Transaction)
    assert targets == {
        "account_id": (shape.names.index("account_id"), Account),
        "category_id": (shape.names.index("category_id"), Category),
        "line_id": (shape.names.index("line_id"), StatementLine),
        "predicted_category_id": (shape.names.index("predicted_category_id"), Category),
    }


class Purchase(Transaction):
    """Another name for the same rows."""

    class Meta:
        proxy = True
        app_label = "history_tests"


def test_proxy_has_the_shape_of_the_model_with_the_table() -> None:
    assert shape_of(Purchase) == shape_of(Transaction)
    assert shape_of(Purchase).model is Transaction


def test_canonical_text_is_sorted_and_has_no_spare_blank() -> None:
    assert canonical({"b": [1, None, True], "a": "é"}) == '{"a":"é","b":[1,null,true]}'


def test_new_rows_hold_once_what_is_the_same_for_all() -> None:
    fields = ["account_id", "amount", "description"]

    rows = new_rows(shape_of(Transaction), fields, [(7, 100, "One"), (7, 200, "Two"), (7, 100, "Three")])

    assert dict(rows.varying) == {"amount": (100, 200, 100), "description": ("One", "Two", "Three")}
    assert (rows.same["account_id"], rows.same["category_id"], rows.count) == (7, None, 3)
    assert rows.column("account_id") == (7, 7, 7)
    assert rows.column("amount") == (100, 200, 100)
    assert (rows.distinct("account_id"), rows.distinct("amount")) == ({7}, {100, 200})
    assert [(part.count, part.column("description")) for part in (rows.part(0, 2), rows.part(2, 4))] == [
        (2, ("One", "Two")),
        (1, ("Three",)),
    ]


def test_payload_of_new_rows_names_what_they_share() -> None:
    shape = shape_of(Transaction)
    two = new_rows(shape, ["account_id", "amount"], [(7, 100), (7, 200)])
    alike = new_rows(shape, ["account_id", "amount"], [(7, 100), (7, 100)])

    payload = json.loads(two.payload([4, 5], {"account_id": {"7": "Everyday"}}))

    assert payload["rows"] == [[4, None, [100]], [5, None, [200]]]
    assert payload["fields"] == shape.names
    assert payload["names"] == {"account_id": {"7": "Everyday"}}
    assert payload["same"]["account_id"] == 7
    assert set(payload["same"]) == set(shape.names) - {"amount"}
    assert json.loads(alike.payload([4, 5], {}))["rows"] == [[4, None, []], [5, None, []]]


def test_field_that_a_model_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match=r"transaction has no colour, weight\."):
        new_rows(shape_of(Transaction), ["weight", "amount", "colour"], [(1, 2, 3)])


def test_rows_of_different_lengths_are_refused() -> None:
    for rows in ([(1, 2)], [(1,), (1, 2)]):
        with pytest.raises(ValueError, match=r"zip\(\) argument"):
            new_rows(shape_of(Transaction), ["amount"], rows)


def test_digest_of_an_entry_covers_all_that_it_says() -> None:
    entry = Entry(model="transaction", action=Action.CREATE, first_id=4, last_id=9, count=3, payload='{"é":1}')

    expected = hashlib.sha256('transaction|create|4|9|3|{"é":1}'.encode()).hexdigest()

    assert entry_digest(entry) == expected


@pytest.mark.django_db
def test_digest_of_a_change_covers_all_that_it_says(account: Account) -> None:
    """R000-3: whoever has the records can work the chain out anew, in any language."""
    make_txn(account)
    change = Change.objects.get(pk=last_change(account.book).pk)

    written = (
        f'{{"at":"{change.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}+00:00","book":{account.book_id},'
        f'"by":{json.dumps(change.by_name)},"entries":["one","two"],"key":null,"key_digest":{json.dumps(change.key_digest)},'
        f'"kind":"{change.kind}","number":{change.number},"previous":"{change.previous_digest}",'
        f'"summary":"{change.summary}","undoes":null}}'
    )

    assert change_digest(change, ["one", "two"]) == hashlib.sha256(written.encode()).hexdigest()
    assert change.digest == change_digest(change, [entry.digest for entry in change.entries.all()])


@pytest.mark.django_db
def test_entry_is_told_in_words_and_never_altered(account: Account) -> None:
    make_txn(account)
    entry = last_change(account.book).entries.get()

    assert str(entry) == "added 1 transaction"
    entry.payload = "{}"
    with pytest.raises(TypeError, match="never altered"):
        entry.save()
