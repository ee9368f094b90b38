"""The audit of critical paths: what keeps each of them right, and what is still open. Read from the sources (R000-41).

A critical path is a public function that writes a book (in an `operations` module) or tells an amount (in a `queries`
module). It counts as guaranteed by

- schema: the tables that its module names have constraints or triggers in the database itself,
- transaction: it runs inside one change of the history, or inside another operation that does,
- verification: a gate of the release runs it, or recounts what it says,

and as vulnerable when it writes outside a change, or tells an amount that no gate looks at.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.apps import apps
from django.conf import settings

from budget import guards
from verification.gates.base import Json

OPENS_A_CHANGE = frozenset({"change", "founding", "atomic"})
PACKAGES = ("budget",)
JUDGES = ("verification", "budget/recount")
"""Where the gates and the recount of live books are: what they name is looked at by them."""


@dataclass(frozen=True)
class Function:
    """One public function with what its source says."""

    module: str
    name: str
    writes: bool
    is_given_a_change: bool
    calls: frozenset[str]
    tables: frozenset[str]

    @property
    def place(self) -> str:
        """Where it is."""
        return f"{self.module}.{self.name}"


@cache
def critical_paths() -> list[dict[str, Json]]:
    """Every path with its guarantees; the vulnerable ones first, writing before reading."""
    functions = list(_functions())
    atomic = _atomic(functions)
    judged = _named_by_judges()
    rules = _rules_by_table()
    rows = [_row(function, atomic, judged, rules) for function in functions]
    return sorted(rows, key=lambda row: (not row["vulnerable"], row["priority"], row["path"]))


def _row(
    function: Function, atomic: frozenset[str], judged: frozenset[str], rules: Mapping[str, int]
) -> dict[str, Json]:
    held = sum(rules.get(table, 0) for table in function.tables) if function.writes else 0
    guarantees = [
        name
        for name, is_so in (
            ("schema", held > 0),
            ("transaction", function.writes and function.name in atomic),
            ("verification", function.name in judged),
        )
        if is_so
    ]
    is_open = "transaction" not in guarantees if function.writes else "verification" not in guarantees
    fix = ""
    if is_open:
        fix = "write inside history.change" if function.writes else "have a gate recount what it says"
    return {
        "path": function.place,
        "does": "writes" if function.writes else "tells",
        "guaranteed_by": guarantees or ["nothing"],
        "rules_of_the_schema": held,
        "vulnerable": is_open,
        "priority": 0 if not is_open else 1 if function.writes else 2,
        "fix": fix,
    }


def _functions() -> Iterator[Function]:
    root = Path(settings.BASE_DIR)
    for package in PACKAGES:
        for file in sorted((root / package).rglob("*.py")):
            inside = file.relative_to(root)
            is_operation = "operations" in inside.with_suffix("").parts
            is_query = file.stem == "queries" and "history" not in inside.parts
            if "tests" in inside.parts or not (is_operation or is_query):
                continue
            module = ".".join(inside.with_suffix("").parts)
            tree = ast.parse(file.read_text(encoding="utf-8"))
            tables = frozenset(_tables(tree))
            for node in tree.body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    calls = frozenset(_calls(node))
                    if is_query and not _tells_amounts(node):
                        continue
                    if is_operation and not _writes(node):
                        continue
                    yield Function(module, node.name, is_operation, bool(_recorders(node)), calls, tables)


def _calls(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            if isinstance(part.func, ast.Attribute):
                yield part.func.attr
            elif isinstance(part.func, ast.Name):
                yield part.func.id


def _writes(node: ast.FunctionDef) -> bool:
    """Whether a function is an operation: it takes who does it, a change to add to, or a name typed to confirm."""
    names = {argument.arg for argument in [*node.args.args, *node.args.kwonlyargs]}
    return bool(_recorders(node) or names & {"by", "typed_name", "typed_email", "password"})


def _recorders(node: ast.FunctionDef) -> list[str]:
    """The arguments through which a caller hands in the change that is under way."""
    arguments = [*node.args.args, *node.args.kwonlyargs]
    return [a.arg for a in arguments if a.annotation is not None and ast.unparse(a.annotation) == "Recorder"]


def _tells_amounts(node: ast.FunctionDef) -> bool:
    answer = ast.unparse(node.returns) if node.returns else ""
    return any(word in answer for word in ("Decimal", "Total", "Figures", "Line", "Plan", "Transaction", "Balance"))


def _atomic(functions: list[Function]) -> frozenset[str]:
    """Names of operations that run in one change: their own, that of another operation, or the one they are given."""
    found = {function.name for function in functions if function.calls & OPENS_A_CHANGE}
    found |= {function.name for function in functions if function.is_given_a_change}
    while more := {f.name for f in functions if f.calls & found} - found:
        found |= more
    return frozenset(found)


def _named_by_judges() -> frozenset[str]:
    """Every name that the gates, the drill or the recount of live books use."""
    root = Path(settings.BASE_DIR)
    names: set[str] = set()
    for judge in JUDGES:
        for file in (root / judge).rglob("*.py"):
            if "tests" in file.parts:
                continue
            for part in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(part, ast.Attribute):
                    names.add(part.attr)
                elif isinstance(part, ast.Name):
                    names.add(part.id)
    return frozenset(names)


def _rules_by_table() -> dict[str, int]:
    """How many constraints and triggers each of our tables has in the database."""
    found = {model._meta.db_table: len(model._meta.constraints) for model in apps.get_app_config("budget").get_models()}
    for rule in guards.rules():
        found[rule.table] = found.get(rule.table, 0) + 1
    return found


def _tables(tree: ast.Module) -> Iterator[str]:
    """The tables of the models that a module imports."""
    models = {model.__name__: model._meta.db_table for model in apps.get_app_config("budget").get_models()}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if alias.name in models:
                    yield models[alias.name]
