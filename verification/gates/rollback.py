"""The rollback gate: writes that fail halfway leave nothing behind, as a second connection sees it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from django.core import mail
from django.db import connection

from budget import history
from budget.books.models import Book
from budget.ledger import totals
from verification.drills.refusals import refused_by
from verification.drills.rollbacks import DRILLS, Drill, Operation
from verification.drills.witness import Look, look, own_look
from verification.drills.world import World, world
from verification.gates.base import Check, GateResult, Json, held

FEWEST = 8
"""At least so many drills; requirement R000-11 asks for one, the bundle's format for six."""


@dataclass(frozen=True)
class Inside:
    """What the two connections saw in the middle of the transaction, and by how many rows that differs from before."""

    first: Mapping[str, Json]
    first_differs: int
    second: Mapping[str, Json]
    second_differs: int


@dataclass
class Report:
    """What one drill showed."""

    drill: Drill
    before: Look
    inside: Inside | None = None
    after: Look | None = None
    ended: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def partial_rows(self) -> int:
        """How many rows of any table are not as they were before."""
        return self.after.differing(self.before) if self.after else -1

    def as_dict(self) -> dict[str, Json]:
        """For the bundle."""
        return {
            "id": self.drill.id,
            "title": self.drill.title,
            "ended": self.ended,
            "before": self.before.figures(),
            "inside": None
            if self.inside is None
            else {
                "first_connection": dict(self.inside.first),
                "rows_it_saw_differ": self.inside.first_differs,
                "second_connection": dict(self.inside.second),
                "rows_it_saw_differ_from_outside": self.inside.second_differs,
            },
            "after": None if self.after is None else self.after.figures(),
            "partial_rows": self.partial_rows,
            "problems": list(self.problems),
        }


def run(drills: Sequence[Drill] = DRILLS, *, fewest: int = FEWEST) -> GateResult:
    """Run the drills, each on people and books of its own."""
    letters = len(mail.outbox)
    reports = [_report(drill) for drill in drills]
    partial = sum(max(report.partial_rows, 0) for report in reports)
    sent = len(mail.outbox) - letters
    checks = [
        held(
            "rollback.drills",
            len(reports) >= fewest,
            expected=f"at least {fewest} drills",
            observed=f"{len(reports)} drills",
            threshold=str(fewest),
            requirements=("R000-11", "R000-33"),
        ),
        *[_check(report) for report in reports],
        held(
            "rollback.partial_rows",
            partial == 0 and all(report.partial_rows == 0 for report in reports),
            expected="0",
            observed=str(partial),
            unit="rows",
            threshold="0",
            requirements=("R000-11",),
        ),
        held(
            "rollback.silent",
            sent == 0,
            expected="no mail leaves",
            observed=f"{sent} mails" if sent else "no mail left",
        ),
    ]
    reason = "rollback_failed" if any(check.status.blocks for check in checks) else ""
    return GateResult(
        "rollback", checks, reason, {"drills": [report.as_dict() for report in reports], "messages_sent": sent}
    )


def _check(report: Report) -> Check:
    rows = "row" if report.partial_rows == 1 else "rows"
    return held(
        f"rollback.{report.drill.id}",
        not report.problems,
        expected="0 partial rows; seen inside by nobody else; then the same succeeds",
        observed=f"{report.partial_rows} partial {rows}; {report.ended}",
        unit="rows",
        threshold="0",
        message=report.drill.title,
        failing_examples=tuple(report.problems),
        requirements=("R000-11", "R000-33"),
    )


def _report(drill: Drill) -> Report:
    made = world()
    operation = drill.prepare(made)
    since = made.book.pk
    report = Report(drill, before=look(since))
    if drill.kills:
        _kill(report, made, operation, since)
    else:
        _fail(report, made, operation, since)
    report.after = look(since)
    _judge(report, made)
    _again(report, made, operation, since)
    return report


def _fail(report: Report, made: World, operation: Operation, since: int) -> None:
    """Have the operation fail in this process."""

    def now() -> None:
        report.inside = _inside(report.before, since)

    with report.drill.strike(made, now):
        try:
            operation()
        except report.drill.raises as failure:
            report.ended = refused_by(failure)
        except Exception as failure:
            # Whatever it is: that it reached the caller instead of what the drill made is what this drill shows.
            report.ended = refused_by(failure)
            report.problems.append(f"another error than the one made reached the caller: {report.ended}")
        else:
            report.problems.append("the caller was told that all is well")
    connection.close()


def _kill(report: Report, made: World, operation: Operation, since: int) -> None:
    """Have the operation done by a child process, and kill that in the middle."""
    connection.close()
    told, tells = os.pipe()
    leash, holds = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(told)
        os.close(holds)
        _work_until_killed(report, made, operation, since, tells, leash)
    os.close(tells)
    os.close(leash)
    try:
        with os.fdopen(told) as answer:
            line = answer.readline()
        seen = look(since)
    finally:
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        os.close(holds)
    if not line or not os.WIFSIGNALED(status):
        report.problems.append("the process ended by itself before it was killed")
        return
    first, differs = json.loads(line)
    report.inside = Inside(first, differs, seen.figures(), seen.differing(report.before))
    report.ended = f"killed by signal {os.WTERMSIG(status)}"


def _work_until_killed(
    report: Report, made: World, operation: Operation, since: int, tells: int, leash: int
) -> NoReturn:
    """The child: tells what it sees in the middle of its transaction, and stays there, no longer than its parent."""

    def now() -> None:
        mine = own_look(since)
        os.write(tells, json.dumps([mine.figures(), mine.differing(report.before)]).encode() + b"\n")
        os.read(leash, 1)

    try:
        with report.drill.strike(made, now):
            operation()
    finally:
        os._exit(1)


def _inside(before: Look, since: int) -> Inside:
    mine, theirs = own_look(since), look(since)
    return Inside(mine.figures(), mine.differing(before), theirs.figures(), theirs.differing(before))


def _judge(report: Report, made: World) -> None:
    """What must hold once the failure is over."""
    if report.inside is None:
        report.problems.append("the place where it should fail was never reached")
    else:
        if report.inside.first_differs == 0:
            report.problems.append("nothing was written yet when it failed, so nothing was proved")
        if report.inside.second_differs:
            report.problems.append(f"a second connection saw {report.inside.second_differs} uncommitted rows")
    if report.partial_rows:
        report.problems.append(f"{report.partial_rows} rows are not as before")
    report.problems += _unsound(made)


def _again(report: Report, made: World, operation: Operation, since: int) -> None:
    """The same operation, with nothing in its way, succeeds and is whole."""
    try:
        operation()
    except Exception as failure:
        # Whatever it is: the answer of this drill is that it happened.
        report.problems.append(f"afterwards the same operation fails: {refused_by(failure)}")
        connection.close()
        return
    if report.after is not None and look(since).differing(report.after) == 0:
        report.problems.append("afterwards the same operation writes nothing")
    report.problems += [f"afterwards {problem}" for problem in _unsound(made)]


def _unsound(made: World) -> list[str]:
    """What is wrong with the books as they stand: their history, and their months against their rows."""
    found = []
    for book in Book.objects.filter(pk__gte=made.book.pk).order_by("pk"):
        verdict = history.verify(book)
        if not verdict.is_whole:
            found.append(f"the history of {book} is not whole")
        if differences := totals.differences(book):
            found.append(f"{len(differences)} monthly totals of {book} are not what their rows add up to")
    return found
