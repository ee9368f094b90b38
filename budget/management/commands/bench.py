"""`manage.py bench`: how fast is it, on this machine, beside what the machine does at its best?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from budget.bench import measuring
from budget.bench.table import table

ENGINES = ("sqlite", "postgresql")
INSIDE = "BUDGET_BENCH_INSIDE"
PARTS = ("proof", "imports")


class Command(BaseCommand):
    """Measures each engine in a process and a database of its own; nothing of the user's is touched."""

    help = "Measure loading, pages and writing at several sizes, on throw-away databases, as ratios within one run."

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be said on the command line."""
        parser.add_argument("--rows", type=sizes, default=[1_000, 10_000, 100_000], help="such as 1000,10000,100000")
        parser.add_argument("--engines", type=engines, default=list(ENGINES), help="sqlite,postgresql")
        parser.add_argument("--tries", type=int, default=200, help="requests per page")
        parser.add_argument("--without-proof", action="store_true", help="leave out recount and release_check")
        parser.add_argument("--without-imports", action="store_true", help="leave out bringing in a bank's file")
        parser.add_argument("--json", action="store_true", help="for machines")

    def handle(self, *args: Any, **options: Any) -> None:
        """Start a process for each engine, and show what they found."""
        if os.environ.get(INSIDE):
            folder = Path(settings.DATA_DIR)
            wanted = {f"with_{part}": not options[f"without_{part}"] for part in PARTS}
            found = measuring.measure(options["rows"], options["tries"], folder, self._say, **wanted)
            self.stdout.write(json.dumps(found))
            return
        by_engine = {engine: self._measure(engine, options) for engine in options["engines"]}
        everything = {"machine": measuring.machine(), "engines": by_engine}
        self.stdout.write(json.dumps(everything, indent=2) if options["json"] else table(everything))

    def _measure(self, engine: str, options: dict[str, Any]) -> dict[str, Any]:
        with throw_away_database(engine) as environment:
            manage = [sys.executable, str(Path(settings.BASE_DIR) / "manage.py")]
            self._run([*manage, "migrate", "--verbosity", "0"], environment)
            self._run([*manage, "createcachetable"], environment)
            rows = ",".join(map(str, options["rows"]))
            bench = [*manage, "bench", "--rows", rows, "--tries", str(options["tries"])]
            bench += [f"--without-{part}" for part in PARTS if options[f"without_{part}"]]
            found: dict[str, Any] = json.loads(self._run(bench, environment))
            return found

    def _run(self, command: list[str], environment: dict[str, str]) -> str:
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise CommandError(f"{' '.join(command[1:3])} ended with code {done.returncode}.")
        return done.stdout

    def _say(self, text: str) -> None:
        self.stderr.write(text)


@contextmanager
def throw_away_database(engine: str) -> Iterator[dict[str, str]]:
    """An environment whose settings name an empty database; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="budget-bench-") as folder:
        environment = os.environ | {
            INSIDE: "yes",
            "BUDGET_DATA_DIR": folder,
            "BUDGET_READ_ENV_FILES": "no",
            "BUDGET_PRODUCTION": "no",
            "HTTPS": "no",
            "DEBUG": "no",
            "SECRET_KEY": "only-for-benchmarks-" * 4,
            "DATABASE_URL": f"sqlite:///{folder}/budget.sqlite3",
        }
        environment.pop("DATABASE_URL_DIRECT", None)
        if engine == "sqlite":
            yield environment
            return
        from config.testing.servers import DURABLE, CannotStart, PostgreSQL

        server = PostgreSQL(Path(folder) / "postgresql", DURABLE)
        try:
            server.start()
        except CannotStart as error:
            raise CommandError(f"PostgreSQL cannot be measured: {error}") from error
        try:
            yield environment | {"DATABASE_URL": server.url("postgres")}
        finally:
            server.stop()


def sizes(text: str) -> list[int]:
    """Numbers of rows with commas between, above zero."""
    parts = text.split(",")
    if not all(part.isascii() and part.isdecimal() and int(part) for part in parts):
        raise ArgumentTypeError("must be whole numbers with commas between, such as 1000,10000")
    return sorted(map(int, parts))


def engines(text: str) -> list[str]:
    """Names of engines with commas between."""
    parts = text.split(",")
    if not set(parts) <= set(ENGINES):
        raise ArgumentTypeError(f"must be of {', '.join(ENGINES)}")
    return parts
