"""`manage.py make_ledger --rows N --seed S`: a raw ledger for tests and benchmarks."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budget.ledger.making import ledger_lines


class Command(BaseCommand):
    """Writes an invented ledger, the same for the same arguments."""

    help = "Write an invented raw ledger of any size over ten years; the same rows and seed make the same file."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be said on the command line."""
        parser.add_argument("--rows", type=count, default=1000)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--users", default="1", help="numbers or email addresses, with commas between")
        parser.add_argument("--out", type=Path, help="the file to write; left out: standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write one line after the other; nothing is kept."""
        users = [user.strip() for user in options["users"].split(",") if user.strip()] or ["1"]
        lines = (line + "\n" for line in ledger_lines(options["rows"], options["seed"], users))
        if options["out"] is None:
            for line in lines:
                self.stdout.write(line, ending="")
            return
        try:
            with options["out"].open("w", encoding="utf-8", newline="") as file:
                file.writelines(lines)
        except OSError as error:
            raise CommandError(f"{options['out']} cannot be written: {error.strerror}.") from error


def count(text: str) -> int:
    """A number of rows."""
    if not (text.isascii() and text.isdecimal()):
        raise ArgumentTypeError("must be a whole number")
    return int(text)
