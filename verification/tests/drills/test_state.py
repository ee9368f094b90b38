"""What a write did, in words, and what is wrong with it: from the rows before and after."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from budget.books.models import Book, Membership
from budget.categorization.models import AmountRule, MerchantMapping
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.history.rows import shape_of
from budget.ledger.models import Account, AccountTransfer, Category, Transaction
from budget.statements.models import Certificate
from budget.users.models import User
from verification.drills import state
from verification.drills.state import State, effects, unsound
from verification.drills.world import world

MOMENTS = {"created_at": datetime(2026, 11, 20, 9, tzinfo=UTC)}
BOOKS = {1: "Household", 2: "Elsewhere"}
PEOPLE = {5: {"name": "Ned", "email": "ned@example.org"}}


def seen(*rows, people=PEOPLE, book=1):
    """A moment at which there were these rows, each of the first book, at version 3."""
    places = {(shape_of(type(row)).name, row.pk): row for row in rows}
    return State(
        {place: shape_of(type(row)).values(row) for place, row in places.items()},
        dict.fromkeys(places, book),
        dict.fromkeys(places, 3),
        dict.fromkeys(BOOKS, 3),
        BOOKS,
        people,
    )


def account(pk=7, **fields):
    return Account(pk=pk, **{"name": "Everyday", "currency": "EUR", "opening_balance": Decimal(0)} | MOMENTS | fields)


def category(pk=8, **fields):
    return Category(pk=pk, **{"name": "Food", "color": "#FF6B6B", "icon": "tag"} | MOMENTS | fields)


def txn(pk=9, **fields):
    values = {"account_id": 7, "category_id": 8, "date": date(2026, 11, 20), "amount": Decimal("12.50")}
    return Transaction(pk=pk, **values | {"description": "Tea"} | MOMENTS | fields)


BASE = (account(), category())
TOLD = (
    "account Everyday, category Food, date 2026-11-20, amount 12.50, description Tea, "
    "status pending_review, source manual"
)


@pytest.mark.once
@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ((), (), []),
        ((), (txn(),), [f"+ transaction: {TOLD}, book Household"]),
        ((txn(),), (), [f"- transaction: {TOLD}, book Household"]),
        ((txn(),), (txn(amount=Decimal("-3.00")),), ["~ transaction Tea: amount 12.50 -> -3.00"]),
        ((txn(),), (txn(category_id=None),), ["~ transaction Tea: category Food -> nothing"]),
        ((txn(),), (txn(note="x", payee="Y"),), ["~ transaction Tea: payee nothing -> Y, note nothing -> x"]),
        ((txn(),), (txn(is_pending=True),), ["~ transaction Tea: is_pending nothing -> True"]),
        (
            (txn(),),
            (txn(created_at=datetime(2026, 11, 20, 10, tzinfo=UTC)),),
            ["~ transaction Tea: something unsaid"],
        ),
        ((txn(),), (txn(category_id=11),), ["~ transaction Tea: category Food -> a row that is gone"]),
        (
            (txn(12), txn(10)),
            (txn(10, note="x"), category(9, name="Rent")),
            [
                "+ category: name Rent, color #FF6B6B, icon tag, rollover none, position 0, book Household",
                "~ transaction Tea: note nothing -> x",
                f"- transaction: {TOLD}, book Household",
            ],
        ),
    ],
)
def test_difference_between_two_moments_is_told_a_line_for_each_row(before, after, told):
    assert effects(seen(*BASE, *before), seen(*BASE, *after)) == told


@pytest.mark.once
@pytest.mark.parametrize(
    ("row", "title"),
    [
        (Category(pk=20, name="Rent"), "Rent"),
        (AmountRule(pk=20, name="Shop", pattern="shop*", category_id=8, tolerance=Decimal(0)), "Shop"),
        (AmountRule(pk=20, pattern="shop*", category_id=8, tolerance=Decimal(0)), "shop*"),
        (MerchantMapping(pk=20, merchant="TEA HOUSE", category_id=8), "TEA HOUSE"),
        (Membership(pk=20, user_id=5), "Ned"),
        (Membership(pk=20, user_id=6), "nobody"),
        (Envelope(pk=20, category_id=8, month=date(2026, 11, 1)), "Food"),
        (Allocation(pk=20, envelope_id=30, amount=Decimal(1)), "Food 2026-11-01"),
        (txn(20, description=""), "Food"),
        (txn(20, description="", category_id=None), "Everyday"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_altered_row_is_called_by_what_says_most(row, title):
    there = (*BASE, Envelope(pk=30, category_id=8, month=date(2026, 11, 1)))
    row.created_at = MOMENTS["created_at"]
    before = seen(*there, row)
    elsewhere = replace(before, books={**before.books, (shape_of(type(row)).name, 20): 2})

    [line] = effects(before, elsewhere)

    name = shape_of(type(row)).name
    assert line == f"~ {name} {title}: book Household -> Elsewhere"


@pytest.mark.once
def test_row_that_another_points_at_is_called_by_what_it_is():
    legs = txn(1, description="Out", category_id=None), txn(2, description="In", amount=Decimal("-12.50"))

    [line] = effects(
        seen(*BASE, *legs), seen(*BASE, *legs, AccountTransfer(pk=1, outgoing_id=1, incoming_id=2, **MOMENTS))
    )

    assert line == "+ accounttransfer: outgoing Out 12.50, incoming In Food -12.50, book Household"


@pytest.mark.once
def test_part_of_a_budget_is_called_by_its_budget_and_amount():
    parts = [Allocation(pk=n, envelope_id=30, amount=Decimal(25 * n), **MOMENTS) for n in (1, -1)]
    there = (*BASE, Envelope(pk=30, category_id=8, month=date(2026, 11, 1)), *parts)

    [line] = effects(seen(*there), seen(*there, EnvelopeTransfer(pk=1, outgoing_id=1, incoming_id=-1, **MOMENTS)))

    told = "outgoing Food 2026-11-01 25.00, incoming Food 2026-11-01 -25.00"
    assert line == f"+ envelopetransfer: {told}, book Household"


@pytest.mark.once
def test_people_come_first_and_what_is_private_is_not_said():
    ned = {"name": "Ned", "email": "a@example.org", "password": "x", "theme": "dark"}
    altered = {**ned, "email": "b@example.org", "password": "y", "theme": ""}

    lines = effects(seen(people={5: ned}), seen(account(), people={5: altered, 4: ned}))

    assert lines == [
        "+ user: name Ned, theme dark",
        "~ user Ned: email altered, password altered, theme dark -> nothing",
        "+ account: name Everyday, type checking, currency EUR, opening_balance 0.00, book Household",
    ]
    assert effects(seen(people={5: ned}), seen(people={})) == ["- user: name Ned, theme dark"]


@pytest.mark.once
def test_person_is_told_without_moments_and_numbers():
    values: dict[str, Any] = {field.attname: "" for field in User._meta.concrete_fields}
    values |= {"id": 5, "email": "x", "name": "Ned", "is_active": True, "is_staff": False, "last_login": "now"}

    said = state._said(User, values)

    assert {name: said[name] for name in ("email", "name", "is_active", "is_staff")} == {
        "email": "x",
        "name": "Ned",
        "is_active": "True",
        "is_staff": "",
    }
    assert not {"id", "last_login"} & set(said)


@pytest.mark.once
def test_book_is_told_without_a_book_that_it_belongs_to():
    book = Book(pk=1, name="Household", currency="EUR")

    assert effects(seen(), seen(book)) == ["+ book: name Household, currency EUR, confirmations_needed 3"]


@pytest.mark.once
def test_digest_of_a_certificate_is_not_said_nor_forgotten():
    """It covers ids, which differ from run to run."""
    first, last = date(2026, 11, 1), date(2026, 11, 30)
    values = {"account_id": 7, "first": first, "last": last, "opening": Decimal(0), "closing": Decimal(1)} | MOMENTS
    one, other = (Certificate(pk=3, rows=1, digest=digest, **values) for digest in ("x", "y"))

    assert effects(seen(*BASE, one), seen(*BASE, other)) == ["~ certificate Everyday: something unsaid"]


@pytest.mark.django_db
def test_moment_counts_from_the_first_book_and_person_asked_for():
    made, later = world(), world()

    every, some = State.now(), State.now(later.book.pk, later.owner.pk)

    assert set(every.books.values()) == {w.pk for w in (made.book, made.theirs, later.book, later.theirs)}
    assert set(some.books.values()) == set(some.numbers) == set(some.names) == {later.book.pk, later.theirs.pk}
    assert set(some.people) == {later.owner.pk, later.stranger.pk}
    assert some.names[later.book.pk] == "Household"
    assert some.numbers[later.book.pk] == later.book.version
    place = ("transaction", later.their_txn.pk)
    assert some.of(place) == (shape_of(Transaction).values(later.their_txn), later.theirs.pk)
    assert some.versions[place] == later.their_txn.version
    assert some.of(("transaction", made.their_txn.pk)) == (None, None)
    assert some.of(("book", later.book.pk)) == (shape_of(Book).values(later.book), later.book.pk)


def _sql(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("spoil", "problems"),
    [
        (lambda made: None, []),
        (
            lambda made: _sql("UPDATE budget_transaction SET amount = amount - 10 WHERE book_id = %s", made.book.pk),
            [
                "the history of Household does not lead to its rows",
                "the monthly totals of Household are not what its rows add up to",
            ],
        ),
        (
            lambda made: _sql("UPDATE budget_monthlytotal SET total = total + 10 WHERE book_id = %s", made.book.pk),
            ["the monthly totals of Household are not what its rows add up to"],
        ),
        (
            lambda made: _sql("UPDATE budget_transaction SET version = 1 WHERE book_id = %s", made.book.pk),
            ["1 written rows of Household do not have its version"],
        ),
        (
            lambda made: _sql("UPDATE budget_book SET head = 'x' WHERE id = %s", made.book.pk),
            ["the history of Household is not whole"],
        ),
    ],
)
def test_write_is_unsound_where_history_rows_and_totals_disagree(spoil, problems):
    made = world()
    before = State.now(made.book.pk, made.owner.pk)
    made.record()
    spoil(made)

    assert unsound(before, State.now(made.book.pk, made.owner.pk)) == problems


@pytest.mark.django_db
def test_history_that_begins_from_other_rows_names_another_one():
    made = world()
    before = State.now(made.book.pk, made.owner.pk)
    made.record()
    mine = made.record("1.00", "Tea")
    after = State.now(made.book.pk, made.owner.pk)
    place = ("transaction", mine.pk)

    told = unsound(replace(before, rows={**before.rows, place: []}, books={**before.books, place: made.book.pk}), after)

    assert told == [
        "the history of Household names another transaction than there was",
        "1 written rows of Household do not have its version",
    ]


@pytest.mark.django_db
def test_book_that_nobody_wrote_is_left_alone_and_the_next_one_is_not():
    made = world()
    before = State.now(made.book.pk, made.owner.pk)
    _sql("UPDATE budget_account SET name = 'X' WHERE id = %s", made.their_account.pk)
    _sql("UPDATE budget_book SET head = 'x' WHERE id = %s", made.book.pk)

    assert unsound(before, State.now(made.book.pk, made.owner.pk)) == [
        "the history of Elsewhere does not lead to its rows",
        "1 written rows of Elsewhere do not have its version",
    ]


@pytest.mark.django_db
def test_book_that_is_new_is_read_from_its_first_change():
    before = State.now()
    made = world()

    assert unsound(before, State.now()) == [
        f"{count} written rows of {name} do not have its version"
        for name, count in (("Household", 5), ("Elsewhere", 3))
    ]
    assert made.book.pk not in before.numbers
