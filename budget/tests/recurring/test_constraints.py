"""M5: what must always hold of series and their due dates is held by the database itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from django.db import connection

from budget.recurring import operations
from budget.recurring.models import RecurringSeries, SeriesRow, SeriesSearch, SettledDue
from budget.tests.attacks import Attack, Attacks, alter, assert_refused, copy, named, rules_of
from budget.tests.factories import make_account, make_book, make_category, make_series, make_txn, make_user

pytestmark = pytest.mark.django_db


@dataclass
class World:
    """Ids of rows in one book, and of some in somebody else's."""

    series: int
    settled: int
    link: int
    search: int
    foreign_account: int
    foreign_category: int
    foreign_series: int
    foreign_txn: int
    txn: int


@pytest.fixture
def world() -> World:
    book, theirs = make_book(make_user()), make_book(make_user())
    account, their_account = make_account(book), make_account(theirs)
    series = make_series(account, category=make_category(book))
    make_txn(account, "13.99", date="2026-11-16", description="Film Stream")
    return World(
        series=series.pk,
        settled=operations.skip(series, by=None, due=date(2026, 12, 16)).pk,
        link=SeriesRow.objects.get(series=series).pk,
        search=SeriesSearch.objects.create(book=book).pk,
        foreign_account=their_account.pk,
        foreign_category=make_category(theirs).pk,
        foreign_series=make_series(their_account).pk,
        foreign_txn=make_txn(their_account).pk,
        txn=make_txn(account, "3.00").pk,
    )


ATTACKS: Attacks = {
    "series_name_not_empty": [Attack(lambda w: alter(RecurringSeries, w.series, name=""))],
    "series_amount_not_zero": [
        Attack(lambda w: alter(RecurringSeries, w.series, amount=0), ()),
    ],
    "series_amount_in_range": [
        Attack(lambda w: alter(RecurringSeries, w.series, amount=10**16)),
        Attack(lambda w: alter(RecurringSeries, w.series, amount=-(10**16))),
    ],
    "series_amount_within_its_range": [
        Attack(lambda w: alter(RecurringSeries, w.series, low=13_991, high=20_000)),
        Attack(lambda w: alter(RecurringSeries, w.series, low=-1, high=20_000)),
        Attack(lambda w: alter(RecurringSeries, w.series, low=1_000)),
    ],
    "series_rhythm_known": [Attack(lambda w: alter(RecurringSeries, w.series, rhythm="hourly"))],
    "series_state_known": [Attack(lambda w: alter(RecurringSeries, w.series, state="lost"))],
    "series_origin_known": [Attack(lambda w: alter(RecurringSeries, w.series, origin="elf"))],
    "series_anchor_in_range": [
        Attack(lambda w: alter(RecurringSeries, w.series, anchor="1899-12-31")),
        Attack(lambda w: alter(RecurringSeries, w.series, anchor="2201-01-01")),
    ],
    "recurringseries_account_of_its_book_new": [
        Attack(lambda w: copy(RecurringSeries, w.series, account_id=w.foreign_account))
    ],
    "recurringseries_account_of_its_book_moved": [
        Attack(lambda w: alter(RecurringSeries, w.series, account_id=w.foreign_account))
    ],
    "recurringseries_category_of_its_book_new": [
        Attack(lambda w: copy(RecurringSeries, w.series, category_id=w.foreign_category))
    ],
    "recurringseries_category_of_its_book_moved": [
        Attack(lambda w: alter(RecurringSeries, w.series, category_id=w.foreign_category))
    ],
    "settled_due_once_per_series_and_date": [Attack(lambda w: copy(SettledDue, w.settled))],
    "settled_due_outcome_known": [Attack(lambda w: alter(SettledDue, w.settled, outcome="eaten"))],
    "settleddue_series_of_its_book_new": [Attack(lambda w: copy(SettledDue, w.settled, series_id=w.foreign_series))],
    "settleddue_series_of_its_book_moved": [Attack(lambda w: alter(SettledDue, w.settled, series_id=w.foreign_series))],
    "seriesrow_series_of_its_book_new": [
        Attack(lambda w: copy(SeriesRow, w.link, series_id=w.foreign_series, transaction_id=w.txn))
    ],
    "seriesrow_series_of_its_book_moved": [Attack(lambda w: alter(SeriesRow, w.link, series_id=w.foreign_series))],
    "seriesrow_transaction_of_its_book_new": [Attack(lambda w: copy(SeriesRow, w.link, transaction_id=w.foreign_txn))],
    "seriesrow_transaction_of_its_book_moved": [
        Attack(lambda w: alter(SeriesRow, w.link, transaction_id=w.foreign_txn))
    ],
}


@pytest.mark.parametrize(("name", "attack"), named(ATTACKS))
def test_database_refuses(world: World, name: str, attack: Attack) -> None:
    assert_refused(name, attack, world)


def test_every_rule_of_series_is_attacked() -> None:
    assert set(ATTACKS) == rules_of([RecurringSeries, SettledDue, SeriesRow, SeriesSearch])


def test_what_the_attacks_copy_is_accepted_when_nothing_is_wrong_with_it(world: World) -> None:
    """So a refusal is about the one thing that an attack made wrong."""
    copy(RecurringSeries, world.series, low=10_000, high=20_000)
    copy(SettledDue, world.settled, due="2027-01-16")
    copy(SeriesRow, world.link, transaction_id=world.txn)
    connection.check_constraints()

    assert (RecurringSeries.objects.count(), SettledDue.objects.count(), SeriesRow.objects.count()) == (3, 2, 2)
