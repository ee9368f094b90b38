"""R000-40: from a requirement line to its code, test and gate, generated from the sources."""

from __future__ import annotations

import json

from verification.gates.base import Check, GateResult, Status
from verification.traceability import requirements, table


def row(line: str) -> dict[str, object]:
    return next(row for row in table([])["lines"] if row["id"] == line)


def test_all_lines_of_the_five_systems_are_known():
    counted = {f"R00{system}": 0 for system in range(5)}
    for line in requirements():
        counted[line[:4]] += 1

    assert counted == {"R000": 48, "R001": 45, "R002": 33, "R003": 95, "R004": 33}


def test_a_line_leads_to_the_test_that_names_it_and_the_code_that_the_test_calls():
    found = row("R001-5")

    assert "budget.ledger.operations.delete_category" in found["code"]
    assert "budget/tests/ledger/test_operations.py::test_category_in_use_is_not_deleted_but_merges" in found["tests"]


def test_this_very_file_is_in_the_table():
    found = row("R000-40")
    name = "test_a_gate_is_linked_by_the_lines_that_its_checks_name"

    assert f"verification/tests/test_traceability.py::{name}" in found["tests"]
    assert found["tests_total"] == 5
    assert "verification.traceability.table" in found["code"]


def test_a_gate_is_linked_by_the_lines_that_its_checks_name():
    gate = GateResult("schema", [Check("schema.made", Status.PASS, "made", "made", requirements=["R000-9", "R000-40"])])

    lines = {row["id"]: row["gates"] for row in table([gate])["lines"]}

    assert lines["R000-9"] == ["schema.made"]
    assert lines["R000-40"] == ["schema.made"]


def test_the_table_names_what_is_not_shown_and_no_line_that_does_not_exist():
    found = table([])
    shown = {row["id"] for row in found["lines"]}

    assert found["unknown"] == []
    assert shown.isdisjoint(found["not_shown"])
    assert shown | set(found["not_shown"]) == set(requirements())
    assert len(json.dumps(found)) < 120_000
