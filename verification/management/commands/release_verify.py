"""`manage.py release_verify`: is a bundle what it claims to be, and about this very code?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from verification.checking import check
from verification.decision import Exit, Profile
from verification.signing import UnusableKey


class Command(BaseCommand):
    """Exit code: 0 verified, 2 blocked, 4 bad input, 6 the bundle is not what it claims to be."""

    help = "Check an evidence bundle: schema, digests, decision, recount, signature, commit."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The bundle, and what it must be."""
        parser.add_argument("folder", metavar="DIR", type=Path, help="the folder that holds bundle.json")
        parser.add_argument("--public-key", metavar="FILE", help="must have signed; base64 or its file")
        parser.add_argument("--commit", default="", metavar="SHA", help="must be its subject; default: this code's")
        parser.add_argument("--profile", default="", choices=[p.value for p in Profile], help="must have judged it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every problem, then the verdict."""
        if options["profile"] == Profile.PRODUCTION and options["public_key"] is None:
            raise CommandError("Name the key that must have signed, with --public-key.", returncode=Exit.BAD_INPUT)
        try:
            found = check(
                options["folder"],
                public_key=options["public_key"],
                commit=options["commit"],
                profile=options["profile"],
            )
        except (OSError, UnusableKey) as error:
            name = getattr(error, "filename", None)
            told = f"There is no file {name}." if name else str(error)
            raise CommandError(told, returncode=Exit.BAD_INPUT) from None
        for problem in found.problems:
            self.stdout.write(problem)
        if not found.is_valid:
            self.stdout.write("invalid")
            sys.exit(int(Exit.INVALID))
        self.stdout.write(f"{found.verdict}, {found.signature}")
        sys.exit(int(Exit.VERIFIED if found.verdict == "verified" else Exit.BLOCKED))
