"""Two people who must never meet."""

import pytest

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
