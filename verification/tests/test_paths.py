"""R000-41: the audit names what guarantees each critical path, and what is still open."""

from __future__ import annotations

import ast

import pytest

from budget import guards
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


PLACES = {
    "budget/shop/operations/orders.py": """
from budget.ledger.models import Account, Transaction

def place(order, *, by): return save(order)
def save(order, change: Recorder): return change.create(order)
def remove(typed_name): return None
def leave(typed_email): return atomic(lambda: None)
def lock(*, password): return None
def look(order): return order
def _hidden(by): return None
""",
    "budget/shop/queries.py": """
def total() -> Decimal: return 0
def figures() -> list[Figures]: return []
def named(name: str) -> str: return name
def untyped(): return 0
""",
    "budget/history/queries.py": "def total() -> Decimal: return 0",
    "budget/shop/tests/operations/test_it.py": "def place(by): return None",
    "budget/shop/models.py": "def place(by): return None",
    "verification/gates/shop.py": "from budget import shop\nshop.queries.total()\nplace(1)",
    "verification/tests/test_shop.py": "figures()",
    "budget/recount/shop.py": "leave",
}


def test_audit_reads_what_writes_and_what_tells_from_the_sources(tmp_path, settings):
    for name, source in PLACES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    settings.BASE_DIR = tmp_path
    held = paths._rules_by_table()["budget_account"] + paths._rules_by_table()["budget_transaction"]

    rows = critical_paths.__wrapped__()

    def row(name: str, guaranteed: list[str], priority: int, fix: str = "") -> dict[str, object]:
        writes = "operations" in name
        return {
            "path": f"budget.shop.{name}",
            "does": "writes" if writes else "tells",
            "guaranteed_by": guaranteed,
            "rules_of_the_schema": held if writes else 0,
            "vulnerable": priority > 0,
            "priority": priority,
            "fix": fix,
        }

    inside, recount = "write inside history.change", "have a gate recount what it says"
    assert held > 5
    assert rows == [
        row("operations.orders.lock", ["schema"], 1, inside),
        row("operations.orders.remove", ["schema"], 1, inside),
        row("queries.figures", ["nothing"], 2, recount),
        row("operations.orders.leave", ["schema", "transaction", "verification"], 0),
        row("operations.orders.place", ["schema", "transaction", "verification"], 0),
        row("operations.orders.save", ["schema", "transaction"], 0),
        row("queries.total", ["verification"], 0),
    ]


@pytest.mark.parametrize("answer", ["Decimal", "Total", "Figures", "Line", "Plan", "Transaction", "Balance"])
def test_query_that_answers_amounts_is_a_critical_path(answer: str):
    assert paths._tells_amounts(function(f"def f() -> list[{answer}]: ..."))
    assert not paths._tells_amounts(function("def f() -> list[str]: ..."))


def test_rules_of_a_table_are_its_constraints_and_triggers():
    rules = paths._rules_by_table()
    triggers = [rule.table for rule in guards.rules()]

    assert rules["budget_entry"] == 3 + triggers.count("budget_entry")
    assert triggers.count("budget_entry") > 0
