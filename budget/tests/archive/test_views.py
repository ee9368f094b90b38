"""Taking a book away and bringing one in, as pages."""

from __future__ import annotations

import io
from pathlib import Path
from typing import cast

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import connection
from django.http import FileResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from budget.archive.writing import content_of, export_book
from budget.books.models import Book, Membership, Role
from budget.ledger.models import Account, Category
from budget.statements import uploads
from budget.tests import factories
from budget.tests.factories import make_txn
from budget.tests.recount.conftest import Behind, behind
from budget.tests.statements.bringing import csv, imported
from budget.users.models import User

__all__ = ["behind"]

pytestmark = pytest.mark.django_db

IMPORT = "/settings/books/archive/"


@pytest.fixture
def reader(client: Client, owner: User, book: Book) -> Client:
    """Somebody signed in who owns `book`."""
    client.force_login(owner)
    return client


def path(book: Book) -> str:
    return f"/settings/books/{book.pk}/archive/"


def archive(client: Client, book: Book) -> bytes:
    """The file that the page gives."""
    answer = client.get(path(book))
    assert answer.status_code == 200
    return cast(FileResponse, answer).getvalue()


def sent(client: Client, content: bytes, key: str = "key-of-a-form"):
    return client.post(IMPORT, {"file": SimpleUploadedFile("x.zip", content), "request_key": key}, follow=True)


def test_owner_takes_a_book_away_and_brings_it_in(reader: Client, owner: User, book: Book, account: Account) -> None:
    make_txn(account, "12.50")

    page = sent(reader, archive(reader, book))

    assert "Brought in Household with 1 transaction and its history." in page.text
    copy = Book.objects.for_user(owner).latest("pk")
    assert content_of(copy)["content"] == content_of(book)["content"]
    assert page.context["request"].book == copy


def test_form_that_is_sent_twice_makes_one_book(reader: Client, owner: User, book: Book) -> None:
    content = archive(reader, book)

    for _ in range(2):
        assert sent(reader, content).status_code == 200

    assert Book.objects.for_user(owner).count() == 2
    sent(reader, content, "another-form")
    assert Book.objects.for_user(owner).count() == 3


def test_file_is_named_for_book_and_day_and_kept_by_nobody(reader: Client, book: Book) -> None:
    headers = reader.get(path(book)).headers

    assert headers["Content-Disposition"].startswith('attachment; filename="Household 20')
    assert headers["Content-Type"] == "application/zip"
    assert (headers["Cache-Control"], headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    assert int(headers["Content-Length"]) > 1000
    assert reader.head(path(book)).status_code == 200


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.EDITOR, 403), (None, 404)])
def test_only_an_owner_takes_a_book_away(client: Client, book: Book, role: str | None, status: int) -> None:
    """S1: who is no member learns nothing of it."""
    person = factories.make_user()
    factories.make_book(person)
    if role:
        factories.make_member(book, person, role)
    client.force_login(person)

    assert client.get(path(book)).status_code == status
    assert (path(book) in client.get("/settings/books/").text) is False


def test_links_are_where_books_are_kept(reader: Client, book: Book) -> None:
    page = reader.get("/settings/books/").text

    assert f'href="{path(book)}"' in page
    assert f'href="{IMPORT}"' in page


@pytest.mark.parametrize("content", [b"no archive", b"PK\x05\x06" + b"\0" * 18])
def test_refusal_is_said_on_the_page(reader: Client, content: bytes) -> None:
    page = sent(reader, content)

    assert page.status_code == 422
    assert "Nothing was brought in." in page.text
    assert Book.objects.count() == 1
    assert "Choose the archive" in reader.post(IMPORT, {"request_key": "key-of-a-form"}).text


def test_too_large_archive_goes_to_the_command(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "LARGEST_UPLOAD", 10)

    assert "manage.py import_book" in sent(reader, b"x" * 100).text


def test_held_back_month_keeps_the_book_here(
    reader: Client, book: Book, account: Account, food: Category, behind: Behind, tmp_path: Path
) -> None:
    """R000-5: in the page and in the command."""
    bread = make_txn(account, "12.50", food, "2026-10-03")
    behind("UPDATE budget_transaction SET amount = 13000 WHERE id = %s", [bread.pk])

    answer = reader.get(path(book))

    assert (answer.status_code, "October 2026 are held back" in answer.text) == (409, True)
    with pytest.raises(CommandError, match="October 2026 are held back"):
        call_command("export_book", book=str(book.pk), out=tmp_path / "a.zip")
    assert list(tmp_path.iterdir()) == []


def test_commands_say_what_travelled(
    owner: User, book: Book, account: Account, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_txn(account, "12.50")
    file = tmp_path / "book.zip"

    call_command("export_book", book=str(book.pk), out=file)
    out = capsys.readouterr().out
    call_command("import_book", file, user=owner.email.upper())
    back = capsys.readouterr().out

    digest = content_of(book)["content"]
    assert f"Digest    {digest}\n" in out
    assert f"Digest    {digest}, equal to the archive's\n" in back
    assert file.stat().st_mode & 0o777 == 0o600
    assert Membership.objects.filter(user=owner).count() == 2
    with pytest.raises(CommandError, match="is there already"):
        call_command("export_book", book=str(book.pk), out=file)
    with pytest.raises(CommandError, match="Nobody here has the email"):
        call_command("import_book", file, user="nobody@example.org")
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_book", tmp_path / "none.zip", user=owner.email)


def test_queries_do_not_grow_with_rows(owner: User) -> None:
    """The chain is checked a change at a time; the rows come by pages."""

    def queries(rows: int) -> int:
        book = factories.make_book(owner)
        days = (f"2026-11-{day:02},Shop {day},-{day}.50" for day in range(1, rows + 1))
        imported(book, csv(*days), account=factories.make_account(book))
        with CaptureQueriesContext(connection) as asked:
            export_book(book, io.BytesIO())
        return len(asked)

    assert queries(2) == queries(28)
