"""R000-40: from a requirement line to its code, test and gate, generated from the sources."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from django.conf import settings

from verification import traceability
from verification.gates.base import Check, GateResult, Json, Status
from verification.traceability import requirements, table

pytestmark = pytest.mark.once

NOT_SHOWN = {
    "R001-31": "there are no charts",
}
"""Every line of the first two systems that no test shows, and why: what is built takes its line out of here."""

DELIVERED = {
    "R002": "1-6 8 12 15 19 30 32",
    "R003": "1-15 17-18 26-55 75-77 79-83 85 87-88 90 92 94",
    "R004": "1-12 14-15 17-23 26 30",
}
"""Lines of the other systems that are built, by number: what was shown once is shown from then on."""

RELIABILITY = (
    "C1 C3 C4 C5 C6 C7 C8 C9 C10 C11 C13 D1 D5 I1 I2 I3 I4 I5 I6 I7 I9 I10 "
    "T1 T3 T5 T7 M4 M5 S3 S4 S5 S6 S7 S8 S14 S15 S16 S17 S18"
)
"""Kinds of failure that tests try to bring about, each by the name that their docstrings give it."""


def row(line: str) -> dict[str, Json]:
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


def test_this_very_file_is_in_the_table(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(traceability, "MOST", 99)
    monkeypatch.setattr(traceability, "MOST_TESTS", 99)

    found = row("R000-40")

    here = [test.partition("::")[2] for test in found["tests"] if "/test_traceability.py::" in test]
    assert "test_a_gate_is_linked_by_the_lines_that_its_checks_name" in here
    assert (len(here), found["tests_total"]) == (11, len(found["tests"]))
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


def lines(system: str, numbers: str) -> list[str]:
    """The ids that `1-3 5` stands for."""
    ranges = [part.partition("-") for part in numbers.split()]
    return [f"{system}-{n}" for first, _, last in ranges for n in range(int(first), int(last or first) + 1)]


def test_every_line_of_the_first_two_systems_is_shown_or_has_its_reason():
    missing = {line for line in table([])["not_shown"] if line.startswith(("R000-", "R001-"))}

    assert missing == set(NOT_SHOWN)


@pytest.mark.parametrize("system", DELIVERED)
def test_what_was_shown_once_is_shown_from_then_on(system: str):
    wanted = set(lines(system, DELIVERED[system]))

    assert wanted <= set(requirements())
    assert sorted(wanted & set(table([])["not_shown"])) == []


def test_every_kind_of_failure_is_named_by_a_test_that_tries_it():
    texts: list[str] = []
    for file in (Path(settings.BASE_DIR) / "budget" / "tests").rglob("test_*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        tests = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
        texts += [ast.get_docstring(tree) or "", *(ast.get_docstring(node) or "" for node in tests)]
    named = set(re.findall(r"\b[A-Z]\d+\b", "\n".join(texts)))

    assert [name for name in RELIABILITY.split() if name not in named] == []


SOURCE = """
'''Of the whole file: R000-1.'''
import os
from budget.ledger import operations as does, models
from budget.ledger.models import Account
from budget.tests.factories import make_book
from budget.errors import BudgetError
from other import thing
from django.core.management import call_command

def test_first(client):
    \'\'\'R001-2, R001-33 and not R001-333 or R009-1.\'\'\'
    does.record(make_book(), thing)
    client.get("/history/?q=x")
    call_command("doctor", "loud")
    os.system("x")

def test_second():
    helper()

def helper():
    \'\'\'R001-44.\'\'\'
    management.call_command("retention")
    Account, BudgetError, "/nowhere/at/all/", "plain"
    does

def other(): models.Account
"""


def test_module_is_read_for_lines_tests_and_the_code_that_they_call(tmp_path: Path):
    file = tmp_path / "test_it.py"
    file.write_text(SOURCE, encoding="utf-8")

    found = list(traceability._in_module(file, Path("budget/test_it.py")))

    first = ("budget.history.views.change_list", "budget.ledger.operations.record", "manage.py doctor")
    second = (
        "budget.errors.BudgetError",
        "budget.ledger.models.Account",
        "budget.ledger.operations",
        "manage.py retention",
    )
    assert found == [
        ("R000-1", "budget/test_it.py::test_first", first),
        ("R001-2", "budget/test_it.py::test_first", first),
        ("R001-33", "budget/test_it.py::test_first", first),
        ("R000-1", "budget/test_it.py::test_second", second),
    ]
    file.write_text("def test_it(): pass\n")
    assert list(traceability._in_module(file, Path("x"))) == []


def test_row_names_two_places_of_a_kind_the_nearest_first():
    shown = traceability.Shown(
        ["c", "a", "b", "a"],
        {"x.models.Row": 9, "budget.errors.E": 9, "config.places.p": 1, "y.view": 1, "x.view": 1, "z.often": 2},
        ["g2", "g1", "g2", "g3"],
    )

    assert traceability._row("R000-1", shown) == {
        "id": "R000-1",
        "code": ["z.often", "x.view"],
        "tests": ["a", "b"],
        "tests_total": 3,
        "gates": ["g1", "g2"],
    }
    assert sorted(shown.code, key=traceability._distance)[-3:] == ["x.models.Row", "budget.errors.E", "config.places.p"]


@pytest.mark.parametrize(
    "place",
    [
        *["budget.x.errors.E", "budget.history.digest", "budget.history.verify", "budget.history.undo"],
        *["budget.history.Change", "budget.months.Month", "config.places.p", "verification.gates.base.Check"],
    ],
)
def test_what_tests_measure_with_is_far_from_any_line(place: str):
    assert traceability._distance(place) == 2
    assert traceability._distance(f"x{place}") == (2 if "errors" in place else 0)
