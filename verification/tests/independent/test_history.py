import io
import json

import pytest

from verification.independent import count
from verification.independent.history import count_history
from verification.independent.refusal import Refused

pytestmark = pytest.mark.once

TXN = ["account_id", "category_id", "date", "amount", "is_transfer", "description"]


def line(model, action, fields, rows, book="b", **more):
    payload = json.dumps({"fields": fields, "names": {}, "rows": rows, **more})
    return json.dumps({"book": book, "model": model, "action": action, "payload": payload})


def beginning(book="b"):
    return [
        line("book", "create", ["name"], [[1, None, ["Home"]]], book),
        line("account", "create", ["name", "currency"], [[1, None, ["Cash", "EUR"]], [2, None, ["Card", "USD"]]], book),
        line("category", "create", ["name", "parent_id"], [[5, None, ["Food", None]], [6, None, ["Bar", 5]]], book),
    ]


def rows(*values):
    return line("transaction", "create", TXN, [[pk, None, list(row)] for pk, *row in values])


def totals(found):
    return [(t["user"], t["month"], t["category"], t["currency"], t["count"], t["total"]) for t in found["totals"]]


def test_rows_are_added_changed_and_taken_off():
    found = count_history(
        [
            *beginning(),
            rows((1, 1, 5, "2024-01-31", 10_000, False, "a"), (2, 1, 6, "2024-02-01", 5_000, False, "b")),
            rows((3, 2, None, "2024-02-01", 7_005, False, "c")),
            line("transaction", "update", TXN, [[1, [1, 5, "2024-01-31", 10_000, False, "a"], {"date": "2024-02-29"}]]),
            line("transaction", "update", TXN, [[1, [1, 5, "2024-02-29", 10_000, False, "a"], {"amount": 12_000}]]),
            line("transaction", "delete", TXN, [[2, [1, 6, "2024-02-01", 5_000, False, "b"], None]]),
        ]
    )

    assert totals(found) == [("b", "2024-02", "", "USD", 1, "7.005"), ("b", "2024-02", "Food", "EUR", 1, "12.00")]
    assert (found["entries"], found["rows"]) == (8, 2)
    assert found["by_account"] == [
        {"book": "b", "month": "2024-02", "account": 1, "category": 5, "is_transfer": False, "count": 1,
         "total": "12.00"},
        {"book": "b", "month": "2024-02", "account": 2, "category": None, "is_transfer": False, "count": 1,
         "total": "7.005"},
    ]  # fmt: skip


def test_rows_that_share_values_are_read():
    shared = {"account_id": 1, "is_transfer": False, "description": "x"}
    entry = line(
        "transaction", "create", TXN,
        [[1, None, [5, "2024-01-01", 1_000]], [2, None, [6, "2024-01-02", 2_000]]],
        same=shared,
    )  # fmt: skip

    assert totals(count_history([*beginning(), entry])) == [
        ("b", "2024-01", "Bar", "EUR", 1, "2.00"),
        ("b", "2024-01", "Food", "EUR", 1, "1.00"),
    ]


def test_transfers_are_counted_by_account_and_are_no_summary():
    found = count_history(
        [*beginning(), rows((1, 1, None, "2024-01-01", 500, True, "x"), (2, 2, None, "2024-01-01", -500, True, "x"))]
    )

    assert (found["rows"], totals(found), len(found["by_account"])) == (2, [], 2)


def test_names_and_currencies_are_those_of_the_last_change():
    found = count_history(
        [
            *beginning(),
            rows((1, 1, 5, "2024-01-01", 1_000, False, "x"), (2, 1, 6, "2024-01-01", 2_000, False, "x")),
            line("category", "update", ["name", "parent_id"], [[5, ["Food", None], {"name": "Bar"}]]),
            line("account", "update", ["name", "currency"], [[1, ["Cash", "EUR"], {"currency": "CHF"}]]),
            line("account", "delete", ["name", "currency"], [[2, ["Card", "USD"], None]]),
        ]
    )

    assert totals(found) == [("b", "2024-01", "Bar", "CHF", 2, "3.00")]


def test_books_are_kept_apart():
    other = line("transaction", "create", TXN, [[9, None, [1, 5, "2024-01-01", 4_000, False, "x"]]], book=7)

    found = count_history([*beginning(), *beginning(7), rows((1, 1, 5, "2024-01-01", 1_000, False, "x")), other])

    assert totals(found) == [("7", "2024-01", "Food", "EUR", 1, "4.00"), ("b", "2024-01", "Food", "EUR", 1, "1.00")]


@pytest.mark.parametrize(
    ("entries", "kind"),
    [
        (["{"], "JSONDecodeError"),
        (['{"book": 1}'], "KeyError"),
        (["[]"], "TypeError"),
        ([line("transaction", "create", TXN, [[1, None, [1]]])], "ValueError"),
        ([line("account", "delete", ["name"], [[1, ["x"], None]])], "KeyError"),
        ([rows((1, 1, None, "2024-01-01", 1, False, "x"))], "row_without_account_or_category"),
        (
            [*beginning(), line("transaction", "delete", TXN, [[1, [1, 5, "2024-01-01", 1, False, "x"], None]])],
            "more_rows_taken_than_there_were",
        ),
    ],
)
def test_history_that_does_not_hold_together_is_refused(entries, kind):
    with pytest.raises(Refused) as caught:
        count_history(entries)
    assert (caught.value.reason, caught.value.places.first[0].kind) == ("history_altered", kind)


def test_command_reads_the_history_from_standard_input(monkeypatch, capsys):
    given = "\n".join([*beginning(), rows((1, 1, 5, "2024-01-01", 1_000, False, "x"))]).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given)))

    assert count.main(["--history", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 1
