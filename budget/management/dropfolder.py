"""A folder whose files are imported: DIR/file into the account named on the command line, DIR/<account>/file into that.

Whatever comes in the way (a crash, a second program on the same folder), a file is recorded once: its import is found
again by where the file lies, when it was written and what is in it, and only a file that was dealt with is moved.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management import CommandError

from budget.books.models import Book
from budget.errors import BudgetError
from budget.management.commands.import_statement import (
    chosen_account,
    name_new_accounts,
    new_account_of_other_currency,
)
from budget.statements import bringing, choices, recording
from budget.statements.errors import AlreadySettled, BookChanged
from budget.statements.models import Stage, StatementImport
from budget.statements.receipts import as_json, receipt
from budget.statements.takingback import discard

DONE, REFUSED = "done", "refused"
UNFINISHED = (".part", ".partial", ".crdownload", ".download", ".tmp", "~")
TRIES = 3


@dataclass(frozen=True)
class Outcome:
    """What became of a file. `place` is where it lies now, `reason` why it was refused; empty where it was not."""

    name: str
    place: Path
    reason: str
    told: dict[str, Any]


class DropFolder:
    """The folder, and what its files are imported into."""

    def __init__(self, root: Path, book: Book, account: str, *, settle: float = 5, is_partial: bool = False) -> None:
        """Take a folder.

        Args:
            account: the id or name for the files that lie in the folder itself; empty leaves it to the files.
            settle: seconds that a file must not have been written to.
            is_partial: take the rows that can be read of a file with others.
        """
        self.root, self.book, self.account = root, book, account
        self.settle, self.is_partial = settle, is_partial

    def sweep(self) -> Iterator[Outcome]:
        """Deal with every file that has come and no longer grows, the oldest first."""
        for path in self.waiting():
            outcome = self.deal_with(path)
            if outcome:
                yield outcome

    def waiting(self) -> list[Path]:
        """The files to deal with."""
        folders = [self.root]
        folders += [each for each in self.root.iterdir() if self._is_account(each)]
        found = [path for folder in folders for path in folder.iterdir() if self._is_ready(path)]
        return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))

    def _is_account(self, folder: Path) -> bool:
        own = folder.name in (DONE, REFUSED) or folder.name.startswith(".")
        return folder.is_dir() and not folder.is_symlink() and not own

    def _is_ready(self, path: Path) -> bool:
        """Whether it is a file that nobody writes to any more; a link could lead out of the folder."""
        if path.is_symlink() or not path.is_file() or path.name.startswith(".") or path.name.endswith(UNFINISHED):
            return False
        return time.time() - path.stat().st_mtime >= self.settle

    def deal_with(self, path: Path) -> Outcome | None:
        """Import a file and put it away; None where it is not its time yet."""
        named = path.parent.name if path.parent != self.root else self.account
        try:
            before = path.stat()
            found = self._bring(path, named, before)
            after = path.stat()
        except FileNotFoundError:
            return None  # somebody else on this folder was faster
        except (BudgetError, OSError) as error:
            return self._put_away(path, REFUSED, str(error), {})
        if (after.st_size, after.st_mtime_ns) != (before.st_size, before.st_mtime_ns):
            discard(found)
            return None  # it grows after all
        if found.stage == Stage.READING:
            return None  # somebody else is at it
        reason = self._carry_out(found, named)
        told = as_json(receipt(found))
        return self._put_away(path, REFUSED if reason else DONE, reason, told)

    def _bring(self, path: Path, named: str, seen: os.stat_result) -> StatementImport:
        """The file's import: a new one, or the one that it got before a crash."""
        mark = f"{path.relative_to(self.root)}\n{seen.st_ino}\n{seen.st_mtime_ns}\n{seen.st_size}"
        key = f"folder-{hashlib.sha256(mark.encode(errors='surrogateescape')).hexdigest()}"
        with path.open("rb") as source:
            account = chosen_account(self.book, named)
            found, is_new = bringing.bring_once(self.book, path.name, source, by=None, account=account, key=key)
        if is_new or bringing.is_silent(found):
            bringing.read(found)
        return found

    def _carry_out(self, found: StatementImport, named: str) -> str:
        """Record it; why not, if so."""
        try:
            if found.stage == Stage.READY:
                return self._record(found, named)
        except AlreadySettled:
            found.refresh_from_db()
        if found.stage == Stage.RECORDED:
            return ""
        reason = found.problem or "It was refused before."
        if found.stage == Stage.ASKING:
            reason += " Import it with import_statement, and say it with --date-order, --decimal-mark or --mapping."
        if found.stage != Stage.DISCARDED:
            discard(found)
        return reason

    def _record(self, found: StatementImport, named: str) -> str:
        account = chosen_account(self.book, named)
        if account and (unfit := new_account_of_other_currency(found, account)):
            return self._refuse(found, unfit)
        try:
            name_new_accounts(found, named)
        except CommandError as error:
            return self._refuse(found, str(error))
        for _ in range(TRIES):
            try:
                recording.confirm(found, by=None, is_partial=self.is_partial)
            except BookChanged:
                choices.compare_again(found)
            except AlreadySettled:
                raise
            except BudgetError as error:
                return self._refuse(found, str(error))
            else:
                return ""
        return self._refuse(found, "The book kept changing while this was imported. Drop the file again.")

    def _refuse(self, found: StatementImport, reason: str) -> str:
        """Remember why, so that it can be said after a crash too."""
        StatementImport.objects.filter(pk=found.pk).update(problem=reason[:500])
        return reason

    def _put_away(self, path: Path, where: str, reason: str, told: dict[str, Any]) -> Outcome | None:
        """Write the receipt, then move the file: a crash between leaves the file, which is then dealt with again."""
        folder = self.root / where / path.parent.relative_to(self.root)
        folder.mkdir(parents=True, exist_ok=True)
        place = _free(folder, path.name)
        beside = place.with_name(f"{place.name}.json")
        written = beside.with_name(f".{beside.name}.{secrets.token_hex(8)}")
        written.write_text(json.dumps(told | {"problem": reason}, ensure_ascii=False, indent=2), encoding="utf-8")
        written.replace(beside)
        try:
            path.rename(place)
        except FileNotFoundError:  # somebody else on this folder was faster, and wrote a receipt of their own
            if not place.exists():
                beside.unlink(missing_ok=True)
            return None
        return Outcome(path.relative_to(self.root).as_posix(), place, reason, told)


def _free(folder: Path, name: str) -> Path:
    """A place for a file of that name where none lies."""
    stem, ending = os.path.splitext(name)
    place, number = folder / name, 1
    while place.exists():
        number += 1
        place = folder / f"{stem} ({number}){ending}"
    return place
