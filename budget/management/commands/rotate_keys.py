"""`manage.py rotate_keys`: seal everything with the newest key of ENCRYPTION_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from budget.files.rotation import rotate
from budget.management.progress import Bar


class Command(BaseCommand):
    """Seals what is kept anew; ends with status 1 when something could not be opened."""

    help = (
        "Seal every kept file with the first key of ENCRYPTION_KEYS. Restart the program with the new key in front of "
        "the old ones first; once this has ended well, the old ones can be removed."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what was done; parts that no key opens are named and stay as they are."""
        bar = Bar("Sealing")
        found = rotate(bar)
        bar.clear()
        self.stdout.write(f"{found.resealed:,} parts sealed anew, {found.already:,} sealed with the newest key already")
        for problem in found.problems.values():
            self.stderr.write(problem)
        if found.problems:
            raise CommandError("Keep the old keys: not everything could be opened.")
