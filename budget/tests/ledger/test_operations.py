"""What is done to a ledger: its effect, the refusals that change nothing, both legs or neither."""

from __future__ import annotations

import sqlite3
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection

from budget import history
from budget.books.models import Book, Membership
from budget.history import Change, ChangedMeanwhile, Entry, Vanished
from budget.ledger import errors, operations, queries, totals
from budget.ledger.models import Account, AccountTransfer, Category, Expense, MonthlyTotal, Status, Transaction
from budget.ledger.taxonomy import Starter
from budget.money import TooPrecise, UnknownCurrency
from budget.months import Month
from budget.tests.factories import last_change, make_account, make_book, make_category, make_txn, make_user
from budget.texts import TextMissing, TextTooLong, TextUnreadable
from budget.users.models import User

pytestmark = pytest.mark.django_db


def test_record_keeps_exactly_what_was_given(account: Account, food: Category) -> None:
    """R000-7, R001-7, R001-30, R004-1: every field, the note among them."""
    made = make_txn(account, "1234567890.12", food, "2024-02-29", "Café au lait", note="with milk", payee="Café")

    row = Transaction.objects.get(pk=made.pk)
    assert (row.amount, row.date, row.description, row.payee, row.note, row.category, row.account, row.status) == (
        Decimal("1234567890.12"),
        date(2024, 2, 29),
        "Café au lait",
        "Café",
        "with milk",
        food,
        account,
        Status.CONFIRMED,
    )


def test_date_is_today_where_none_is_given(account: Account) -> None:
    """R001-3, R001-7: the default of the date."""
    from budget.ledger.models import today

    row = operations.record_transaction(
        book=account.book, by=None, account=account, amount=Decimal(1), description="Tea"
    )

    assert row.date == today()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"amount": Decimal(0)}, errors.AmountIsZero),
        ({"amount": Decimal("1.234")}, TooPrecise),
        ({"amount": Decimal("NaN")}, TooPrecise),
        ({"description": "  "}, TextMissing),
        ({"description": "x" * 201}, TextTooLong),
        ({"description": "a\x00b"}, TextUnreadable),
        ({"payee": "x" * 101}, TextTooLong),
        ({"note": "x" * 10_000_000}, TextTooLong),
        ({"date": date(1066, 10, 14)}, errors.DateOutOfRange),
    ],
)
def test_record_refuses_what_cannot_be_kept(account: Account, wrong: dict[str, object], error: type[Exception]) -> None:
    """R001-3, R001-7: no amount, no description, 201 characters: a reason, and nothing is written."""
    before = history.digest(account.book)
    given = {"amount": Decimal(1), "description": "Tea", **wrong}

    with pytest.raises(error):
        operations.record_transaction(book=account.book, by=None, account=account, **given)  # type: ignore[arg-type]

    assert history.digest(account.book) == before


def test_rows_of_another_book_are_not_found(account: Account, food: Category) -> None:
    stranger = make_user()
    other = make_book(stranger, "Other")
    theirs, their_food = make_account(other), make_category(other)

    with pytest.raises(errors.AccountNotFound):
        operations.record_transaction(book=account.book, by=None, account=theirs, amount=Decimal(1), description="Tea")
    with pytest.raises(errors.CategoryNotFound):
        make_txn(account, "1.00", their_food)
    with pytest.raises(errors.CategoryNotFound):
        operations.categorize_transactions(
            book=account.book, by=None, rows=Transaction.objects.all(), category=their_food
        )
    with pytest.raises(errors.AccountNotFound):
        operations.transfer_between_accounts(
            book=account.book, by=None, source=account, target=theirs, amount=Decimal(1)
        )

    assert not Transaction.objects.exists()


def test_bulk_operations_touch_only_the_book(account: Account, food: Category) -> None:
    """S4, R001-27: a queryset that reaches further is cut to the book."""
    other = make_account(make_book(make_user(), "Other"))
    own, theirs = make_txn(account), make_txn(other)

    operations.categorize_transactions(book=account.book, by=None, rows=Transaction.objects.all(), category=food)
    operations.delete_transactions(book=account.book, by=None, rows=Transaction.objects.all())

    assert list(Transaction.objects.all()) == [theirs]
    assert Transaction.objects.get(pk=theirs.pk).category is None
    assert own.pk != theirs.pk


def test_change_of_a_row_that_was_altered_since_is_refused(account: Account) -> None:
    """C9: the second of two tabs."""
    txn = make_txn(account)
    seen = txn.version
    operations.change_transaction(Transaction.objects.get(pk=txn.pk), by=None, amount=Decimal(14), seen=seen)

    with pytest.raises(ChangedMeanwhile):
        operations.change_transaction(Transaction.objects.get(pk=txn.pk), by=None, amount=Decimal(15), seen=seen)

    assert Transaction.objects.get(pk=txn.pk).amount == Decimal("14.00")


def test_change_of_a_deleted_row_says_so(account: Account) -> None:
    """R001-9: a row that is not there is not found."""
    txn = make_txn(account)
    operations.delete_transactions(book=account.book, by=None, rows=Transaction.objects.filter(pk=txn.pk))

    with pytest.raises(Vanished):
        operations.change_transaction(txn, by=None, amount=Decimal(15))


def test_account_transfer_is_two_linked_rows_and_no_spending(account: Account) -> None:
    savings = make_account(account.book, "Savings", type="savings")

    moved = operations.transfer_between_accounts(
        book=account.book, by=None, source=account, target=savings, amount=Decimal("100.00")
    )

    legs = Transaction.objects.order_by("-amount").values_list("account__name", "amount", "description", "is_transfer")
    assert list(legs) == [
        ("Everyday", Decimal("100.00"), "Transfer to Savings", True),
        ("Savings", Decimal("-100.00"), "Transfer from Everyday", True),
    ]
    assert moved.outgoing.amount + moved.incoming.amount == 0
    assert Expense.objects.of(account.book).count() == 0
    assert (queries.balance(account), queries.balance(savings)) == (Decimal("-100.00"), Decimal("100.00"))


@pytest.mark.parametrize(
    ("amount", "error"),
    [("0", errors.AmountNotPositive), ("-5", errors.AmountNotPositive), ("1.005", TooPrecise)],
)
def test_account_transfer_refuses(account: Account, amount: str, error: type[Exception]) -> None:
    """R001-16: zero, negative, too precise."""
    savings = make_account(account.book, "Savings")

    with pytest.raises(error):
        operations.transfer_between_accounts(
            book=account.book, by=None, source=account, target=savings, amount=Decimal(amount)
        )

    assert not Transaction.objects.exists()


def test_account_transfer_to_itself_is_refused(account: Account) -> None:
    """R001-16: source and target differ."""
    with pytest.raises(errors.SameAccount):
        operations.transfer_between_accounts(
            book=account.book, by=None, source=account, target=account, amount=Decimal(1)
        )


def test_transfer_between_currencies_keeps_both_amounts(account: Account) -> None:
    dollars = make_account(account.book, "Dollars", currency="USD")

    operations.transfer_between_accounts(
        book=account.book, by=None, source=account, target=dollars, amount=Decimal(100), arriving=Decimal("108.30")
    )

    assert (queries.balance(account), queries.balance(dollars)) == (Decimal("-100.00"), Decimal("108.30"))


def test_transfer_to_another_currency_asks_what_arrives(account: Account) -> None:
    """Fifty euros are not fifty yen: without what arrives, nothing moves."""
    yen = make_account(account.book, "Yen", currency="JPY")

    with pytest.raises(errors.ArrivingMissing, match=r"“Yen” holds JPY\. Use Move money to say how much arrives"):
        operations.transfer_between_accounts(book=account.book, by=None, source=account, target=yen, amount=Decimal(50))

    assert not Transaction.objects.exists()


def test_history_says_the_currency_where_it_is_not_the_books(account: Account) -> None:
    book, food = account.book, make_category(account.book)
    yen, dinars = make_account(book, "Yen", currency="JPY"), make_account(book, "Dinars", currency="KWD")

    make_txn(account, "5.00", description="Kiosk")
    told = [last_change(book).summary]
    txn = make_txn(yen, "5", description="Evil")
    told.append(last_change(book).summary)
    operations.change_transaction(txn, by=None, amount=Decimal(-6))
    told.append(last_change(book).summary)
    operations.change_transaction(txn, by=None, category=food)
    told.append(last_change(book).summary)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk=txn.pk))
    told.append(last_change(book).summary)
    make_txn(dinars, "1500", description="Rent")
    told.append(last_change(book).summary)
    operations.transfer_between_accounts(
        book=book, by=None, source=dinars, target=account, amount=Decimal("1.5"), arriving=Decimal("4.20")
    )
    told.append(last_change(book).summary)

    assert told == [
        "Recorded Kiosk, 5.00",
        "Recorded Evil, 5 JPY",
        "Changed Evil, +6 JPY",
        "Evil is now Food",
        "Deleted Evil, +6 JPY",
        "Recorded Rent, 1,500.000 KWD",
        "Moved 1.500 KWD from Dinars to Everyday",
    ]


def test_deleted_transfer_is_called_so(account: Account) -> None:
    book, savings = account.book, make_account(account.book, "Savings")

    def moved() -> AccountTransfer:
        return operations.transfer_between_accounts(
            book=book, by=None, source=account, target=savings, amount=Decimal(50)
        )

    def deleted(*keys: int) -> str:
        operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk__in=keys))
        return last_change(book).summary

    first, second, third = moved(), moved(), moved()
    assert deleted(first.incoming_id) == "Deleted the transfer from Everyday to Savings"
    assert deleted(second.outgoing_id, second.incoming_id) == "Deleted the transfer from Everyday to Savings"
    assert deleted(third.outgoing_id, make_txn(account).pk) == "Deleted 3 transactions"
    assert not AccountTransfer.objects.exists()


def test_change_of_currency_asks_for_the_amount(account: Account) -> None:
    """A number keeps its meaning: on an account in another currency the amount is entered anew."""
    yen = make_account(account.book, "Yen", currency="JPY")
    txn = make_txn(account, "50.00")

    with pytest.raises(errors.CurrencyDiffers, match=r"“Yen” holds JPY\. Enter the amount in JPY too"):
        operations.change_transaction(txn, by=None, account=yen)
    assert Transaction.objects.get(pk=txn.pk).account == account

    operations.change_transaction(txn, by=None, account=yen, amount=Decimal(8150))
    row = Transaction.objects.get(pk=txn.pk)
    assert (row.account, row.amount) == (yen, Decimal(8150))


def test_account_changed_meanwhile_is_judged_as_it_is_now(account: Account) -> None:
    """The currency changed after a page was opened: what no longer fits is refused, in every operation."""
    other = make_account(account.book, "Other")
    txn = make_txn(other)
    stale = Account.objects.get(pk=account.pk)
    operations.change_account(account, by=None, currency="JPY")

    with pytest.raises(TooPrecise):
        make_txn(stale, "12.50")
    with pytest.raises(errors.CurrencyDiffers):
        operations.change_transaction(txn, by=None, account=stale)
    with pytest.raises(TooPrecise):
        operations.change_transaction(txn, by=None, account=stale, amount=Decimal("12.50"))
    for source, target in ((other, stale), (stale, other)):
        with pytest.raises(errors.ArrivingMissing):
            operations.transfer_between_accounts(
                book=account.book, by=None, source=source, target=target, amount=Decimal(5)
            )

    assert list(Transaction.objects.all()) == [txn]


def test_rows_deleted_meanwhile_are_not_found(account: Account, food: Category, rent: Category) -> None:
    """What a page still shows may be gone: a sentence, never an error of the database."""
    book, txn = account.book, make_txn(make_account(account.book, "Other"), category=rent)
    rows = Transaction.objects.of(book)
    gone, closed = Category.objects.get(pk=food.pk), Account.objects.get(pk=account.pk)
    operations.delete_category(food, by=None)
    operations.delete_account(account, by=None)
    before = history.digest(book)

    with pytest.raises(errors.AccountNotFound):
        make_txn(closed)
    with pytest.raises(errors.AccountNotFound):
        operations.change_transaction(txn, by=None, account=closed)
    with pytest.raises(errors.AccountNotFound):
        operations.transfer_between_accounts(book=book, by=None, source=txn.account, target=closed, amount=Decimal(1))
    with pytest.raises(errors.CategoryNotFound):
        make_txn(txn.account, category=gone)
    with pytest.raises(errors.CategoryNotFound):
        operations.change_transaction(txn, by=None, category=gone)
    with pytest.raises(errors.CategoryNotFound):
        operations.categorize_transactions(book=book, by=None, rows=rows, category=gone)
    with pytest.raises(errors.CategoryNotFound):
        operations.merge_categories(source=rent, target=gone, by=None)
    with pytest.raises(errors.CategoryNotFound):
        make_category(book, "Lunch", parent=gone)
    with pytest.raises(errors.CategoryNotFound):
        operations.change_category(rent, by=None, parent=gone)

    assert history.digest(book) == before


def test_parent_moved_below_another_meanwhile_is_too_deep(food: Category, rent: Category) -> None:
    stale = Category.objects.get(pk=food.pk)
    operations.change_category(food, by=None, parent=rent)

    with pytest.raises(errors.TooDeep):
        make_category(food.book, "Lunch", parent=stale)


def test_any_number_of_rows_is_deleted_at_once(account: Account) -> None:
    """R001-28: SQLite takes only so many values in one statement; here it takes fewer than there are rows."""
    book, savings = account.book, make_account(account.book, "Savings")
    fields = ("account_id", "date", "amount", "description")
    with history.change(book, None, "Loaded", kind="ledger.load") as change:
        change.create_many(
            Transaction, fields, ((account.pk, "2026-11-20", 1000 + each, "Row") for each in range(2500))
        )
    operations.transfer_between_accounts(book=book, by=None, source=account, target=savings, amount=Decimal(1))
    allow = getattr(connection.connection, "setlimit", None) or (lambda _, count: count)  # PostgreSQL has no such limit
    limit = allow(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 1500)
    try:
        deleted = operations.delete_transactions(
            book=book, by=None, rows=Transaction.objects.filter(account=account).order_by("-date")
        )
    finally:
        allow(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, limit)

    assert deleted is not None
    assert deleted.summary == "Deleted 2,502 transactions"
    assert not Transaction.objects.exists()
    history.undo(deleted, by=None)
    assert Transaction.objects.count() == 2502
    assert totals.stored(book) == totals.counted(book)


def test_failure_between_the_legs_leaves_neither(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """R000-2: both legs or none."""
    savings = make_account(account.book, "Savings")
    before = (history.digest(account.book), totals.stored(account.book), Change.objects.count())

    def fail(*args: object, **kwargs: object) -> None:
        raise IntegrityError("the second leg")

    monkeypatch.setattr(AccountTransfer, "save", fail)
    with pytest.raises(IntegrityError):
        operations.transfer_between_accounts(
            book=account.book, by=None, source=account, target=savings, amount=Decimal(1)
        )

    assert (history.digest(account.book), totals.stored(account.book), Change.objects.count()) == before


def test_leg_of_a_transfer_is_not_altered_alone(account: Account, food: Category) -> None:
    savings = make_account(account.book, "Savings")
    moved = operations.transfer_between_accounts(
        book=account.book, by=None, source=account, target=savings, amount=Decimal(1)
    )

    for values in ({"amount": Decimal(2)}, {"category": food}, {"account": savings}):
        with pytest.raises(errors.PartOfATransfer):
            operations.change_transaction(moved.outgoing, by=None, **values)

    operations.change_transaction(moved.outgoing, by=None, note="for the holidays")
    assert Transaction.objects.get(pk=moved.outgoing_id).note == "for the holidays"


def test_deleting_one_leg_deletes_both(account: Account) -> None:
    savings = make_account(account.book, "Savings")
    moved = operations.transfer_between_accounts(
        book=account.book, by=None, source=account, target=savings, amount=Decimal(1)
    )

    operations.delete_transactions(book=account.book, by=None, rows=Transaction.objects.filter(pk=moved.incoming_id))

    assert (Transaction.objects.count(), AccountTransfer.objects.count()) == (0, 0)
    assert not MonthlyTotal.objects.exists()


def test_account_with_transactions_is_not_deleted(account: Account) -> None:
    """R003-10: an error, never orphans."""
    make_txn(account)

    with pytest.raises(errors.InUse, match=r"“Everyday” has 1 transaction\. Close it instead"):
        operations.delete_account(account, by=None)

    assert Account.objects.filter(pk=account.pk).exists()


def test_account_is_deleted_with_its_history_once_its_name_is_typed(account: Account) -> None:
    savings = make_account(account.book, "Savings")
    make_txn(account)
    operations.transfer_between_accounts(book=account.book, by=None, source=savings, target=account, amount=Decimal(1))

    with pytest.raises(errors.ConfirmationMismatch):
        operations.delete_account_with_history(account, by=None, typed_name="Everyda")
    operations.delete_account_with_history(account, by=None, typed_name="Everyday")

    assert list(Account.objects.of(savings.book)) == [savings]
    assert (Transaction.objects.count(), MonthlyTotal.objects.count()) == (0, 0)


def test_category_in_use_is_not_deleted_but_merges(account: Account, food: Category, rent: Category) -> None:
    """R001-5: removing a category leaves no orphan."""
    txn = make_txn(account, "12.50", food)

    with pytest.raises(errors.InUse):
        operations.delete_category(food, by=None)
    moved = operations.merge_categories(source=food, target=rent, by=None)

    assert (moved, Transaction.objects.get(pk=txn.pk).category) == (1, rent)
    assert list(Category.objects.of(account.book)) == [rent]


def test_person_category_and_expense_lead_to_each_other(account: Account, food: Category, owner: User) -> None:
    """R001-4: both ways."""
    txn = make_txn(account, "12.50", food)

    assert list(food.transactions.all()) == [txn]
    assert list(Expense.objects.filter(book__memberships__user=owner)) == [Expense.objects.get(pk=txn.pk)]
    assert (txn.category, [member.user for member in txn.book.memberships.all()]) == (food, [owner])


def test_category_has_a_colour_and_reads_as_its_name(food: Category) -> None:
    """R001-2, R001-6: #FF6B6B where none is chosen."""
    named = make_category(food.book, "eat", label="Eating out")

    assert (food.color, str(food), str(named)) == ("#FF6B6B", "Food", "Eating out")


@pytest.mark.parametrize("name", ["Food", "food", " FOOD "])
def test_category_name_is_taken_in_any_case(food: Category, name: str) -> None:
    """R000-6, R001-2: a name is there once."""
    with pytest.raises(errors.NameTaken):
        make_category(food.book, name)


def test_category_names_repeat_below_different_parents_and_in_other_books(food: Category, rent: Category) -> None:
    make_category(food.book, "Other", parent=food)
    make_category(food.book, "Other", parent=rent)
    make_category(make_book(make_user(), "Second"), "Food")

    assert Category.objects.filter(name="Other").count() == 2


def test_categories_have_two_levels(food: Category, rent: Category) -> None:
    """R003-11: no third one."""
    coffee = make_category(food.book, "Coffee", parent=food)

    with pytest.raises(errors.TooDeep):
        make_category(food.book, "Espresso", parent=coffee)
    with pytest.raises(errors.TooDeep):
        operations.change_category(food, by=None, parent=rent)


def test_opening_an_account_in_an_unknown_currency_is_refused(book: Book) -> None:
    with pytest.raises(UnknownCurrency):
        make_account(book, currency="XXQ")


def test_account_keeps_its_currency_once_it_has_transactions(account: Account) -> None:
    make_txn(account)

    with pytest.raises(errors.CurrencyFixed):
        operations.change_account(account, by=None, currency="USD")


def test_new_book_begins_with_a_copy_of_the_standard_taxonomy(owner: object) -> None:
    """R003-80, R003-81: 18 groups, about 90 categories below them."""
    book = make_book(make_user(), "Full", categories=True)

    categories = Category.objects.of(book)
    assert categories.filter(parent=None).count() == 18
    assert 70 <= categories.exclude(parent=None).count() <= 90
    assert set(categories.filter(parent=None, is_income=True).values_list("name", flat=True)) == {"Income"}
    assert categories.get(name="Netflix").is_recurring
    assert Change.objects.filter(book=book).count() == 1


def test_two_people_have_books_of_their_own() -> None:
    """R000-45, R001-27, R001-35: a second and further users."""
    first, second = make_user(), make_user()
    one, two = make_book(first, "One"), make_book(second, "Two")
    make_txn(make_account(one))

    assert (list(Book.objects.for_user(first)), list(Book.objects.for_user(second))) == ([one], [two])
    assert Transaction.objects.of(two).count() == 0


def test_removing_a_book_leaves_nothing_of_it(account: Account, food: Category) -> None:
    book = account.book
    make_txn(account, "1.00", food)
    keep = make_txn(make_account(make_book(make_user(), "Kept")))

    with pytest.raises(errors.ConfirmationMismatch):
        operations.remove_book(book, typed_name="Househol")
    operations.remove_book(book, typed_name="Household")

    assert list(Transaction.objects.all()) == [keep]
    for model in (Membership, Account, Category, Change, Entry, MonthlyTotal):
        assert not model._base_manager.exclude(book_id=keep.book_id).exists()


def test_new_book_may_begin_with_the_short_list() -> None:
    person = make_user()

    book = operations.create_book(by=person, name="Short", currency="EUR", starter=Starter.SHORT)

    categories = Category.objects.of(book)
    assert (categories.count(), categories.exclude(parent=None).count()) == (10, 0)


@pytest.mark.parametrize(
    ("currency", "amount", "name"),
    [
        ("EUR", "1234.50", "Coffee house, 1,234.50"),
        ("JPY", "-1234", "Coffee house, 1,234"),
        ("KWD", "1.234", "Coffee house, 1.234"),
    ],
)
def test_name_of_a_transaction_has_its_currencys_decimals_without_a_query(
    book: Book, django_assert_num_queries: Any, currency: str, amount: str, name: str
) -> None:
    """R001-6: an amount in text has its decimals."""
    txn = make_txn(make_account(book, currency=currency), amount)
    loaded = Transaction.objects.select_related("account").get(pk=txn.pk)
    bare = Transaction.objects.get(pk=txn.pk)

    with django_assert_num_queries(0):
        assert (str(txn), str(loaded), str(bare)) == (name, name, "Coffee house")


@pytest.mark.parametrize("month", [None, Month(2026, 11)])
def test_largest_expenses_are_ranked_in_the_books_currency(account: Account, month: Month | None) -> None:
    """12,000 yen are no larger than 100 euros."""
    yen = make_account(account.book, "Yen", currency="JPY")
    make_txn(yen, "12000")
    large, small = make_txn(account, "100.00"), make_txn(account, "99.99")

    assert list(queries.top_expenses(account.book, 10, month)) == [large, small]
