"""`manage.py verify_history`: is every change of every book as it was written?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budget import history
from budget.management.books import add_book_argument, chosen_books


class Command(BaseCommand):
    """Checks the chain of changes; ends with status 1 at the first record that was altered."""

    help = "Check that no recorded change was altered, removed or added behind the application's back."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """One book, or all of them."""
        add_book_argument(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line per book; all are checked before an error is raised."""
        broken = 0
        for book in chosen_books(options["book"]):
            verdict = history.verify(book)
            counted = f"{verdict.changes:,} changes, {verdict.entries:,} entries"
            if verdict.is_whole:
                self.stdout.write(f"{book} ({book.pk}): whole, {counted}")
            else:
                broken += 1
                self.stderr.write(f"{book} ({book.pk}): {verdict.problem}")
        if broken:
            raise CommandError(f"The history of {broken} book{'s' if broken > 1 else ''} is not whole.")
