"""S20: `rotate_keys` loses nothing, while files are read and brought, and the old key can go afterwards."""

from __future__ import annotations

import base64
import hashlib
import io
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from budget.books.models import Book
from budget.files import rotation, vault
from budget.files.errors import FileSpoiled
from budget.files.models import FilePart
from budget.tests.factories import make_book, make_user

pytestmark = pytest.mark.django_db


def _key(name: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(name.encode()).digest()).decode()


OLD, NEW = _key("old"), _key("new")


def _brought(book: Book, count: int) -> dict[int, bytes]:
    contents = {}
    for number in range(count):
        content = f"{book.pk} {number} ".encode() * 70_000
        contents[vault.store(book, f"{number}.csv", io.BytesIO(content), None).pk] = content
    return contents


def _read(pk: int) -> bytes:
    return vault.open_file(FilePart.objects.filter(file=pk)[0].file).read()


def test_everything_is_sealed_anew_and_the_old_key_can_go(book: Book) -> None:
    with override_settings(ENCRYPTION_KEYS=[OLD]):
        contents = _brought(book, 12) | _brought(make_book(make_user(), "Other"), 12)
    parts = FilePart.objects.count()
    assert parts > rotation.PARTS_AT_ONCE * 2

    with override_settings(ENCRYPTION_KEYS=[NEW, OLD]):
        first, again = rotation.rotate(), rotation.rotate()

    assert (first.resealed, first.already, first.problems) == (parts, 0, {})
    assert (again.resealed, again.already, again.problems) == (0, parts, {})
    with override_settings(ENCRYPTION_KEYS=[NEW]):
        assert {pk: _read(pk) for pk in contents} == contents
    with override_settings(ENCRYPTION_KEYS=[OLD]), pytest.raises(FileSpoiled):
        _read(min(contents))


def test_first_key_is_set_after_files_were_brought(book: Book) -> None:
    contents = _brought(book, 1)

    with override_settings(ENCRYPTION_KEYS=[NEW]):
        assert {pk: _read(pk) for pk in contents} == contents
        assert rotation.rotate().resealed == 2
    with override_settings(ENCRYPTION_KEYS=[NEW], SECRET_KEY="another" * 10):
        assert {pk: _read(pk) for pk in contents} == contents


def test_files_are_read_and_brought_meanwhile(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "PARTS_AT_ONCE", 1)
    with override_settings(ENCRYPTION_KEYS=[OLD]):
        contents = _brought(book, 3)
    seen = []

    def meanwhile(done: int, size: int) -> None:
        seen.append((done, size))
        assert {pk: _read(pk) for pk in contents} == contents
        if done == 2:
            with override_settings(ENCRYPTION_KEYS=[OLD]):  # a process that was started before
                contents.update({vault.store(book, "late.csv", io.BytesIO(b"late"), None).pk: b"late"})

    with override_settings(ENCRYPTION_KEYS=[NEW, OLD]):
        found = rotation.rotate(meanwhile)

    assert (found.resealed, found.already) == (7, 0)
    assert seen[-1] == (7, 7)
    with override_settings(ENCRYPTION_KEYS=[NEW]):
        assert {pk: _read(pk) for pk in contents} == contents


def test_rotation_that_was_stopped_goes_on(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "PARTS_AT_ONCE", 2)
    with override_settings(ENCRYPTION_KEYS=[OLD]):
        contents = _brought(book, 3)

    def stop(done: int, size: int) -> None:
        raise KeyboardInterrupt

    with override_settings(ENCRYPTION_KEYS=[NEW, OLD]):
        with pytest.raises(KeyboardInterrupt):
            rotation.rotate(stop)
        assert {pk: _read(pk) for pk in contents} == contents
        found = rotation.rotate()

    assert (found.resealed, found.already) == (4, 2)


def _run() -> tuple[str, str, str]:
    out, err, end = StringIO(), StringIO(), ""
    try:
        call_command("rotate_keys", stdout=out, stderr=err)
    except CommandError as error:
        end = str(error)
    return out.getvalue(), err.getvalue(), end


def test_command_says_what_it_did(book: Book) -> None:
    _brought(book, 1)

    with override_settings(ENCRYPTION_KEYS=[NEW]):
        assert _run() == ("2 parts sealed anew, 0 sealed with the newest key already\n", "", "")
        assert _run() == ("0 parts sealed anew, 2 sealed with the newest key already\n", "", "")


def test_command_names_the_file_that_no_key_opens_and_leaves_it(book: Book) -> None:
    with override_settings(ENCRYPTION_KEYS=[OLD]):
        (pk,) = _brought(book, 1)
    before: list[Any] = list(FilePart.objects.values_list("sealed", flat=True))

    with override_settings(ENCRYPTION_KEYS=[NEW]):
        out, err, end = _run()

    assert (out, end) == (
        "0 parts sealed anew, 0 sealed with the newest key already\n",
        "Keep the old keys: not everything could be opened.",
    )
    assert err.startswith("The kept file “0.csv” cannot be read: part 1 of it")
    assert err.count("\n") == 1
    assert [bytes(s) for s in FilePart.objects.values_list("sealed", flat=True)] == [bytes(s) for s in before]
    with override_settings(ENCRYPTION_KEYS=[OLD]):
        assert len(_read(pk)) > 0
