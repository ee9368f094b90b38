"""Writes a book as an archive, a page of rows at a time; or only adds up what its archive would be, to compare."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.db.models import Model
from django.utils import timezone

from budget import history
from budget.archive.errors import HistoryBroken
from budget.archive.pasts import carried
from budget.archive.surveying import Survey, entries_of
from budget.archive.tables import CHANGES, ENTRIES, FILES, FORMAT, MANIFEST, TABLES, VERSION, Table, translated
from budget.books.models import Book
from budget.files.models import StoredFile
from budget.files.vault import chunks
from budget.history.models import Change
from budget.history.rows import canonical
from budget.money import UNIT, MoneyField
from budget.recount.snapshot import snapshot

ROWS_AT_ONCE, CHANGES_AT_ONCE = 2_000, 500
Progress = Callable[[int, int], None]


class Measured:
    """The content of an archive as it is written: the digest, bytes and lines of each member."""

    def __init__(self, archive: zipfile.ZipFile | None = None) -> None:
        self._archive = archive
        self.members: dict[str, dict[str, Any]] = {}

    @contextmanager
    def member(self, name: str, *, packed: bool = True) -> Iterator[Callable[[bytes], None]]:
        """A member of the archive; what it gives takes the next piece."""
        digest, size, lines = hashlib.sha256(), 0, 0
        stream: IO[bytes] | None = None
        if self._archive is not None:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            info.external_attr = 0o600 << 16
            stream = self._archive.open(info, "w", force_zip64=True)

        def write(piece: bytes) -> None:
            nonlocal size, lines
            digest.update(piece)
            size += len(piece)
            lines += piece.count(b"\n") if packed else 0
            if stream is not None:
                stream.write(piece)

        try:
            yield write
        finally:
            if stream is not None:
                stream.close()
        self.members[name] = {"bytes": size, "lines": lines, "sha256": digest.hexdigest()}


def export_book(book: Book, out: IO[bytes], progress: Progress | None = None) -> dict[str, Any]:
    """Write all of `book` into `out`, as it is at one moment; answers the manifest.

    Raises:
        HistoryBroken: its history was altered.
        FileSpoiled: a kept file is not what was brought.
    """
    with snapshot(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        current = Book.objects.get(pk=book.pk)
        manifest = _written(current, Measured(archive), progress)
        manifest["exported_at"] = timezone.now().isoformat(timespec="seconds")
        manifest["source"] = {"changes": current.version, "head": current.head}
        with Measured(archive).member(MANIFEST) as write:
            write(json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n")
    return manifest


def content_of(book: Book) -> dict[str, Any]:
    """What the manifest of the book's archive says of its content, without writing one."""
    return _written(Book.objects.get(pk=book.pk), Measured(), None)


def content_digest(manifest: dict[str, Any]) -> str:
    """One hash over all that an archive holds; equal digests mean equal books, wherever they are kept."""
    members = {name: each["sha256"] for name, each in manifest["members"].items()}
    held = {key: manifest[key] for key in ("format", "version", "ids", "tables")}
    return hashlib.sha256(canonical({**held, "members": members}).encode()).hexdigest()


def _written(book: Book, out: Measured, progress: Progress | None) -> dict[str, Any]:
    verdict = history.verify(book)
    if not verdict.is_whole:
        raise HistoryBroken(verdict.problem)
    survey = Survey(book)
    tables: dict[str, Any] = {}
    counts = survey.ordinals.counts()
    steps = sum(counts.values()) + verdict.entries
    done = 0

    def told(rows: int) -> None:
        nonlocal done
        done += rows
        if progress:
            progress(done, steps)

    for table in TABLES:
        tables[table.name] = _write_table(book, table, survey, out, told)
    _write_changes(book, survey, out)
    _write_entries(book, survey, out, told)
    _write_files(book, out)
    manifest: dict[str, Any] = {
        "book": book.name,
        "format": FORMAT,
        "ids": counts,
        "members": out.members,
        "tables": tables,
        "version": VERSION,
    }
    manifest["content"] = content_digest(manifest)
    return manifest


def _write_table(
    book: Book, table: Table, survey: Survey, out: Measured, told: Callable[[int], None]
) -> dict[str, Any]:
    """A table's rows, in the order of their ids; answers how many there are, and what their amounts add up to."""
    money = [column.name for column in table.columns if isinstance(column.field, MoneyField)]
    rows, sums = 0, dict.fromkeys(money, 0)
    with out.member(table.member) as write:
        for page in _pages(book, table):
            lines = []
            for pk, *values in page:
                row = {c.name: c.write(v) for c, v in zip(table.columns, values, strict=True)}
                for name in money:
                    if row[name] is not None:
                        sums[name] += int(row[name] or 0)
                        row[name] = amount_text(int(row[name] or 0))
                made: dict[str, Any] = translated(table, row, survey.of)
                if "version" in made:
                    made["version"] = survey.version(made["version"])
                made["id"] = survey.of(table.name, pk)
                lines.append(canonical(made))
            write(("\n".join(lines) + "\n").encode())
            rows += len(lines)
            told(len(lines))
    return {"rows": rows, "sums": {name: amount_text(units) for name, units in sums.items()}}


def amount_text(units: int) -> str:
    """An exact amount, always with three decimals."""
    whole, rest = divmod(abs(units), UNIT)
    return f"{'-' if units < 0 else ''}{whole}.{rest:03}"


def _pages(book: Book, table: Table) -> Iterator[list[tuple[Any, ...]]]:
    model: type[Model] = table.model
    own = model._base_manager.filter(pk=book.pk) if model is Book else model._base_manager.filter(book=book)
    last = 0
    while page := list(own.filter(pk__gt=last).order_by("pk").values_list("pk", *table.names)[:ROWS_AT_ONCE]):
        yield page
        last = page[-1][0]


def _write_changes(book: Book, survey: Survey, out: Measured) -> None:
    last = 0
    with out.member(CHANGES) as write:
        while page := list(Change.objects.filter(book=book, number__gt=last).order_by("number")[:CHANGES_AT_ONCE]):
            lines = [_change(record, survey) for record in page if record.pk in survey.changes]
            write("".join(f"{line}\n" for line in lines).encode())
            last = page[-1].number


def _change(record: Change, survey: Survey) -> str:
    return canonical(
        {
            "at": record.at.isoformat(timespec="microseconds"),
            "by": record.by_name,
            "key": record.key,
            "key_digest": record.key_digest,
            "kind": record.kind,
            "number": survey.of("change", record.pk),
            "summary": record.summary,
            "undoes": survey.of("change", record.undoes_id) if record.undoes_id else None,
        }
    )


def _write_entries(book: Book, survey: Survey, out: Measured, told: Callable[[int], None]) -> None:
    with out.member(ENTRIES) as write:
        for entry in entries_of(book):
            said = {
                "action": entry.action,
                "change": survey.of("change", entry.change_id),
                "model": entry.model,
                "payload": carried(entry.model, json.loads(entry.payload), survey.of),
            }
            write(f"{canonical(said)}\n".encode())
            told(1)


def _write_files(book: Book, out: Measured) -> None:
    """The files as they came, opened; each is called by its digest."""
    last = ""
    while stored := StoredFile.objects.filter(book=book, sha256__gt=last).order_by("sha256").first():
        with out.member(f"{FILES}{stored.sha256}", packed=False) as write:
            for piece in chunks(stored):
                write(piece)
        last = stored.sha256
