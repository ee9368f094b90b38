"""M5: what must always hold of files, statements, lines and certificates is held by the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from budget.books.models import Book
from budget.files.models import FilePart, StoredFile
from budget.statements.models import (
    Certificate,
    RejectedTransfer,
    RememberedColumns,
    Stage,
    Statement,
    StatementImport,
    StatementLine,
)
from budget.tests.attacks import Attack, Attacks, alter, assert_refused, copy, named, rules_of
from budget.tests.factories import (
    last_change,
    make_account,
    make_book,
    make_certificate,
    make_import,
    make_line,
    make_statement,
    make_txn,
    make_user,
)
from budget.tests.sharing import shared

pytestmark = pytest.mark.django_db
MODELS = [
    *[StoredFile, FilePart, StatementImport, Statement, StatementLine],
    *[RememberedColumns, RejectedTransfer, Certificate],
]


@dataclass
class Side:
    """Ids of a book's rows: a file that was imported, and one that was not."""

    book: int
    account: int
    change: int
    file: int
    part: int
    done: int
    done_statement: int
    done_line: int
    ready: int
    statement: int
    line: int
    columns: int
    rejected: int
    certificate: int


@dataclass
class World:
    """One book, and somebody else's."""

    own: Side
    other: Side


def make_side() -> Side:
    book = make_book(make_user())
    account = make_account(book)
    txn = make_txn(account)
    change = last_change(book)
    done, ready = make_import(book, stage=Stage.RECORDED, change=change), make_import(book)
    done_statement, statement = make_statement(done, account), make_statement(ready, account)
    done_line, line = make_line(done_statement), make_line(statement)
    return Side(
        book=book.pk,
        account=account.pk,
        change=change.pk,
        file=ready.kept.pk,
        part=FilePart.objects.get(file=ready.kept).pk,
        done=done.pk,
        done_statement=done_statement.pk,
        done_line=done_line.pk,
        ready=ready.pk,
        statement=statement.pk,
        line=line.pk,
        columns=RememberedColumns.objects.create(book=book, header="h" * 64, columns={}).pk,
        rejected=RejectedTransfer.objects.create(book=book, outgoing_id=txn.pk, incoming_id=txn.pk + 1).pk,
        certificate=make_certificate(account).pk,
    )


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    with shared(django_db_blocker, make_world) as made:
        yield made


def make_world() -> World:
    return World(own=make_side(), other=make_side())


def _part_of_another_file(w: World) -> None:
    alter(FilePart, w.own.part, file_id=StatementImport.objects.get(pk=w.own.done).file_id, number=7)


def _bring_twice(w: World) -> None:
    person = Book.objects.get(pk=w.own.book).memberships.get().user_id
    for _ in range(2):
        copy(StatementImport, w.own.ready, by_id=person, key="a-key-of-mine")


FILES: Attacks = {
    "stored_file_once_per_book": [Attack(lambda w: copy(StoredFile, w.own.file))],
    "stored_file_size_not_negative": [Attack(lambda w: copy(StoredFile, w.own.file, sha256="a" * 64, size=-1))],
    "storedfile_never_altered": [
        Attack(lambda w: alter(StoredFile, w.own.file, sha256="a" * 64)),
        Attack(lambda w: alter(StoredFile, w.own.file, size=1)),
        Attack(lambda w: alter(StoredFile, w.own.file, book_id=w.other.book)),
    ],
    "file_part_once": [Attack(lambda w: copy(FilePart, w.own.part))],
    "filepart_never_altered": [
        Attack(lambda w: alter(FilePart, w.own.part, number=1)),
        Attack(_part_of_another_file),
        Attack(lambda w: alter(FilePart, w.own.part, book_id=w.other.book), ("filepart_file_of_its_book_moved",)),
    ],
    "filepart_file_of_its_book_new": [Attack(lambda w: copy(FilePart, w.own.part, file_id=w.other.file, number=9))],
    "filepart_file_of_its_book_moved": [
        Attack(lambda w: alter(FilePart, w.own.part, file_id=w.other.file, number=9), ("filepart_never_altered",)),
    ],
}
IMPORTS: Attacks = {
    "import_stage_known": [Attack(lambda w: alter(StatementImport, w.own.ready, stage="lost"))],
    "import_changes_once_recorded": [
        Attack(lambda w: alter(StatementImport, w.own.ready, change_id=w.own.change)),
        Attack(lambda w: alter(StatementImport, w.own.ready, taken_back_id=w.own.change)),
        Attack(lambda w: alter(StatementImport, w.own.done, stage="ready")),
    ],
    "import_keeps_its_file": [Attack(lambda w: alter(StatementImport, w.own.ready, file_id=None))],
    "import_once_per_key": [Attack(_bring_twice)],
    "statementimport_keeps_its_change": [
        Attack(lambda w: alter(StatementImport, w.own.done, change_id=None)),
        Attack(lambda w: alter(StatementImport, w.own.done, file_id=w.own.file)),
    ],
    "statementimport_file_of_its_book_new": [
        Attack(lambda w: copy(StatementImport, w.own.ready, file_id=w.other.file)),
    ],
    "statementimport_file_of_its_book_moved": [
        Attack(lambda w: alter(StatementImport, w.own.ready, file_id=w.other.file)),
    ],
    "statementimport_change_of_its_book_new": [
        Attack(lambda w: copy(StatementImport, w.own.done, change_id=w.other.change)),
    ],
    "statementimport_change_of_its_book_moved": [
        Attack(lambda w: alter(StatementImport, w.own.ready, stage="recorded", change_id=w.other.change)),
    ],
    "statementimport_taken_back_of_its_book_new": [
        Attack(lambda w: copy(StatementImport, w.own.done, taken_back_id=w.other.change)),
    ],
    "statementimport_taken_back_of_its_book_moved": [
        Attack(lambda w: alter(StatementImport, w.own.done, taken_back_id=w.other.change)),
    ],
}
LINES: Attacks = {
    "statement_number_once": [Attack(lambda w: copy(Statement, w.own.statement))],
    "statement_source_of_its_book_new": [
        Attack(lambda w: copy(Statement, w.own.statement, source_id=w.other.ready, number=9)),
    ],
    "statement_source_of_its_book_moved": [
        Attack(lambda w: alter(Statement, w.own.statement, source_id=w.other.ready, number=9)),
    ],
    "statement_account_of_its_book_new": [
        Attack(lambda w: copy(Statement, w.own.statement, account_id=w.other.account, number=9)),
    ],
    "statement_account_of_its_book_moved": [
        Attack(lambda w: alter(Statement, w.own.statement, account_id=w.other.account)),
    ],
    "line_number_once": [Attack(lambda w: copy(StatementLine, w.own.line))],
    "line_fate_known": [Attack(lambda w: alter(StatementLine, w.own.line, fate="lost"))],
    "line_readable_or_refused": [
        Attack(lambda w: alter(StatementLine, w.own.line, amount=None)),
        Attack(lambda w: alter(StatementLine, w.own.line, date=None)),
    ],
    "statementline_statement_of_its_book_new": [
        Attack(lambda w: copy(StatementLine, w.own.line, statement_id=w.other.statement, number=9)),
    ],
    "statementline_statement_of_its_book_moved": [
        Attack(lambda w: alter(StatementLine, w.own.line, statement_id=w.other.statement, number=9)),
    ],
    "statementline_never_altered": [
        Attack(lambda w: alter(StatementLine, w.own.done_line, amount=1000)),
        Attack(lambda w: alter(StatementLine, w.own.done_line, date="2026-11-19")),
        Attack(lambda w: alter(StatementLine, w.own.done_line, payee="Tea house")),
        Attack(lambda w: alter(StatementLine, w.own.done_line, original="a;b")),
        Attack(lambda w: alter(StatementLine, w.own.done_line, statement_id=w.own.statement, number=9)),
    ],
}
REMEMBERED: Attacks = {
    "remembered_columns_once": [Attack(lambda w: copy(RememberedColumns, w.own.columns))],
    "rememberedcolumns_account_of_its_book_new": [
        Attack(lambda w: copy(RememberedColumns, w.own.columns, account_id=w.other.account)),
    ],
    "rememberedcolumns_account_of_its_book_moved": [
        Attack(lambda w: alter(RememberedColumns, w.own.columns, account_id=w.other.account)),
    ],
    "rejected_transfer_once": [Attack(lambda w: copy(RejectedTransfer, w.own.rejected))],
    "certificate_days_in_order": [Attack(lambda w: alter(Certificate, w.own.certificate, last="2026-10-31"))],
    "certificate_once_per_period": [Attack(lambda w: copy(Certificate, w.own.certificate))],
    "certificate_account_of_its_book_new": [
        Attack(lambda w: copy(Certificate, w.own.certificate, account_id=w.other.account, last="2026-11-29")),
    ],
    "certificate_account_of_its_book_moved": [
        Attack(lambda w: alter(Certificate, w.own.certificate, account_id=w.other.account, last="2026-11-29")),
    ],
}
ATTACKS = {**FILES, **IMPORTS, **LINES, **REMEMBERED}


@pytest.mark.parametrize(("name", "attack"), named(ATTACKS))
def test_database_refuses(world: World, name: str, attack: Attack) -> None:
    assert_refused(name, attack, world)


def test_every_rule_of_files_and_statements_is_attacked() -> None:
    assert set(ATTACKS) == rules_of(MODELS)


def test_what_the_attacks_copy_is_accepted_when_nothing_is_wrong_with_it(world: World) -> None:
    """So a refusal is about the one thing that an attack made wrong."""
    own = world.own
    copy(StoredFile, own.file, sha256="a" * 64)
    copy(FilePart, own.part, number=9)
    copy(StatementImport, own.ready)
    copy(StatementImport, own.done, taken_back_id=own.change)
    copy(Statement, own.statement, number=9)
    copy(StatementLine, own.line, number=9)
    copy(RememberedColumns, own.columns, account_id=own.account)
    copy(RejectedTransfer, own.rejected, incoming_id=1)
    copy(Certificate, own.certificate, last="2026-11-29")
    connection.check_constraints()

    assert StatementImport.objects.filter(book=own.book).count() == 4


def test_line_is_altered_until_it_is_imported_and_its_fate_later(world: World) -> None:
    alter(StatementLine, world.own.line, amount=1000, date="2026-11-19", fate="skipped")
    alter(StatementLine, world.own.done_line, fate="deleted", matched_id=5)

    kept = StatementLine.objects.values_list("pk", "fate")
    assert set(kept) >= {(world.own.line, "skipped"), (world.own.done_line, "deleted")}


def test_line_that_cannot_be_read_has_no_amount(world: World) -> None:
    alter(StatementLine, world.own.line, amount=None, date=None, fate="refused")
    alter(StatementLine, world.own.line, fate="skipped")

    assert StatementLine.objects.get(pk=world.own.line).amount is None


def test_sealed_content_of_a_part_can_be_renewed(world: World) -> None:
    alter(FilePart, world.own.part, sealed=b"sealed anew")

    assert bytes(FilePart.objects.get(pk=world.own.part).sealed) == b"sealed anew"
