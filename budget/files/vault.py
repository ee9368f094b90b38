"""Keeps files as they came, sealed in parts, and gives them back as something to read and seek in.

Each part is sealed together with whose it is (book, digest and size of the file, its number), so no part can take the
place of another. However large a file is, a few parts of it are in memory at a time.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import struct
import tempfile
import unicodedata
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO

from django.db import transaction

from budget.books.models import WRITERS, Book, Membership
from budget.files.errors import FileChanging, FileSpoiled
from budget.files.keyring import CannotOpen, key_ring
from budget.files.models import FilePart, StoredFile
from budget.history.errors import MayOnlyView
from budget.history.models import SYSTEM
from budget.users.models import User

PART = 256 * 1024
"""Bytes of content in a part. Kept files have parts of this size, so it never changes."""

PARTS_AT_ONCE = 8
PARTS_REMEMBERED = 4
LONGEST_NAME = 200
_LABEL = struct.Struct(">QQQ32s")


def store(book: Book, name: str, source: IO[bytes], by: User | None) -> StoredFile:
    """Keep the whole content of `source` in `book`; the same content is kept once, under its first name.

    It is read twice, first for its digest. What cannot seek is put into an unnamed temporary file for that.

    Args:
        by: who brings it; `None` is the program itself.

    Raises:
        MayOnlyView: `by` is no owner or editor of the book.
        FileChanging: the second reading found something else than the first.
    """
    require_writer(book, by)
    with _seekable(source) as file:
        sha256, size = _measured(file)
        with transaction.atomic():
            stored, is_new = StoredFile.objects.get_or_create(
                book=book,
                sha256=sha256,
                defaults={"name": clean_name(name), "size": size, "by_name": by.name if by else SYSTEM},
            )
            if is_new:
                _keep(stored, file)
    return stored


def fill(stored: StoredFile, source: IO[bytes]) -> None:
    """Keep the content of a file whose row is there already; `source` can seek.

    Raises:
        FileChanging: it is not the content that the row tells of.
    """
    _keep(stored, source)


def require_writer(book: Book, by: User | None) -> None:
    """Refuse whoever may not bring files; `None` is the program itself."""
    if by and not Membership.objects.filter(book=book, user=by, role__in=WRITERS).exists():
        raise MayOnlyView(book)


def open_file(stored: StoredFile) -> BinaryIO:
    """The content, to read and seek in; opened part by part, with the last few remembered.

    Reading raises `FileSpoiled` at the first part that is not what was kept. Read from its beginning to its end, the
    whole is compared with its digest as well.
    """
    return io.BufferedReader(_Content(stored), PART)


def content_length(stored: StoredFile) -> int:
    """Bytes of the content, without reading it."""
    return stored.size


def chunks(stored: StoredFile) -> Iterator[bytes]:
    """The content from its beginning to its end, a part at a time."""
    content = _Content(stored)
    for number in range(_parts_of(stored)):
        yield content.part(number)


def check(stored: StoredFile) -> None:
    """Read all of a file.

    Raises:
        FileSpoiled: it is not what was brought.
    """
    for _ in chunks(stored):
        pass


def clean_name(name: str) -> str:
    """What a file is called, without folders, control and direction characters; at most 200 characters."""
    last = re.split(r"[/\\]", name[-1000:])[-1]
    shown = "".join(c for c in unicodedata.normalize("NFC", last) if unicodedata.category(c)[0] != "C")
    plain = " ".join(shown.split()).strip(" .") or "file"
    if len(plain) <= LONGEST_NAME:
        return plain
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending) > 10:
        return plain[:LONGEST_NAME].rstrip()
    return f"{stem[: LONGEST_NAME - len(ending) - 1].rstrip()}.{ending}"


def seal_part(stored: StoredFile, number: int, content: bytes) -> bytes:
    """A part as the database keeps it, sealed with the newest key."""
    return key_ring().seal(_label(stored, number) + content)


def open_part(stored: StoredFile, number: int, sealed: bytes) -> bytes:
    """The content of a part.

    Raises:
        FileSpoiled: it is not this part of this file.
    """
    try:
        opened = key_ring().open(sealed)
    except CannotOpen:
        raise FileSpoiled(stored.name, number) from None
    content = opened[_LABEL.size :]
    if opened[: _LABEL.size] != _label(stored, number) or len(content) != min(PART, stored.size - number * PART):
        raise FileSpoiled(stored.name, number)
    return content


class _Content(io.RawIOBase):
    """The content of a kept file, read-only."""

    def __init__(self, stored: StoredFile) -> None:
        super().__init__()
        self._stored, self._place = stored, 0
        self._remembered: OrderedDict[int, bytes] = OrderedDict()
        self._digest, self._digested = hashlib.sha256(), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; beyond the end there is nothing to read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._stored.size}[whence]
        if base + offset < 0:
            raise ValueError("There is nothing before the beginning of a file.")
        self._place = base + offset
        return self._place

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed says Buffer
        """Read up to the end of the part that the place is in."""
        if self._place >= self._stored.size or not len(buffer):
            return 0
        number, start = divmod(self._place, PART)
        piece = self.part(number)[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def part(self, number: int) -> bytes:
        """A part's content, perhaps a remembered one."""
        if number in self._remembered:
            self._remembered.move_to_end(number)
            return self._remembered[number]
        sealed = FilePart.objects.filter(file=self._stored, number=number).values_list("sealed", flat=True).first()
        if sealed is None:
            raise FileSpoiled(self._stored.name, number)
        content = open_part(self._stored, number, bytes(sealed))
        self._compare(number, content)
        self._remembered[number] = content
        if len(self._remembered) > PARTS_REMEMBERED:
            self._remembered.popitem(last=False)
        return content

    def _compare(self, number: int, content: bytes) -> None:
        if number != self._digested:
            return
        self._digest.update(content)
        self._digested += 1
        if self._digested == _parts_of(self._stored) and self._digest.hexdigest() != self._stored.sha256:
            raise FileSpoiled(self._stored.name)


@contextmanager
def _seekable(source: IO[bytes]) -> Iterator[IO[bytes]]:
    if source.seekable():
        yield source
        return
    with tempfile.TemporaryFile() as file:
        shutil.copyfileobj(source, file, PART)
        yield file


def _measured(file: IO[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(file):
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def _keep(stored: StoredFile, file: IO[bytes]) -> None:
    digest, size = hashlib.sha256(), 0
    waiting: list[FilePart] = []
    for number, piece in enumerate(_pieces(file)):
        digest.update(piece)
        size += len(piece)
        sealed = seal_part(stored, number, piece)
        waiting.append(FilePart(book_id=stored.book_id, file=stored, number=number, sealed=sealed))
        if len(waiting) == PARTS_AT_ONCE:
            FilePart.objects.bulk_create(waiting)
            waiting = []
    if (digest.hexdigest(), size) != (stored.sha256, stored.size):
        raise FileChanging(stored.name)
    FilePart.objects.bulk_create(waiting)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    """The whole file in pieces of exactly a part, the last one excepted."""
    file.seek(0)
    rest = b""
    while read := file.read(PART - len(rest)):
        rest += read
        if len(rest) == PART:
            yield rest
            rest = b""
    if rest:
        yield rest


def _parts_of(stored: StoredFile) -> int:
    return -(-stored.size // PART)


def _label(stored: StoredFile, number: int) -> bytes:
    return _LABEL.pack(stored.book_id, stored.size, number, bytes.fromhex(stored.sha256))
