"""The receipt: every row of the file is accounted for, before it is stored, after, and where nothing is stored."""

from __future__ import annotations

import io
from decimal import Decimal

import pytest

from budget.books.models import Book
from budget.files.models import StoredFile
from budget.ledger import operations
from budget.ledger.models import Account, Status, Transaction
from budget.statements import bringing, choices, reading, receipts, recording
from budget.statements.errors import TooLarge
from budget.statements.models import Fate, Stage, StatementImport, StatementLine
from budget.statements.receipts import as_json, receipt
from budget.tests.factories import make_txn
from budget.tests.statements.bringing import brought, csv, imported

pytestmark = pytest.mark.django_db

GOOD, TWIN, BAD = "2026-05-02,Bakery,-4.50", "2026-05-03,Power,-63.10", "2026-05-04,Cinema,-7.x0"


def counts(found: StatementImport, *, is_dry_run: bool = False) -> dict[str, int]:
    told = as_json(receipt(found), is_dry_run=is_dry_run)
    names = ("rows", "recorded", "already_there", "skipped", "refused", "doubtful", "more_errors")
    assert told["rows"] == told["recorded"] + told["already_there"] + told["skipped"] + told["refused"]
    return {name: told[name] for name in names if told[name]}


def test_row_of_every_fate_is_on_the_receipt_of_programs(book: Book, account: Account) -> None:
    """R003-27: before it is stored nothing is recorded, so what would be is left out; a dry run says what would be."""
    imported(book, csv(GOOD, "2026-05-05,Gym,-30.00"))
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.of(book).filter(amount=Decimal(30)))
    make_txn(account, "63.10", None, "2026-05-03", "Power")
    found = brought(book, csv(GOOD, "2026-05-05,Gym,-30.00", TWIN, "2026-05-06,Shoes,-80.00", BAD))

    assert counts(found) == {"rows": 5, "already_there": 1, "skipped": 3, "refused": 1, "doubtful": 1}
    would = {"rows": 5, "recorded": 2, "already_there": 1, "skipped": 1, "refused": 1, "doubtful": 1}
    assert counts(found, is_dry_run=True) == would

    recording.confirm(found, by=None, is_partial=True)

    assert counts(found) == would
    told = receipt(found)
    assert (told.deleted, told.joined) == (1, 0)
    assert (told.out, told.into) == ({"EUR": Decimal("143.10")}, {})
    assert {currency: str(total) for currency, total in told.sums.items()} == {"EUR": "-177.60"}


def test_joined_and_left_out_rows_are_counted_where_they_belong(book: Book, account: Account) -> None:
    make_txn(account, "63.10", None, "2026-05-03", "Power")
    found = brought(book, csv(GOOD, TWIN))
    one, two = StatementLine.objects.filter(statement__source=found).order_by("number")

    choices.choose(found, [one.pk], Fate.SKIPPED)
    choices.choose(found, [two.pk], Fate.JOINED)

    assert counts(found) == {"rows": 2, "already_there": 1, "skipped": 1}
    assert receipt(found).joined == 1


def test_errors_are_listed_up_to_a_number_and_the_others_counted(
    book: Book, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R003-27: the list may end, the count does not."""
    monkeypatch.setattr(receipts, "MOST_ERRORS", 2)
    found = brought(book, csv(GOOD, BAD, BAD, BAD))

    told = as_json(receipt(found))

    assert (told["refused"], told["more_errors"]) == (3, 1)
    assert [(error["row"], error["place"], error["column"]) for error in told["errors"]] == [
        (2, "row 2 (line 3)", "Amount"),
        (3, "row 3 (line 4)", "Amount"),
    ]
    assert all("-7.x0" in error["reason"] for error in told["errors"])


def test_balance_of_two_accounts_is_not_added_up(book: Book) -> None:
    found = brought(book, "ofx2/multiple_accounts.ofx")

    told = as_json(receipt(found))

    assert told["balance"] == {"opening": None, "closing": None, "difference": None}
    assert [part["rows"] for part in told["statements"]] == [0, 2, 1]


@pytest.mark.parametrize(("bad", "stage"), [(3, Stage.READY), (4, Stage.REFUSED)])
def test_file_of_too_many_unreadable_rows_is_no_statement(
    book: Book, account: Account, monkeypatch: pytest.MonkeyPatch, bad: int, stage: Stage
) -> None:
    """S14, S25: a photo read as a table must not fill the database."""
    assert reading.MOST_REFUSED == 5_000
    monkeypatch.setattr(reading, "MOST_REFUSED", 3)

    found = brought(book, csv(GOOD, *[BAD] * bad))

    assert found.stage == stage
    if stage == Stage.REFUSED:
        assert found.problem.startswith("More than 3 rows cannot be read; the last was row 5 (line 6): ")
        assert not StatementLine.objects.filter(book=book).exists()


def test_rows_that_no_ledger_can_keep_count_as_unreadable_too(
    book: Book, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_REFUSED", 1)

    found = brought(book, csv(GOOD, *["2026-05-02,Bakery,-0.001"] * 2))

    assert (found.stage, found.problem[:24]) == (Stage.REFUSED, "More than 1 rows cannot ")


def test_file_that_no_bank_writes_is_refused_before_a_byte_of_it_is_kept(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S14, the 2 GB of the brief: by its size alone."""
    assert bringing.LARGEST == 512 * 1024 * 1024
    monkeypatch.setattr(bringing, "LARGEST", 2 * 1024 * 1024)

    class Endless(io.BytesIO):
        """Long, and nobody may read it."""

        def read(self, *given: object) -> bytes:
            raise AssertionError("it was read")

    with pytest.raises(TooLarge, match="The file has 3 MB; 512 MB is the most"):
        bringing.bring(book, "all.csv", Endless(b"x" * (3 * 1024 * 1024)), by=None)

    assert (StoredFile.objects.count(), StatementImport.objects.count()) == (0, 0)


def test_file_of_just_that_size_is_taken_from_its_first_byte_on(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    content = csv(GOOD)
    monkeypatch.setattr(bringing, "LARGEST", len(content))
    source = io.BytesIO(content)
    source.read()  # whoever looked at it before

    found = bringing.bring(book, "may.csv", source, by=None)

    assert found.file.size == len(content)


@pytest.mark.parametrize("category", [None, "same"])
def test_row_that_waits_still_waits_when_only_its_amount_is_changed(
    book: Book, account: Account, category: str | None
) -> None:
    """The form sends the category that it shows, none: that is no decision."""
    imported(book, csv(GOOD))
    (txn,) = Transaction.objects.of(book)

    if category is None:
        operations.change_transaction(txn, by=None, amount=Decimal("4.60"), category=None)
    else:
        operations.change_transaction(txn, by=None, amount=Decimal("4.60"))

    txn.refresh_from_db()
    assert (txn.amount, txn.status, txn.category) == (Decimal("4.60"), Status.PENDING_REVIEW, None)


def test_category_that_is_taken_away_by_hand_is_a_decision(book: Book, account: Account, food: object) -> None:
    imported(book, csv(GOOD))
    (txn,) = Transaction.objects.of(book)
    operations.change_transaction(txn, by=None, category=food)  # type: ignore[arg-type]  # a category

    operations.change_transaction(txn, by=None, category=None)

    txn.refresh_from_db()
    assert (txn.status, txn.category) == (Status.CONFIRMED, None)
