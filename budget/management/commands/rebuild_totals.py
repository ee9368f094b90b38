"""`manage.py rebuild_totals`: what months add up to, made anew from the rows or compared with them."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from budget.books.models import Book
from budget.ledger import totals
from budget.management.books import add_book_argument, chosen_books
from budget.money import from_units


class Command(BaseCommand):
    """Makes the kept monthly totals anew; `--check` only says where they differ, and then ends with status 1."""

    help = "Make the kept monthly totals anew from the transactions, or check them with --check."

    def add_arguments(self, parser: CommandParser) -> None:
        """One book or all of them; check or write."""
        add_book_argument(parser)
        parser.add_argument("--check", action="store_true", help="write nothing, only compare")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line per book."""
        wrong = 0
        for book in chosen_books(options["book"]):
            wrong += self._check(book) if options["check"] else self._rebuild(book)
        if wrong:
            raise CommandError(
                f"{wrong} total{' differs' if wrong == 1 else 's differ'}. Run rebuild_totals to mend it."
            )

    def _rebuild(self, book: Book) -> int:
        with transaction.atomic():
            Book.objects.select_for_update().get(pk=book.pk)
            differed = len(totals.differences(book))
            made = totals.rebuild(book)
        self.stdout.write(f"{book} ({book.pk}): {made:,} totals made, {differed:,} of them differed before")
        return 0

    def _check(self, book: Book) -> int:
        with transaction.atomic():
            Book.objects.select_for_update().get(pk=book.pk)
            found = totals.differences(book)
        for key, kept, counted in found:
            place = f"account {key.account}, category {key.category or 'none'}, {key.month[:7]}"
            self.stderr.write(
                f"{book} ({book.pk}): {place}: kept {kept.rows:,} rows, {from_units(kept.units)}; "
                f"the rows say {counted.rows:,}, {from_units(counted.units)}"
            )
        if not found:
            self.stdout.write(f"{book} ({book.pk}): every total equals its rows")
        return len(found)
