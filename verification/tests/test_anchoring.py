"""V2: a history that was rewritten as a whole, digests and all, is not the one that the last verified bundle saw."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from django.db import connection

from budget.books.models import Book
from budget.history.models import Change
from budget.tests.factories import make_account, make_book, make_txn, make_user
from verification import anchoring, livebooks
from verification.gates import summary
from verification.gates.base import GateResult, Json

TARGET = "f" * 64


@pytest.fixture
def book() -> Book:
    book = make_book(make_user())
    make_txn(make_account(book))
    return Book.objects.get(pk=book.pk)


def remember(folder: Path, name: str, heads: Json, status: str = "verified", target: str = TARGET) -> None:
    gates: list[Json] = [{"details": {}}] * 4 + [{"details": {"heads": heads}}]
    (folder / name).mkdir()
    found = {"database": {"target_fingerprint": target}, "decision": {"status": status}, "gates": gates}
    (folder / name / "bundle.json").write_text(json.dumps(found), encoding="utf-8")


@pytest.mark.django_db
def test_a_history_that_went_on_is_the_same(book: Book):
    seen, version, head = anchoring.heads([book]), book.version, book.head
    make_txn(make_account(book, "Another"))
    later = Book.objects.get(pk=book.pk)

    assert later.version > version
    assert anchoring.left_the_chain([later], seen) == []
    assert seen == [{"book": livebooks.pseudonym(book), "version": version, "head": head}]


@pytest.mark.django_db
def test_a_history_rewritten_as_a_whole_is_named(book: Book):
    seen = anchoring.heads([book])
    with connection.cursor() as cursor:
        where = "" if connection.vendor == "sqlite" else " ON budget_change"
        cursor.execute(f"DROP TRIGGER change_never_altered{where}")
        digest = "0" * 64
        newest = Change.objects.get(book=book, number=book.version)
        cursor.execute("UPDATE budget_change SET digest = %s WHERE id = %s", [digest, newest.pk])
        cursor.execute("UPDATE budget_book SET head = %s WHERE id = %s", [digest, book.pk])

    (told,) = anchoring.left_the_chain([book], seen)
    assert told == f"{livebooks.pseudonym(book)}: change {book.version} is not the one that an earlier bundle saw"
    found = summary.Found()
    summary._require_continuation(found, [book], seen)
    assert found.reasons == ["history_altered"]
    assert GateResult("verification", found.checks, "history_altered").status.blocks


@pytest.mark.django_db
def test_a_book_that_is_gone_or_out_of_scope_is_no_difference(book: Book):
    gone = [{"book": "book-000000000000", "version": 3, "head": "0" * 64}]

    forged = [{**anchoring.heads([book])[0], "head": "0" * 64}]

    assert anchoring.left_the_chain([book], gone) == []
    assert len(anchoring.left_the_chain([book], gone + forged)) == 1


@pytest.mark.django_db
def test_of_many_books_those_with_the_most_changes_are_remembered(book: Book, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(anchoring, "MOST", 1)
    short = make_book(make_user())

    assert [head["book"] for head in anchoring.heads([short, book])] == [livebooks.pseudonym(book)]


def test_only_the_newest_verified_bundle_of_this_database_counts(tmp_path: Path):
    old, new = [{"book": "book-1"}], [{"book": "book-2"}]
    remember(tmp_path, "20260101T000000Z-a", old)
    remember(tmp_path, "20260102T000000Z-b", new)
    remember(tmp_path, "20260103T000000Z-c", old, status="blocked")
    remember(tmp_path, "20260104T000000Z-d", old, target="0" * 64)
    (tmp_path / "20260105T000000Z-e").mkdir()
    (tmp_path / "20260106T000000Z-f").mkdir()
    (tmp_path / "20260106T000000Z-f" / "bundle.json").write_text("[]", encoding="utf-8")

    assert anchoring.earlier_heads(tmp_path, TARGET) == new
    assert anchoring.earlier_heads(tmp_path / "nowhere", TARGET) == []
