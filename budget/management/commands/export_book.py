"""`manage.py export_book --book B --out FILE`: a whole book as one archive."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budget.archive.exporting import cleared_export
from budget.errors import BudgetError
from budget.management.books import add_book_argument, chosen_books
from budget.management.progress import Bar


class Command(BaseCommand):
    """Writes the archive and prints what is in it."""

    help = (
        "Write a whole book, its history and its files as they came, into one ZIP that import_book reads anywhere. "
        "The file is as private as the book: nothing in it is encrypted."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be said on the command line."""
        add_book_argument(parser)
        parser.add_argument("--out", type=Path, required=True, metavar="FILE.zip", help="must not be there yet")

    def handle(self, *args: Any, **options: Any) -> None:
        """Export; nothing is left behind where that fails."""
        books = chosen_books(options["book"])
        if len(books) != 1:
            raise CommandError("Say which book with --book: its number or its name.")
        out: Path = options["out"]
        part = out.with_name(f"{out.name}.part")
        bar = Bar("Exporting")
        try:
            if out.exists():
                raise CommandError(f"{out} is there already.")
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                try:
                    manifest = cleared_export(books[0], file, bar)
                    file.flush()
                    os.fsync(file.fileno())
                except BaseException:
                    part.unlink()
                    raise
            part.rename(out)
        except BudgetError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror or error}.") from error
        finally:
            bar.clear()
        rows = sum(table["rows"] for table in manifest["tables"].values())
        changes = manifest["members"]["history/changes.jsonl"]["lines"]
        files = sum(name.startswith("files/") for name in manifest["members"])
        self.stdout.write(
            f"Book      {books[0]} ({books[0].pk})\nRows      {rows:,}\nChanges   {changes:,}\nFiles     {files:,}\n"
            f"Digest    {manifest['content']}\nWritten   {out}, {out.stat().st_size:,} bytes"
        )
