"""M5: what must always hold of a plan is held by the database itself, whatever program writes to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoDbBlocker

from budget import history
from budget.books.models import Book
from budget.envelopes.models import Allocation, Envelope, EnvelopeTransfer
from budget.envelopes.operations import set_budget
from budget.envelopes.operations import transfer as move
from budget.tests.attacks import Attack, Attacks, alter, assert_refused, copy, named, rules_of
from budget.tests.envelopes.conftest import NOVEMBER
from budget.tests.factories import make_book, make_category, make_user
from budget.tests.sharing import shared

pytestmark = pytest.mark.django_db
D = Decimal
FIFTY = 50_000


@dataclass
class World:
    """Ids of rows in one book, and of the like in somebody else's."""

    envelope: int
    other_envelope: int
    category: int
    foreign_category: int
    foreign_envelope: int
    foreign_book: int
    allocation: int
    transfer: int
    out: int
    into: int
    foreign_out: int
    foreign_into: int


def loose_parts(book: Book, envelope: Envelope) -> tuple[int, int]:
    """Two allocations that add up to zero and belong to no transfer yet."""
    with history.change(book, None, "Made two parts", kind="test") as change:
        out = change.create(Allocation(envelope=envelope, amount=D("-50.00")))
        into = change.create(Allocation(envelope=envelope, amount=D("50.00")))
    return out.pk, into.pk


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with shared(django_db_blocker, make_world) as made:
        yield made


def make_world() -> World:
    book, foreign = make_book(make_user()), make_book(make_user())
    food, rent, theirs = make_category(book, "Food"), make_category(book, "Rent"), make_category(foreign, "Food")
    for owner, category in ((book, food), (book, rent), (foreign, theirs)):
        set_budget(book=owner, by=None, category=category, month=NOVEMBER, amount=D("100.00"))
    made = move(book=book, by=None, source=food, target=rent, month=NOVEMBER, amount=D("10.00"))
    envelope, other, foreign_envelope = (Envelope.objects.get(category=c) for c in (food, rent, theirs))
    out, into = loose_parts(book, envelope)
    foreign_out, foreign_into = loose_parts(foreign, foreign_envelope)
    return World(
        envelope=envelope.pk,
        other_envelope=other.pk,
        category=food.pk,
        foreign_category=theirs.pk,
        foreign_envelope=foreign_envelope.pk,
        foreign_book=foreign.pk,
        allocation=envelope.allocations.order_by("pk")[0].pk,
        transfer=made.pk,
        out=out,
        into=into,
        foreign_out=foreign_out,
        foreign_into=foreign_into,
    )


def link(w: World, out: int, into: int) -> None:
    copy(EnvelopeTransfer, w.transfer, outgoing_id=out, incoming_id=into)


def with_amounts(w: World, out: int, into: int) -> None:
    """Two new allocations with these thousandths, linked."""
    ids = []
    for units in (out, into):
        copy(Allocation, w.allocation, amount=units)
        ids.append(Allocation.objects.latest("pk").pk)
    link(w, *ids)


ATTACKS: Attacks = {
    "envelope_once_per_category_and_month": [Attack(lambda w: copy(Envelope, w.envelope))],
    "envelope_month_is_a_first_day": [
        Attack(lambda w: copy(Envelope, w.envelope, month="2026-12-02")),
        Attack(lambda w: alter(Envelope, w.envelope, month="2026-11-30")),
    ],
    "envelope_month_in_range": [
        Attack(lambda w: copy(Envelope, w.envelope, month="1899-12-01")),
        Attack(lambda w: alter(Envelope, w.envelope, month="2201-01-01")),
    ],
    "envelope_category_of_its_book_new": [
        Attack(lambda w: copy(Envelope, w.envelope, category_id=w.foreign_category, month="2026-12-01")),
    ],
    "envelope_category_of_its_book_moved": [
        Attack(lambda w: alter(Envelope, w.envelope, category_id=w.foreign_category)),
        Attack(lambda w: alter(Envelope, w.envelope, book_id=w.foreign_book)),
    ],
    "allocation_amount_not_zero": [Attack(lambda w: copy(Allocation, w.allocation, amount=0))],
    "allocation_envelope_of_its_book_new": [
        Attack(lambda w: copy(Allocation, w.allocation, envelope_id=w.foreign_envelope)),
        Attack(lambda w: copy(Allocation, w.allocation, book_id=w.foreign_book)),
    ],
    "allocation_envelope_of_its_book_moved": [
        Attack(lambda w: alter(Allocation, w.allocation, book_id=w.foreign_book)),
        Attack(
            lambda w: alter(Allocation, w.allocation, envelope_id=w.foreign_envelope), ("allocation_is_never_edited",)
        ),
    ],
    "allocation_is_never_edited": [
        Attack(lambda w: alter(Allocation, w.allocation, amount=1)),
        Attack(lambda w: alter(Allocation, w.allocation, envelope_id=w.other_envelope)),
    ],
    "envelope_transfer_two_legs": [Attack(lambda w: link(w, w.out, w.out), ("envelope_transfer_balances",))],
    "envelope_transfer_balances": [
        Attack(lambda w: with_amounts(w, -FIFTY, FIFTY - 1)),
        Attack(lambda w: with_amounts(w, -FIFTY, -FIFTY)),
        Attack(lambda w: with_amounts(w, FIFTY, -FIFTY)),
        Attack(lambda w: link(w, w.out, w.out)),
    ],
    "envelope_transfer_is_final": [
        Attack(lambda w: alter(EnvelopeTransfer, w.transfer, outgoing_id=w.out)),
        Attack(lambda w: alter(EnvelopeTransfer, w.transfer, incoming_id=w.into)),
    ],
    "envelopetransfer_outgoing_of_its_book_new": [Attack(lambda w: link(w, w.foreign_out, w.into))],
    "envelopetransfer_incoming_of_its_book_new": [Attack(lambda w: link(w, w.out, w.foreign_into))],
    "envelopetransfer_outgoing_of_its_book_moved": [
        Attack(
            lambda w: alter(EnvelopeTransfer, w.transfer, book_id=w.foreign_book),
            ("envelopetransfer_incoming_of_its_book_moved",),
        ),
    ],
    "envelopetransfer_incoming_of_its_book_moved": [
        Attack(
            lambda w: alter(EnvelopeTransfer, w.transfer, book_id=w.foreign_book),
            ("envelopetransfer_outgoing_of_its_book_moved",),
        ),
    ],
}


@pytest.mark.parametrize(("name", "attack"), named(ATTACKS))
def test_database_refuses(world: World, name: str, attack: Attack) -> None:
    """M5, R003-55: one budget per category and month."""
    assert_refused(name, attack, world)


def test_every_rule_of_the_plan_is_attacked() -> None:
    assert set(ATTACKS) == rules_of([Envelope, Allocation, EnvelopeTransfer])


def test_an_allocation_belongs_to_one_transfer_at_most(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        copy(EnvelopeTransfer, world.transfer)


@pytest.mark.parametrize("column", ["amount", "envelope_id", "book_id", "note"])
def test_an_allocation_without_one_of_its_parts_is_refused(world: World, column: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        copy(Allocation, world.allocation, **{column: None})


def test_an_envelope_of_no_category_is_refused(world: World) -> None:
    with transaction.atomic():
        copy(Envelope, world.envelope, category_id=10**9, month="2026-12-01")
        with pytest.raises(IntegrityError):
            connection.check_constraints()
        transaction.set_rollback(True)


def test_what_the_attacks_copy_is_accepted_when_nothing_is_wrong_with_it(world: World) -> None:
    """So a refusal is about the one thing that an attack made wrong."""
    copy(Envelope, world.envelope, month="2026-12-01")
    with_amounts(world, -FIFTY, FIFTY)
    connection.check_constraints()

    assert EnvelopeTransfer.objects.count() == 2
