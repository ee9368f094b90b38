"""`manage.py categorization_report`: how often would proposals have been right, on a book's own rows?"""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budget.categorization.measuring import measure
from budget.dates import today
from budget.management.books import add_book_argument, chosen_books


class Command(BaseCommand):
    """Reads only: what it learns is forgotten again."""

    help = "Learn from a book's older confirmed rows, ask about the newer ones, and compare with what people decided."

    def add_arguments(self, parser: CommandParser) -> None:
        """One book or all; from which day on it is asked."""
        add_book_argument(parser)
        parser.add_argument("--since", metavar="2026-01-01", help="the first day that is asked about; a year ago")
        parser.add_argument("--json", action="store_true", help="for machines: one object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the figures of each book."""
        try:
            since = date.fromisoformat(options["since"]) if options["since"] else today() - timedelta(days=365)
        except ValueError as error:
            raise CommandError(f"“{options['since']}” is no date. Write it as 2026-01-01.") from error
        found = {f"{book} ({book.pk})": measure(book, since) for book in chosen_books(options["book"])}
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2))
            return
        for name, figures in found.items():
            self._say(name, figures)

    def _say(self, name: str, figures: dict[str, Any]) -> None:
        learned, rows = figures["learned_from"], figures["tiers"]["rows"]
        self.stdout.write(f"{name}: learned from {learned:,} rows, asked about {rows:,} from {figures['since']} on")
        self.stdout.write(f"  learning took {figures['training_seconds']} s, asking {figures['asking_seconds']} s")
        titles = {
            "tiers": "All tiers in order",
            "model": "The model alone",
            "unmet": "The model, of merchants it never met",
        }
        for title, part in ((title, figures[name]) for name, title in titles.items()):
            self.stdout.write(f"  {title}: proposed for {_share(part['coverage'])}, right {_share(part['accuracy'])}")
            for tier, record in part["tiers"].items():
                self.stdout.write(f"    {tier:<14}{_record(record)}")
            self.stdout.write(f"    {'not asked':<14}{_record(part['filed_without_asking'])}")
            self.stdout.write(f"    {'new merchants':<14}{_record(part['of_new_merchants'])}")
            for band in part["calibration"]:
                self.stdout.write(f"    sure {band['from']:<9}{_record(band)}, said {_share(band['said'])}")


def _record(record: dict[str, Any]) -> str:
    return f"{record['right']:>6,} of {record['proposed']:>6,} right, {_share(record['accuracy'])}"


def _share(share: float | None) -> str:
    return "none" if share is None else f"{100 * share:.1f} %"
