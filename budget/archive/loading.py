"""Brings an archive in as a new book: whole or not at all, with its history made to hold in its new place.

The digests of a history cover the ids of its rows, and another place has other ids. So every change is written again
with the ids of this place and chained anew, in its order and with its own words, names and moments. What travels is
compared at the end: the archive of the new book has the same digest as the one that was brought.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import IO, Any

from django.db import DatabaseError, transaction

from budget import history
from budget.archive.errors import ArchiveRefused
from budget.archive.lines import Arrivals, row_of
from budget.archive.reading import Archive
from budget.archive.rechaining import write_history
from budget.archive.tables import FILES, MANIFEST, NAMED, TABLES, Table
from budget.archive.values import raw
from budget.archive.writing import Progress, amount_text, content_of
from budget.books.models import NO_CHANGE_YET, Book, Membership, Role
from budget.books.rows import pen
from budget.files import vault
from budget.files.models import StoredFile
from budget.history import IdempotentRequest, bulk
from budget.history.models import SYSTEM, Change
from budget.ledger import totals
from budget.money import MoneyField
from budget.recurring import links
from budget.users.models import User

ROWS_AT_ONCE = 2_000
MANY_ROWS = 10_000
KIND = "book.import"


def import_book(
    source: IO[bytes], *, by: User, progress: Progress | None = None, request: IdempotentRequest | None = None
) -> tuple[Book, dict[str, Any]]:
    """Make the book that `source` is an archive of; answers it and the manifest. `source` can seek.

    Args:
        by: its owner and only member.
        request: counts once; a repeat answers the book that the first one made.

    Raises:
        ArchiveRefused: the archive is not whole, was altered, or says what no book can hold; nothing was kept.
    """
    archive = Archive(source)
    try:
        archive.verify()
        with transaction.atomic():
            owner = User.objects.select_for_update().get(pk=by.pk)
            earlier = _made_by(owner, request)
            return earlier or _brought(archive, owner, progress, request), archive.manifest
    except DatabaseError as error:
        raise ArchiveRefused(f"The database refuses what it says: {str(error).splitlines()[0][:200]}.") from error
    finally:
        archive.close()


def _made_by(by: User, request: IdempotentRequest | None) -> Book | None:
    """The book that the same request made before."""
    own = Change.objects.filter(book__in=Book.objects.for_user(by), kind=KIND, by=None, by_name=SYSTEM)
    earlier = own.filter(key=request.key).select_related("book").first() if request else None
    return earlier.book if earlier else None


def _brought(archive: Archive, by: User, progress: Progress | None, request: IdempotentRequest | None) -> Book:
    said = archive.manifest
    arrivals = Arrivals(said["ids"])
    steps, done = sum(each.get("lines") or 0 for each in said["members"].values()), 0

    def told(lines: int) -> None:
        nonlocal done
        done += lines
        if progress:
            progress(done, steps)

    book = _book_of(archive, arrivals)
    arrivals.reserve(book)
    for table in TABLES[1:]:
        _require_told(archive, table, _load(archive, book, table, arrivals, told))
        if table.model is StoredFile:
            _load_files(archive, book)
        if table.name == "category":  # imports point at changes, and rows of changes at accounts and categories
            head, number = write_history(archive, book, arrivals, told)
    arrivals.require_there()
    with pen():
        Book.objects.filter(pk=book.pk).update(version=number, head=head)
    _derive(book)
    _let_in(book, by, archive, request)
    if content_of(book)["content"] != said["content"]:
        raise ArchiveRefused("What it says of itself is not what it holds: the new book's digest differs.", MANIFEST)
    if done > MANY_ROWS:
        transaction.on_commit(bulk.refresh_statistics)
    return Book.objects.get(pk=book.pk)


def _book_of(archive: Archive, arrivals: Arrivals) -> Book:
    table = NAMED["book"]
    found = list(archive.lines(table.member))
    if len(found) != 1:
        raise ArchiveRefused("It must have one line, the book's.", table.member)
    [(number, line)] = found
    values = row_of(table, line, arrivals, number)
    book = Book(version=0, head=NO_CHANGE_YET)
    for column in table.columns:
        setattr(book, column.name, column.read(values[column.name]))
    with pen():
        book.save(force_insert=True)
    _require_told(archive, table, {"rows": 1})
    return book


def _load(
    archive: Archive, book: Book, table: Table, arrivals: Arrivals, told: Callable[[int], None]
) -> dict[str, int]:
    """Write a table's rows; answers how many, and what their amounts add up to, in thousandths."""
    money = [column.name for column in table.columns if isinstance(column.field, MoneyField)]
    counted = {"rows": 0, **dict.fromkeys(money, 0)}
    rows = ((row_of(table, line, arrivals, n), line["id"]) for n, line in archive.lines(table.member))
    for page in _pages(rows):
        varying = {
            str(column.field.column): [raw(column, values[column.name]) for values, _ in page]
            for column in table.columns
        }
        ids = [arrivals.id_of(table.name, ordinal) for _, ordinal in page]
        bulk.write(table.model, {"book_id": book.pk}, varying, len(page), ids=ids)
        counted["rows"] += len(page)
        for name in money:
            counted[name] += sum(values[name] or 0 for values, _ in page)
        told(len(page))
    return counted


def _require_told(archive: Archive, table: Table, counted: dict[str, int]) -> None:
    said = archive.manifest["tables"].get(table.name)
    found = {
        "rows": counted["rows"],
        "sums": {name: amount_text(units) for name, units in counted.items() if name != "rows"},
    }
    if said != found:
        raise ArchiveRefused(f"The manifest tells of other rows or sums: it has {found['rows']:,} rows.", table.member)


def _pages(
    rows: Iterator[tuple[dict[str, Any], int]],
) -> Iterator[Sequence[tuple[dict[str, Any], int]]]:
    return iter(lambda: list(islice(rows, ROWS_AT_ONCE)), [])


def _load_files(archive: Archive, book: Book) -> None:
    """The content of the kept files, sealed with the keys of this place."""
    kept = {stored.sha256: stored for stored in StoredFile.objects.filter(book=book).iterator(ROWS_AT_ONCE)}
    there = archive.files()
    for sha256 in sorted(kept.keys() ^ set(there)):
        which = "no row tells of it" if sha256 in there else "it is missing"
        raise ArchiveRefused(f"A kept file and its row do not match: {which}.", f"{FILES}{sha256}")
    for sha256 in there:
        if archive.manifest["members"][f"{FILES}{sha256}"]["bytes"] != kept[sha256].size:
            raise ArchiveRefused("Its row tells of another size.", f"{FILES}{sha256}")
        with archive.open(f"{FILES}{sha256}") as stream:
            vault.fill(kept[sha256], stream)


def _derive(book: Book) -> None:
    """Make anew what follows from the rows."""
    totals.rebuild(book)
    matcher = links.Matcher(book)
    if matcher.patterns:
        links.relink(book, {key for key, _, _ in matcher.patterns}, matcher)


def _let_in(book: Book, by: User, archive: Archive, request: IdempotentRequest | None) -> None:
    """Let whoever brought it in open it; that is a change of its own, which does not travel on."""
    book.refresh_from_db()
    digest = archive.manifest["content"][:12]
    summary = f"Brought the book in from an archive for {by.name}: {book.version:,} changes, digest {digest}"
    with history.change(book, None, summary, kind=KIND, request=request) as change:
        change.create(Membership(user=by, role=Role.OWNER))
