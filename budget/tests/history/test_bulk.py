"""What the bulk load writes, value by value, and the ids that it takes."""

from __future__ import annotations

import pytest
from django.db import connection

from budget.history import bulk
from budget.history.rows import Value
from budget.ledger.models import Transaction


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
