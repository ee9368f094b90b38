"""A certificate vouches for contents: it is whole again when the same rows are, and not when others are."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal

import pytest

from budget import history
from budget.books.models import Book
from budget.history import Change
from budget.ledger import operations
from budget.ledger.models import Account, Transaction
from budget.money import to_units
from budget.statements import choices, recording, takingback
from budget.statements.breaches import breaches, broken_among, is_broken
from budget.statements.certificates import period
from budget.statements.models import Certificate, Fate, StatementImport, StatementLine
from budget.statements.warning import before_importing
from budget.tests.factories import make_account, make_certificate, make_txn
from budget.tests.statements.bringing import brought, csv, fates, imported, ofx

pytestmark = pytest.mark.django_db

COFFEE = "2026-05-04,Coffee,-3.00"
ROWS = ("2026-05-02,Bakery,-4.50", "2026-05-03,Salary,2150.00", COFFEE, COFFEE)


@pytest.fixture(autouse=True)
def everyday(account: Account) -> Account:
    return account


def certified(account: Account) -> Certificate:
    return make_certificate(account, "2026-05-01", "2026-05-31")


def found_in(certificate: Certificate) -> list[tuple[str, str, str]]:
    """What broke it, and that the quick answer for many is the same as the exact one."""
    assert (certificate.pk in broken_among([certificate])) == is_broken(certificate)
    found = breaches(certificate)
    assert not found.more
    return sorted((each.what, each.title, str(each.amount)) for each in found.breaches)


def out(found: StatementImport) -> Change:
    return takingback.take_back(found, by=None, keep_edited=False)


def joined(found: StatementImport) -> StatementImport:
    lines = StatementLine.objects.filter(statement__source=found, fate=Fate.DOUBTFUL)
    choices.choose(found, list(lines.values_list("pk", flat=True)), Fate.JOINED)
    return recording.confirm(found, by=None)


@pytest.mark.parametrize("order", [1, -1])
def test_same_rows_brought_in_again_make_it_whole(book: Book, account: Account, order: int) -> None:
    """Whatever their order in the file is then."""
    found = imported(book, csv(*ROWS))
    certificate = certified(account)
    out(found)
    assert [what for what, _, _ in found_in(certificate)] == ["deleted"] * 4

    imported(book, csv(*ROWS[::order]), "again.csv")

    assert found_in(certificate) == []


def test_preview_of_the_rows_that_a_broken_one_lacks_does_not_say_that_they_break_it(
    book: Book, account: Account
) -> None:
    found = imported(book, csv(*ROWS))
    certificate = certified(account)
    out(found)

    (said,) = before_importing(brought(book, csv(*ROWS), "again.csv", account=account))

    assert certificate.pk in broken_among([certificate])
    assert said.endswith("It is broken now, and holds again if these are the rows it lacks.")


@pytest.mark.parametrize(
    ("instead", "named"),
    [
        (["2026-05-02,Bakery,-4.51", *ROWS[1:]], [("added", "Bakery", "4.51"), ("deleted", "Bakery", "4.50")]),
        (["2026-05-01,Bakery,-4.50", *ROWS[1:]], [("added", "Bakery", "4.50"), ("deleted", "Bakery", "4.50")]),
        (["2026-05-02,Butcher,-4.50", *ROWS[1:]], [("added", "Butcher", "4.50"), ("deleted", "Bakery", "4.50")]),
        ([*ROWS, COFFEE], [("added", "Coffee", "3.00")]),
        (ROWS[:-1], [("deleted", "Coffee", "3.00")]),
        (["2026-06-02,Bakery,-4.50", *ROWS[1:]], [("deleted", "Bakery", "4.50")]),
    ],
    ids=["a cent", "a day", "another row", "one more of equal ones", "one less", "a later month"],
)
def test_other_rows_than_before_are_named_and_only_they(
    book: Book, account: Account, instead: list[str], named: list[tuple[str, str, str]]
) -> None:
    found = imported(book, csv(*ROWS))
    certificate = certified(account)
    out(found)

    imported(book, csv(*instead), "again.csv")

    assert found_in(certificate) == [(what, title, f"{amount}") for what, title, amount in named]


def test_rows_in_another_account_do_not_make_it_whole(book: Book, account: Account) -> None:
    found = imported(book, csv(*ROWS))
    certificate = certified(account)
    out(found)
    elsewhere = make_account(book, "Savings")

    imported(book, csv(*ROWS), "again.csv", account=elsewhere)

    assert len(found_in(certificate)) == 4


def test_equal_amounts_with_other_ids_of_the_bank_are_other_rows(book: Book, account: Account) -> None:
    found = imported(book, ofx("20260502 -4.50 a1 Bakery"), account=account)
    certificate = certified(account)
    out(found)

    out(again := imported(book, ofx("20260502 -4.50 a2 Bakery"), account=account))
    assert again.change
    imported(book, ofx("20260502 -4.50 a3 Bakery"), account=account)
    assert [what for what, _, _ in found_in(certificate)] == ["added", "deleted"]


def test_joining_a_typed_row_with_the_bank_s_breaks_nothing(book: Book, account: Account) -> None:
    make_txn(account, "4.50", None, "2026-05-02", "bread")
    certificate = certified(account)

    found = joined(brought(book, csv(ROWS[0])))
    assert fates(found) == [Fate.JOINED]
    assert found_in(certificate) == []
    undone = out(found)
    assert found_in(certificate) == []
    history.undo(undone, by=None)

    assert found_in(certificate) == []


def test_joined_row_is_whole_after_its_import_came_again(book: Book, account: Account) -> None:
    make_txn(account, "4.50", None, "2026-05-02", "bread")
    found = joined(brought(book, csv(*ROWS)))
    certificate = certified(account)
    out(found)
    assert {what for what, _, _ in found_in(certificate)} == {"deleted"}

    joined(brought(book, csv(*ROWS)))

    assert found_in(certificate) == []


def test_row_typed_in_place_of_the_bank_s_is_another_one(book: Book, account: Account) -> None:
    found = imported(book, csv(*ROWS))
    certificate = certified(account)
    bakery = Transaction.objects.filter(amount=Decimal("4.50"))
    operations.delete_transactions(book=book, by=None, rows=bakery)
    make_txn(account, "4.50", None, "2026-05-02", "Bakery")
    assert found.change

    assert found_in(certificate) == [("added", "Bakery", "4.50"), ("deleted", "Bakery", "4.50")]


def test_deleted_row_that_was_let_back_in_makes_it_whole(book: Book, account: Account) -> None:
    imported(book, csv(*ROWS))
    certificate = certified(account)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(amount=Decimal("4.50")))
    assert found_in(certificate) == [("deleted", "Bakery", "4.50")]

    again = brought(book, csv(*ROWS))
    deleted = StatementLine.objects.get(statement__source=again, fate=Fate.DELETED)
    choices.choose(again, [deleted.pk], Fate.NEW)
    recording.confirm(again, by=None)

    assert found_in(certificate) == []


def test_certificate_made_by_ids_is_still_judged(book: Book, account: Account) -> None:
    """As they were made before contents counted: whole as it is, broken by a cent, whole when that is undone."""
    found = imported(book, csv(*ROWS))
    certificate = certified(account)
    rows = period(account, dt.date(2026, 5, 1), dt.date(2026, 5, 31))
    by_id = "".join(f"{txn.pk} {txn.date} {to_units(txn.amount)}\n" for txn in rows)
    with history.change(book, None, "As before", kind="test") as change:
        change.update(certificate, digest=hashlib.sha256(by_id.encode()).hexdigest())
    salary = Transaction.objects.get(amount=-2150)
    assert found_in(certificate) == []

    operations.change_transaction(salary, by=None, amount=Decimal("-2150.01"))
    assert found_in(certificate) == [("altered", "Salary", "-2150.01")]
    operations.change_transaction(salary, by=None, amount=Decimal("-2150.00"))
    assert found_in(certificate) == []
    assert found.change


@pytest.mark.parametrize("more", [0, 1])
def test_thousands_that_came_again_leave_the_one_row_that_differs(book: Book, account: Account, more: int) -> None:
    rows = [f"2026-05-{n % 28 + 1:02},Shop {n % 7},-{n % 13 + 1}.00" for n in range(1_200)]
    found = imported(book, csv(*rows))
    certificate = certified(account)
    out(found)

    imported(book, csv(*rows, *["2026-05-30,Late,-1.00"] * more), "again.csv")

    assert found_in(certificate) == [("added", "Late", "1.00")] * more
