"""The CRUD gate: every model that a person can write, created, read, updated, deleted, listed, and kept from others."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

from django.core import mail

from budget.errors import BudgetError
from budget.history.chain import recorded_models
from verification.drills.refusals import refused_by
from verification.gates.base import Check, GateResult, Status, held
from verification.matrix import filing, ledger, past, people, plan, recurring, transactions
from verification.matrix.cells import ACTIONS, ORDER, Cell, CellFailed, Output, Row

ROWS: tuple[type[Row], ...] = (
    *(*people.ROWS, *ledger.ROWS, *transactions.ROWS),
    *(*plan.ROWS, *filing.ROWS, *recurring.ROWS, *past.ROWS),
)
ALWAYS = ("user", "book", "change", "entry")
"""Models with a row besides those whose rows make up a book."""

DONE, BY_DESIGN, EMPTY, FAILED = "done", "refused_by_design", "empty", "failed"
EXPECTED = "expected.txt"
SHORT = 160
"""So much of an output is in the bundle, beside the digest of all of it."""


def run(rows: Sequence[type[Row]] = ROWS, models: Sequence[str] | None = None) -> GateResult:
    """Fill the matrix.

    Args:
        rows: which rows; a control asks for those that have to see its fault.
        models: the names of the models that must have a row; every one that a person can write when left out.
    """
    letters = len(mail.outbox)
    wanted = required_models() if models is None else models
    cells = [cell for row in rows for cell in fill(row)]
    cells += [
        Cell(name, name, action, Status.FAIL, EMPTY, "", "empty cell")
        for name in wanted
        if name not in {row.model for row in rows}
        for action in ACTIONS
    ]
    sent = len(mail.outbox) - letters
    empty = [f"{cell.row} x {cell.action}" for cell in cells if cell.outcome == EMPTY]
    checks = [
        held(
            "crud.matrix",
            not empty,
            expected="no empty cell",
            observed=f"{len(cells)} cells, {len(empty)} empty",
            unit="cells",
            threshold="0",
            failing_examples=empty,
            requirements=("R000-10", "R000-32"),
        ),
        *[_check(name, [cell for cell in cells if cell.row == name]) for name in dict.fromkeys(c.row for c in cells)],
        held("crud.silent", sent == 0, expected="no mail leaves", observed=f"{sent} mails" if sent else "no mail left"),
    ]
    reason = "crud_failed" if any(check.status.blocks for check in checks) else ""
    details = {"actions": list(ACTIONS), "cells": [_as_dict(cell) for cell in cells], "messages_sent": sent}
    return GateResult("crud", checks, reason, details)


def required_models() -> list[str]:
    """The models that must have a row: a new one without is an empty cell, and blocks."""
    return [*ALWAYS, *(model._meta.model_name or "" for model in recorded_models())]


def fill(row: type[Row]) -> list[Cell]:
    """One row's cells, in the order of `ACTIONS`."""
    try:
        made = row()
    except Exception as failure:
        # The people and books of a row are made by the product too: that it cannot is what came out of all its cells.
        problem = f"nothing to work on: {refused_by(failure)}"
        return [Cell(row.name, row.model, action, Status.FAIL, FAILED, "", problem) for action in ACTIONS]
    filled = {action: _cell(made, action) for action in ORDER}
    return [filled[action] for action in ACTIONS]


def _cell(row: Row, action: str) -> Cell:
    method = getattr(row, action, None)
    if method is None:
        return Cell(row.name, row.model, action, Status.FAIL, EMPTY, "", "empty cell")
    try:
        output: Output = method()
    except CellFailed as wrong:
        return Cell(row.name, row.model, action, Status.FAIL, FAILED, "", str(wrong))
    except Exception as failure:
        # Whatever the product raised where it must not is what came out of this cell.
        said = f": {failure}" if isinstance(failure, BudgetError) else ""
        return Cell(row.name, row.model, action, Status.FAIL, FAILED, "", f"raised {refused_by(failure)}{said}")
    outcome = BY_DESIGN if output.by_design else DONE
    wanted = expected().get(f"{row.name} x {action}", "")
    if output.text != wanted:
        return Cell(
            row.name, row.model, action, Status.FAIL, FAILED, output.text, _first_difference(wanted, output.text)
        )
    return Cell(row.name, row.model, action, Status.PASS, outcome, output.text)


def _check(name: str, cells: Sequence[Cell]) -> Check:
    wrong = [f"{cell.action}: {cell.problem}" for cell in cells if cell.status.blocks]
    more = next((row.requirements for row in ROWS if row.name == name), ())
    by_design = sum(1 for cell in cells if cell.outcome == BY_DESIGN)
    return held(
        check_id(name),
        not wrong,
        expected="6 of 6 as expected",
        observed=f"{len(cells) - len(wrong)} of {len(cells)} as expected, {by_design} of them refused by design",
        unit="cells",
        threshold=str(len(ACTIONS)),
        failing_examples=wrong,
        requirements=("R000-10", "R000-32", "R000-45", *more),
    )


def check_id(row: str) -> str:
    """The id of a row's check, from its name."""
    return f"crud.{'_'.join(re.findall('[a-z]+', row.lower()))}"


def _as_dict(cell: Cell) -> dict[str, str]:
    return {
        "row": cell.row,
        "model": cell.model,
        "action": cell.action,
        "status": cell.status.value,
        "outcome": cell.outcome,
        "output": cell.output if len(cell.output) <= SHORT else f"{cell.output[:SHORT]}…",
        "output_sha256": hashlib.sha256(cell.output.encode()).hexdigest(),
        "problem": cell.problem,
    }


def _first_difference(wanted: str, found: str) -> str:
    """The first line that is not as expected."""
    there, here = wanted.splitlines(), found.splitlines()
    for line in here:
        if line not in there:
            return f"not expected: {line}"
    for line in there:
        if line not in here:
            return f"missing: {line}"
    return "the same lines in another order or number"


@cache
def expected() -> Mapping[str, str]:
    """What has to come out of each cell, by `row x action`."""
    text = resources.files("verification.matrix").joinpath(EXPECTED).read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for part in text.split("\n\n"):
        title, _, output = part.strip().partition("\n")
        found[title.strip("[]")] = output
    return found
