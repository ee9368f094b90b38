"""Faults that the rollback gate has to see: what undoes a failed write is broken for real, and a drill run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from django.db import connection, transaction
from django.db.models import QuerySet

from budget import history
from budget.history import recording
from budget.history.recorder import Recorder
from verification.controls.base import Fault, Outcome, attempt
from verification.drills.failing import DrillFailure
from verification.drills.rollbacks import DRILLS
from verification.gates import rollback

Ids = tuple[str, ...]
PARTIAL = "rows are not as before"


@contextmanager
def _exception_swallowed(drills: Ids) -> Iterator[None]:
    """An operation catches what went wrong, and commits what it had written until then."""
    change = history.change

    @contextmanager
    def careless(*args: Any, **more: Any) -> Iterator[Recorder]:
        with change(*args, **more) as recorder:
            try:
                yield recorder
            except DrillFailure:
                transaction.set_rollback(False)

    with patch.object(history, "change", careless):
        yield


@contextmanager
def _no_transaction(drills: Ids) -> Iterator[None]:
    """Each statement is a transaction of its own."""
    plain = SimpleNamespace(atomic=lambda: nullcontext())
    with (
        patch.object(recording, "transaction", plain),
        patch.object(QuerySet, "select_for_update", lambda found, **options: found),
    ):
        yield


@contextmanager
def _rollback_swallowed(drills: Ids) -> Iterator[None]:
    """An exception reaches the caller, after everything was committed all the same."""

    @contextmanager
    def commits_anyway() -> Iterator[None]:
        failure: BaseException | None = None
        with transaction.atomic():
            try:
                yield
            except DrillFailure as raised:
                failure = raised
                transaction.set_rollback(False)
        if failure:
            raise failure

    with patch.object(recording, "transaction", SimpleNamespace(atomic=commits_anyway)):
        yield


@contextmanager
def _commits_in_the_middle(drills: Ids) -> Iterator[None]:
    """A bulk operation commits each thousand rows."""
    enter = Recorder._enter

    def commit(change: Recorder, *args: Any) -> None:
        enter(change, *args)
        if change.record.kind == "transaction.categorize":
            connection.connection.commit()

    with patch.object(Recorder, "_enter", commit):
        yield


@contextmanager
def _history_failure_swallowed(drills: Ids) -> Iterator[None]:
    """A change stays although its history could not be written."""
    write = Recorder._write_entries

    def careless(change: Recorder) -> None:
        try:
            write(change)
        except DrillFailure:
            transaction.set_rollback(False)

    with patch.object(Recorder, "_write_entries", careless):
        yield


@contextmanager
def _stuck_after_failure(drills: Ids) -> Iterator[None]:
    """After a failed change the next one finds it still open."""
    change = history.change

    @contextmanager
    def sticky(*args: Any, **more: Any) -> Iterator[Recorder]:
        try:
            with change(*args, **more) as recorder:
                yield recorder
        except DrillFailure:
            recording._current.set(recorder)
            raise

    with patch.object(history, "change", sticky):
        yield
    recording._current.set(None)


def _fault(name: str, title: str, drill: str, sign: str, plant: Callable[[Ids], Any]) -> tuple[Fault[Ids], Ids]:
    return Fault(f"rollback_{name}", title, "rollback", f"rollback.{drill}", plant, sign), (drill,)


FAULTS: tuple[tuple[Fault[Ids], Ids], ...] = (
    _fault(
        "exception_swallowed",
        "An operation swallows the exception and commits half",
        "envelope_transfer",
        PARTIAL,
        _exception_swallowed,
    ),
    _fault("no_transaction", "A transfer without a transaction", "envelope_transfer", "uncommitted", _no_transaction),
    _fault(
        "rollback_swallowed",
        "A failed change is committed all the same",
        "application",
        PARTIAL,
        _rollback_swallowed,
    ),
    _fault(
        "commit_in_the_middle",
        "A bulk operation commits each thousand",
        "bulk_edit",
        PARTIAL,
        _commits_in_the_middle,
    ),
    _fault(
        "history_failure_swallowed",
        "A change stays although its history could not be written",
        "history_entry",
        "is not whole",
        _history_failure_swallowed,
    ),
    _fault(
        "stuck_after_failure",
        "After a failure nothing can be written any more",
        "envelope_transfer",
        "afterwards the same operation fails",
        _stuck_after_failure,
    ),
)


def attempts() -> Iterator[Outcome]:
    """Plant each fault and have its drill run."""
    for fault, ids in FAULTS:
        yield attempt(fault, ids, _judge)
        connection.close()  # some faults leave it in the middle of something


def _judge(ids: Ids) -> Any:
    return rollback.run([drill for drill in DRILLS if drill.id in ids], fewest=len(ids))
