"""M5: what is kept of a recount is one row a book and one a month, held so by the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoDbBlocker

from budget.months import Month
from budget.recount.models import BookRecount, MonthRecount
from budget.recount.operations import count_month
from budget.tests.attacks import Attack, Attacks, alter, assert_refused, copy, named, rules_of
from budget.tests.factories import make_book, make_user
from budget.tests.sharing import shared

pytestmark = pytest.mark.django_db


@dataclass
class World:
    """Ids of what is kept of a book and of one of its months."""

    book: int
    month: int


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with shared(django_db_blocker, make_world) as made:
        yield made


def make_world() -> World:
    book = make_book(make_user())
    count_month(book, Month(2026, 11))
    return World(BookRecount.objects.get(book=book).pk, MonthRecount.objects.get(book=book).pk)


ATTACKS: Attacks = {
    "book_recount_version_not_negative": [Attack(lambda w: alter(BookRecount, w.book, version=-1))],
    "month_recount_once": [Attack(lambda w: copy(MonthRecount, w.month))],
    "month_recount_status_known": [Attack(lambda w: alter(MonthRecount, w.month, status="sure"))],
}


@pytest.mark.parametrize(("name", "attack"), named(ATTACKS))
def test_database_refuses(world: World, name: str, attack: Attack) -> None:
    assert_refused(name, attack, world)


def test_every_rule_of_the_recount_is_attacked() -> None:
    assert set(ATTACKS) == rules_of([BookRecount, MonthRecount])


def test_a_book_is_read_once(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        copy(BookRecount, world.book)
