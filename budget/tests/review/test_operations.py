"""Decisions: filed or kept, learned from, never overwritten, taken back in one go."""

from __future__ import annotations

import pytest

from budget import history
from budget.books.models import Book, Role
from budget.categorization.models import MerchantMapping, Origin
from budget.history import AlreadyDone, IdempotentRequest, MayOnlyView
from budget.ledger.errors import CategoryNotFound
from budget.ledger.models import Account, AccountTransfer, Category, Status, Tier, Transaction
from budget.review import operations, queries
from budget.review.errors import NothingWaits, OtherNumber
from budget.statements.models import RejectedTransfer
from budget.tests import factories
from budget.tests.review.conftest import now, wait
from budget.tests.statements.bringing import csv, imported
from budget.users.models import User

pytestmark = pytest.mark.django_db


def mappings(book: Book) -> list[tuple[str, str, int]]:
    return [
        (row.merchant, str(row.category), row.confirmations)
        for row in MerchantMapping.objects.of(book).select_related("category").order_by("merchant")
    ]


def test_decision_files_rows_and_strengthens_the_merchant_in_one_change(
    book: Book, owner: User, account: Account, food: Category
) -> None:
    """R003-33, R003-50."""
    rows = [wait(account, "60.10"), wait(account, "61.32", date="2026-11-21")]

    change = operations.decide(book=book, by=owner, choices={food: [row.pk for row in rows]})

    assert [now(row) for row in rows] == [(food, Status.CONFIRMED)] * 2
    assert mappings(book) == [("KROGER", "Food", 2)]
    assert change.summary == "Filed Kroger, 2 transactions, under Food"
    assert factories.last_change(book) == change


def test_undo_brings_rows_and_merchant_back(book: Book, owner: User, account: Account, food: Category) -> None:
    row = wait(account)
    change = operations.decide(book=book, by=owner, choices={food: [row.pk]})

    history.undo(change, by=owner)

    assert now(row) == (None, Status.PENDING_REVIEW)
    assert mappings(book) == []


def test_prediction_stays_beside_the_decision(
    book: Book, owner: User, account: Account, food: Category, rent: Category
) -> None:
    """R003-29, R003-30."""
    factories.make_mapping(food, "BAKERY")
    imported(book, csv("2026-11-02,Bakery,-4.50"))
    row = Transaction.objects.of(book).get()
    assert (row.predicted_category, row.category, row.status) == (food, None, Status.PENDING_REVIEW)

    operations.decide(book=book, by=owner, choices={rent: [row.pk]})

    row.refresh_from_db()
    assert (row.category, row.status) == (rent, Status.CONFIRMED)
    assert (row.predicted_category, row.tier, row.confidence, row.pattern) == (food, Tier.MERCHANT_MAP, 500, "BAKERY")
    assert mappings(book) == [("BAKERY", "Rent", 1)]


def test_merchant_confirmed_often_enough_is_filed_without_asking(
    book: Book, owner: User, account: Account, food: Category
) -> None:
    """R003-51, R003-53: at the threshold of three the next one needs nobody."""
    for day in (2, 3, 4):
        imported(book, csv(f"2026-11-0{day},Bakery,-4.50"))
        waiting = queries.waiting_rows(book)
        assert len(waiting) == 1
        operations.decide(book=book, by=owner, choices={food: [waiting[0].pk]})

    imported(book, csv("2026-11-05,Bakery,-4.50"))

    newest = Transaction.objects.of(book).latest("pk")
    assert now(newest) == (food, Status.AUTO_CONFIRMED)
    assert queries.waiting_rows(book) == []


def test_decided_rows_and_those_of_other_books_are_left_alone(
    book: Book, owner: User, account: Account, food: Category, rent: Category
) -> None:
    """R003: a decision by hand is never overwritten."""
    row, decided = wait(account), wait(account)
    operations.decide(book=book, by=owner, choices={food: [decided.pk]})
    other = factories.make_book(factories.make_user())
    foreign = wait(factories.make_account(other))

    operations.decide(book=book, by=owner, choices={rent: [row.pk, decided.pk, foreign.pk]})

    assert now(row) == (rent, Status.CONFIRMED)
    assert now(decided) == (food, Status.CONFIRMED)
    assert now(foreign) == (None, Status.PENDING_REVIEW)


def test_decision_about_nothing_that_waits_is_refused(
    book: Book, owner: User, account: Account, food: Category, rent: Category
) -> None:
    row = wait(account)
    operations.decide(book=book, by=owner, choices={food: [row.pk]})
    before = factories.last_change(book)

    with pytest.raises(NothingWaits, match="do not wait for review any more"):
        operations.decide(book=book, by=owner, choices={rent: [row.pk]})

    assert factories.last_change(book) == before


def test_category_of_another_book_is_refused(book: Book, owner: User, account: Account) -> None:
    row = wait(account)
    foreign = factories.make_category(factories.make_book(factories.make_user()))

    with pytest.raises(CategoryNotFound):
        operations.decide(book=book, by=owner, choices={foreign: [row.pk]})

    assert now(row) == (None, Status.PENDING_REVIEW)


def test_viewer_decides_nothing(book: Book, account: Account, food: Category) -> None:
    viewer = factories.make_user()
    factories.make_member(book, viewer, Role.VIEWER)
    row, other = wait(account, "10.00"), wait(account, "-10.00")

    with pytest.raises(MayOnlyView):
        operations.decide(book=book, by=viewer, choices={food: [row.pk]})
    with pytest.raises(MayOnlyView):
        operations.reject_transfer(book=book, by=viewer, outgoing=row.pk, incoming=other.pk)
    with pytest.raises(MayOnlyView):
        operations.ask_again(book=book, by=viewer)

    assert now(row) == (None, Status.PENDING_REVIEW)


def test_request_counts_once(book: Book, owner: User, account: Account, food: Category) -> None:
    row, request = wait(account), IdempotentRequest("a-key-of-mine", "digest")
    first = operations.decide(book=book, by=owner, choices={food: [row.pk]}, request=request)

    with pytest.raises(AlreadyDone) as again:
        operations.decide(book=book, by=owner, choices={food: [row.pk]}, request=request)

    assert again.value.change == first
    assert mappings(book) == [("KROGER", "Food", 1)]


def test_kept_choices_are_learned_from_only_when_they_are_saved(
    book: Book, owner: User, account: Account, food: Category, rent: Category
) -> None:
    """R003-31, R003-32."""
    rows = [wait(account), wait(account, payee="Landlord")]
    operations.decide(book=book, by=owner, choices={food: [rows[0].pk], rent: [rows[1].pk]}, is_staged=True)

    assert [now(row) for row in rows] == [(food, Status.PENDING_SAVE), (rent, Status.PENDING_SAVE)]
    assert (mappings(book), queries.waiting_rows(book)) == ([], [])
    assert queries.counts(book) == queries.Counts(total=2, to_review=0, to_save=2)

    change = operations.save_staged(book=book, by=owner, count=2)

    assert [now(row) for row in rows] == [(food, Status.CONFIRMED), (rent, Status.CONFIRMED)]
    assert mappings(book) == [("KROGER", "Food", 1), ("LANDLORD", "Rent", 1)]
    assert change.summary == "Saved 2 choices"

    history.undo(change, by=owner)

    assert [now(row) for row in rows] == [(food, Status.PENDING_SAVE), (rent, Status.PENDING_SAVE)]
    assert mappings(book) == []


def test_other_number_of_kept_choices_than_shown_is_not_saved(
    book: Book, owner: User, account: Account, food: Category
) -> None:
    row = wait(account)
    operations.decide(book=book, by=owner, choices={food: [row.pk]}, is_staged=True)

    with pytest.raises(OtherNumber, match="1 choice is kept now, not 2"):
        operations.save_staged(book=book, by=owner, count=2)

    assert now(row) == (food, Status.PENDING_SAVE)


def test_kept_choice_is_put_back(book: Book, owner: User, account: Account, food: Category) -> None:
    row = wait(account)
    operations.decide(book=book, by=owner, choices={food: [row.pk]}, is_staged=True)

    operations.put_back(book=book, by=owner, ids=[row.pk])

    assert now(row) == (None, Status.PENDING_REVIEW)
    with pytest.raises(NothingWaits):
        operations.put_back(book=book, by=owner, ids=[row.pk])


def test_counts_are_those_of_the_badges(book: Book, owner: User, account: Account, food: Category) -> None:
    """R003-88: total, to review, to save, confirmed (with those by rules); transfers wait for nobody."""
    rows = [wait(account) for _ in range(4)]
    factories.make_txn(account, "5.00", food, status=Status.AUTO_CONFIRMED)
    factories.make_txn(account, "6.00", food)
    operations.decide(book=book, by=owner, choices={food: [rows[0].pk]}, is_staged=True)

    found = queries.counts(book)

    assert (found.total, found.to_review, found.to_save, found.waiting, found.confirmed) == (6, 3, 1, 4, 2)


def test_pair_is_linked_or_remembered_as_none(book: Book, owner: User, account: Account, food: Category) -> None:
    savings = factories.make_account(book, "Savings")
    out, into = wait(account, "250.00", "To savings"), wait(savings, "-250.00", "From everyday")

    operations.reject_transfer(book=book, by=owner, outgoing=out.pk, incoming=into.pk)
    assert RejectedTransfer.objects.filter(book=book).count() == 1
    assert operations.ask_again(book=book, by=owner, outgoing=out.pk, incoming=into.pk) == 1

    change = operations.link_transfer(book=book, by=owner, outgoing=out.pk, incoming=into.pk)

    assert AccountTransfer.objects.of(book).count() == 1
    assert now(out) == (None, Status.CONFIRMED)
    with pytest.raises(NothingWaits):
        operations.reject_transfer(book=book, by=owner, outgoing=out.pk, incoming=into.pk)

    history.undo(change, by=owner)
    assert now(out) == (None, Status.PENDING_REVIEW)


def test_merchant_that_came_with_the_book_is_given_to_the_chosen_category(
    book: Book, owner: User, account: Account, food: Category, rent: Category
) -> None:
    factories.make_mapping(rent, "KROGER", confirmations=10, origin=Origin.STARTER)
    row = wait(account)

    operations.decide(book=book, by=owner, choices={food: [row.pk]})

    assert mappings(book) == [("KROGER", "Food", 1)]
