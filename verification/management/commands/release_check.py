"""`manage.py release_check`: is this code, on this database, fit to release? Writes the evidence."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper
from django.db import connections

from budget.months import Month, NotAMonth
from verification import evidence, wording
from verification.decision import Exit, Profile
from verification.release import release_check
from verification.run import Asked

ERASE = "\r\x1b[K"
"""Back to the beginning of the line, and empty it."""


class Command(BaseCommand):
    """Exit code: 0 verified, 2 blocked, 3 database unreachable, 4 bad input, 5 another run, 1 internal error."""

    help = "Run every gate of a release and write the evidence bundle. No gate can be skipped."
    requires_system_checks: list[str] = []
    """They are part of what is judged: a finding is written down, not a reason to write nothing."""

    def add_arguments(self, parser: CommandParser) -> None:
        """What is compared, and where the bundle goes."""
        parser.add_argument("--profile", choices=[p.value for p in Profile], help="default: by the database's engine")
        parser.add_argument("--raw-ledger", type=Path, metavar="FILE", help="a ledger this database did not write")
        parser.add_argument("--user", default="", metavar="EMAIL", help="one person's books, by email or number")
        parser.add_argument("--month", default="", metavar="YYYY-MM", help="compare one month")
        parser.add_argument("--category-map", type=Path, metavar="FILE", help="two columns: name there, name here")
        parser.add_argument("--database", default="default", metavar="ALIAS", help="of the settings")
        parser.add_argument("--output", type=Path, metavar="DIR", help="default: EVIDENCE_DIR")
        parser.add_argument("--json", action="store_true", help="print the bundle alone")

    def handle(self, *args: Any, **options: Any) -> None:
        """Show each gate as it ends; the last line is the decision and where the bundle lies."""
        alias = options["database"]
        if alias not in settings.DATABASES:
            raise CommandError(f"The settings have no database named {alias}.", returncode=Exit.BAD_INPUT)
        if options["month"]:
            try:
                Month.parse(options["month"])
            except NotAMonth as error:
                raise CommandError(str(error), returncode=Exit.BAD_INPUT) from None
        by_engine = Profile.PRODUCTION if connections[alias].vendor == "postgresql" else Profile.EMBEDDED
        asked = Asked(
            profile=Profile(options["profile"]) if options["profile"] else by_engine,
            raw_ledger=options["raw_ledger"],
            category_map=options["category_map"],
            user=options["user"],
            month=options["month"],
            alias=alias,
            output=options["output"] or Path(settings.EVIDENCE_DIR),
        )
        _require_place(asked.output)
        outcome = release_check(asked, Silent() if options["json"] else Shown(self.stdout))
        if options["json"]:
            self.stdout.write(evidence.canonical(outcome.bundle).decode())
        else:
            self.stdout.write(f"{wording.headline(outcome.bundle)} Bundle: {outcome.place}")
        sys.exit(int(outcome.decision.exit))


class Shown:
    """Lines on the terminal, the last of which tells what is going on; a file or pipe gets only those that stay."""

    def __init__(self, out: OutputWrapper) -> None:
        self._out = out
        self._is_terminal = bool(out.isatty())

    def line(self, text: str) -> None:
        """A line that stays."""
        self._out.write(f"{ERASE if self._is_terminal else ''}{text}")
        self._out.flush()

    def now(self, text: str) -> None:
        """What is going on."""
        if self._is_terminal:
            self._out.write(f"{ERASE}{text}", ending="")
            self._out.flush()


class Silent:
    """With --json nothing but the bundle is printed."""

    def line(self, text: str) -> None:
        """Nothing."""

    def now(self, text: str) -> None:
        """Nothing."""


def _require_place(folder: Path) -> None:
    """The evidence must have a place before a minute is spent on it.

    Raises:
        CommandError: nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CommandError(
            f"The evidence cannot be written to {folder}: {error.strerror}.", returncode=Exit.BAD_INPUT
        ) from None
