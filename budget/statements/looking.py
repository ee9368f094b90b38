"""A look at a file before it is kept: what is no statement leaves nothing behind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, BinaryIO, cast

from django.db import transaction

from budget.files.models import FilePart, StoredFile
from budget.statements.asking import question_of
from budget.statements.columns import TABLE
from budget.statements.formats import read_statements, recognise
from budget.statements.formats.amounts import UnclearAmounts
from budget.statements.formats.base import IdleLine, ParsedLine, RefusedLine, UnclearDates, UnreadableFile
from budget.statements.formats.delimited import guess
from budget.statements.mapping import table_of
from budget.statements.models import Stage, StatementImport
from budget.statements.reading import MOST_REFUSED, answers_of
from budget.statements.takingback import drop_lines


def require_statement(source: IO[bytes], said: Mapping[str, Any]) -> None:
    """Read a file as far as the first row that can be read; of a table, find its columns.

    The file is at its beginning afterwards.

    Args:
        said: what is known beforehand; a table whose columns somebody named needs no guess.

    Raises:
        UnreadableFile: it is no statement, or one made to do harm; the sentence says what would help.
    """
    file = cast("BinaryIO", source)
    try:
        if recognise(file).name == TABLE:
            if not said.get("columns"):
                guess(file)
            return
        unread = 0
        for event in read_statements(file, answers_of(StatementImport(answers=dict(said)))):
            unread += isinstance(event, RefusedLine)
            if isinstance(event, ParsedLine | IdleLine):
                return
            if unread > MOST_REFUSED:
                raise UnreadableFile(f"None of the first {MOST_REFUSED:,} rows can be read. Is this a statement?")
    except (UnclearDates, UnclearAmounts):
        return  # a person can say it
    finally:
        source.seek(0)


def is_hopeless(found: StatementImport) -> bool:
    """Whether a file was refused and nothing that a person could say would help."""
    return found.stage == Stage.REFUSED and question_of(found) is None and table_of(found) is None


def forget(found: StatementImport) -> None:
    """Remove an import that came to nothing, and its file where no other import is of it."""
    with transaction.atomic():
        stored = _locked(found)
        drop_lines(found)
        StatementImport.objects.filter(pk=found.pk).delete()
        _remove_unused(stored)


def drop_file(found: StatementImport) -> None:
    """Remove the file of an import that could not be read, where no other import is of it; the import says why."""
    with transaction.atomic():
        stored = _locked(found)
        StatementImport.objects.filter(pk=found.pk).update(file=None)
        _remove_unused(stored)
    found.file = None


def _locked(found: StatementImport) -> StoredFile | None:
    return StoredFile.objects.select_for_update().filter(pk=found.file_id or 0).first()


def _remove_unused(stored: StoredFile | None) -> None:
    if stored and not stored.imports.exists():
        parts = FilePart.objects.filter(file=stored)
        parts._raw_delete(parts.db)
        StoredFile.objects.filter(pk=stored.pk).delete()
