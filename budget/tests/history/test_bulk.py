"""What the bulk load writes, value by value, and the ids that it takes."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from django.db import IntegrityError, connection

from budget import history
from budget.books.models import Book
from budget.history import bulk
from budget.history.rows import Value
from budget.ledger import totals
from budget.ledger.models import Account, Transaction
from budget.tests import factories


@pytest.mark.once
@pytest.mark.parametrize(
    ("values", "copied"),
    [
        ([1, 2], [1, 2]),
        ([True, 0], [True, 0]),
        (["Coffee", "Müller"], ["Coffee", "Müller"]),
        (["Coffee", "two\nlines"], ["Coffee", r"two\nlines"]),
        (["tab\there"], [r"tab\there"]),
        ([r"back\slash"], [r"back\\slash"]),
        (["Coffee", None, 7], ["Coffee", r"\N", 7]),
        ([r"\N", None], [r"\\N", r"\N"]),
    ],
)
def test_no_text_looks_like_the_end_of_a_line_or_column(values: list[Value], copied: list[Value]) -> None:
    assert list(bulk._copied(values)) == copied


@pytest.mark.once
@pytest.mark.parametrize(
    ("moment", "kept"),
    [
        ("2026-11-21T10:14:00.5+01:00", "2026-11-21 09:14:00.500000"),
        ("2026-11-21T09:14:00+00:00", "2026-11-21 09:14:00"),
        (None, None),
    ],
)
def test_moment_is_kept_in_utc_without_saying_so(moment: str | None, kept: str | None) -> None:
    assert bulk._sqlite_moment(moment) == kept


@pytest.mark.django_db
def test_ids_follow_each_other_in_a_table_that_never_had_a_row() -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = 'budget_transaction'")

    first, second = bulk.reserve(Transaction, 3), bulk.reserve(Transaction, 2)

    assert [*first, *second] == list(range(first[0], first[0] + 5))
    if connection.vendor == "sqlite":
        assert first[0] == 1


FIELDS = ("account_id", "date", "amount", "description")


def pages_of(*accounts: int) -> list[list[int]]:
    """A page of two rows for each account."""
    return [[account, account] for account in accounts]


def rows_of(page: Sequence[int]) -> list[tuple[Value, ...]]:
    """The rows of a page, by their account."""
    return [(account, "2026-11-20", 1000, "Coffee") for account in page]


def test_pages_are_made_while_the_ones_before_are_written(book: Book, account: Account) -> None:
    with history.change(book, None, "Loaded", kind="test") as change:
        written = change.create_pages(Transaction, FIELDS, iter(pages_of(*[account.pk] * 3)), rows_of)

    assert written == Transaction.objects.of(book).count() == 6
    assert history.verify(book).is_whole
    assert totals.differences(book) == []


def test_page_that_cannot_be_made_leaves_nothing(book: Book, account: Account) -> None:
    def refuse_the_second(page: Sequence[int]) -> list[tuple[Value, ...]]:
        if page[0] != account.pk:
            raise ValueError("no such account")
        return rows_of(page)

    before = history.digest(book)
    with (
        pytest.raises(ValueError, match="no such account"),
        history.change(book, None, "Loaded", kind="test") as change,
    ):
        change.create_pages(Transaction, FIELDS, iter(pages_of(account.pk, 0)), refuse_the_second)

    assert not Transaction.objects.of(book).exists()
    assert history.digest(book) == before


@pytest.mark.parametrize("place", [0, 1, 2])
def test_page_that_the_database_refuses_leaves_nothing(book: Book, account: Account, place: int) -> None:
    """Whatever is being made meanwhile; the rows of a book are on its own accounts."""
    pages = pages_of(*[account.pk] * 3)
    pages[place][1] = factories.make_account(factories.make_book(factories.make_user(email="other@example.org"))).pk

    with pytest.raises(IntegrityError), history.change(book, None, "Loaded", kind="test") as change:
        change.create_pages(Transaction, FIELDS, iter(pages), rows_of)

    assert not Transaction.objects.of(book).exists()


def test_row_that_points_nowhere_is_refused_with_its_page(book: Book, account: Account) -> None:
    """PostgreSQL would find it at the end of all otherwise; SQLite does."""

    def load() -> None:
        with history.change(book, None, "Loaded", kind="test") as change:
            change.create_pages(Transaction, FIELDS, iter(pages_of(account.pk, 2**40)), rows_of)
            connection.check_constraints()

    with pytest.raises(IntegrityError, match="budget_transaction"):
        load()
