"""What a row of the matrix is made of, and the ways in which a cell acts and looks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import Any, ClassVar

from django.db import connection, transaction
from django.test import Client
from django.test.client import ClientHandler
from django.urls import reverse

from budget.history.rows import Value
from budget.users.models import User
from verification.drills.refusals import refused_by
from verification.drills.state import State, effects, unsound
from verification.drills.world import World, world
from verification.gates.base import Status

ACTIONS = ("create", "read", "update", "delete", "list", "foreign")
"""The columns of the matrix. `foreign` is somebody else who tries to read, write and list what is not theirs."""

ORDER = ("create", "read", "list", "foreign", "update", "delete")
"""The order in which one row's cells are filled."""

OURS = ("Household", "Everyday", "Savings", "Coffee house", "Bakery")
THEIRS = ("Elsewhere", "Their account", "Their category", "Their coffee", "Stranger")
"""What the owner's pages say and never the stranger's, and the other way round."""

NOWHERE = 10**15
"""An id that no row has."""

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
TAGS = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)


class CellFailed(AssertionError):
    """The product did something else than it must."""


@dataclass(frozen=True)
class Output:
    """What came out of a cell. `by_design` where the model does not have that action, and something refused it."""

    text: str
    by_design: bool = False


@dataclass(frozen=True)
class Cell:
    """One cell that was filled, or that nothing fills."""

    row: str
    model: str
    action: str
    status: Status
    outcome: str
    output: str
    problem: str = ""


@cache
def _handler() -> ClientHandler:
    """The program's middleware, which it loads once: looking for the static files takes longer than a page."""
    return ClientHandler(enforce_csrf_checks=False)


def browser(user: User) -> Client:
    """Somebody who is signed in."""
    client = Client(raise_request_exception=False)
    client.handler = _handler()
    client.force_login(user, BACKEND)
    return client


class Row:
    """One row of the matrix; each subclass has a method for each of `ACTIONS`."""

    name: ClassVar[str]
    model: ClassVar[str]
    requirements: ClassVar[tuple[str, ...]] = ()
    """The lines that this row meets, besides those of the whole matrix."""

    def __init__(self) -> None:
        self.world: World = world()
        self.own, self.other = browser(self.world.owner), browser(self.world.stranger)

    def state(self) -> State:
        """The rows of this world, and of what was made since."""
        return State.now(self.world.book.pk, self.world.owner.pk)

    def wrote(self, act: Callable[[], object]) -> str:
        """Act, and say what became of every row of every book.

        Raises:
            CellFailed: history, versions or monthly totals do not fit what was written.
        """
        before = self.state()
        act()
        after = self.state()
        if problems := unsound(before, after):
            raise CellFailed("; ".join(problems))
        return "\n".join(effects(before, after)) or "nothing was written"

    def refused(self, *acts: Callable[[], object]) -> str:
        """Try each act; say what refused it.

        Raises:
            CellFailed: one was allowed, or wrote something all the same.
        """
        lines, before = [], self.state()
        for act in acts:
            try:
                act()
            except Exception as refusal:
                # Whatever it is: who refused is what the cell is about, and is compared with who has to.
                lines.append(f"refused by {refused_by(refusal)}")
            else:
                raise CellFailed("; ".join(["it was allowed", *effects(before, self.state())]))
        if written := effects(before, self.state()):
            raise CellFailed("; ".join(["it was refused, and written all the same", *written]))
        return "\n".join(lines)

    def shown(
        self,
        view: str,
        *args: object,
        client: Client | None = None,
        query: str = "",
        shows: Sequence[str] = (),
        hides: Iterable[str] = THEIRS,
    ) -> str:
        """Open a page; say what it shows.

        Raises:
            CellFailed: it does not answer, lacks something, or shows what is somebody else's.
        """
        response = (client or self.own).get(reverse(view, args=args) + query)
        if response.status_code != 200:
            raise CellFailed(f"{view} answers {response.status_code}")
        page = response.content.decode()
        text = " ".join(unescape(TAGS.sub(" ", page)).split())
        if lacking := [wanted for wanted in shows if wanted not in text]:
            raise CellFailed(f"{view} does not show {', '.join(lacking)}")
        if leaked := [hidden for hidden in hides if hidden in page]:
            raise CellFailed(f"{view} shows somebody else's {', '.join(leaked)}")
        return f"{view} shows {', '.join(shows) or 'nothing'}, and nothing of others"

    def answers(self, client: Client, *asked: tuple[str, str, Sequence[object], dict[str, Any]]) -> str:
        """Send requests (method, view, arguments, form) and say their status; none may write anything.

        Raises:
            CellFailed: something was written.
        """
        lines, before = [], self.state()
        for method, view, args, form in asked:
            response = client.generic(method, reverse(view, args=args)) if not form else None
            if response is None:
                response = client.post(reverse(view, args=args), form)
            lines.append(f"{method} {view}: {response.status_code}")
        if written := effects(before, self.state()):
            raise CellFailed("; ".join(["somebody else wrote", *lines, *written]))
        return "\n".join(lines)

    def answers_to(self, client: Client, view: str, form: dict[str, Any], *args: object) -> int:
        """Send a form that is meant to write; answers the status.

        Raises:
            CellFailed: it was refused.
        """
        status = client.post(reverse(view, args=args), form).status_code
        if status not in (200, 204, 302):
            raise CellFailed(f"{view} answers {status}")
        return status

    def sql(self, statement: str, *values: Value) -> Callable[[], object]:
        """An act: SQL behind the application's back, which the database itself has to refuse."""

        def act() -> None:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, values)

        return act


def get(view: str, *args: object) -> tuple[str, str, Sequence[object], dict[str, Any]]:
    """A page to be asked for."""
    return ("GET", view, args, {})


def post(view: str, *args: object, **form: object) -> tuple[str, str, Sequence[object], dict[str, Any]]:
    """A form to be sent."""
    return ("POST", view, args, form or {"x": "1"})


def lines(*texts: str) -> str:
    """Several outputs as one."""
    return "\n".join(texts)


def named(rows: Iterable[object]) -> str:
    """A list's rows in its order."""
    return " | ".join(str(row) for row in rows)
