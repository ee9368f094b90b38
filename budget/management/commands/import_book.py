"""`manage.py import_book FILE.zip --user EMAIL`: an archive as a new book."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budget.archive.loading import import_book
from budget.errors import BudgetError
from budget.management.progress import Bar
from budget.users.models import User


class Command(BaseCommand):
    """Brings an archive in and prints what came."""

    help = "Make a new book of an archive that export_book wrote: whole or not at all, whatever the database is."

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be said on the command line."""
        parser.add_argument("file", type=Path, metavar="FILE.zip")
        parser.add_argument("--user", required=True, help="email of the person who will own the book")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import, and say that the digests agree."""
        user = User.objects.filter(email=User.objects.normalize_email(options["user"])).first()
        if user is None:
            raise CommandError(f"Nobody here has the email address {options['user']}.")
        bar = Bar("Bringing in")
        try:
            with options["file"].open("rb") as file:
                book, manifest = import_book(file, by=user, progress=bar)
        except BudgetError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror or error}.") from error
        finally:
            bar.clear()
        rows = sum(table["rows"] for table in manifest["tables"].values())
        self.stdout.write(
            f"Book      {book} ({book.pk}), owned by {user.email}\nRows      {rows:,}\n"
            f"Changes   {manifest['members']['history/changes.jsonl']['lines']:,}, chained anew and whole\n"
            f"Digest    {manifest['content']}, equal to the archive's"
        )
