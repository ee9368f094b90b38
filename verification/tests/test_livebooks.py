"""What is seen of live books: months, balances, histories; and that nobody's words get into the evidence."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from django.db import connection

from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.models import Account, MonthlyTotal, Transaction
from budget.months import Month
from budget.tests.attacks import alter, copy, remove
from budget.tests.factories import make_account, make_book, make_category, make_txn, make_user
from verification import livebooks

pytestmark = pytest.mark.django_db


@pytest.fixture
def book() -> Book:
    return make_book(make_user())


def judged(book: Book, month: Month | None = None) -> livebooks.Judged:
    return livebooks.judge([Book.objects.get(pk=book.pk)], month)


def test_book_that_holds_is_counted_and_nothing_is_altered(book: Book) -> None:
    account, food = make_account(book), make_category(book, "Food")
    make_txn(account, "12.50", food, date="2026-10-31")
    make_txn(account, "7.25", food, date="2026-11-01")

    found = judged(book)

    assert (found.books, found.months, found.rows, found.currencies) == (1, 2, 2, {"EUR"})
    assert (found.altered, found.altered_total, found.history) == ([], 0, [])
    assert [(total["month"], total["total"], total["count"]) for total in found.sql] == [
        ("2026-10", "12.50", 1),
        ("2026-11", "7.25", 1),
    ]
    assert found.sql == livebooks.summed([book])
    assert {total["user"] for total in found.sql} == {livebooks.pseudonym(book)}


def test_one_month_alone_is_looked_at_when_it_is_asked_for(book: Book) -> None:
    account = make_account(book)
    make_txn(account, "12.50", date="2026-10-31")
    make_txn(account, "7.25", date="2026-11-01")

    found = judged(book, Month(2026, 11))

    assert (found.months, found.rows, [total["total"] for total in found.sql]) == (1, 1, ["7.25"])


def test_month_of_which_nothing_is_left_is_no_month(book: Book) -> None:
    txn = make_txn(make_account(book), "12.50")
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk=txn.pk))

    found = judged(book)

    assert (found.months, found.rows, found.altered_total) == (0, 0, 0)


def test_account_that_the_history_does_not_know_is_named_once_and_has_no_balance_to_compare(book: Book) -> None:
    account = make_account(book)
    copy(Account, account.pk, name="Smuggled")
    smuggled = Account.objects.get(name="Smuggled")

    found = judged(book)

    name = livebooks.pseudonym(book)
    assert found.altered == [f"{name}: account {smuggled.pk} is in its table, but not in the history"]
    assert found.altered_total == 1


def test_opening_balance_altered_by_hand_shows_in_the_row_and_in_the_balance(book: Book) -> None:
    account = make_account(book, opening_balance=Decimal(100))
    make_txn(account, "12.50")
    assert judged(book).altered == []
    alter(Account, account.pk, opening_balance=100_010)

    found = judged(book)

    name = livebooks.pseudonym(book)
    assert f"{name}: the balance of account {account.pk} is not what its history makes" in found.altered
    assert any(
        f"account {account.pk} differs from the history in its opening_balance" in told for told in found.altered
    )
    assert found.altered_total == len(found.altered)


def test_row_a_cent_off_is_named_with_its_month_and_without_its_amount(book: Book) -> None:
    txn = make_txn(make_account(book), "12.50", make_category(book, "Food"), date="2026-11-20", description="Secret")
    alter(Transaction, txn.pk, amount=12_510)

    found = judged(book)

    name = livebooks.pseudonym(book)
    assert f"{name}, 2026-11: transaction {txn.pk} differs from the history in its amount" in found.altered
    assert any(told.startswith(f"{name}, 2026-11, Food: 1 rows shown, 1 in the table, 1") for told in found.altered)
    assert "Secret" not in json.dumps(found.altered)
    assert any(told.endswith("sums up to 0.01 EUR apart") for told in found.altered)


def test_history_that_was_altered_is_named_and_its_rows_are_not_blamed(book: Book) -> None:
    make_txn(make_account(book), "12.50")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_book SET head = %s WHERE id = %s", ["0" * 64, book.pk])
    version = Book.objects.get(pk=book.pk).version

    found = judged(book)

    assert found.history == [f"{livebooks.pseudonym(book)}: change {version} is not as it was written"]
    assert (found.altered, found.altered_total) == ([], 0)


@pytest.mark.once
@pytest.mark.parametrize(
    ("problem", "told"),
    [
        ("Change 7 is not the one that the book was left with.", "change 7 is not as it was written"),
        (
            "Change 12 (“Coffee with Ann”) was altered: entry 3 (update transaction 812).",
            "change 12 is not as it was written: entry 3, update of transaction 812",
        ),
        (
            "Change 12 (“Rent”) was altered: entry 1 (create transaction 5 to 900).",
            "change 12 is not as it was written: entry 1, create of transaction 5 to 900",
        ),
        ("Something else about Ann.", "its history is not as it was written"),
    ],
)
def test_problem_of_a_history_is_told_by_numbers_only(problem: str, told: str) -> None:
    assert livebooks.without_words(problem) == told


@pytest.mark.once
def test_pseudonyms_differ_by_book_stranger_and_installation(settings: object) -> None:
    one, other = Book(pk=1), Book(pk=2)

    names = {livebooks.pseudonym(one), livebooks.pseudonym(other), livebooks.pseudonym_of_stranger("1")}
    settings.SECRET_KEY = "another"  # type: ignore[attr-defined]  # the fixture of pytest-django
    elsewhere = livebooks.pseudonym(one)

    assert len(names | {elsewhere}) == 4
    assert all(len(name.partition("-")[2]) == 12 for name in names)


def test_history_is_handed_over_entry_by_entry_in_order(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(livebooks, "ENTRIES_AT_ONCE", 2)
    account = make_account(book)
    make_category(book, "Food")
    for number in range(1, 4):
        make_txn(account, f"{number}.00")

    lines = [json.loads(line) for line in livebooks.history_lines([book])]

    assert [(line["model"], line["action"]) for line in lines][-5:] == [
        ("account", "create"),
        ("category", "create"),
        *[("transaction", "create")] * 3,
    ]
    assert {line["book"] for line in lines} == {book.pk}
    assert {line["model"] for line in lines} <= {"account", "category", "transaction"}
    assert all(line["payload"] for line in lines)


def test_book_without_any_category_is_judged_like_others(book: Book) -> None:
    make_txn(make_account(book), "12.50", category=None)

    found = judged(book)

    assert (found.months, found.altered, [total["category"] for total in found.sql]) == (1, [], [""])


def test_row_that_is_gone_and_row_that_was_smuggled_in_are_told_apart(book: Book) -> None:
    account = make_account(book)
    gone, kept = make_txn(account, "12.50"), make_txn(account, "7.25", date="2026-10-01")
    copy(Transaction, kept.pk, amount=5_000)
    smuggled = Transaction.objects.get(amount=Decimal(5))
    remove(Transaction, gone.pk)

    found = judged(book)

    name = livebooks.pseudonym(book)
    assert f"{name}, 2026-11: transaction {gone.pk} is in the history, but not in its table" in found.altered
    assert f"{name}, 2026-10: transaction {smuggled.pk} is in its table, but not in the history" in found.altered
    assert found.altered_total == len(found.altered) == 4


def test_month_that_only_the_history_knows_is_looked_at(book: Book) -> None:
    txn = make_txn(make_account(book), "12.50")
    remove(Transaction, txn.pk)
    remove(MonthlyTotal, MonthlyTotal.objects.get(book=book).pk)

    found = judged(book)

    assert (found.months, found.rows) == (1, 0)
    assert any(f"transaction {txn.pk} is in the history" in told for told in found.altered)


def test_balances_after_an_account_that_is_not_in_the_history_are_looked_at_too(book: Book) -> None:
    first = make_account(book, "A first one")
    later = make_account(book, "B later one", opening_balance=Decimal(100))
    copy(Account, first.pk, name="Aa smuggled")
    alter(Account, later.pk, opening_balance=100_010)

    assert any(f"the balance of account {later.pk} is not" in told for told in judged(book).altered)


def test_several_books_are_counted_together(book: Book) -> None:
    other = make_book(make_user(), currency="USD")
    make_txn(make_account(book), "12.50")
    make_txn(make_account(other, currency="USD"), "5.00")

    found = livebooks.judge(Book.objects.filter(pk__in=[book.pk, other.pk]))

    assert (found.books, found.months, found.rows, found.currencies) == (2, 2, 2, {"EUR", "USD"})
    assert found.sql == [
        {
            "user": livebooks.pseudonym(each),
            "month": "2026-11",
            "category": "",
            "currency": code,
            "count": 1,
            "total": n,
        }
        for each, code, n in ((book, "EUR", "12.50"), (other, "USD", "5.00"))
    ]
