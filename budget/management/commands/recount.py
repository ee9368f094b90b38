"""`manage.py recount`: every month counted twice, from the rows and from the history."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budget.books.models import Book
from budget.dates import today
from budget.management.books import add_book_argument, chosen_books
from budget.money import from_units, plain_amount
from budget.months import Month, NotAMonth
from budget.recount.comparing import Finding
from budget.recount.examining import Examined
from budget.recount.models import Standing
from budget.recount.operations import recount_book
from budget.recount.wording import headline, sentence


class Command(BaseCommand):
    """Counts and keeps what came of it; ends with status 1 where a month is held back."""

    help = "Add up every month again, from its rows and from the whole history, and compare both with what pages show."

    def add_arguments(self, parser: CommandParser) -> None:
        """One book or all; one month or all; for people or machines."""
        add_book_argument(parser)
        parser.add_argument("--month", metavar="2026-11", help="only this month")
        parser.add_argument("--json", action="store_true", help="for machines: one object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line per book, and what differs; all are counted before an error is raised."""
        try:
            months = [Month.parse(options["month"])] if options["month"] else None
        except NotAMonth as error:
            raise CommandError(str(error)) from error
        answers: list[dict[str, Any]] = []
        blocked = 0
        for book in chosen_books(options["book"]):
            found = [(each.month, each.status, _finding(each)) for each in recount_book(book, months)]
            held = [(month, finding) for month, status, finding in found if status == Standing.BLOCKED]
            blocked += len(held)
            answers.append({"book": book.pk, "months": [_answer(*each) for each in found]})
            if not options["json"]:
                self._say(book, [finding for _, _, finding in found], held)
        if options["json"]:
            self.stdout.write(json.dumps({"status": "blocked" if blocked else "verified", "books": answers}, indent=2))
        if blocked:
            raise CommandError(f"{blocked} month{' is' if blocked == 1 else 's are'} held back.")

    def _say(self, book: Book, found: list[Finding], held: list[tuple[Month, Finding]]) -> None:
        rows = sum(finding.rows for finding in found)
        if not held:
            self.stdout.write(f"{book} ({book.pk}): {len(found):,} months counted twice, {rows:,} rows, all agree")
        for month, finding in held:
            self.stderr.write(f"{book} ({book.pk}): {month} is held back: {headline(finding)}")
            for text in _sentences(finding):
                self.stderr.write(f"  {text}")


def _finding(found: Examined) -> Finding:
    if found.finding is None:
        raise CommandError(f"{found.month} could not be counted.")
    return found.finding


def _sentences(finding: Finding) -> list[str]:
    return [sentence(altered, today()) for altered in finding.altered] + finding.problems


def _answer(month: Month, status: Standing, finding: Finding) -> dict[str, Any]:
    """A month for machines; categories only where they differ."""
    return {
        "month": str(month),
        "status": str(status),
        "rows": finding.rows,
        "mismatches": [
            {
                "category": line.name,
                "currency": line.currency,
                **{
                    source: plain_amount(from_units(units), line.currency)
                    for source, units in zip(("shown", "rows", "history"), line.units, strict=True)
                },
                "difference": plain_amount(from_units(line.difference), line.currency),
            }
            for line in finding.differing
        ],
        "altered": _sentences(finding),
    }
