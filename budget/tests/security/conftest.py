"""Two people who must never meet."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.db import connection, transaction

from budget.recount import exporting
from budget.tests.security.client import CheckedClient
from budget.tests.security.world import World, make_world


@pytest.fixture
def mine(db: None) -> World:
    """What the person who asks keeps."""
    return make_world("Aqmine")


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
