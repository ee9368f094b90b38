"""`manage.py run_due`: records what is due by itself and looks for what comes again; safe to run at any time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budget.dates import today
from budget.management.books import add_book_argument, chosen_books
from budget.money import format_with_currency
from budget.recurring.posting import post_due
from budget.recurring.searching import search, wants_search

FURTHEST = timedelta(days=31)
"""A mistyped year must not record what is due until then."""


class Command(BaseCommand):
    """For cron, at any time, by several at once: each due date is recorded exactly once."""

    help = "Record everything that is due and records itself, also after downtime; look for new recurring payments."

    def add_arguments(self, parser: CommandParser) -> None:
        """One book or all; as if it were another day; search now."""
        add_book_argument(parser)
        parser.add_argument("--today", metavar="2026-11-30", type=date.fromisoformat, help="as if it were this day")
        parser.add_argument("--search", action="store_true", help="search every book, also one that was searched today")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each row that was recorded; what could not be recorded ends with status 1."""
        day: date = options["today"] or today()
        if day - today() > FURTHEST:
            raise CommandError(
                f"{day} is more than {FURTHEST.days} days ahead, so nothing was recorded. Give an earlier day."
            )
        problems = posted = found = 0
        for book in chosen_books(options["book"]):
            for each in post_due(book, day):
                if each.txn is None:
                    problems += 1
                    self.stderr.write(f"{book} ({book.pk}): {each.series}, due {each.due}: {each.problem}")
                    continue
                posted += 1
                amount = format_with_currency(each.txn.amount, each.series.account.currency, sign="income")
                self.stdout.write(f"{book} ({book.pk}): {each.due} {each.series}, {amount}")
            if options["search"] or wants_search(book):
                found += search(book, None)
        self.stdout.write(f"Recorded {posted:,}, found {found:,} new")
        if problems:
            raise CommandError(f"{problems} could not be recorded.")
