"""M5: every constraint and every guard of the database is attacked with raw SQL, and refuses by its own name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoDbBlocker

from budget import history
from budget.books.models import Book, Membership
from budget.categorization.models import AmountRule, MerchantMapping, TrainedModel
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.files.models import FilePart, StoredFile
from budget.history import Change, Entry, IdempotentRequest
from budget.ledger.models import (
    Account,
    AccountTransfer,
    Category,
    MonthlyTotal,
    StandardCategory,
    Transaction,
)
from budget.ledger.operations import record_transaction, transfer_between_accounts
from budget.recount.models import BookRecount, MonthRecount
from budget.recurring.models import RecurringSeries, SeriesRow, SeriesSearch, SettledDue
from budget.statements.models import (
    Certificate,
    RejectedTransfer,
    RememberedColumns,
    Statement,
    StatementImport,
    StatementLine,
)
from budget.tests.attacks import Attack, Attacks, all_models, alter, assert_refused, copy, named, remove, rules_of
from budget.tests.factories import (
    make_account,
    make_book,
    make_category,
    make_import,
    make_line,
    make_statement,
    make_txn,
    make_user,
)
from budget.tests.sharing import shared
from budget.users.models import User

pytestmark = pytest.mark.django_db
D = Decimal
ELSEWHERE = [
    *[Envelope, Allocation, EnvelopeTransfer, BookRecount, MonthRecount],
    *[
        StoredFile,
        FilePart,
        StatementImport,
        Statement,
        StatementLine,
        RememberedColumns,
        RejectedTransfer,
        Certificate,
    ],
    *[AmountRule, MerchantMapping, TrainedModel],
    *[RecurringSeries, SettledDue, SeriesRow, SeriesSearch],
]
"""Attacked in tests/envelopes, tests/recount, tests/statements, tests/categorization and tests/recurring."""


@dataclass
class Side:
    """Ids of a book's rows."""

    book: int
    account: int
    savings: int
    dollars: int
    group: int
    food: int
    txn: int
    transfer: int
    change: int
    entry: int
    total: int
    line: int
    loose: dict[str, int] = field(default_factory=dict)
    """Sides of transfers that are not linked yet."""


@dataclass
class World:
    """One book, somebody else's, and what belongs to neither."""

    own: Side
    other: Side
    user: int
    standard: int


def make_side() -> Side:
    user = make_user()
    book = make_book(user)
    account, savings = make_account(book), make_account(book, "Savings")
    dollars = make_account(book, "Dollars", currency="USD")
    group = make_category(book, "Home")
    food = make_category(book, "Food", parent=group)
    txn = record_transaction(
        book=book,
        by=user,
        account=account,
        amount=D("12.50"),
        description="Coffee",
        category=food,
        external_id="bank-1",
        request=IdempotentRequest("a-key-of-mine", "digest"),
    )
    made = transfer_between_accounts(book=book, by=None, source=account, target=savings, amount=D("50.00"))
    change = Change.objects.get(book=book, key="a-key-of-mine")
    return Side(
        book=book.pk,
        account=account.pk,
        savings=savings.pk,
        dollars=dollars.pk,
        group=group.pk,
        food=food.pk,
        txn=txn.pk,
        transfer=made.pk,
        change=change.pk,
        entry=change.entries.get().pk,
        total=MonthlyTotal.objects.get(book=book, category=food).pk,
        line=make_line(make_statement(make_import(book), account)).pk,
        loose=_loose_sides(book, account, savings),
    )


def _loose_sides(book: Book, account: Account, savings: Account) -> dict[str, int]:
    sides = {
        "out": (account, "50.00", True),
        "in": (savings, "-50.00", True),
        "less in": (savings, "-49.99", True),
        "in at home": (account, "-50.00", True),
        "unmarked in": (savings, "-50.00", False),
    }
    with history.change(book, None, "Made sides", kind="test") as change:
        made = {
            name: change.create(Transaction(account=at, amount=D(amount), description=name, is_transfer=is_transfer))
            for name, (at, amount, is_transfer) in sides.items()
        }
    return {name: txn.pk for name, txn in made.items()}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with shared(django_db_blocker, make_world) as made:
        yield made


def make_world() -> World:
    return World(
        own=make_side(),
        other=make_side(),
        user=make_user("someone@example.org").pk,
        standard=StandardCategory.objects.create(name="Astronomy").pk,
    )


def link(w: World, out: str, into: str) -> None:
    copy(AccountTransfer, w.own.transfer, outgoing_id=w.own.loose[out], incoming_id=w.own.loose[into])


LEDGER: Attacks = {
    "book_name_not_empty": [Attack(lambda w: alter(Book, w.own.book, name=""))],
    "book_currency_three_letters": [Attack(lambda w: alter(Book, w.own.book, currency="eu1"))],
    "book_version_not_negative": [Attack(lambda w: alter(Book, w.own.book, version=-1))],
    "membership_once_per_book": [Attack(lambda w: copy(Membership, Membership.objects.get(book=w.own.book).pk))],
    "membership_role_known": [
        Attack(lambda w: alter(Membership, Membership.objects.get(book=w.own.book).pk, role="king"))
    ],
    "account_name_once_per_book": [Attack(lambda w: copy(Account, w.own.account, name="EVERYDAY"))],
    "account_name_not_empty": [Attack(lambda w: alter(Account, w.own.account, name=""))],
    "account_currency_three_letters": [
        Attack(lambda w: alter(Account, w.own.account, currency="eur"), ("account_currency_is_fixed_by_use",)),
        Attack(lambda w: alter(Account, w.own.account, currency="EU"), ("account_currency_is_fixed_by_use",)),
    ],
    "account_type_known": [Attack(lambda w: alter(Account, w.own.account, type="shoebox"))],
    "account_currency_is_fixed_by_use": [Attack(lambda w: alter(Account, w.own.account, currency="USD"))],
    "category_name_once_per_book_and_parent": [
        Attack(lambda w: copy(Category, w.own.food, name="FOOD")),
        Attack(lambda w: copy(Category, w.own.group, name="home")),
    ],
    "category_name_not_empty": [Attack(lambda w: alter(Category, w.own.food, name=""))],
    "category_color_hex": [Attack(lambda w: alter(Category, w.own.food, color="red"))],
    "category_rollover_known": [Attack(lambda w: alter(Category, w.own.food, rollover="maybe"))],
    "category_not_its_own_parent": [Attack(lambda w: _be_its_own_parent(w))],
    "category_parent_of_its_book_new": [
        Attack(lambda w: copy(Category, w.own.food, name="New", parent_id=w.other.group))
    ],
    "category_parent_of_its_book_moved": [
        Attack(lambda w: alter(Category, w.own.food, parent_id=w.other.group)),
        Attack(lambda w: alter(Category, w.own.food, book_id=w.other.book)),
    ],
    "category_two_levels_new": [Attack(lambda w: copy(Category, w.own.food, name="New", parent_id=w.own.food))],
    "category_two_levels_moved": [Attack(lambda w: _give_the_group_a_parent(w))],
    "transaction_amount_not_zero": [Attack(lambda w: alter(Transaction, w.own.txn, amount=0))],
    "transaction_amount_in_range": [
        Attack(lambda w: alter(Transaction, w.own.txn, amount=10**16)),
        Attack(lambda w: alter(Transaction, w.own.txn, amount=-(10**16))),
    ],
    "transaction_description_not_empty": [Attack(lambda w: alter(Transaction, w.own.txn, description=""))],
    "transaction_date_in_range": [
        Attack(lambda w: alter(Transaction, w.own.txn, date="1899-12-31")),
        Attack(lambda w: alter(Transaction, w.own.txn, date="2201-01-01")),
    ],
    "transaction_status_known": [Attack(lambda w: alter(Transaction, w.own.txn, status="lost"))],
    "transaction_source_known": [Attack(lambda w: alter(Transaction, w.own.txn, source="rumour"))],
    "transaction_transfer_without_category": [Attack(lambda w: alter(Transaction, w.own.txn, is_transfer=True))],
    "transaction_external_id_once_per_account": [Attack(lambda w: copy(Transaction, w.own.txn))],
    "transaction_tier_known": [
        Attack(lambda w: alter(Transaction, w.own.txn, predicted_category_id=w.own.food, tier="rumour"))
    ],
    "transaction_confidence_at_most_one": [
        Attack(lambda w: alter(Transaction, w.own.txn, predicted_category_id=w.own.food, confidence=1001))
    ],
    "transaction_predicted_with_tier": [
        Attack(lambda w: alter(Transaction, w.own.txn, tier="ai")),
        Attack(lambda w: alter(Transaction, w.own.txn, confidence=900)),
    ],
    "transaction_line_of_its_book_new": [
        Attack(lambda w: copy(Transaction, w.own.txn, line_id=w.other.line, external_id=None))
    ],
    "transaction_line_of_its_book_moved": [Attack(lambda w: alter(Transaction, w.own.txn, line_id=w.other.line))],
    "transaction_predicted_category_of_its_book_new": [
        Attack(lambda w: copy(Transaction, w.own.txn, predicted_category_id=w.other.food, external_id=None))
    ],
    "transaction_predicted_category_of_its_book_moved": [
        Attack(lambda w: alter(Transaction, w.own.txn, predicted_category_id=w.other.food))
    ],
    "transaction_account_of_its_book_new": [
        Attack(lambda w: copy(Transaction, w.own.txn, account_id=w.other.account, external_id=None))
    ],
    "transaction_account_of_its_book_moved": [
        Attack(lambda w: alter(Transaction, w.own.txn, account_id=w.other.account)),
        Attack(
            lambda w: alter(Transaction, w.own.txn, book_id=w.other.book), ("transaction_category_of_its_book_moved",)
        ),
    ],
    "transaction_category_of_its_book_new": [
        Attack(lambda w: copy(Transaction, w.own.txn, category_id=w.other.food, external_id=None))
    ],
    "transaction_category_of_its_book_moved": [
        Attack(lambda w: alter(Transaction, w.own.txn, category_id=w.other.food)),
        Attack(
            lambda w: alter(Transaction, w.own.txn, book_id=w.other.book), ("transaction_account_of_its_book_moved",)
        ),
    ],
    "account_transfer_two_legs": [Attack(lambda w: link(w, "out", "out"), ("account_transfer_balances",))],
    "account_transfer_balances": [
        Attack(lambda w: link(w, "out", "less in")),
        Attack(lambda w: link(w, "in", "out")),
        Attack(lambda w: link(w, "out", "in at home")),
        Attack(lambda w: link(w, "out", "unmarked in")),
        Attack(lambda w: link(w, "out", "out")),
    ],
    "account_transfer_is_final": [
        Attack(lambda w: alter(AccountTransfer, w.own.transfer, outgoing_id=w.own.loose["out"])),
        Attack(lambda w: alter(AccountTransfer, w.own.transfer, incoming_id=w.own.loose["in"])),
    ],
    "account_transfer_leg_is_frozen": [
        Attack(lambda w: alter(Transaction, _leg(w), amount=49_990)),
        Attack(lambda w: alter(Transaction, _leg(w), account_id=w.own.dollars)),
        Attack(lambda w: alter(Transaction, _leg(w), is_transfer=False)),
    ],
    "accounttransfer_outgoing_of_its_book_new": [
        Attack(lambda w: _link_ids(w, w.other.loose["out"], w.own.loose["in"])),
    ],
    "accounttransfer_incoming_of_its_book_new": [
        Attack(lambda w: _link_ids(w, w.own.loose["out"], w.other.loose["in"])),
    ],
    "accounttransfer_outgoing_of_its_book_moved": [
        Attack(
            lambda w: alter(AccountTransfer, w.own.transfer, book_id=w.other.book),
            ("accounttransfer_incoming_of_its_book_moved",),
        )
    ],
    "accounttransfer_incoming_of_its_book_moved": [
        Attack(
            lambda w: alter(AccountTransfer, w.own.transfer, book_id=w.other.book),
            ("accounttransfer_outgoing_of_its_book_moved",),
        )
    ],
    "monthly_total_once": [Attack(lambda w: copy(MonthlyTotal, w.own.total))],
    "monthly_total_count_positive": [Attack(lambda w: alter(MonthlyTotal, w.own.total, count=0))],
    "standard_category_name_once": [Attack(lambda w: copy(StandardCategory, w.standard, name="ASTRONOMY"))],
    "standard_category_name_not_empty": [Attack(lambda w: alter(StandardCategory, w.standard, name=""))],
    "standard_category_color_hex": [Attack(lambda w: alter(StandardCategory, w.standard, color="red"))],
}
HISTORY: Attacks = {
    "change_number_once_per_book": [Attack(lambda w: copy(Change, w.own.change, key=None))],
    "change_key_once_per_person": [Attack(lambda w: copy(Change, w.own.change, number=998))],
    "change_key_once_for_the_program": [Attack(lambda w: _reuse_the_key_of_the_program(w))],
    "change_number_positive": [Attack(lambda w: copy(Change, w.own.change, key=None, number=0))],
    "change_key_null_or_text": [Attack(lambda w: copy(Change, w.own.change, key="", number=998))],
    "change_does_not_undo_itself": [
        Attack(lambda w: copy(Change, w.own.change, key=None, number=998, id=10**9, undoes_id=10**9)),
    ],
    "change_never_deleted": [Attack(lambda w: remove(Change, w.own.change))],
    "change_never_altered": [
        Attack(lambda w: alter(Change, w.own.change, summary="Something else")),
        Attack(lambda w: alter(Change, w.own.change, number=998)),
        Attack(lambda w: alter(Change, w.own.change, digest="0" * 64)),
        Attack(lambda w: alter(Change, w.own.change, at="2020-01-01 00:00:00+00:00")),
    ],
    "entry_position_once_per_change": [Attack(lambda w: copy(Entry, w.own.entry))],
    "entry_count_positive": [Attack(lambda w: copy(Entry, w.own.entry, position=998, count=0))],
    "entry_ids_in_order": [Attack(lambda w: copy(Entry, w.own.entry, position=998, first_id=2, last_id=1))],
    "entry_change_of_its_book_new": [
        Attack(lambda w: copy(Entry, w.own.entry, change_id=w.other.change, position=998))
    ],
    "entry_change_of_its_book_moved": [
        Attack(lambda w: alter(Entry, w.own.entry, change_id=w.other.change), ("entry_never_altered",)),
    ],
    "entry_never_deleted": [Attack(lambda w: remove(Entry, w.own.entry))],
    "entry_never_altered": [
        Attack(lambda w: alter(Entry, w.own.entry, payload="{}")),
        Attack(lambda w: alter(Entry, w.own.entry, digest="0" * 64)),
    ],
}
PEOPLE: Attacks = {
    "user_email_unique_in_any_case": [Attack(lambda w: copy(User, w.user, email="SOMEONE@example.org"))],
    "user_email_not_empty": [Attack(lambda w: alter(User, w.user, email=""))],
    "user_name_not_empty": [Attack(lambda w: alter(User, w.user, name=""))],
    "user_theme_known": [Attack(lambda w: alter(User, w.user, theme="pink"))],
}
ATTACKS = {**LEDGER, **HISTORY, **PEOPLE}


def _leg(w: World) -> int:
    return AccountTransfer.objects.get(pk=w.own.transfer).outgoing_id


def _link_ids(w: World, out: int, into: int) -> None:
    copy(AccountTransfer, w.own.transfer, outgoing_id=out, incoming_id=into)


def _be_its_own_parent(w: World) -> None:
    copy(Category, w.own.group, name="Alone")
    alone = Category.objects.get(name="Alone").pk
    alter(Category, alone, parent_id=alone)


def _reuse_the_key_of_the_program(world: World) -> None:
    program = {"by_id": None, "by_name": "Budget Tracker", "key": "a-file-of-its-own"}
    copy(Change, world.own.change, number=997, **program)
    copy(Change, world.own.change, number=998, **program)


def _give_the_group_a_parent(w: World) -> None:
    copy(Category, w.own.group, name="New top")
    alter(Category, w.own.group, parent_id=Category.objects.get(name="New top").pk)


@pytest.mark.parametrize(("name", "attack"), named(ATTACKS))
def test_database_refuses(world: World, name: str, attack: Attack) -> None:
    """M5, R000-1, R001-45, R003-27, R004-7: the database itself holds every rule."""
    assert_refused(name, attack, world)


def test_every_constraint_and_every_guard_is_attacked() -> None:
    """R000-1: a rule without an attack fails here, and so does an attack on a rule that is gone."""
    assert set(ATTACKS) == rules_of(all_models() - set(ELSEWHERE))


def test_in_two_currencies_the_sides_of_a_transfer_may_differ(world: World) -> None:
    own = Book.objects.get(pk=world.own.book)
    made = transfer_between_accounts(
        book=own,
        by=None,
        source=Account.objects.get(pk=world.own.account),
        target=Account.objects.get(pk=world.own.dollars),
        amount=D("50.00"),
        arriving=D("54.10"),
    )

    assert (made.outgoing.amount, made.incoming.amount) == (D("50.00"), D("-54.10"))


@pytest.mark.parametrize("column", ["amount", "account_id", "book_id", "date", "description"])
def test_a_transaction_without_one_of_its_parts_is_refused(world: World, column: str) -> None:
    """R000-7, R001-3, R003-26: owner, account, amount, date and description are required."""
    with pytest.raises(IntegrityError), transaction.atomic():
        copy(Transaction, world.own.txn, **{"external_id": None, column: None})


def test_a_transaction_on_no_account_is_refused(world: World) -> None:
    with transaction.atomic():
        copy(Transaction, world.own.txn, external_id=None, account_id=10**9)
        with pytest.raises(IntegrityError):
            connection.check_constraints()
        transaction.set_rollback(True)


def test_a_line_is_one_transaction(world: World) -> None:
    alter(Transaction, world.own.txn, line_id=world.own.line)

    with pytest.raises(IntegrityError), transaction.atomic():
        copy(Transaction, world.own.txn, external_id=None)


def test_what_the_attacks_copy_is_accepted_when_nothing_is_wrong_with_it(world: World) -> None:
    """So a refusal is about the one thing that an attack made wrong."""
    copy(Account, world.own.account, name="Another")
    copy(Category, world.own.food, name="Another")
    predicted = {"predicted_category_id": world.own.food, "tier": "ai", "confidence": 1000, "line_id": world.own.line}
    copy(Transaction, world.own.txn, external_id=None, **predicted)
    link(world, "out", "in")
    copy(MonthlyTotal, world.own.total, month="1999-01-01")
    copy(Change, world.own.change, key=None, number=998)
    copy(Entry, world.own.entry, position=998)
    copy(User, world.user, email="another@example.org")
    connection.check_constraints()

    assert AccountTransfer.objects.filter(book=world.own.book).count() == 2


def test_expense_of_another_book_is_not_reachable_by_category(world: World) -> None:
    """R000-45: tenant isolation where a query starts from a foreign category: nothing of one's own is in it."""
    theirs = Category.objects.get(pk=world.other.food)
    make_txn(Account.objects.get(pk=world.other.account), "7.00", theirs)

    assert not Transaction.objects.filter(book=world.own.book).in_category(theirs).exists()
