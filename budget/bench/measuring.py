"""Measures one engine: for each size a person with one book of so many rows."""

from __future__ import annotations

import os
import platform
import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import django
from django.db import connection

from budget.bench import imports, pages, proof, writes
from budget.books.models import Book
from budget.ledger import operations
from budget.ledger.making import ledger_lines
from budget.users.models import User

Say = Callable[[str], None]


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "django": django.get_version(),
    }


def engine_version() -> str:
    """The engine's name and version."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT sqlite_version()" if connection.vendor == "sqlite" else "SHOW server_version")
        (version,) = cursor.fetchone()
    return f"{connection.display_name} {version}"


def measure(
    sizes: Sequence[int], tries: int, folder: Path, say: Say, *, with_proof: bool = True, with_imports: bool = True
) -> dict[str, Any]:
    """Everything about the engine of this process, by number of rows."""
    return {
        "engine": engine_version(),
        "sizes": {str(size): _measure(size, tries, folder, say, with_proof, with_imports) for size in sizes},
    }


def _measure(size: int, tries: int, folder: Path, say: Say, with_proof: bool, with_imports: bool) -> dict[str, Any]:
    say(f"{connection.display_name}, {size:,} rows: loading")
    user = User.objects.create_user(f"bench{size}@example.org", "Bench")
    book = operations.create_book(by=user, name=f"{size} rows", currency="EUR", account_name="Everyday")
    file = folder / f"{connection.vendor}-{size}.csv"
    file.write_text("\n".join(ledger_lines(size, 1, [str(user.pk)])) + "\n", encoding="utf-8")
    before = _peak()
    seconds = writes.load(file, book)
    grown = _peak() - before
    bare = writes.load_bare(book)
    found: dict[str, Any] = {
        "load": {
            "rows_per_s": round(size / seconds),
            "bare_rows_per_s": round(size / bare),
            "times_bare": round(seconds / bare, 2),
            "memory_mib": round(grown, 1),
        }
    }
    say(f"{connection.display_name}, {size:,} rows: pages")
    found["pages"] = _pages(book, user, tries)
    say(f"{connection.display_name}, {size:,} rows: writing")
    static = found["pages"][pages.STATIC]["p50"]
    timings = writes.single(book, user, max(10, tries // 5))
    bare_insert = timings["bare INSERT"].p50
    found["writes"] = {
        name: t.as_dict() | {"times_static": round(t.p50 / static, 2), "times_bare": round(t.p50 / bare_insert, 2)}
        for name, t in timings.items()
    }
    if with_imports:
        say(f"{connection.display_name}, {size:,} rows: importing")
        found["imports"] = imports.measure(folder, size)
    if with_proof:
        say(f"{connection.display_name}, {size:,} rows: proof")
        found["proof"] = proof.measure(file, size)
    file.unlink()
    return found


def _pages(book: Book, user: User, tries: int) -> dict[str, Any]:
    cookie = pages.cookie_of(user)
    with pages.serving() as server:
        measured = pages.measure(server, pages.addresses(book), cookie, tries)
    floor = measured[pages.STATIC].timing.p50
    return {
        name: page.timing.as_dict() | {"bytes": page.size, "times_static": round(page.timing.p50 / floor, 2)}
        for name, page in measured.items()
    }


def _peak() -> float:
    """The most memory that this process ever had, in MiB; it only grows, so load the largest file last."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (1024 * 1024 if sys.platform == "darwin" else 1024)
