"""`manage.py golden`: the whole way from an empty database to a month's summary, with known figures."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from budget.demo import golden
from budget.ledger.queries import expenses
from budget.money import format_amount
from budget.reports.queries import month_summary


class Command(BaseCommand):
    """Initialises, tests the connection, seeds, records, lists and sums up; fails where a figure is another one."""

    help = "Run from initialising the database to a month's summary, in a book of its own, and check the figures."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every step."""
        answers, said = golden.database_answers()
        if not answers:
            raise CommandError(said)
        call_command("migrate", verbosity=0, interactive=False)
        self.stdout.write("1. The database has all its tables.")
        self.stdout.write(f"2. {said}")
        seeded = golden.seed()
        there = "" if seeded.is_new else " (there already)"
        self.stdout.write(
            f"3. {golden.NAME} has {len(golden.CATEGORIES)} categories and {len(golden.EXPENSES)} expenses{there}."
        )
        book = seeded.book
        try:
            golden.record_dinner(book)
        except golden.SeedChanged as error:
            raise CommandError(str(error)) from error
        self.stdout.write("4. Recorded Dinner, 45.75.")
        self.stdout.write("5. Expenses, newest first:")
        for txn in expenses(book):
            amount = format_amount(txn.amount, book.currency)
            self.stdout.write(f"   {txn.date}  {txn.category!s:<14}  {txn.description:<13}  {amount:>7}")
        self.stdout.write(f"6. {golden.MONTH.title}:")
        found = [(total.name, total.count, total.total) for total in month_summary(book, golden.MONTH)]
        for name, count, total in found:
            self.stdout.write(f"   {name:<14}  {count}  {format_amount(total, book.currency):>7}")
        if found != golden.EXPECTED:
            expected = ", ".join(f"{name} {count} {total}" for name, count, total in golden.EXPECTED)
            raise CommandError(f"The golden run failed: the summary should be {expected}. {golden.SeedChanged()}")
        self.stdout.write("The golden run passed.")
