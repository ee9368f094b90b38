"""The verification gate to the last field: what it compared, what differed, and what that makes of a release.

The independent program counts in this process here; that it does so in a process of its own has tests elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from budget.books.models import Book
from budget.ledger.models import Transaction
from budget.months import Month
from budget.reports.queries import month_summary
from budget.tests.attacks import alter
from budget.users.models import User
from verification import anchoring, known_answer
from verification.decision import Profile
from verification.gates import summary
from verification.gates.base import Check, GateResult, Json, Status
from verification.independent.count import count_ledger
from verification.independent.history import count_history
from verification.independent.mapping import read_map
from verification.independent.refusal import Refused
from verification.livebooks import pseudonym
from verification.run import Asked
from verification.tests.spelled import spelled, told

pytestmark = [pytest.mark.django_db, pytest.mark.once]
FIRST = 900_001
"""People get numbers from here on, so that their numbers can be told from others in what the gate says."""

ROWS = (
    "1,2024-01-05,Groceries,20.00,EUR",
    "1,2024-01-31,Rent,800.00,EUR",
    "1,2024-02-01,Groceries,7.25,EUR",
    "2,2024-01-07,Groceries,3.00,USD",
    "2,2024-01-09,Rent,4.00,USD",
)
HEADER = "user_id,date,category,amount,currency"


def file_of(folder: Path, rows: Iterable[str], name: str = "ledger.csv") -> Path:
    file = folder / name
    file.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def books(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Book]:
    """Two people's books with the rows above, which are the known answer as well."""
    fixture = file_of(tmp_path, ROWS)

    def counted(file: Path, users: Sequence[str] = (), month: str = "", category_map: Path | None = None) -> Json:
        with (fixture if file == known_answer.FIXTURE else file).open("rb") as opened:
            try:
                return count_ledger(opened, list(users), month, read_map(category_map) if category_map else None)
            except Refused as refused:
                return refused.as_dict()

    monkeypatch.setattr(summary, "count_ledger", counted)
    monkeypatch.setattr(summary, "count_history", lambda lines: count_history(BytesIO(b"".join(lines))))
    User.objects.create(pk=FIRST - 1, email="first@example.org", name="First")
    return [book for _, book in known_answer.record(fixture)]


def people(books: list[Book]) -> list[User]:
    return [book.memberships.get().user for book in books]


def judged(
    books: list[Book], *, wrong: bool = False, earlier: anchoring.Heads = (), first: Status = Status.PASS, **asked: Any
) -> str:
    """What the gate says, with people by their order and books by theirs; digests under a name."""
    sums = known_answer.summed_by_sql([(str(number), book) for number, book in enumerate(books, 1)])
    if wrong:
        sums[0] = {**sums[0], "total": "19.00"}
    check = Check("verification.known_answer_row_by_row", first, "equal", "equal")
    known = GateResult("verification", [check], details={"sql": sums})
    return masked(spelled(summary.run(known, Asked(Profile.EMBEDDED, **asked), earlier)), books)


def masked(text: str, books: list[Book]) -> str:
    for number, (person, book) in enumerate(zip(people(books), books, strict=True), 1):
        text = text.replace(str(person.pk), f"<person {number}>").replace(pseudonym(book), f"<book {number}>")
    text = re.sub(r"transaction \d+", "transaction <id>", text)
    text = re.sub(r"'version': \d+", "'version': <version>", text)
    text = re.sub(r"person-[0-9a-f]{12}\b", "<stranger>", text)
    return re.sub(r"\b[0-9a-f]{64}\b", "<digest>", text).replace(", '", ",\n '")


def test_everything_agrees(books: list[Book]) -> None:
    assert judged(books) == told("summary_agrees")


def test_known_answer_that_is_a_euro_off(books: list[Book]) -> None:
    assert judged(books, wrong=True) == told("summary_known_answer")


def test_known_answer_that_differs_row_by_row_blocks(books: list[Book]) -> None:
    assert judged(books, first=Status.FAIL).startswith("verification: fail, verification_mismatch, ")


def test_history_that_was_altered_and_does_not_continue_an_earlier_one(books: list[Book]) -> None:
    earlier = [{**anchoring.heads(books)[0], "head": "1" * 64}]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_book SET head = %s WHERE id = %s", ["0" * 64, books[1].pk])

    said = judged(books, earlier=earlier)

    assert re.sub(r"change \d+", "change <number>", said) == told("summary_history")


def test_history_that_was_rewritten_as_a_whole_blocks_by_itself(books: list[Book]) -> None:
    earlier = [{**anchoring.heads(books)[0], "head": "1" * 64}]

    assert judged(books, earlier=earlier).startswith("verification: fail, history_altered, ")


def test_category_map_that_cannot_be_read_blocks_under_its_own_name(books: list[Book], tmp_path: Path) -> None:
    names = tmp_path / "names.csv"
    names.write_text("nothing\n", encoding="utf-8")

    said = judged(books, raw_ledger=file_of(tmp_path, ROWS, "bank.csv"), category_map=names)

    assert said.startswith("verification: fail, category_map_malformed, ")


def test_row_altered_by_hand(books: list[Book]) -> None:
    row = Transaction.objects.get(book=books[0], date="2024-01-05")
    alter(Transaction, row.pk, amount=20_020)

    assert judged(books) == told("summary_row")


def test_ledger_from_outside_with_a_gap_a_cent_and_a_stranger(books: list[Book], tmp_path: Path) -> None:
    one, two = people(books)
    rows = [
        f"{one.pk},2024-01-05,Groceries,20.01,EUR",
        f"{one.email},2024-01-31,Rent,700.00,EUR",
        f"{two.pk},2024-01-07,Food,3.00,USD",
        f"{two.pk},2024-01-09,Rent,4.00,USD",
        "stranger@example.org,2024-01-09,Rent,4.00,USD",
    ]
    names = tmp_path / "names.csv"
    names.write_text("old,new\nFood,Groceries\n", encoding="utf-8")
    bank = file_of(tmp_path, rows, "bank.csv")

    assert judged(books, raw_ledger=bank, category_map=names, month="2024-01") == told("summary_outside")


def test_ledger_of_one_person_by_email(books: list[Book], tmp_path: Path) -> None:
    one, two = people(books)
    rows = [row.replace("1,", f"{one.pk},", 1) for row in ROWS[:3]] + [f"{two.pk},2024-01-07,Groceries,9.00,EUR"]

    said = judged(books, raw_ledger=file_of(tmp_path, rows, "bank.csv"), user=one.email.upper())

    assert said == told("summary_person")


def test_ledger_that_cannot_be_read(books: list[Book], tmp_path: Path) -> None:
    rows = ["1,2024-01-05,Groceries,twelve,EUR", "1,2024-02-30,Rent,1.00,EUR"]

    assert judged(books, raw_ledger=file_of(tmp_path, rows, "bank.csv")) == told("summary_unreadable")


@pytest.mark.parametrize(
    ("name", "asked"), [("nobody", {"user": "nobody@example.org"}), ("future", {"month": "2090-01"})]
)
def test_scope_without_rows(books: list[Book], name: str, asked: dict[str, Any]) -> None:
    assert judged(books, **asked) == told(f"summary_{name}")


def test_books_without_any_row(books: list[Book]) -> None:
    found = summary.judge_books([])

    assert [(check.id, check.status) for check in found.checks] == [
        ("verification.history", Status.PASS),
        ("verification.rows", Status.PASS),
        ("verification.live_books", Status.NOT_APPLICABLE),
    ]
    assert (found.reason, found.details["scope"]) == ("", {})


def test_pages_of_the_known_answer_say_what_the_rows_say(books: list[Book], monkeypatch: pytest.MonkeyPatch) -> None:
    """Row by row in Python: the month's summary in its order, and what envelopes have left."""
    assert known_answer._wrong_on_pages(books[0]) == []

    whole = month_summary
    monkeypatch.setattr(known_answer, "month_summary", lambda book, month: list(whole(book, month))[:1])
    assert known_answer._wrong_on_pages(books[0]) == ["the month summary of 2024-01"]
    monkeypatch.setattr(known_answer, "month_summary", lambda book, month: list(whole(book, month))[::-1])
    assert known_answer._wrong_on_pages(books[0]) == ["the month summary of 2024-01"]
    monkeypatch.setattr(known_answer, "month_summary", whole)
    row = Transaction.objects.get(book=books[0], date="2024-01-31")
    monkeypatch.setattr(known_answer, "PLANNED", Month(2024, 2))
    assert known_answer._wrong_on_pages(books[0]) == [
        "what Groceries has left in 2024-02",
        "what Rent has left in 2024-02",
    ]
    assert row.amount == 800


def test_known_answer_is_summed_twice_and_both_must_agree(books: list[Book], monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [(str(number), book) for number, book in enumerate(books, 1)]
    monkeypatch.setattr(known_answer, "record", lambda: pairs)

    found = known_answer.run()

    assert sorted(map(str, found.details["sql"])) == sorted(map(str, found.details["row_by_row"]))
    assert spelled(GateResult(found.id, found.checks, found.reason)) == told("known_answer")
    monkeypatch.setattr(known_answer, "added_row_by_row", lambda books: found.details["row_by_row"][1:])
    assert len(known_answer.run().checks[0].failing_examples) == 1
    monkeypatch.setattr(known_answer, "record", list)
    assert known_answer.run().checks[0].status is Status.FAIL
