"""Files are kept as they came, sealed, and read part by part; what is not what was kept is refused by name."""

from __future__ import annotations

import base64
import hashlib
import io
import random
import tracemalloc
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from budget.books.models import Book, Role
from budget.files import vault
from budget.files.errors import FileChanging, FileSpoiled
from budget.files.models import FilePart, StoredFile
from budget.history.errors import MayOnlyView
from budget.tests.attacks import take_away_rules
from budget.tests.factories import make_book, make_member, make_user
from budget.users.models import User

pytestmark = pytest.mark.django_db

PART = vault.PART


def _content(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def _store(book: Book, content: bytes, name: str = "bank.csv") -> StoredFile:
    return vault.store(book, name, io.BytesIO(content), None)


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 3 * PART, 3 * PART + 7])
def test_file_is_read_as_it_came(book: Book, owner: User, size: int) -> None:
    content = _content(size)

    stored = vault.store(book, "bank.csv", io.BytesIO(content), owner)

    assert (stored.name, stored.size, stored.by_name) == ("bank.csv", size, "Olive Owner")
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert FilePart.objects.filter(file=stored, book=book).count() == -(-size // PART)
    with vault.open_file(stored) as file:
        assert file.read() == content
    assert b"".join(vault.chunks(stored)) == content
    assert vault.content_length(stored) == size


def test_file_is_read_from_anywhere(book: Book) -> None:
    content = _content(5 * PART + 99)
    stored = _store(book, content)
    choice = random.Random(1)

    with vault.open_file(stored) as file:
        for _ in range(100):
            start, length = choice.randrange(len(content) + 10), choice.randrange(2 * PART)
            assert file.seek(start) == start
            assert file.read(length) == content[start : start + length]
            assert file.tell() == max(start, min(start + length, len(content)))
        assert file.seek(-5, io.SEEK_END) == len(content) - 5
        assert file.read() == content[-5:]
        with pytest.raises(ValueError, match="before the beginning"):
            file.seek(-1)


def test_readers_of_lines_and_archives_can_read_it(book: Book) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("one.csv", "a;b\n" * 200_000)
        made.writestr("two.bin", _content(2 * PART))
    stored = _store(book, archive.getvalue(), "book.xlsx")

    with vault.open_file(stored) as file, zipfile.ZipFile(file) as opened:
        assert opened.testzip() is None
        assert opened.read("two.bin") == _content(2 * PART)
    lines = _store(book, b"first\nsecond\r\n" * 50_000)
    with vault.open_file(lines) as file:
        assert sum(1 for _ in io.TextIOWrapper(file, "utf-8")) == 100_000


def test_file_cannot_be_written_to(book: Book) -> None:
    with vault.open_file(_store(book, b"content")) as file:
        assert (file.readable(), file.seekable(), file.writable()) == (True, True, False)
        with pytest.raises(io.UnsupportedOperation):
            file.write(b"more")


def test_same_content_in_a_book_is_kept_once_and_in_another_book_again(book: Book) -> None:
    content = _content(2 * PART)

    first, again = _store(book, content, "may.csv"), _store(book, content, "may (1).csv")
    elsewhere = _store(make_book(make_user(), "Other"), content)

    assert (again, again.name) == (first, "may.csv")
    assert elsewhere != first
    assert FilePart.objects.count() == 4


def test_upload_and_stream_that_cannot_seek_are_kept(book: Book) -> None:
    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *args: int) -> int:
            raise io.UnsupportedOperation

    content = _content(PART + 5)

    upload = SimpleUploadedFile("bank.csv", content)
    upload.read(10)  # whoever recognises a format has looked into it

    assert vault.store(book, "a", upload, None) == vault.store(book, "b", Stream(content), None)
    assert StoredFile.objects.get().size == len(content)


def test_stream_that_gives_little_at_a_time_is_cut_into_whole_parts(book: Book) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 0, 100_000))

    content = _content(2 * PART + 5)

    stored = vault.store(book, "slow", Slow(content), None)

    assert FilePart.objects.filter(file=stored).count() == 3
    vault.check(stored)


def test_file_that_changes_while_it_is_read_is_refused_and_leaves_nothing(book: Book) -> None:
    class Growing(io.BytesIO):
        def seek(self, *args: int) -> int:
            self.write(b"x")
            return super().seek(*args)

    with pytest.raises(FileChanging, match=r"“drop\.csv” changed while it was read"):
        vault.store(book, "drop.csv", Growing(_content(10 * PART)), None)

    assert (StoredFile.objects.count(), FilePart.objects.count()) == (0, 0)


def test_viewer_and_stranger_bring_nothing(book: Book) -> None:
    viewer = make_user()
    make_member(book, viewer, Role.VIEWER)

    for person in (viewer, make_user()):
        with pytest.raises(MayOnlyView):
            vault.store(book, "bank.csv", io.BytesIO(b"content"), person)
    assert StoredFile.objects.count() == 0


def test_dump_of_the_database_shows_nothing_of_the_content(book: Book) -> None:
    """S20."""
    secret = b"IBAN DE89 3704 0044 0532 0130 00"
    _store(book, secret * 20_000)

    dump = b"".join(bytes(sealed) for sealed in FilePart.objects.values_list("sealed", flat=True))
    for shown in (secret, base64.b64encode(secret * 3)[:-4], secret.hex().encode(), secret.decode().encode("utf-16")):
        assert shown not in dump
    assert len(set(dump)) == 256


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Bank\\May 2026.CSV", "May 2026.CSV"),
        ("a\x00b\nc\u202egpj.csv", "abcgpj.csv"),
        ("  two   blanks.csv ", "two blanks.csv"),
        ("..", "file"),
        ("folder/", "file"),
        ("", "file"),
        ("Umsa\u0308tze.csv", "Ums\u00e4tze.csv"),
        ("x" * 300 + ".csv", "x" * 196 + ".csv"),
        ("x" * 300, "x" * 200),
        ("y" * 2000 + ".mt940", "y" * 194 + ".mt940"),
        ("<b>&.ofx", "<b>&.ofx"),
    ],
)
def test_name_is_cleaned(name: str, kept: str) -> None:
    assert vault.clean_name(name) == kept


def _spoil(stored: StoredFile, number: int = 1) -> None:
    part = FilePart.objects.get(file=stored, number=number)
    sealed = bytearray(part.sealed)
    sealed[1000] ^= 1
    FilePart.objects.filter(pk=part.pk).update(sealed=bytes(sealed))


def _swap(stored: StoredFile, other: StoredFile, numbers: tuple[int, int]) -> None:
    one = FilePart.objects.get(file=stored, number=numbers[0])
    two = FilePart.objects.get(file=other, number=numbers[1])
    FilePart.objects.filter(pk=one.pk).update(sealed=bytes(two.sealed))
    FilePart.objects.filter(pk=two.pk).update(sealed=bytes(one.sealed))


@pytest.mark.parametrize(
    "how", ["altered", "missing", "swapped", "foreign", "of another book", "shorter", "renumbered"]
)
def test_file_whose_part_was_spoiled_is_refused_by_name(book: Book, how: str) -> None:
    content = _content(3 * PART)
    stored = _store(book, content, "may.csv")
    take_away_rules(FilePart, StoredFile)
    if how == "altered":
        _spoil(stored)
    elif how == "missing":
        FilePart.objects.get(file=stored, number=1).delete()
    elif how == "swapped":
        _swap(stored, stored, (0, 1))
    elif how == "foreign":
        _swap(stored, _store(book, b"x" * 3 * PART), (1, 1))
    elif how == "of another book":
        _swap(stored, _store(make_book(make_user(), "Other"), content), (1, 1))
    elif how == "shorter":
        StoredFile.objects.filter(pk=stored.pk).update(size=2 * PART)
    else:
        StoredFile.objects.filter(pk=stored.pk).update(sha256="0" * 64)
    stored.refresh_from_db()

    with pytest.raises(FileSpoiled, match=r"The kept file “may\.csv” cannot be read"):
        vault.open_file(stored).read()
    with pytest.raises(FileSpoiled):
        vault.check(stored)


def test_whole_is_compared_with_its_digest(book: Book) -> None:
    """Parts that all open, sealed by somebody who has the keys and says that they are of this file."""
    stored = _store(book, _content(2 * PART), "may.csv")
    FilePart.objects.filter(file=stored, number=1).update(sealed=vault.seal_part(stored, 1, b"x" * PART))

    with pytest.raises(FileSpoiled, match="its content is missing, was altered"):
        vault.open_file(stored).read()


def test_memory_stays_flat_however_large_the_file_is(book: Book) -> None:
    """I8: 48 MiB through a few parts."""

    class Made(io.RawIOBase):
        """Content that is nowhere."""

        def __init__(self, size: int) -> None:
            self.size, self.place = size, 0

        def seekable(self) -> bool:
            return True

        def seek(self, offset: int, whence: int = 0) -> int:
            self.place = offset
            return offset

        def read(self, size: int = -1) -> bytes:
            piece = self.place.to_bytes(8, "big") * (min(size, self.size - self.place) // 8)
            self.place += len(piece)
            return piece

    size = 48 * 1024 * 1024
    tracemalloc.start()
    try:
        stored = vault.store(book, "large", Made(size), None)  # type: ignore[arg-type]  # all that is asked of it
        vault.check(stored)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert stored.size == size
    assert most < 24 * 1024 * 1024


def test_reading_asks_for_a_part_once(book: Book, django_assert_num_queries) -> None:
    stored = _store(book, _content(3 * PART))

    with django_assert_num_queries(3), vault.open_file(stored) as file:
        while file.read(1000):
            pass
