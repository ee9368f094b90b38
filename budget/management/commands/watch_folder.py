"""`manage.py watch_folder DIR`: imports whatever statement is put into a folder."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from budget.management.commands.import_statement import REFUSED, chosen_book
from budget.management.dropfolder import DropFolder, Outcome


class Command(BaseCommand):
    """Watches a folder, or looks into it once."""

    help = (
        "Import each statement that is put into DIR, or into DIR/<account name>, once it no longer grows. Imported "
        "files are moved to DIR/done with a receipt, the others to DIR/refused with the reason. With --once, for cron, "
        "it ends after one look, with 4 where a file was refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """What may be said on the command line."""
        add = parser.add_argument
        add("folder", type=Path, metavar="DIR")
        add("--book", default="", metavar="ID|NAME", help="the only book where it is left out")
        add(
            "--account", default="", metavar="ID|NAME", help="for files in DIR itself; else the one that the file names"
        )
        add("--partial", action="store_true", help="take the rows that can be read")
        add("--once", action="store_true", help="look once, then end")
        add("--every", type=float, default=5, metavar="SECONDS", help="how often to look")
        add("--settle", type=float, default=5, metavar="SECONDS", help="how long a file must not have been written to")

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, until stopped."""
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder.")
        book = chosen_book(options["book"])
        watched = DropFolder(folder, book, options["account"], settle=options["settle"], is_partial=options["partial"])
        try:
            refused = self.look(watched)
            while not options["once"]:
                time.sleep(max(options["every"], 0.1))
                self.look(watched)
        except KeyboardInterrupt:
            return
        if refused:
            raise SystemExit(REFUSED)

    def look(self, watched: DropFolder) -> int:
        """Deal with what is there; how many files were refused."""
        outcomes = []
        for outcome in watched.sweep():
            outcomes.append(outcome)
            (self.stderr if outcome.reason else self.stdout).write(sentence(outcome))
        return sum(bool(outcome.reason) for outcome in outcomes)


def sentence(outcome: Outcome) -> str:
    """``nov.csv: 9 new, 1 already here.``, or why it was refused."""
    if outcome.reason:
        return f"{outcome.name}: {outcome.reason}"
    told = outcome.told
    refused = f", {told['refused']:,} refused" if told["refused"] else ""
    return f"{outcome.name}: {told['recorded']:,} new, {told['already_there']:,} already here{refused}."
