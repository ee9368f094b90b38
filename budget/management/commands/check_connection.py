"""`manage.py check_connection`: does the database answer?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from budget.demo.golden import database_answers


class Command(BaseCommand):
    """Runs a trivial query; ends with code 1 where it fails."""

    help = "Run a trivial query on the database; prints true or false with a sentence, and ends with 0 or 1."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Ask, and say what came of it."""
        answers, said = database_answers()
        if not answers:
            raise CommandError(f"false: {said}")
        self.stdout.write(f"true: {said}")
