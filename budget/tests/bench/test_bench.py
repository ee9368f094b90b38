"""The benchmark runs and says everything it promises; how fast is nobody's verdict here."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from budget.bench.table import table

TIMING = {"p50", "p95", "tries", "times_static"}


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    out = StringIO()
    options = ["--rows", "40", "--tries", "2", "--engines", connection.vendor, "--without-proof"]
    options += ["--without-imports", "--json"]
    call_command("bench", *options, stdout=out, stderr=StringIO())
    measured: dict[str, Any] = json.loads(out.getvalue())
    return measured


def test_bench_measures_everything_at_every_size(found: dict[str, Any]) -> None:
    """R001-38, R002-30: every page and write at every size."""
    assert set(found["machine"]) == {"processor", "cores", "system", "python", "django"}
    assert list(found["engines"]) == [connection.vendor]
    sizes = found["engines"][connection.vendor]["sizes"]
    assert list(sizes) == ["40"]
    for size in sizes.values():
        assert set(size["load"]) == {"rows_per_s", "bare_rows_per_s", "times_bare", "memory_mib"}
        assert list(size["pages"]) == [
            "static page, logged in",
            "list of 100",
            "list of 50, filtered, with total",
            "list of 100, filtered, with total",
            "overview",
            "month summary",
            "top expenses",
            "budgets",
        ]
        assert all(set(page) == TIMING | {"bytes"} for page in size["pages"].values())
        assert all(page["p50"] > 0 and page["bytes"] > 10_000 for page in size["pages"].values())
        assert list(size["writes"]) == ["bare INSERT", "record one expense", "undo", "transfer"]
        assert all(set(write) == TIMING | {"times_bare"} for write in size["writes"].values())


def test_table_has_a_column_for_every_size_and_a_line_for_every_figure(found: dict[str, Any]) -> None:
    (engine,) = found["engines"].values()
    sizes = {**engine["sizes"], "50": engine["sizes"]["40"]}

    lines = table({**found, "engines": {connection.vendor: {**engine, "sizes": sizes}}}).splitlines()

    assert lines[3].split()[-4:] == ["40", "rows", "50", "rows"]
    assert [line.split("  ")[0] for line in lines[4:]] == [
        "load, rows/s (x bare driver)",
        "load, memory above idle, MiB",
        "static page, logged in",
        "list of 100",
        "list of 50, filtered, with total",
        "list of 100, filtered, with total",
        "overview",
        "month summary",
        "top expenses",
        "budgets",
        "bare INSERT",
        "record one expense",
        "undo",
        "transfer",
    ]
    assert len(set(map(len, lines[3:]))) == 1


@pytest.mark.parametrize(
    ("option", "value"), [("--rows", "0"), ("--rows", "1,x"), ("--rows", ""), ("--engines", "oracle")]
)
def test_bench_refuses_what_it_cannot_measure(option: str, value: str) -> None:
    with pytest.raises(CommandError, match="must be"):
        call_command("bench", option, value)


@pytest.mark.nightly
def test_bench_measures_imports_and_the_proof() -> None:
    out = StringIO()
    options = ["--rows", "300", "--tries", "2", "--engines", connection.vendor, "--json"]
    call_command("bench", *options, stdout=out, stderr=StringIO())
    found = json.loads(out.getvalue())

    measured = found["engines"][connection.vendor]["sizes"]["300"]
    assert all(figure > 0 for figure in [*measured["proof"].values(), *measured["imports"].values()])
    assert "bank file to recorded, rows/s" in table(found)
    assert "release_check, s" in table(found)
