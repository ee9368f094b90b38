"""Who may know whom: what is done to a book does not know how it is shown."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

PRODUCT = Path(__file__).resolve().parents[1]
INSIDE = re.compile(r"^(operations|queries|models|errors|totals|recording|undoing|chain|digests)(\.py)?$")
SHOWING = re.compile(
    r"^django\.(http|shortcuts|template|forms|urls|contrib\.messages)|\.(views|forms|urls|answers|admin)\b"
)
MODULES = [
    file
    for file in sorted(PRODUCT.rglob("*.py"))
    if not {"tests", "views"} & set(file.parts) and any(INSIDE.match(part) for part in file.relative_to(PRODUCT).parts)
]


def imported(file: Path) -> Iterator[str]:
    """Every module that a module imports, inside functions too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(PRODUCT).as_posix())
def test_what_is_done_does_not_know_how_it_is_shown(file: Path) -> None:
    """R004-12: the pages can be replaced, and nothing that writes or adds up changes."""
    assert [name for name in imported(file) if SHOWING.search(name)] == []


def test_every_kind_of_module_is_looked_at() -> None:
    found = {file.relative_to(PRODUCT).as_posix() for file in MODULES}

    assert {"ledger/operations/transactions.py", "envelopes/operations.py", "reports/queries.py"} <= found
    assert len(found) > 25
