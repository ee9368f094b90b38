"""Measures bringing a bank's file in: to its preview, into the ledger, and the same file once more.

`python -m budget.bench.imports FILE BOOK ACCOUNT` does so in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import csv
import json
import os
import random
import resource
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

SHOPS = (
    "BAKERY",
    "REWE SAGT DANKE",
    "SHELL",
    "SPOTIFY AB",
    "AMAZON MKTPL",
    "NETFLIX.COM",
    "UBER TRIP",
    "CITY PHARMACY",
)
BRANCHES = 40
YEARS = 10
IN_ONE_STATEMENT = 500


class ImportFailed(RuntimeError):
    """An import ended otherwise than it should, so its time means nothing."""


def statement_lines(rows: int, seed: int) -> list[str]:
    """A bank's table of ten years, the same for the same seed; money in is positive."""
    chance = random.Random(seed)  # noqa: S311  (sample data)
    first = date(2016, 1, 1)
    lines = ["Date,Payee,Text,Amount"]
    for number in range(rows):
        day = first + timedelta(days=number * 365 * YEARS // rows)
        shop = f"{chance.choice(SHOPS)} {chance.randrange(BRANCHES):03}"
        lines.append(f"{day},{shop},Card {chance.randrange(10_000):04},-{chance.randrange(1, 100_000) / 100:.2f}")
    return lines


def measure(folder: Path, rows: int) -> dict[str, Any]:
    """A file of so many rows into an empty book, twice, and a statement of 500 rows into what is there then."""
    from budget.ledger import operations
    from budget.users.models import User

    user = User.objects.create_user(f"bench-import{rows}@example.org", "Bench")
    book = operations.create_book(by=user, name=f"{rows} rows of a bank", currency="EUR", account_name="Everyday")
    account = operations.open_account(book=book, by=None, name="Bank")
    found: dict[str, Any] = {}
    for name, count, seed in (("whole", rows, 1), ("again", rows, 1), ("statement", IN_ONE_STATEMENT, 2)):
        file = folder / f"{name}-{rows}.csv"
        file.write_text(
            "\n".join(statement_lines(count, seed)) + "\n" * (2 if name == "again" else 1), encoding="utf-8"
        )
        found[name] = _apart(file, book.pk, account.pk) | {"rows": count, "csv": read_by_csv_alone(file)}
        file.unlink()
    whole = found["whole"]
    return {
        "preview_rows_per_s": round(rows / whole["read"]),
        "record_rows_per_s": round(rows / whole["confirm"]),
        "import_rows_per_s": round(rows / (whole["read"] + whole["confirm"])),
        "times_csv_alone": round((whole["read"] + whole["confirm"]) / whole["csv"], 1),
        "again_rows_per_s": round(rows / found["again"]["read"]),
        "statement_of_500_s": round(found["statement"]["read"] + found["statement"]["confirm"], 2),
        "memory_above_idle_mib": round(max(part["peak"] - part["idle"] for part in found.values()), 1),
    }


def read_by_csv_alone(file: Path) -> float:
    """Seconds that the standard library takes to part the same file into cells: the least that any import costs."""
    began = time.perf_counter()
    with file.open(encoding="utf-8", newline="") as source:
        for _ in csv.reader(source):
            pass
    return time.perf_counter() - began


def _apart(file: Path, book: int, account: int) -> dict[str, float]:
    command = [sys.executable, "-m", "budget.bench.imports", str(file), str(book), str(account)]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise ImportFailed(f"{' '.join(command[1:])} ended with code {done.returncode}.")
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _bring_in(file: str, book: int, account: int) -> dict[str, float]:
    from budget.books.models import Book
    from budget.ledger.models import Account
    from budget.statements import bringing, recording

    idle = _peak()
    with Path(file).open("rb") as source:
        found = bringing.bring(
            Book.objects.get(pk=book), Path(file).name, source, by=None, account=Account.objects.get(pk=account)
        )
    began = time.perf_counter()
    bringing.read(found)
    read = time.perf_counter() - began
    recording.confirm(found, by=None)
    return {"read": read, "confirm": time.perf_counter() - began - read, "idle": idle, "peak": _peak()}


def _peak() -> float:
    """The most memory that this program ever had, in MiB.

    Linux counts what the parent process had towards `ru_maxrss`, so there its own figure is read.
    """
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(_bring_in(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
