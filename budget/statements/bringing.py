"""A file begins its way: kept as it came, read at once or in the background, and read again on an answer."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import timedelta
from os import SEEK_END
from typing import IO, Any

from django.db import close_old_connections, transaction
from django.utils import timezone

from budget.books.models import Book
from budget.files import vault
from budget.history.models import SYSTEM
from budget.ledger.models import Account
from budget.statements import columns
from budget.statements.errors import AlreadySettled, FileGone, TooLarge
from budget.statements.formats.base import UnreadableFile
from budget.statements.looking import drop_file, forget, is_hopeless, require_statement
from budget.statements.models import Stage, StatementImport
from budget.statements.reading import Progress, read_import
from budget.users.models import User

LARGEST = 512 * 1024 * 1024
"""Bytes of a file that a command brings; pages take less."""

AT_ONCE = 256 * 1024
"""Bytes of a file that is read while the person waits; a longer one is read in the background."""

SILENCE = timedelta(seconds=20)
"""Whoever reads gives a sign of life more often than that."""

log = logging.getLogger(__name__)


def bring(
    book: Book,
    name: str,
    source: IO[bytes],
    *,
    by: User | None,
    account: Account | None = None,
    answers: Mapping[str, Any] | None = None,
    is_archive: bool = False,
) -> StatementImport:
    """Keep a file and begin its import; nothing of it is read yet, see `bring_once`."""
    return bring_once(book, name, source, by=by, account=account, answers=answers, is_archive=is_archive)[0]


def bring_once(
    book: Book,
    name: str,
    source: IO[bytes],
    *,
    by: User | None,
    account: Account | None = None,
    answers: Mapping[str, Any] | None = None,
    is_archive: bool = False,
    key: str = "",
) -> tuple[StatementImport, bool]:
    """Keep a file and begin its import, and say whether this call did; nothing of it is read yet.

    Args:
        account: whose statement it is, where the person says so; else it is guessed.
        answers: what is known beforehand: `columns`, `date_order`, `decimal_mark`, `currency`.
        is_archive: years of history from elsewhere: the file's own categories are taken for confirmed.
        key: of the request; the same file with the same key is brought once, and answered with what it was then.

    Raises:
        MayOnlyView: `by` may not write.
        TooLarge: no bank writes so much; nothing is kept.
        UnreadableFile: it is no statement; nothing is kept.
    """
    if (size := source.seek(0, SEEK_END)) > LARGEST:
        raise TooLarge(size)
    source.seek(0)
    said = dict(answers or {}) | ({"account": account.pk} if account else {})
    values = {
        "file_name": vault.clean_name(name),
        "answers": said,
        "is_archive": is_archive,
        "by": by,
        "by_name": by.name if by else SYSTEM,
    }
    vault.require_writer(book, by)
    require_statement(source, said)
    with transaction.atomic():
        stored = vault.store(book, name, source, by)
        if not key:
            return StatementImport.objects.create(book=book, file=stored, **values), True
        return StatementImport.objects.get_or_create(book=book, file=stored, key=key, defaults=values)


def bring_again(earlier: StatementImport, *, by: User, key: str = "") -> tuple[StatementImport, bool]:
    """Begin anew with the file of an earlier import and what was said about it, like `bring_once`.

    Raises:
        MayOnlyView: `by` may not write.
    """
    with vault.open_file(earlier.kept) as source:
        return bring_once(
            earlier.book,
            earlier.file_name,
            source,
            by=by,
            answers=earlier.answers,
            is_archive=earlier.is_archive,
            key=key,
        )


def read(found: StatementImport, progress: Progress = lambda lines: None) -> StatementImport:
    """Read the file of an import, now; what came of it is its stage."""
    with vault.open_file(found.kept) as source:
        columns.prepare(found, source)
        source.seek(0)
        read_import(found, source, progress)
    return found


def begin(found: StatementImport) -> None:
    """Begin to read a file that has just come.

    Raises:
        UnreadableFile: it broke off and nothing that a person could say would help; nothing is kept.
    """
    begin_reading(found)
    if is_hopeless(found):
        forget(found)
        raise UnreadableFile(found.problem)


def begin_reading(found: StatementImport) -> None:
    """Read a short file now and a long one in the background; the import's page tells how far it is.

    What is refused and cannot be helped is not kept: the import stays in the list to say why, until it is discarded.
    """
    if found.kept.size <= AT_ONCE:
        _read_or_drop(found)
    else:
        threading.Thread(target=_read_apart, args=[found.pk], name=f"import {found.pk}", daemon=True).start()


def _read_or_drop(found: StatementImport) -> None:
    if is_hopeless(read(found)):
        drop_file(found)


def _read_apart(pk: int) -> None:
    close_old_connections()
    try:
        _read_or_drop(StatementImport.objects.select_related("file", "book").get(pk=pk))
    except BaseException:
        log.exception("Reading import %s failed", pk)
        broken = "Something broke on our side while this was read. Nothing was imported; begin again."
        StatementImport.objects.filter(pk=pk, stage=Stage.READING).update(stage=Stage.REFUSED, problem=broken)
        raise
    finally:
        close_old_connections()


def is_silent(found: StatementImport) -> bool:
    """Whether whoever read it gave up: the server was stopped, say. It can be begun again."""
    return found.stage == Stage.READING and timezone.now() - found.beat_at > SILENCE


def answer(found: StatementImport, said: Mapping[str, Any]) -> None:
    """Take what a person says about a file and read it anew with that.

    Args:
        said: any of `columns`, `date_order`, `decimal_mark`, `account`, `currency`.

    Raises:
        AlreadySettled: it was imported or discarded before.
    """
    with transaction.atomic():
        locked = StatementImport.objects.select_for_update().get(pk=found.pk)
        if locked.stage in (Stage.RECORDED, Stage.DISCARDED):
            raise AlreadySettled(locked.file_name, locked.get_stage_display().lower())
        if locked.file_id is None:
            raise FileGone(locked.file_name)
        by_person = {columns.GUESSED: False} if "columns" in said else {}
        locked.answers = {**locked.answers, **said, **by_person}
        locked.stage, locked.lines_read, locked.bytes_read = Stage.READING, 0, 0
        locked.beat_at = timezone.now()
        locked.save()
    found.refresh_from_db()
    begin_reading(found)
    found.refresh_from_db()
