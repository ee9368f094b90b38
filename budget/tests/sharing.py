"""Rows that all tests of a module share: made once, around the transaction that each test takes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import transaction
from pytest_django import DjangoDbBlocker

Made = TypeVar("Made")


@contextmanager
def shared(blocker: DjangoDbBlocker, make: Callable[[], Made]) -> Iterator[Made]:
    """Make rows in a transaction that is taken back in the end; for tests that need no commit of their own."""
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]  # what may only be outermost is so in tests too
    with blocker.unblock():
        around.__enter__()
    try:
        with blocker.unblock():
            made = make()
        yield made
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            around.__exit__(None, None, None)
