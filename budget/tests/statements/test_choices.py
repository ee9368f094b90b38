"""What a person may make of a line, what no ledger can keep, and what is said where something broke."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError

from budget.books.models import Book
from budget.ledger.errors import AmountNotPositive, SameAccount, TransferUnbalanced
from budget.ledger.models import Account, AccountTransfer, Transaction
from budget.statements import bringing, choices, reading, recording, transfers
from budget.statements.errors import AlreadySettled, NotReady
from budget.statements.models import Fate, RejectedTransfer, Stage, StatementImport, StatementLine
from budget.statements.receipts import receipt
from budget.tests.factories import make_account, make_import, make_line, make_statement, make_txn
from budget.tests.statements.bringing import brought, csv, fates, imported

pytestmark = pytest.mark.django_db

GOOD, BAD = "2026-05-02,Bakery,-4.50", "2026-05-04,Cinema,-7.x0"


def line_of(found: StatementImport, number: int) -> StatementLine:
    return StatementLine.objects.get(statement__source=found, number=number)


@pytest.mark.parametrize(
    ("number", "fate", "said"),
    [
        (1, Fate.DELETED, "Row 1 .* cannot be deleted here before"),
        (1, Fate.JOINED, "has nothing here that it could be the same as"),
        (2, Fate.NEW, "cannot be new"),
        (2, Fate.JOINED, "cannot be the same as one here"),
    ],
)
def test_line_becomes_only_what_it_can_be(book: Book, account: Account, number: int, fate: Fate, said: str) -> None:
    found = brought(book, csv(GOOD, BAD))
    before = fates(found)

    with pytest.raises(NotReady, match=said):
        choices.choose(found, [line_of(found, number).pk], fate)

    assert fates(found) == before


def test_unreadable_line_that_was_left_out_is_not_taken_after_all(book: Book, account: Account) -> None:
    """Left out it has no day and no amount either."""
    found = brought(book, csv(GOOD, BAD))
    choices.choose(found, [line_of(found, 2).pk], Fate.SKIPPED)

    with pytest.raises(NotReady, match="Mend it or leave it out"):
        choices.choose(found, [line_of(found, 2).pk], Fate.NEW)

    recording.confirm(found, by=None)
    told = receipt(found)
    assert (told.recorded, told.skipped, told.refused, told.adds_up) == (1, 1, 0, True)


def test_one_line_that_cannot_be_that_keeps_all_as_they_were(book: Book, account: Account) -> None:
    found = brought(book, csv(GOOD, BAD))

    with pytest.raises(NotReady):
        choices.choose(found, [line_of(found, 1).pk, line_of(found, 2).pk], Fate.JOINED)

    assert fates(found) == [Fate.NEW, Fate.REFUSED]


def test_choosing_what_it_is_already_changes_nothing(book: Book, account: Account) -> None:
    found = brought(book, csv(GOOD))

    assert choices.choose(found, [line_of(found, 1).pk], Fate.NEW) == 0
    assert line_of(found, 1).is_chosen is False


@pytest.mark.parametrize(("stage", "error"), [(Stage.RECORDED, AlreadySettled), (Stage.READING, NotReady)])
def test_nothing_is_chosen_before_or_after_its_time(book: Book, stage: Stage, error: type[Exception]) -> None:
    found = make_import(book, stage=stage)
    line = make_line(make_statement(found))

    with pytest.raises(error):
        choices.choose(found, [line.pk], Fate.SKIPPED)

    assert fates(found) == [Fate.NEW]


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("2026-05-02,Bakery,-4.50,E1R", "currency", "E1R"),
        ("2026-05-02,Bakery,-0.001,EUR", "amount", "-0.001 rounds to nothing in EUR."),
        ("2026-05-02,Bakery,-9999999999999999.00,EUR", "amount", ""),
        ("1899-12-31,Bakery,-4.50,EUR", "date", "1899"),
        ("2201-01-01,Bakery,-4.50,EUR", "date", "2201"),
    ],
)
def test_row_that_no_ledger_can_keep_is_named_with_its_reason(book: Book, row: str, column: str, said: str) -> None:
    """I6: never stored otherwise than it is printed."""
    table = f"Date,Payee,Amount,Currency\n2026-05-02,Bakery,-4.50,EUR\n{row}\n2026-05-03,Power,-63.10,EUR\n"

    found = brought(book, table.encode())

    assert fates(found) == [Fate.NEW, Fate.REFUSED, Fate.NEW]
    (problem,) = receipt(found).errors
    assert problem.column.lower() == column
    assert said in problem.reason


def test_file_of_two_currencies_is_two_accounts_with_sums_of_their_own(book: Book) -> None:
    """T6: no total is of both."""
    table = b"Date,Payee,Amount,Currency\n2026-05-02,Bakery,-4.50,EUR\n2026-05-03,Diner,-9.00,USD\n"

    found = imported(book, table)

    assert [(str(part.account), part.currency, dict(part.sums)) for part in receipt(found).parts] == [
        (str(account), account.currency, {account.currency: -account.transactions.get().amount})
        for account in Account.objects.of(book).order_by("pk")
    ]


def test_reading_in_the_background_that_breaks_is_said_and_leaves_nothing(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of ours while a long file is read: it says so, and the file can be begun again."""
    found = bringing.bring(book, "may.csv", io.BytesIO(csv(GOOD)), by=None)
    monkeypatch.setattr(bringing, "close_old_connections", lambda: None)

    def broken(*given: Any) -> Iterator[object]:
        yield from ()
        raise IntegrityError("a mistake")

    with monkeypatch.context() as patch:
        patch.setattr(reading, "read_statements", broken)
        with pytest.raises(IntegrityError):
            bringing._read_apart(found.pk)

    found.refresh_from_db()
    assert (found.stage, found.problem[:29]) == (Stage.REFUSED, "Something broke on our side w")
    assert not StatementLine.objects.filter(book=book).exists()
    bringing._read_apart(found.pk)
    found.refresh_from_db()
    assert (found.stage, fates(found)) == (Stage.READY, [Fate.NEW])


def test_two_rows_that_cannot_be_a_transfer_are_not_made_one(book: Book, account: Account) -> None:
    savings, dollars = make_account(book, "Savings"), make_account(book, "Dollars", currency="USD")
    out, same = make_txn(account, "300.00", None), make_txn(account, "-300.00", None)
    less, spent, changed = (
        make_txn(savings, "-299.00", None),
        make_txn(savings, "300.00", None),
        make_txn(dollars, "-310.00", None),
    )

    for other, error in ((same, SameAccount), (spent, AmountNotPositive), (less, TransferUnbalanced)):
        with pytest.raises(error):
            transfers.link(book=book, by=None, outgoing=out, incoming=other)
    assert not Transaction.objects.of(book).filter(is_transfer=True).exists()

    made = transfers.link(book=book, by=None, outgoing=out, incoming=changed)

    assert AccountTransfer.objects.of(book).get() == made
    with pytest.raises(AmountNotPositive):
        transfers.link(book=book, by=None, outgoing=out, incoming=less)


def test_rejected_pairs_are_forgotten_all_at_once(book: Book, account: Account) -> None:
    for number in (1, 2):
        transfers.reject(book, number, number + 10)
        transfers.reject(book, number, number + 10)

    assert transfers.ask_again(book) == 2
    assert RejectedTransfer.objects.filter(book=book).count() == 0
