"""S4: whatever one person asks, the books of the others stay as they are, and nothing of them is shown."""

from __future__ import annotations

import random
from dataclasses import fields
from typing import Any

import pytest
from django.db import models

from budget import history
from budget.tests.security.client import HTMX, CheckedClient
from budget.tests.security.routes import OWN, Form, Own
from budget.tests.security.world import World, make_world

pytestmark = pytest.mark.django_db

LEFT_OUT = {"books:book-create"}
"""They make books without end, in which nothing of the others could be."""


def ids(world: World) -> list[int]:
    """Of everything that the world is made of."""
    found = [getattr(world, field.name) for field in fields(world)]
    return [one.pk for one in found if isinstance(one, models.Model)] + [world.number]


def someone(chance: random.Random, me: World, worlds: list[World]) -> World:
    """Mostly oneself."""
    return me if chance.random() < 0.6 else chance.choice(worlds)


def mixed(chance: random.Random, own: Own, me: World, worlds: list[World]) -> Form:
    """A form of the route in which some values are somebody else's."""
    form: Form = {}
    if own.form:
        for name, value in own.form(me).items():
            other = someone(chance, me, worlds)
            theirs = own.form(other).get(name, value)
            form[name] = value if other.mark in str(theirs) else theirs  # what one types oneself is shown again
    if chance.random() < 0.3:
        names = ["category", "account", "txn", "parent", "from", "to", "target", "book", "next"]
        form[chance.choice(names)] = chance.choice(ids(chance.choice(worlds)))
    return form


def step(chance: random.Random, client: CheckedClient, me: World, worlds: list[World]) -> Any:
    """Ask something."""
    name = chance.choice(sorted(OWN.keys() - LEFT_OUT))
    own = OWN[name]
    path = own.path(name, someone(chance, me, worlds))
    headers = HTMX if chance.random() < 0.4 else {}
    if own.form and chance.random() < 0.75:
        return client.post(path, mixed(chance, own, me, worlds), headers=headers)
    asked = {chance.choice(["category", "account", "q", "from", "to", "parent"]): chance.choice(ids(worlds[0]))}
    return client.get(path, asked if chance.random() < 0.5 else {}, headers=headers)


def run(steps: int, seed: int) -> int:
    """Random requests of three people; answers how many of them changed the asker's own book."""
    chance = random.Random(seed)
    worlds = [make_world(mark) for mark in ("Aqfirst", "Bqsecond", "Cqthird")]
    clients = [CheckedClient().sign_in(world.user) for world in worlds]
    now = [history.digest(world.book) for world in worlds]
    written = 0
    for _ in range(steps):
        at = chance.randrange(len(worlds))
        answer = step(chance, clients[at], worlds[at], worlds)
        after = [history.digest(world.book) for world in worlds]
        for other, world in enumerate(worlds):
            if other != at:
                assert after[other] == now[other], answer.request
                assert f"{world.mark} " not in answer.text, answer.request
        written += after[at] != now[at]
        now = after
    return written


@pytest.mark.once
def test_random_requests_leave_the_books_of_others_alone() -> None:
    """S4, R000-44, R000-45: three people, none of whom reaches another."""
    assert run(steps=200, seed=20261121) > 20


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(10))
def test_ten_thousand_random_requests_leave_the_books_of_others_alone(seed: int) -> None:
    assert run(steps=1_000, seed=seed) > 50
