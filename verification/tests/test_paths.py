"""R000-41: the audit names what guarantees each critical path, and what is still open."""

from __future__ import annotations

import ast

import pytest

from verification import paths
from verification.paths import critical_paths

pytestmark = pytest.mark.once


def by_path() -> dict[str, dict[str, object]]:
    return {row["path"]: row for row in critical_paths()}


def test_every_way_of_writing_a_book_is_one_transaction_held_by_the_schema():
    writing = [row for row in critical_paths() if row["does"] == "writes"]

    assert len(writing) > 20
    assert [row["path"] for row in writing if row["vulnerable"]] == []
    assert [row["path"] for row in writing if "schema" not in row["guaranteed_by"]] == []


def test_a_path_that_the_gates_run_is_guaranteed_by_verification():
    row = by_path()["budget.ledger.operations.transactions.record_transaction"]

    assert row["guaranteed_by"] == ["schema", "transaction", "verification"]
    assert row["fix"] == ""


def test_what_no_gate_recounts_comes_first_with_its_fix():
    rows = critical_paths()
    vulnerable = [row for row in rows if row["vulnerable"]]

    assert rows[: len(vulnerable)] == vulnerable
    assert {row["fix"] for row in vulnerable} <= {"have a gate recount what it says"}


def test_what_writes_no_book_and_tells_no_amount_is_no_critical_path():
    assert "budget.ledger.operations.transactions.made_by" not in by_path()
    assert "budget.history.queries.changes" not in by_path()


def function(source: str) -> ast.FunctionDef:
    (found,) = ast.parse(source).body
    assert isinstance(found, ast.FunctionDef)
    return found


def test_calls_are_found_by_their_last_name_and_one_without_a_name_is_none():
    assert set(paths._calls(function("def f():\n    change(x)\n    a.b.update(x)\n    table[0](x)"))) == {
        "change",
        "update",
    }


def test_what_calls_an_atomic_operation_is_atomic_however_far_away():
    def calling(name: str, *calls: str, given: bool = False) -> paths.Function:
        return paths.Function("module", name, True, given, frozenset(calls), frozenset())

    functions = [
        calling("far", "near"),
        calling("near", "opens"),
        calling("opens", *paths.OPENS_A_CHANGE),
        calling("given", given=True),
        calling("alone", "nobody"),
    ]

    assert paths._atomic(functions) == {"far", "near", "opens", "given"}
