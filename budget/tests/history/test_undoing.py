"""Undo: any change as long as nothing builds on it, proven by equal digests of the book."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection

from budget import history
from budget.books.models import Book, Membership, Role
from budget.envelopes import operations as plan
from budget.history import Change, undoing
from budget.history.rows import shape_of
from budget.ledger import operations, totals
from budget.ledger.models import Account, Category, Rollover, Transaction
from budget.months import Month
from budget.tests.factories import last_change, make_account, make_category, make_member, make_txn, make_user
from budget.users.models import User

pytestmark = pytest.mark.django_db

NOVEMBER = Month(2026, 11)


def _world(book: Book) -> dict[str, object]:
    everyday, savings = make_account(book, "Everyday"), make_account(book, "Savings", type="savings")
    food, rent, empty = make_category(book, "Food"), make_category(book, "Rent"), make_category(book, "Empty")
    txn = make_txn(everyday, "12.50", food)
    operations.transfer_between_accounts(book=book, by=None, source=everyday, target=savings, amount=Decimal(100))
    plan.set_budget(book=book, by=None, category=food, month=NOVEMBER, amount=Decimal(200))
    return {"everyday": everyday, "savings": savings, "food": food, "rent": rent, "empty": empty, "txn": txn}


ACTS = {
    "record": lambda book, w: make_txn(w["everyday"], "3.20", w["rent"]),
    "change": lambda book, w: operations.change_transaction(
        w["txn"], by=None, amount=Decimal("-9.99"), category=w["rent"], description="Other"
    ),
    "delete": lambda book, w: operations.delete_transactions(book=book, by=None, rows=Transaction.objects.of(book)),
    "categorize": lambda book, w: operations.categorize_transactions(
        book=book, by=None, rows=Transaction.objects.of(book), category=w["rent"]
    ),
    "move money": lambda book, w: operations.transfer_between_accounts(
        book=book, by=None, source=w["savings"], target=w["everyday"], amount=Decimal(5)
    ),
    "open account": lambda book, w: make_account(book, "Cash", type="cash"),
    "change account": lambda book, w: operations.change_account(w["everyday"], by=None, name="Daily", is_archived=True),
    "delete account": lambda book, w: operations.delete_account_with_history(
        w["everyday"], by=None, typed_name="Everyday"
    ),
    "add category": lambda book, w: make_category(book, "Bars", parent=w["food"]),
    "change category": lambda book, w: operations.change_category(
        w["food"], by=None, name="Meals", rollover=Rollover.BOTH
    ),
    "merge categories": lambda book, w: operations.merge_categories(source=w["empty"], target=w["rent"], by=None),
    "delete category": lambda book, w: operations.delete_category(w["empty"], by=None),
    "set budget": lambda book, w: plan.set_budget(
        book=book, by=None, category=w["rent"], month=NOVEMBER, amount=Decimal(900)
    ),
    "move budget": lambda book, w: plan.transfer(
        book=book, by=None, source=w["food"], target=w["rent"], month=NOVEMBER, amount=Decimal(10)
    ),
    "copy month": lambda book, w: plan.copy_month(book=book, by=None, source=NOVEMBER, target=NOVEMBER.next),
    "rename book": lambda book, w: operations.rename_book(book, by=None, name="Home"),
}


@pytest.mark.parametrize("act", ACTS)
def test_undo_gives_back_the_digest_from_before(book: Book, act: str) -> None:
    """R003-44: whatever was done."""
    world = _world(book)
    before, kept = history.digest(book), totals.stored(book)

    ACTS[act](book, world)
    done = last_change(book)
    after = history.digest(book)
    undone = history.undo(done, by=None)

    assert after != before
    assert (history.digest(book), totals.stored(book)) == (before, kept)
    assert totals.differences(book) == []
    history.undo(undone, by=None)
    assert history.digest(book) == after
    assert history.verify(book).is_whole


def test_undo_of_a_change_that_something_builds_on_says_what_does(account: Account, food: Category) -> None:
    """R003-44: refused in words, and nothing is written."""
    txn = make_txn(account, "12.50", food)
    recorded = last_change(account.book)
    operations.change_transaction(txn, by=None, amount=Decimal("14.00"))
    before = history.digest(account.book)

    with pytest.raises(history.BuiltUpon, match=r"“Changed Coffee house, 14\.00”\. Undo that first\."):
        history.undo(recorded, by=None)

    assert history.digest(account.book) == before


def test_undo_of_a_category_in_use_says_who_uses_it(account: Account) -> None:
    food = make_category(account.book)
    added = last_change(account.book)
    make_txn(account, "12.50", food)

    with pytest.raises(history.BuiltUpon, match=r"1 transaction, such as “Coffee house, 12\.50”"):
        history.undo(added, by=None)


def test_undo_works_once_what_built_on_it_is_undone(account: Account) -> None:
    before = history.digest(account.book)
    txn = make_txn(account)
    recorded = last_change(account.book)
    operations.change_transaction(txn, by=None, amount=Decimal("14.00"))
    history.undo(last_change(account.book), by=None)

    history.undo(recorded, by=None)

    assert history.digest(account.book) == before


def test_undo_twice_is_refused(account: Account) -> None:
    make_txn(account)
    recorded = last_change(account.book)
    history.undo(recorded, by=None)
    count = Change.objects.count()

    with pytest.raises(history.AlreadyUndone):
        history.undo(recorded, by=None)

    assert Change.objects.count() == count


def test_undo_of_a_deletion_whose_account_is_gone_says_so(book: Book) -> None:
    account = make_account(book)
    txn = make_txn(account)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk=txn.pk))
    deletion = last_change(book)
    operations.delete_account(account, by=None)

    with pytest.raises(history.CannotUndo, match="the account that it belonged to is no longer there"):
        history.undo(deletion, by=None)


def test_the_beginning_of_a_book_cannot_be_undone(book: Book) -> None:
    with pytest.raises(history.CannotUndo, match="is where this book begins"):
        history.undo(Change.objects.get(book=book, number=1), by=None)


def test_undo_whose_place_is_taken_is_refused_in_words(book: Book) -> None:
    food = make_category(book, "Food")
    operations.change_category(food, by=None, name="Meals")
    renamed = last_change(book)
    make_category(book, "Food")
    before = history.digest(book)

    with pytest.raises(history.PlaceTaken, match="something later stands in its place"):
        history.undo(renamed, by=None)

    assert history.digest(book) == before


def test_budget_undone_set_anew_and_redone_is_refused_in_words(book: Book) -> None:
    food = make_category(book, "Food")
    plan.set_budget(book=book, by=None, category=food, month=NOVEMBER, amount=Decimal(100))
    undone = history.undo(last_change(book), by=None)
    plan.set_budget(book=book, by=None, category=food, month=NOVEMBER, amount=Decimal(50))

    with pytest.raises(history.CannotUndo):
        history.undo(undone, by=None)


def test_undo_never_gives_an_amount_another_currency(book: Book) -> None:
    """An account's currency changes only while it is empty; a row that was in it before does not come back."""
    account = make_account(book)
    txn = make_txn(account)
    operations.delete_transactions(book=book, by=None, rows=Transaction.objects.filter(pk=txn.pk))
    deletion = last_change(book)
    operations.change_account(account, by=None, currency="JPY")
    changed = last_change(book)

    with pytest.raises(history.BuiltUpon, match="changed the currency of its account"):
        history.undo(deletion, by=None)
    make_txn(account, "500")
    with pytest.raises(history.CannotUndo):
        history.undo(changed, by=None)


def test_nobody_becomes_an_owner_by_undoing(book: Book, owner: User) -> None:
    editor = make_user(name="Eddy")
    membership = make_member(book, editor, Role.OWNER)
    operations.change_role(membership, by=owner, role=Role.EDITOR)
    demotion = last_change(book)

    with pytest.raises(operations.OwnersOnly):
        history.undo(demotion, by=editor)

    history.undo(demotion, by=owner)
    assert Membership.objects.get(pk=membership.pk).role == Role.OWNER


def test_undo_leaves_a_book_an_owner(book: Book, owner: User) -> None:
    second = make_user(name="Second")
    make_member(book, second, Role.EDITOR)
    membership = Membership.objects.get(book=book, user=second)
    operations.change_role(membership, by=owner, role=Role.OWNER)
    promotion = last_change(book)
    operations.remove_member(Membership.objects.get(book=book, user=owner), by=second)

    with pytest.raises(operations.LastOwner):
        history.undo(promotion, by=None)


def test_key_of_an_undone_change_says_so(account: Account) -> None:
    request = history.IdempotentRequest("key-12345678", "digest")
    make_txn(account, request=request)
    history.undo(last_change(account.book), by=None)

    with pytest.raises(history.AlreadyDone, match="saved before and then undone"):
        make_txn(account, request=request)


def test_refusal_names_what_stands_not_what_was_undone(account: Account, food: Category, rent: Category) -> None:
    txn = make_txn(account, "12.50", food)
    recorded = last_change(account.book)
    operations.change_transaction(txn, by=None, category=rent)
    operations.delete_transactions(book=account.book, by=None, rows=Transaction.objects.of(account.book))
    history.undo(last_change(account.book), by=None)

    with pytest.raises(history.BuiltUpon, match="“Coffee house is now Rent”"):
        history.undo(recorded, by=None)


def test_refusal_names_the_change_that_touched_the_row_and_not_one_around_it(account: Account) -> None:
    first, second, third = (make_txn(account, amount) for amount in ("1.00", "2.00", "3.00"))
    recorded = Change.objects.get(book=account.book, number=second.version)
    operations.change_transaction(second, by=None, description="Tea house")
    outer = Transaction.objects.filter(pk__in=[first.pk, third.pk])
    operations.delete_transactions(book=account.book, by=None, rows=outer)
    named = Change.objects.get(book=account.book, number=last_change(account.book).number - 1)

    with pytest.raises(history.BuiltUpon, match=f"“{named}”"):
        history.undo(recorded, by=None)


def test_refusal_says_that_a_row_was_altered_outside(account: Account) -> None:
    txn = make_txn(account)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_transaction SET note = 'by hand' WHERE id = %s", [txn.pk])

    with pytest.raises(history.BuiltUpon, match=f"transaction {txn.pk} was altered outside of the application"):
        history.undo(last_change(account.book), by=None)


def test_undo_is_not_taken_back_once_its_request_was_done_anew(account: Account) -> None:
    make_txn(account, request=history.IdempotentRequest("key-12345678", "digest"))
    undone = history.undo(last_change(account.book), by=None)
    make_txn(account, request=history.IdempotentRequest("key-12345678-2", "digest"))

    with pytest.raises(history.BuiltUpon, match=r"“Recorded Coffee house, 12\.50” did the same anew"):
        history.undo(undone, by=None)


def test_undo_is_taken_back_where_another_request_has_the_key(account: Account) -> None:
    make_txn(account, request=history.IdempotentRequest("key-12345678", "digest"))
    before = history.digest(account.book)
    undone = history.undo(last_change(account.book), by=None)
    operations.change_account(account, by=None, name="Daily")
    history.undo(last_change(account.book), by=None)

    history.undo(undone, by=None)

    assert history.digest(account.book) == before


def test_rows_that_the_history_does_not_keep_hold_nothing_back(book, monkeypatch):
    """Only what belongs to the book's history may keep a change from being undone."""
    _world(book)
    food, pk = shape_of(Category), Category.objects.of(book).get(name="Food").pk
    with pytest.raises(history.BuiltUpon, match=r"such as “"):
        undoing._require_unused(last_change(book), food, [pk])

    monkeypatch.setattr(undoing, "_is_recorded", lambda model: False)

    undoing._require_unused(last_change(book), food, [pk])
