"""Archives that somebody spoiled or made: refused in words, with nothing stored."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from budget.archive.errors import ArchiveRefused, HistoryBroken
from budget.archive.loading import import_book
from budget.archive.reading import Archive
from budget.archive.writing import content_digest, export_book
from budget.books.models import Book
from budget.files.models import StoredFile
from budget.history.models import Change, Entry
from budget.ledger.models import Account, Category, Transaction
from budget.tests.factories import make_txn
from budget.tests.recount.conftest import Behind, behind
from budget.tests.statements.bringing import csv, imported
from budget.users.models import User

__all__ = ["behind"]

pytestmark = [pytest.mark.django_db, pytest.mark.once]

Members = dict[str, bytes]
TXN, ENTRIES, CHANGES = "rows/transaction.jsonl", "history/entries.jsonl", "history/changes.jsonl"


@pytest.fixture
def members(book: Book, account: Account, food: Category) -> Members:
    """What is in the archive of a small book."""
    make_txn(account, "12.50", food, description="Bread")
    imported(book, csv("2026-11-02,Bakery,-4.50"), account=account)
    out = io.BytesIO()
    export_book(book, out)
    with zipfile.ZipFile(out) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(members: Members, *, honest: bool = True) -> io.BytesIO:
    """An archive of some members; an honest one has a manifest that tells of them as they are."""
    if honest:
        manifest = json.loads(members["manifest.json"])
        for name, content in members.items():
            if name != "manifest.json":
                told = manifest["members"].setdefault(name, {})
                told["sha256"], told["bytes"] = hashlib.sha256(content).hexdigest(), len(content)
                told["lines"] = content.count(b"\n")
        manifest["members"] = {name: told for name, told in manifest["members"].items() if name in members}
        manifest["content"] = content_digest(manifest)
        members = {**members, "manifest.json": json.dumps(manifest).encode()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out


def refusal(content: io.BytesIO, by: User) -> str:
    """Why an archive is refused; nothing of it is there afterwards."""
    kept = (Book, Change, Entry, Account, Transaction, StoredFile)
    before = [model._base_manager.count() for model in kept]
    with pytest.raises(ArchiveRefused) as refused:
        import_book(content, by=by)
    assert [model._base_manager.count() for model in kept] == before
    said = str(refused.value)
    assert said.endswith(" Nothing was brought in.")
    return said.removesuffix(" Nothing was brought in.")


def altered(members: Members, name: str, alter: Callable[[dict[str, Any]], object], line: int = 0) -> Members:
    """The members with one line of one of them altered, written as the program writes it."""
    lines = members[name].splitlines()
    said = json.loads(lines[line])
    alter(said)
    lines[line] = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    return {**members, name: b"".join(each + b"\n" for each in lines)}


def test_untouched_members_are_taken(members: Members, owner: User) -> None:
    book, manifest = import_book(packed(members), by=owner)

    assert (book.name, manifest["tables"]["transaction"]["rows"]) == ("Household", 2)


@pytest.mark.parametrize("name", [TXN, ENTRIES, CHANGES, "manifest.json"])
def test_one_altered_byte_is_found(members: Members, owner: User, name: str) -> None:
    content = members[name].replace(b"Bread", b"Brexd") if name != "manifest.json" else members[name]
    if name == CHANGES:
        content = content.replace(b"Recorded", b"Recxrded").replace(b"Added", b"Adxed")
    if name == "manifest.json":
        content = content.replace(b'"content": "', b'"content": "0')

    said = refusal(packed({**members, name: content}, honest=False), owner)

    assert said.startswith(f"{name}: ")
    assert said.endswith("It was altered.")


def test_missing_and_foreign_members_are_named(members: Members, owner: User) -> None:
    lacking = {name: content for name, content in members.items() if name != TXN}

    assert refusal(packed(lacking), owner) == f"{TXN}: It is missing."
    assert "No archive of a book has a file of that name." in refusal(packed({**members, "rows/x.jsonl": b""}), owner)
    extra = {**members, f"files/{'0' * 64}": b"x"}
    assert refusal(packed(extra, honest=False), owner) == f"files/{'0' * 64}: The manifest does not name it."
    assert "called by another digest" in refusal(packed(extra), owner)


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "rows/../../x", "C:\\x", "rows/transaction.jsonl/", "files/x", "\u202erows"]
)
def test_names_that_lead_anywhere_else_are_refused(members: Members, owner: User, name: str) -> None:
    assert "No archive of a book has a file of that name." in refusal(packed({**members, name: b"x"}), owner)


def test_member_that_is_there_twice_is_refused(members: Members, owner: User) -> None:
    content = packed(members)
    with zipfile.ZipFile(content, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(TXN, members[TXN])

    assert refusal(content, owner) == f"{TXN}: It is there more than once."


def test_bomb_is_refused_before_it_is_unpacked(members: Members, owner: User) -> None:
    bomb = {**members, TXN: b"0" * 30_000_000}

    assert refusal(packed(bomb), owner) == f"{TXN}: It would unpack to far more than a book ever has."


def test_directory_that_lies_about_sizes_is_no_way_round(members: Members, owner: User) -> None:
    content = packed({**members, TXN: b"0" * 30_000_000}).getvalue()
    size = (30_000_000).to_bytes(4, "little")
    assert size in content

    assert refusal(io.BytesIO(content.replace(size, (1000).to_bytes(4, "little"))), owner)


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"PK\x03\x04" + b"x" * 100, b"Date,Payee\n", b"\0" * 4000])
def test_what_is_no_zip_is_refused(owner: User, content: bytes) -> None:
    assert refusal(io.BytesIO(content), owner).startswith("This is no ZIP file, or it is damaged")


def test_archive_that_was_not_copied_whole_is_refused(members: Members, owner: User) -> None:
    content = packed(members).getvalue()
    for length in range(0, len(content), max(1, len(content) // 40)):
        assert refusal(io.BytesIO(content[:length]), owner)


@pytest.mark.parametrize("version", [0, 2, "1", None, True, 1e9, [1]])
def test_other_schema_version_is_named(members: Members, owner: User, version: Any) -> None:
    manifest = {**json.loads(members["manifest.json"]), "version": version}

    said = refusal(packed({**members, "manifest.json": json.dumps(manifest).encode()}, honest=False), owner)

    assert said.startswith("manifest.json: ")


@pytest.mark.parametrize(
    "manifest",
    [b"", b"{}", b"[]", b"nonsense", b'{"format": "budget-tracker-book", "version": 1}', b"[" * 100_000, b"\xff"],
)
def test_manifest_of_another_shape_is_refused(members: Members, owner: User, manifest: bytes) -> None:
    said = refusal(packed({**members, "manifest.json": manifest}, honest=False), owner)

    assert said.startswith("manifest.json: ")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "12.5"}, "“amount” is not an amount with three decimals."),
        ({"amount": 12.5}, "The line cannot be read as JSON."),
        ({"amount": "1e3"}, "“amount” is not an amount with three decimals."),
        ({"amount": "10000000000000.000"}, "“amount” is not an amount that a row can hold."),
        ({"amount": None}, "“amount” is missing."),
        ({"date": "2026-02-30"}, "“date” day is out of range for month."),
        ({"date": "20261120"}, "“date” is not a date."),
        ({"created_at": "2026-11-20T10:00:00"}, "“created_at” is not a moment in UTC."),
        ({"description": "x" * 201}, "“description” is longer than 200 characters."),
        ({"description": "a\0b"}, "A text has a NUL character."),
        ({"description": 5}, "“description” is not a text."),
        ({"status": "paid"}, "“status” is “paid”, which this program does not know."),
        ({"is_transfer": 1}, "“is_transfer” is not true or false."),
        ({"account_id": 99}, "“account_id”: account 99 is not in the archive."),
        ({"account_id": "1"}, "“account_id” is not a whole number that fits."),
        ({"account_id": True}, "“account_id” is not a whole number that fits."),
        ({"account_id": -1}, "“account_id” is not a whole number that fits."),
        ({"id": 77}, "“id”: its id is beyond those that the manifest tells of."),
        ({"id": 2}, "transaction 2 is there twice"),
        ({"book_id": 1}, "The field “book_id” is unknown."),
        ({"version": -1}, "“version” is not a whole number that fits."),
    ],
)
def test_value_that_no_row_has_is_named_with_its_line(
    members: Members, owner: User, changes: dict[str, Any], said: str
) -> None:
    found = refusal(packed(altered(members, TXN, lambda row: row.update(changes))), owner)

    assert found.startswith(f"{TXN}, line ")
    assert said in found


def test_line_is_written_in_one_way_only(members: Members, owner: User) -> None:
    first = members[TXN].splitlines()[0]
    for other in (first.replace(b":", b": ", 1), first.replace(b'"date"', b'"amount":"1.000","date"'), first[:-1]):
        content = {**members, TXN: members[TXN].replace(first, other)}
        assert refusal(packed(content), owner).startswith(f"{TXN}, line 1: The line ")
    unended = {**members, TXN: members[TXN][:-1]}
    assert refusal(packed(unended), owner) == f"{TXN}, line 2: The line has no end."


def test_manifest_that_tells_of_other_sums_is_refused(members: Members, owner: User) -> None:
    doubled = altered(members, TXN, lambda row: row.update(amount="25.000"))

    assert refusal(packed(doubled), owner).startswith(f"{TXN}: The manifest tells of other rows or sums")


@pytest.mark.parametrize(
    ("name", "alter", "said"),
    [
        (CHANGES, {"number": 7}, "line 2: “number” is not 2, the next one."),
        (CHANGES, {"undoes": 2}, "line 2: “undoes” is no earlier change."),
        (CHANGES, {"at": "yesterday"}, "line 2: “at” "),
        (ENTRIES, {"change": 9}, f"{CHANGES}, line 2: No entry says what this change did."),
        (ENTRIES, {"model": "user"}, "line 2: It cannot be read as history: there is no “user” in a book."),
        (ENTRIES, {"model": "membership"}, "there is no “membership” in a book."),
        (ENTRIES, {"action": "grant"}, "it has other fields than an entry."),
        (ENTRIES, {"payload": {}}, "line 2: It cannot be read as history"),
        (ENTRIES, {"payload": {"fields": [], "names": {}, "rows": []}}, "line 2: It cannot be read as history"),
        (ENTRIES, {"payload": {"fields": ["is_staff"], "names": {}, "rows": [[1, None, [True]]]}}, "has no is_staff."),
    ],
)
def test_history_that_cannot_be_is_named_with_its_line(
    members: Members, owner: User, name: str, alter: dict[str, Any], said: str
) -> None:
    found = refusal(packed(altered(members, name, lambda line: line.update(alter), line=1)), owner)

    assert said in found


def test_files_and_their_rows_go_together(members: Members, owner: User) -> None:
    [name] = [name for name in members if name.startswith("files/")]
    lacking = {other: content for other, content in members.items() if other != name}

    assert refusal(packed(lacking), owner) == f"{name}: A kept file and its row do not match: it is missing."
    other = f"files/{hashlib.sha256(b'x').hexdigest()}"
    assert "no row tells of it" in refusal(packed({**members, other: b"x"}), owner)


def test_rows_that_the_database_refuses_leave_nothing(members: Members, owner: User) -> None:
    """What only a constraint knows: two categories of one name, a transfer that does not balance."""
    spoiled = altered(members, "rows/category.jsonl", lambda row: row.update(name=""))

    assert "The database refuses what it says" in refusal(packed(spoiled), owner)


def test_history_that_was_altered_does_not_go_out(book: Book, account: Account, behind: Behind) -> None:
    make_txn(account)
    behind("UPDATE budget_entry SET payload = %s WHERE book_id = %s", ["{}", book.pk])

    with pytest.raises(HistoryBroken, match="was altered"):
        export_book(book, io.BytesIO())


def test_count_of_rows_that_cannot_be_is_refused(members: Members, owner: User) -> None:
    """An archive of a few bytes must not make the program take a billion ids."""
    manifest = json.loads(members["manifest.json"])
    manifest["ids"]["transaction"] = 10**9
    content = packed({**members, "manifest.json": json.dumps(manifest).encode()})

    assert "more than can be in it" in refusal(content, owner)
    with pytest.raises(ArchiveRefused):
        Archive(content)
