"""Two people who must never meet."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from functools import partial

import pytest
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from budget.recount import exporting
from budget.tests.security.client import CheckedClient
from budget.tests.security.world import World, make_world
from budget.tests.sharing import shared


@pytest.fixture(scope="module")
def _mine(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Made once for all tests of a module."""
    with shared(django_db_blocker, partial(make_world, "Aqmine")) as made:
        yield made


@pytest.fixture
def mine(_mine: World, db: None) -> World:
    """What the person who asks keeps."""
    return deepcopy(_mine)


@pytest.fixture
def theirs(mine: World) -> World:
    """What somebody else keeps: none of it may be seen or changed; its newest change has a number of its own."""
    return make_world("Zqtheirs", changes=mine.number + 12)


@pytest.fixture
def site(mine: World, monkeypatch: pytest.MonkeyPatch) -> CheckedClient:
    """The site as the owner of `mine` sees it; an export waits for its recount, however busy the machine is."""
    monkeypatch.setattr(exporting, "SLICE", 60.0)
    return CheckedClient().sign_in(mine.user)


@pytest.fixture
def taken_back(db: None) -> Callable[[], AbstractContextManager[None]]:
    """Takes back what a request wrote, so that many can be tried on one world: `with taken_back(): site.post(...)`."""

    @contextmanager
    def block() -> Iterator[None]:
        with transaction.atomic():
            yield
            connection.check_constraints()  # the foreign keys that would else be looked at in the end only
            transaction.set_rollback(True)

    return block
