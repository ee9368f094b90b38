"""The figures of a benchmark as a table for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Show = Callable[[dict[str, float]], str]
PROOF: Sequence[tuple[str, Show]] = (
    (
        "count a raw ledger, rows/s (x csv alone)",
        lambda found: f"{found['count_rows_per_s']:,} ({found['count_of_csv']:.2f}x)",
    ),
    ("count a raw ledger, memory, MiB", lambda found: f"{found['count_memory_mib']:.1f}"),
    ("recount the book, rows/s", lambda found: f"{found['recount_rows_per_s']:,}"),
    ("recount the book, memory, MiB", lambda found: f"{found['recount_memory_mib']:.1f}"),
    ("release_check, s", lambda found: f"{found['release_check_s']:.1f}"),
    ("release_check, memory, MiB", lambda found: f"{found['release_check_memory_mib']:.1f}"),
)
"""What is told of the proof, each with how it is shown."""

IMPORTS: Sequence[tuple[str, Show]] = (
    ("bank file to preview, rows/s", lambda found: f"{found['preview_rows_per_s']:,}"),
    ("preview to recorded, rows/s", lambda found: f"{found['record_rows_per_s']:,}"),
    (
        "bank file to recorded, rows/s (x csv alone)",
        lambda found: f"{found['import_rows_per_s']:,} ({found['times_csv_alone']:.1f}x)",
    ),
    ("the same file again, rows/s", lambda found: f"{found['again_rows_per_s']:,}"),
    ("statement of 500 rows into that, s", lambda found: f"{found['statement_of_500_s']:.2f}"),
    ("import, memory above idle, MiB", lambda found: f"{found['memory_above_idle_mib']:.1f}"),
)
"""The same of bringing in a bank's file."""


def table(found: dict[str, Any]) -> str:
    """One table per engine: a column for each number of rows."""
    machine = found["machine"]
    head = (
        f"{machine['cores']} cores, {machine['system']}, Python {machine['python']}, Django {machine['django']}\n"
        "ms: half of the tries took at most this, then 95 of 100; x L: times the static page, logged in"
    )
    return "\n\n".join([head, *(_engine(engine) for engine in found["engines"].values())])


def _engine(engine: dict[str, Any]) -> str:
    sizes = engine["sizes"]
    rows = [[engine["engine"], *(f"{int(size):,} rows" for size in sizes)]]
    rows.append(["load, rows/s (x bare driver)", *(_load(s["load"]) for s in sizes.values())])
    rows.append(["load, memory above idle, MiB", *(f"{s['load']['memory_mib']:.1f}" for s in sizes.values())])
    for part in ("pages", "writes"):
        for name in next(iter(sizes.values()))[part]:
            rows.append([name, *(_timing(s[part][name]) for s in sizes.values())])
    if all("imports" in size for size in sizes.values()):
        rows += [[title, *(show(s["imports"]) for s in sizes.values())] for title, show in IMPORTS]
    if all("proof" in size for size in sizes.values()):
        rows += [[title, *(show(s["proof"]) for s in sizes.values())] for title, show in PROOF]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" if place == 0 else f"{cell:>{width}}" for place, (cell, width) in enumerate(cells))
        for cells in (list(zip(row, widths, strict=True)) for row in rows)
    )


def _load(load: dict[str, float]) -> str:
    return f"{load['rows_per_s']:,} ({load['times_bare']:.2f}x)"


def _timing(timing: dict[str, float]) -> str:
    return f"{timing['p50']:.1f} / {timing['p95']:.1f} ({timing['times_static']:.2f} L)"
