"""`manage.py load_ledger FILE.csv`: a raw ledger into a book."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budget.errors import BudgetError
from budget.ledger.loading import LedgerRefused, Receipt, load_ledger
from budget.management.progress import Bar
from budget.money import format_with_currency
from budget.users.models import User


class Command(BaseCommand):
    """Loads a file and prints a receipt."""

    help = (
        "Load a raw ledger, user_id,date,category,amount[,description,account], into a book: whole or not at all, "
        "and once. An amount going out is positive; dates are written 2026-11-20."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be said on the command line."""
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument(
            "--book", default="", help="its number or name; else the first book of the first row's user"
        )
        parser.add_argument("--user", default="", help="email of the person whom the file means, whatever its user_id")
        parser.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")
        parser.add_argument("--strict", action="store_true", help="refuse categories and accounts the book lacks")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load, and say what became of every row."""
        user = User.objects.filter(email=options["user"].strip().lower()).first()
        if options["user"] and user is None:
            raise CommandError(f"Nobody here has the email address {options['user']}.")
        bar = Bar("Reading" if options["dry_run"] else "Loading")
        try:
            receipt = load_ledger(
                options["file"],
                book=options["book"],
                user=user,
                dry_run=options["dry_run"],
                strict=options["strict"],
                progress=bar,
            )
        except LedgerRefused as error:
            bar.clear()
            raise CommandError(refusal(error)) from error
        except BudgetError as error:
            bar.clear()
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be opened: {error.strerror or error}.") from error
        bar.clear()
        self.stdout.write("\n".join(lines(receipt)))


def lines(receipt: Receipt) -> list[str]:
    """The receipt as people read it."""
    found = [f"Book            {receipt.book} ({receipt.book.pk})", f"Rows in file    {receipt.rows:,}"]
    if receipt.is_dry_run:
        found.append(f"To record       {receipt.recorded:,}, this was a dry run: nothing was recorded")
    else:
        found.append(f"Recorded        {receipt.recorded:,}")
    found.append(f"Already there   {receipt.already_there:,}")
    if receipt.gone:
        found.append(f"Deleted since   {receipt.gone:,}")
    found.append("Refused         0")
    for currency, total in receipt.sums.items():
        found.append(f"Sum             {format_with_currency(total, currency)}")
    if receipt.uncategorized:
        found.append(f"No category     {receipt.uncategorized:,}")
    named = (
        ("New categories", receipt.new_categories),
        ("New accounts", receipt.new_accounts),
        ("Columns unread", receipt.unread_columns),
    )
    found += [f"{label:<14}  {', '.join(names)}" for label, names in named if names]
    if receipt.change and not receipt.was_loaded_before:
        found.append(f"Change          {receipt.change.number}, to be undone as one")
    elif receipt.change:
        found.append(f"This file was loaded before, in change {receipt.change.number}; nothing was changed.")
    if receipt.gone:
        found.append("To get its deleted rows back, undo their deletion on the History page.")
    return found


def refusal(error: LedgerRefused) -> str:
    """The first problems, each with its place, and what that means for the file."""
    found = [str(problem) for problem in error.problems]
    if error.count > len(found):
        found.append(f"... and {error.count - len(found):,} more")
    found += [
        "",
        f"Rows in file    {error.rows:,}",
        "Recorded        0",
        f"Refused         {error.rows:,}",
        "",
        str(error),
    ]
    return "\n".join(found)
