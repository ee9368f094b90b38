"""D11: a book that goes out as an archive and comes into another place is the same book, whatever the engine."""

from __future__ import annotations

import hashlib
import io
import json
import random
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps

from budget import history
from budget.archive.loading import import_book
from budget.archive.tables import APART, DERIVED, TABLES
from budget.archive.writing import content_of, export_book
from budget.books.models import Book, Membership, Role
from budget.files import vault
from budget.files.models import StoredFile
from budget.history.models import Change
from budget.ledger import operations, totals
from budget.ledger.models import Account, Transaction
from budget.months import Month
from budget.recount.examining import examine
from budget.recurring.models import SeriesRow
from budget.statements.breaches import is_broken
from budget.statements.models import Certificate, StatementLine
from budget.tests import factories
from budget.tests.factories import make_account, make_book, make_category, make_txn
from budget.tests.security.world import make_world
from budget.tests.statements.bringing import csv, imported
from budget.tests.statements.test_round_trip import make_ledger
from budget.users.models import User

pytestmark = pytest.mark.django_db


def archive_of(book: Book) -> bytes:
    """What `export_book` writes."""
    out = io.BytesIO()
    export_book(book, out)
    return out.getvalue()


def taken_in(content: bytes, by: User) -> Book:
    """The book that an archive becomes."""
    return import_book(io.BytesIO(content), by=by)[0]


def gone(txn: Transaction, by: User) -> None:
    """Delete a transaction."""
    operations.delete_transactions(book=txn.book, by=by, rows=Transaction.objects.filter(pk=txn.pk))


def members(content: bytes) -> dict[str, bytes]:
    """Everything of an archive but what says where and when it was written."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    manifest = json.loads(held.pop("manifest.json"))
    held["content"] = manifest["content"].encode()
    return held


def test_every_model_of_a_book_travels_or_is_made_anew() -> None:
    """Who adds a model decides here what becomes of it in an archive."""
    of_books = {
        model
        for model in apps.get_app_config("budget").get_models()
        if not model._meta.proxy and any(field.name == "book" for field in model._meta.concrete_fields)
    }

    assert of_books == ({table.model for table in TABLES} | APART | DERIVED) - {Book}


def test_book_with_everything_in_it_comes_back_the_same(owner: User) -> None:
    """D11: with its history, files, lines, certificates, series; beside the book that it was made of."""
    world = make_world("Mark")
    content = archive_of(world.book)

    book = taken_in(content, owner)

    assert members(archive_of(book)) == members(content)
    assert history.verify(book).is_whole
    assert totals.differences(book) == []
    assert SeriesRow.objects.filter(book=book).count() == SeriesRow.objects.filter(book=world.book).count()
    assert [(each.user, each.role) for each in Membership.objects.of(book)] == [(owner, Role.OWNER)]
    assert content_of(world.book)["content"] == content_of(book)["content"]


def test_every_month_of_it_is_counted_twice_and_agrees(owner: User) -> None:
    """C1: its history says the same as its rows in the new place too."""
    world = make_world("Mark")

    book = taken_in(archive_of(world.book), owner)

    months = {Month.of(day) for day in Transaction.objects.of(book).values_list("date", flat=True)}
    findings = [examine(book, month).finding for month in months]
    assert [finding.agrees for finding in findings if finding] == [True] * len(months)


def test_files_come_back_to_the_byte_and_sealed_anew(owner: User, book: Book, account: Account) -> None:
    content = csv("2026-11-02,Bakery,-4.50", "2026-11-14,Employer,2150.00")
    imported(book, content, account=account)

    copy = taken_in(archive_of(book), owner)

    [stored] = StoredFile.objects.filter(book=copy)
    assert b"".join(vault.chunks(stored)) == content
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert StatementLine.objects.filter(book=copy, transaction__isnull=False).count() == 2


def test_history_can_be_undone_where_it_arrives(owner: User, book: Book, account: Account) -> None:
    txn = make_txn(account, "12.50", description="Bread")
    gone(txn, owner)
    copy = taken_in(archive_of(book), owner)

    history.undo(Change.objects.get(book=copy, number=copy.version - 1), by=owner)

    [back] = Transaction.objects.of(copy)
    assert (back.description, back.amount, back.account.book) == ("Bread", Decimal("12.50"), copy)
    assert not Transaction.objects.of(book).exists()


def test_members_stay_behind_and_nobody_is_let_in_by_an_archive(owner: User, book: Book) -> None:
    friend = factories.make_user("friend@example.org", "A Friend")
    factories.make_member(book, friend, Role.EDITOR)

    content = archive_of(book)
    copy = taken_in(content, owner)

    assert list(Membership.objects.of(copy).values_list("user", flat=True)) == [owner.pk]
    assert b"friend@example.org" not in b"".join(members(content).values())
    assert copy.version == book.version  # one change less travels, and one says that it was brought in


def test_amounts_are_exact_texts(book: Book, account: Account) -> None:
    make_txn(account, "9999999999999.99", description="Everything")

    with zipfile.ZipFile(io.BytesIO(archive_of(book))) as archive:
        [row] = [json.loads(line) for line in archive.read("rows/transaction.jsonl").splitlines()]
        manifest = json.loads(archive.read("manifest.json"))

    assert row["amount"] == "9999999999999.990"
    assert manifest["tables"]["transaction"] == {"rows": 1, "sums": {"amount": "9999999999999.990"}}


def test_certificates_hold_where_they_arrive(owner: User, book: Book, account: Account) -> None:
    make_txn(account, date="2026-11-05")
    factories.make_certificate(account)

    copy = taken_in(archive_of(book), owner)

    assert [is_broken(each) for each in Certificate.objects.of(copy)] == [False]


def test_it_can_be_brought_in_twice(owner: User, book: Book, account: Account) -> None:
    make_txn(account)
    content = archive_of(book)

    first, second = taken_in(content, owner), taken_in(content, owner)

    assert first.pk != second.pk
    assert members(archive_of(first)) == members(archive_of(second)) == members(content)


def random_book(owner: User, seed: int) -> Book:
    """A book of hostile texts with changes, deletions, undos, plans, rules, files and closed periods."""
    rng = random.Random(seed)
    book = make_book(owner, f"Book {seed}", rng.choice(("EUR", "JPY", "KWD")))
    make_ledger(book, rng)
    account = make_account(book, "For statements", currency="EUR")
    food = make_category(book, "Groceries and more")
    imported(book, csv(*(f"2026-{rng.randrange(1, 13):02}-11,Shop {n},-{n}.50" for n in range(1, 6))), account=account)
    factories.make_mapping(food)
    factories.make_rule(food, amount=rng.choice((None, "4.50")))
    factories.make_series(account)
    rows = list(Transaction.objects.of(book).filter(is_transfer=False).order_by("pk"))
    for txn in rng.sample(rows, min(len(rows), 6)):
        deed = rng.randrange(3)
        if deed == 0:
            gone(txn, owner)
        elif deed == 1:
            operations.change_transaction(txn, by=owner, note=f"changed {seed}", date=date(2025, 3, 1))
        else:
            gone(txn, owner)
            history.undo(factories.last_change(book), by=owner)
    return book


@pytest.mark.parametrize("seeds", [range(10), pytest.param(range(10, 110), marks=pytest.mark.nightly)])
def test_random_books_come_back_the_same(owner: User, seeds: Any) -> None:
    """D11: 10 small ones with every change, 100 at night; on each engine."""
    for seed in seeds:
        content = archive_of(random_book(owner, seed))

        copy = taken_in(content, owner)

        assert members(archive_of(copy)) == members(content), seed
        assert history.verify(copy).is_whole, seed
