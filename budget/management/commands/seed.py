"""`manage.py seed`: the rows of the golden run."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from budget.demo import golden


class Command(BaseCommand):
    """Makes Alice, her categories and her expenses, unless they are there."""

    help = "Make Alice with four categories and four expenses of January 2024; does nothing where she has them."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Seed, and say whether there was anything to do."""
        seeded = golden.seed()
        if seeded.is_new:
            self.stdout.write(
                f"Made {golden.NAME} with {len(golden.CATEGORIES)} categories and {len(golden.EXPENSES)} expenses."
            )
        else:
            self.stdout.write(f"Skipped: {golden.NAME} and her book are there already.")
