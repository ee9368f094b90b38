"""Requirement line -> code -> test -> gate: read from the sources each time, so nobody has to keep it true by hand.

A test names the lines that it shows in its docstring, or in that of its module (R001-15). The code is what the test
calls: functions it imports, addresses it opens, commands it runs. The gate is the check that names the line.
"""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from django.conf import settings
from django.urls import Resolver404, resolve

from verification.gates.base import GateResult, Json
from verification.paths import critical_paths

LINE = re.compile(r"\bR00[0-4]-[0-9]{1,2}\b")
OURS = ("budget", "config", "verification")
MOST, MOST_TESTS = 2, 2
"""So many places of a kind are named for a line; the rest of the tests are counted."""

PLUMBING = re.compile(r"factories|conftest|testing|^budget\.tests|^verification\.tests")
"""What every test needs and none is about."""

INSTRUMENT = re.compile(
    r"\.errors\.|^budget\.history\.(?:digest|verify|undo|Change)\b|^budget\.months\.|^config\.places\."
    r"|^verification\.gates\.base\."
)
"""What tests of many things measure with."""


@dataclass
class Shown:
    """What shows one requirement line."""

    tests: list[str] = field(default_factory=list)
    code: dict[str, int] = field(default_factory=dict)
    gates: list[str] = field(default_factory=list)


def requirements() -> dict[str, str]:
    """Every requirement line with its text, in order."""
    found: dict[str, str] = json.loads(Path(__file__).with_name("requirements.json").read_text(encoding="utf-8"))
    return found


def table(gates: Sequence[GateResult]) -> dict[str, Json]:
    """The table for the bundle; lines that nothing shows yet are listed by name."""
    known = requirements()
    shown: dict[str, Shown] = defaultdict(Shown)
    for line, test, code in _tests():
        shown[line].tests.append(test)
        for place in code:
            shown[line].code[place] = shown[line].code.get(place, 0) + 1
    for gate in gates:
        for check in gate.checks:
            for line in check.requirements:
                shown[line].gates.append(check.id)
    return {
        "lines": [_row(line, shown[line]) for line in known if line in shown],
        "not_shown": [line for line in known if line not in shown],
        "unknown": sorted(line for line in shown if line not in known),
        "critical_paths": critical_paths(),
    }


def _row(line: str, found: Shown) -> dict[str, Json]:
    code = sorted(found.code, key=lambda place: (_distance(place), -found.code[place], place))
    tests, gates = sorted(set(found.tests)), sorted(set(found.gates))
    return {
        "id": line,
        "code": code[:MOST],
        "tests": tests[:MOST_TESTS],
        "tests_total": len(tests),
        "gates": gates[:MOST],
    }


def _distance(place: str) -> int:
    """How far a place is from what a line is about: what does it comes first, then its models, then instruments."""
    return 2 if INSTRUMENT.search(place) else 1 if ".models." in place else 0


@cache
def _tests() -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Line, test, and code that the test calls, for every test that names a line."""
    root = Path(settings.BASE_DIR)
    return tuple(
        found
        for package in OURS
        for file in sorted((root / package).rglob("test_*.py"))
        for found in _in_module(file, file.relative_to(root))
    )


def _in_module(file: Path, name: Path) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    text = file.read_text(encoding="utf-8")
    if not LINE.search(text):
        return
    tree = ast.parse(text)
    of_all = set(LINE.findall(ast.get_docstring(tree) or ""))
    imported = dict(_imports(tree))
    helpers = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in helpers.values():
        if not node.name.startswith("test_"):
            continue
        lines = of_all | set(LINE.findall(ast.get_docstring(node) or ""))
        code = tuple(sorted(_called(node, imported, helpers)))
        for line in sorted(lines):
            yield line, f"{name.as_posix()}::{node.name}", code


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each name of ours that a module imports, with the place that it names."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in OURS:
            for alias in node.names:
                if not PLUMBING.search(node.module):
                    yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _called(node: ast.FunctionDef, imported: dict[str, str], helpers: dict[str, ast.FunctionDef]) -> set[str]:
    """The places of the product that a test uses, itself or through a function of its own module."""
    places: set[str] = set()
    for inner in _reached(node, helpers):
        for part in ast.walk(inner):
            if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in imported:
                places.add(f"{imported[part.value.id]}.{part.attr}")
            elif isinstance(part, ast.Name) and part.id in imported:
                places.add(imported[part.id])
            elif isinstance(part, ast.Call) and _name(part.func) == "call_command":
                places |= {f"manage.py {a.value!s}" for a in part.args[:1] if isinstance(a, ast.Constant)}
            elif isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.startswith("/"):
                places |= _view(part.value)
    return {place for place in places if not any(other.startswith(f"{place}.") for other in places)}


def _reached(node: ast.FunctionDef, helpers: dict[str, ast.FunctionDef]) -> Iterable[ast.FunctionDef]:
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} | {a.arg for a in node.args.args}
    return [node, *(helpers[name] for name in sorted(names) if name in helpers and name != node.name)]


def _name(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _view(address: str) -> set[str]:
    try:
        found = resolve(address.split("?")[0].split("#")[0]).func
    except Resolver404:
        return set()
    module = getattr(found, "__module__", "")
    return {f"{module}.{found.__name__}"} if module.split(".")[0] in OURS and hasattr(found, "__name__") else set()
