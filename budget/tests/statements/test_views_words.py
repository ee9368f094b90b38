"""What the import page says in sentences: days, counts, sums, balances, questions."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from budget.books.models import Book
from budget.ledger.models import Account
from budget.statements import choices, recording, summary, takingback
from budget.statements.asking import question_of
from budget.statements.balances import Identity
from budget.statements.errors import LinesRefused
from budget.statements.models import Fate, Stage, StatementImport, StatementLine
from budget.statements.receipts import receipt
from budget.tests import factories
from budget.tests.statements.bringing import brought, csv
from budget.tests.statements.test_views import page
from budget.users.models import User

TODAY = dt.date(2026, 11, 21)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-01", "2026-11-20", "1 to 20 November"),
        ("2026-11-20", "2026-11-20", "20 November"),
        ("2026-10-28", "2026-11-03", "28 October to 3 November"),
        ("2025-12-30", "2026-01-02", "30 December 2025 to 2 January"),
        ("2024-01-08", "2024-01-27", "8 to 27 January 2024"),
        ("2024-01-08", "2024-02-01", "8 January to 1 February 2024"),
    ],
)
def test_days_are_said_like_people_say_them(first: str, last: str, said: str) -> None:
    assert summary.days_in_words(day(first), day(last), TODAY) == said


def test_no_days_are_nothing() -> None:
    assert summary.days_in_words(None, None, TODAY) == ""


def told(**counts: int) -> summary.Summary:
    """A summary of so many rows of each fate."""
    source = StatementImport(book=Book(currency="EUR"))
    kept = {Fate[name.upper()].value: count for name, count in counts.items()}
    return summary.Summary(source, [], kept, {}, {}, day("2026-11-01"), day("2026-11-20"))


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"new": 9, "there": 1}, "10 rows, 1 to 20 November. 9 new, 1 already here."),
        ({"there": 10}, "All 10 rows are already here."),
        ({"there": 1}, "The 1 row is already here."),
        ({"new": 1200}, "1,200 rows, 1 to 20 November. 1,200 new."),
        (
            {"doubtful": 1, "joined": 1, "deleted": 1, "skipped": 1, "refused": 1},
            "5 rows, 1 to 20 November. 1 to decide, 1 joined, 1 deleted before, 1 left out, 1 cannot be read.",
        ),
    ],
)
def test_sums_are_said_in_words(counts: dict[str, int], said: str) -> None:
    assert summary.say(told(**counts), TODAY) == said


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # the machine may be at something else
@given(st.dictionaries(st.sampled_from([fate.name.lower() for fate in Fate]), st.integers(0, 10**6)))
def test_receipt_adds_up_whatever_became_of_the_rows(counts: dict[str, int]) -> None:
    """R003-36."""
    found = told(**counts)

    assert found.rows == found.recorded + found.there + found.skipped + found.refused
    said = summary.say_receipt(found)
    left, right = said.rstrip(".").split(" = ")
    numbers = [int("".join(filter(str.isdigit, part))) for part in right.split(" + ")]
    assert int("".join(filter(str.isdigit, left))) == sum(numbers)


def test_receipt_names_every_fate_and_the_money() -> None:
    found = told(new=6, there=2, joined=1)
    found.out, found.into = {"EUR": Decimal("279.25")}, {"EUR": Decimal(2150)}

    assert summary.say_receipt(found) == (
        "9 lines in the file = 6 new + 2 already here + 1 joined + 0 left out + 0 refused. "
        "Money out 279.25, money in 2,150.00."
    )
    found.out, found.into = {"EUR": Decimal("4.50"), "JPY": Decimal(700)}, {"EUR": Decimal(0), "JPY": Decimal(0)}
    assert summary.say_receipt(found).endswith("+ 0 refused. Money out 4.50 EUR. Money out 700 JPY.")
    assert "+ 3 deleted before + 1 left out +" in summary.say_receipt(told(new=1, deleted=3, skipped=1))


@pytest.mark.parametrize(
    ("opening", "moved", "closing", "said"),
    [
        (
            "1204.10",
            "-228.85",
            "975.25",
            "Opening 1,204.10 − 228.85 in these rows = closing 975.25 EUR, as the bank says.",
        ),
        (
            "1204.10",
            "-228.85",
            "985.25",
            "Opening 1,204.10 − 228.85 in these rows = 975.25, but the bank says 985.25 EUR: 10.00 apart.",
        ),
        ("-5.00", "10.00", "5.00", "Opening −5.00 + 10.00 in these rows = closing 5.00 EUR, as the bank says."),
        (None, "10.00", "5.00", ""),
        ("1.00", "10.00", None, ""),
    ],
)
def test_balance_is_said_as_a_sum(opening: str | None, moved: str, closing: str | None, said: str) -> None:
    first, last = (None if text is None else Decimal(text) for text in (opening, closing))

    assert summary.say_balance(Identity(first, Decimal(moved), last, 3), "EUR") == said


@pytest.mark.django_db
def test_currencies_are_told_apart(book: Book, account: Account) -> None:
    found = brought(
        book, b"Date,Payee,Amount,Currency\n2026-11-02,A,-4.50,EUR\n2026-11-03,B,-700,JPY\n2026-11-04,C,9,USD\n"
    )

    said = summary.say(summary.summary(found), TODAY)

    assert "Money out 4.50 EUR. Money out 700 JPY. Money in 9.00 USD." in said


@pytest.mark.django_db
def test_page_and_receipt_count_the_same(book: Book, account: Account) -> None:
    factories.make_txn(account, "4.50", None, "2026-11-01", "Bakery")
    found = brought(book, csv("2026-11-02,Bakery,-4.50", "2026-11-03,Power,-63.x0", "2026-11-14,Employer,2150.00"))

    page, full = summary.summary(found), receipt(found)

    assert (page.rows, page.recorded, page.there, page.skipped, page.refused) == (
        full.rows,
        full.recorded,
        full.already_there,
        full.skipped,
        full.refused,
    )
    assert (page.first, page.last) == (full.first, full.last)
    assert dict(page.out) | dict(page.into) == {"EUR": Decimal("2150.00")}
    assert page.out["EUR"] == full.out["EUR"]


@pytest.mark.parametrize(
    ("problem", "field", "values"),
    [
        ("“03/04/2026” could be day first or month first. Choose the order.", "date_order", ["dmy", "mdy"]),
        ("The days are unclear. Choose the order.", "date_order", ["dmy", "mdy", "ymd"]),
        ("“1.234” could have thousands or decimals. Choose the decimal mark.", "decimal_mark", [".", ","]),
        ("The amounts have no mark. Choose the decimal mark.", "decimal_mark", [".", ","]),
    ],
)
def test_question_offers_what_the_example_can_be(problem: str, field: str, values: list[str]) -> None:
    question = question_of(StatementImport(stage=Stage.ASKING, problem=problem))

    assert question is not None
    assert (question.field, [choice.value for choice in question.choices]) == (field, values)


def test_what_no_answer_helps_is_no_question() -> None:
    for stage, problem in ((Stage.REFUSED, "This is a photo."), (Stage.READY, "Choose the order.")):
        assert question_of(StatementImport(stage=stage, problem=problem)) is None


def test_undoing_what_only_joined_says_that_the_row_is_in_the_book(
    client: Client, owner: User, book: Book, account: Account
) -> None:
    client.force_login(owner)
    factories.make_txn(account, "4.50", date="2026-05-03", payee="Baker")
    found = brought(book, csv("2026-05-02,Bakery,-4.50"), account=account)
    choices.choose(found, [StatementLine.objects.get().pk], Fate.JOINED)
    recording.confirm(found, by=None)
    takingback.take_back(found, by=None, keep_edited=False)

    said = page(client, found)

    assert "The row it had joined is in the book as before." in said
    assert "out of the book" not in said


def test_lines_that_stand_in_the_way_are_named_in_plain_words() -> None:
    assert str(LinesRefused(1)) == (
        "1 line cannot be read, so nothing was imported. Mend it, or leave it out, or import the rest without it."
    )
    assert "Mend them, or leave them out, or import the rest without them." in str(LinesRefused(2))
