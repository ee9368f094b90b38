"""M5: what must always hold of rules and known merchants is held by the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import IntegrityError, connection, transaction
from pytest_django import DjangoDbBlocker

from budget.categorization.models import AmountRule, MerchantMapping, TrainedModel
from budget.tests.attacks import Attack, Attacks, alter, assert_refused, copy, named, rules_of
from budget.tests.factories import make_book, make_category, make_mapping, make_rule, make_user
from budget.tests.sharing import shared

pytestmark = pytest.mark.django_db


@dataclass
class World:
    """Ids of rows in one book, and of a category in somebody else's."""

    rule: int
    mapping: int
    model: int
    foreign_category: int


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with shared(django_db_blocker, make_world) as made:
        yield made


def make_world() -> World:
    book = make_book(make_user())
    food = make_category(book)
    return World(
        rule=make_rule(food, amount="12.50").pk,
        mapping=make_mapping(food).pk,
        model=TrainedModel.objects.create(book=book).pk,
        foreign_category=make_category(make_book(make_user())).pk,
    )


ATTACKS: Attacks = {
    "amount_rule_pattern_not_empty": [Attack(lambda w: alter(AmountRule, w.rule, pattern=""))],
    "amount_rule_amount_above_zero": [
        Attack(lambda w: alter(AmountRule, w.rule, amount=0)),
        Attack(lambda w: alter(AmountRule, w.rule, amount=-1)),
    ],
    "amount_rule_tolerance_not_negative": [Attack(lambda w: alter(AmountRule, w.rule, tolerance=-1))],
    "amountrule_category_of_its_book_new": [Attack(lambda w: copy(AmountRule, w.rule, category_id=w.foreign_category))],
    "amountrule_category_of_its_book_moved": [
        Attack(lambda w: alter(AmountRule, w.rule, category_id=w.foreign_category))
    ],
    "merchant_mapping_once_per_book": [Attack(lambda w: copy(MerchantMapping, w.mapping))],
    "merchant_mapping_merchant_not_empty": [Attack(lambda w: alter(MerchantMapping, w.mapping, merchant=""))],
    "merchant_mapping_origin_known": [Attack(lambda w: alter(MerchantMapping, w.mapping, origin="rumour"))],
    "merchantmapping_category_of_its_book_new": [
        Attack(lambda w: copy(MerchantMapping, w.mapping, merchant="NEW", category_id=w.foreign_category))
    ],
    "merchantmapping_category_of_its_book_moved": [
        Attack(lambda w: alter(MerchantMapping, w.mapping, category_id=w.foreign_category))
    ],
}


@pytest.mark.parametrize(("name", "attack"), named(ATTACKS))
def test_database_refuses(world: World, name: str, attack: Attack) -> None:
    assert_refused(name, attack, world)


def test_every_rule_of_categorization_is_attacked() -> None:
    assert set(ATTACKS) == rules_of([AmountRule, MerchantMapping, TrainedModel])


def test_what_the_attacks_copy_is_accepted_when_nothing_is_wrong_with_it(world: World) -> None:
    """So a refusal is about the one thing that an attack made wrong."""
    copy(AmountRule, world.rule, amount=None, tolerance=0)
    copy(MerchantMapping, world.mapping, merchant="NEW", origin="starter")
    connection.check_constraints()

    assert (AmountRule.objects.count(), MerchantMapping.objects.count()) == (2, 2)


def test_book_has_one_trained_model(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        copy(TrainedModel, world.model)
