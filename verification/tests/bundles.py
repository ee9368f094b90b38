"""Bundles in folders, as a run leaves them, for tests of what reads them."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from verification import evidence
from verification.gates.base import Check, GateResult, Json, Status, not_run
from verification.independent.comparison import compare
from verification.independent.count import count_ledger
from verification.independent.totals import Total
from verification.known_answer import FIXTURE
from verification.tests.samples import sample_bundle, sample_gate, verification_details

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OLDER, NEWER = "20261120T080000Z-4e1c9a2f00d0", "20261121T091400Z-4e1c9a2f00d0"


@cache
def _counted() -> dict[str, Json]:
    """The fixture counted, and compared with itself."""
    with FIXTURE.open("rb") as opened:
        counted = count_ledger(opened)
    totals = [Total.from_dict(total) for total in counted["totals"]]
    return counted | {"result": compare(totals, totals)}


def sound_bundle(*gates: GateResult, **parts: Json) -> dict[str, Json]:
    """A verified bundle, with the known answer, that the independent program agrees with."""
    counted = copy.deepcopy(_counted())
    check = Check("verification.known_answer", Status.PASS, "equal", "309 and 309 rows", threshold="0.01")
    known = {"known_answer": {"sql": counted["totals"], "result": counted["result"]}}
    given = {name: counted[name] for name in ("sha256", "bytes", "rows", "rows_in_scope", "columns", "encoding")}
    gate = GateResult("verification", [check], details=verification_details("") | known)
    inputs = [{"role": "known_answer", **given}]
    return sample_bundle([gate, *gates], **{"inputs": inputs, **parts})


def full_bundle() -> dict[str, Json]:
    """The same with a matrix, drills, a mismatch, a missed fault and a trace: all that a page can show."""
    found = sound_bundle()
    gates = {gate["id"]: gate for gate in found["gates"]}
    gates["crud"]["details"] = {
        "actions": ["create", "read", "foreign"],
        "cells": [
            _cell("book", "create", "pass", "done"),
            _cell("book", "read", "pass", "done"),
            _cell("book", "foreign", "pass", "refused_by_design"),
            _cell("account", "create", "fail", "done", "The row lacks its name."),
        ],
    }
    gates["crud"]["checks"][0] |= {"id": "crud.matrix", "observed": "6 cells, 1 empty"}
    gates["schema"]["details"] = {"database": {"constraints_found": 125, "drift": ["a table more"]}}
    gates["rollback"]["details"] = {"drills": [_drill("Transfer that fails", 0), _drill("Load that fails", 3)]}
    failing = gates["verification"]["checks"][0]
    failing |= {"status": "fail", "failing_examples": ["transaction 812 differs"], "failing_total": 9}
    failing["message"] = "Groceries differ."
    gates["verification"]["status"] = "fail"
    pair: dict[str, Json] = {
        "user": "1",
        "month": "2026-11",
        "category": "Groceries",
        "currency": "EUR",
        "sql": "1412.36",
    }
    pair |= {"raw": "-3.00", "delta": "-1415.36", "sql_rows": 4, "raw_rows": 3}
    hint = {"sql": "Food", "raw": "Groceries", "message": "“Groceries” has the rows of “Food”."}
    gates["verification"]["details"]["known_answer"]["sql"].append({"total": "unknown"})
    gates["verification"]["details"]["live_books"] = {
        "result": {
            "status": "blocked",
            "max_delta": "-1415.36",
            "sql_rows": 4,
            "raw_rows": 3,
            "mismatches": [pair],
            "mismatches_total": 3,
            "hints": [hint],
        }
    }
    found["controls"][3] |= {"detected": False, "title": "A lost cent"}
    found["decision"] |= {
        "status": "blocked",
        "term": "ready for demo",
        "reasons": ["verification_mismatch"],
        "explanation": "Groceries differ by a lot.",
    }
    found["traceability"] = {
        "lines": [
            {
                "id": "R000-9",
                "code": ["budget.money.parse", "manage.py release_check"],
                "tests": ["budget/tests/test_money.py::test_cents_are_kept"],
                "tests_total": 5,
                "gates": ["schema.tables"],
            }
        ],
        "not_shown": [],
        "unknown": [],
        "critical_paths": [
            _path("budget.ledger.operations.record", "writes", vulnerable=False),
            _path("budget.reports.queries.course", "tells", vulnerable=True),
        ],
    }
    return found


def stopped_bundle() -> dict[str, Json]:
    """A run whose second gate failed."""
    failed = sample_gate("crud", Status.FAIL, "crud_failed")
    return sample_bundle([failed, not_run("rollback"), not_run("connection"), not_run("verification")], controls=[])


def _cell(row: str, action: str, status: str, outcome: str, problem: str = "") -> dict[str, Json]:
    return {
        "row": row,
        "model": row,
        "action": action,
        "status": status,
        "outcome": outcome,
        "output": "+ row",
        "problem": problem,
    }


def _drill(title: str, partial: int) -> dict[str, Json]:
    def held(rows: int, total: str) -> dict[str, Json]:
        return {
            "counts": {"budget_transaction": rows},
            "sums": {"budget_transaction.amount": total, "budget_allocation.amount": "0.00"},
            "digest": f"{rows:064x}",
        }

    return {
        "id": "drill",
        "title": title,
        "ended": "IntegrityError",
        "partial_rows": partial,
        "problems": [f"{partial} rows stayed"] if partial else [],
        "before": held(1, "77.77"),
        "inside": {"first_connection": held(2403, "77.76"), "second_connection": held(1, "77.77")},
        "after": held(1 + partial, "77.77"),
    }


def _path(path: str, does: str, *, vulnerable: bool) -> dict[str, Json]:
    return {
        "path": path,
        "does": does,
        "guaranteed_by": ["nothing"] if vulnerable else ["schema", "transaction"],
        "rules_of_the_schema": 0 if vulnerable else 21,
        "vulnerable": vulnerable,
        "priority": 2 if vulnerable else 0,
        "fix": "have a gate recount what it says" if vulnerable else "",
    }


def put(folder: Path, name: str, bundle: dict[str, Json], key: Ed25519PrivateKey | None = KEY) -> Path:
    """Write a bundle's files as a run does; answers its folder."""
    made = evidence.files(bundle, "Summary\n", key, ledger=FIXTURE.read_bytes())
    return evidence.write(made, folder, name)
