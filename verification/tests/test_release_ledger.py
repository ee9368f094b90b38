"""The verification gate in a release check: live books, and a ledger from outside that may be wrong in every way."""

from __future__ import annotations

import os
from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection

from budget.books.models import Book
from budget.ledger.models import Transaction
from budget.users.models import User
from verification import known_answer
from verification.decision import Exit, Profile
from verification.gates import summary
from verification.gates.base import Check, GateResult, Json, Status
from verification.recounting import CounterFailed, count_ledger
from verification.release import Outcome
from verification.run import Asked
from verification.tests.staging import Stage, written

pytestmark = pytest.mark.django_db
HEADER = "user_id,date,category,amount"
ROWS = (
    "1,2026-09-30,Groceries,20.00",
    "1,2026-10-01,Groceries,12.50",
    "1,2026-10-31,Groceries,7.25",
    "1,2026-10-15,Rent,800.00",
    "1,2026-10-16,Rent,-50.00",
)
PERSON_NAMED, RUN = summary.person_named, summary.run
MORE = ("2,2026-10-02,Groceries,3.00",)


@cache
def counted_once() -> dict[str, Json]:
    """The fixture's rows, counted by the independent program."""
    return count_ledger(known_answer.FIXTURE)


@pytest.fixture(scope="module")
def known() -> GateResult:
    """The known answer, answered right."""
    totals = counted_once()["totals"]
    check = Check("verification.known_answer_row_by_row", Status.PASS, "equal", "equal")
    return GateResult("verification", [check], details={"sql": totals})


class Ledger:
    """Books with the rows above, and files that say the same or something else."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        self.person: dict[str, User] = {}
        self.times = 0

    def recorded(self, rows: Iterable[str], currencies: str = "EUR") -> None:
        """Record rows through the product's operations, for people who are then known by their numbers here."""
        file = self.folder / "recorded.csv"
        lines = [f"{row},{code}" for row, code in zip(rows, _codes(currencies), strict=False)]
        file.write_text("\n".join([f"{HEADER},currency", *lines]) + "\n", encoding="utf-8")
        self.person = {name: book.memberships.get().user for name, book in known_answer.record(file)}

    def file(self, rows: Iterable[str], header: str = HEADER, by_email: bool = False) -> Path:
        """A file of these rows, about the people of this database."""
        file = self.folder / "bank.csv"
        lines = []
        for row in rows:
            name, _, rest = row.partition(",")
            person = self.person.get(name)
            theirs = name if person is None else person.email if by_email else str(person.pk)
            lines.append(f"{theirs},{rest}")
        file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return file

    def judged(self, file: Path | None, **asked: Any) -> Outcome:
        """A whole release check of it; the bundle fits its schema."""
        self.times += 1
        self.stage.output = self.folder / f"evidence{self.times}"
        outcome = self.stage.run(raw_ledger=file, **asked)
        written(self.stage)
        return outcome


@pytest.fixture
def ledger(stage: Stage, known: GateResult, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ledger:
    """The verification gate is the real one here, on the books of this test."""
    monkeypatch.setattr(summary, "person_named", PERSON_NAMED)
    monkeypatch.setattr(summary, "run", RUN)
    stage.answers["known-answer"] = lambda: known

    def counted(file: Path, **asked: Any) -> dict[str, Json]:
        return dict(answer) if file == known_answer.FIXTURE else count_ledger(file, **asked)

    answer = counted_once()
    monkeypatch.setattr(summary, "count_ledger", counted)
    return Ledger(stage, tmp_path)


def _codes(currencies: str) -> Iterable[str]:
    given = currencies.split()
    while True:
        yield from given


def result_of(outcome: Outcome, name: str = "raw_ledger") -> dict[str, Json]:
    found: dict[str, Json] = outcome.bundle["gates"][4]["details"][name]["result"]
    return found


def check_of(outcome: Outcome, name: str = "raw_ledger") -> dict[str, Json]:
    (found,) = [c for c in outcome.bundle["gates"][4]["checks"] if c["id"] == f"verification.{name}"]
    return dict(found)


def test_a_ledger_that_says_the_same_is_verified_to_the_last_cent(ledger: Ledger):
    """V10, R000-23: the difference is 0.00."""
    ledger.recorded(ROWS)

    outcome = ledger.judged(ledger.file(ROWS))

    assert outcome.decision.exit == Exit.VERIFIED
    result = result_of(outcome)
    assert (result["exact_match"], result["max_delta"], result["sql_rows"], result["raw_rows"]) == (True, "0.00", 5, 5)
    assert [given["role"] for given in outcome.bundle["inputs"]] == ["known_answer", "raw_ledger"]


def test_people_may_be_named_by_email_and_are_told_by_number(ledger: Ledger):
    """R000-26: nobody's address is in the evidence, whether the database knows it or not."""
    ledger.recorded([*ROWS, *MORE])
    file = ledger.file([*ROWS, *MORE, "stranger@example.org,2026-10-02,Groceries,1.00"], by_email=True)

    outcome = ledger.judged(file)

    assert outcome.decision.reasons == ["verification_mismatch"]
    (pair,) = result_of(outcome)["mismatches"]
    assert pair["user"].startswith("person-")
    told = "\n".join(file.read_text(encoding="utf-8") for file in outcome.place.iterdir() if file.name != "ledger.csv")
    assert "@example.org" not in told


@pytest.mark.once
def test_one_person_is_found_under_either_name_in_the_file(ledger: Ledger):
    ledger.recorded([*ROWS, *MORE])
    email, number = ledger.person["1"].email, str(ledger.person["1"].pk)
    rows = [row.replace("1,", f"{email if place % 2 else number},", 1) for place, row in enumerate(ROWS)]

    for user in (email, email.upper(), number):
        outcome = ledger.judged(ledger.file([*rows, *MORE]), user=user)
        assert outcome.decision.exit == Exit.VERIFIED
        assert outcome.bundle["scope"]["user"] == number
        assert (outcome.bundle["scope"]["sql_rows"], outcome.bundle["scope"]["raw_rows"]) == (309 + 10, 309 + 10)


@pytest.mark.once
@pytest.mark.parametrize(
    ("altered", "status", "reasons", "causes"),
    [
        ({1: "12.51"}, "warn", [], []),
        ({1: "12.52"}, "fail", ["verification_mismatch"], ["category", "total"]),
        ({0: "20.01", 1: "12.51", 3: "800.01"}, "fail", ["verification_mismatch"], ["total"]),
        ({1: "12.60", 3: "799.90"}, "fail", ["verification_mismatch"], ["category"]),
        ({1: "12.51", 3: "799.99"}, "warn", [], []),
    ],
    ids=["0.01", "0.02", "many of 0.01", "cancelling", "cancelling within the tolerance"],
)
def test_a_difference_is_judged_by_its_size(
    ledger: Ledger, altered: dict[int, str], status: str, reasons: list[str], causes: list[str]
):
    """V10, R000-24, R000-25: exact, warned of, or blocked by category or by the total."""
    ledger.recorded(ROWS)
    rows = [f"{row.rpartition(',')[0]},{altered.get(place, row.rpartition(',')[2])}" for place, row in enumerate(ROWS)]

    outcome = ledger.judged(ledger.file(rows))

    assert (check_of(outcome)["status"], outcome.decision.reasons) == (status, reasons)
    assert (result_of(outcome)["causes"], result_of(outcome)["exact_match"]) == (causes, False)
    assert outcome.decision.exit == (Exit.BLOCKED if reasons else Exit.VERIFIED)


def test_a_row_too_many_blocks_even_where_the_sums_agree(ledger: Ledger):
    """V10: by the count."""
    ledger.recorded(ROWS)

    outcome = ledger.judged(ledger.file([*ROWS, "1,2026-10-15,Rent,0.00"]))

    assert (outcome.decision.exit, outcome.decision.reasons) == (Exit.BLOCKED, ["verification_mismatch"])
    assert result_of(outcome)["causes"] == ["count"]


@pytest.mark.once
def test_a_renamed_category_is_told_with_both_names_and_never_guessed(ledger: Ledger):
    """V7: blocked with the hint; with the map it is verified."""
    ledger.recorded(ROWS)
    file = ledger.file([row.replace("Rent", "Rent and heating") for row in ROWS])

    outcome = ledger.judged(file)

    assert outcome.decision.reasons == ["verification_mismatch"]
    message = check_of(outcome)["message"]
    assert "“Rent and heating” of the raw ledger has the rows of “Rent”" in message
    assert "--category-map" in message
    names = ledger.folder / "names.csv"
    names.write_text("old,new\nRent and heating,Rent\n", encoding="utf-8")
    outcome = ledger.judged(file, category_map=names)
    assert outcome.decision.exit == Exit.VERIFIED
    assert [given["role"] for given in outcome.bundle["inputs"]] == ["known_answer", "raw_ledger", "category_map"]


@pytest.mark.parametrize("spelled", ["rent", "RENT", "Réntal"])
def test_case_and_accents_make_another_category(ledger: Ledger, spelled: str):
    """V7: never fuzzy."""
    ledger.recorded(ROWS)

    assert ledger.judged(ledger.file([r.replace("Rent", spelled) for r in ROWS])).decision.exit == Exit.BLOCKED


def test_blanks_and_unicode_forms_make_none(ledger: Ledger):
    """V7: NFC and trimmed ends are the only freedom."""
    rows = [row.replace("Rent", "Café") for row in ROWS]
    ledger.recorded(rows)

    outcome = ledger.judged(ledger.file([row.replace("Café", "  Cafe\u0301 ") for row in rows]))

    assert outcome.decision.exit == Exit.VERIFIED


@pytest.mark.once
def test_a_category_map_that_is_missing_or_malformed_is_bad_input(ledger: Ledger):
    """V7: exit 4 like every other bad file."""
    ledger.recorded(ROWS)
    names = ledger.folder / "names.csv"
    for content in (None, "one column\n"):
        if content:
            names.write_text(content, encoding="utf-8")
        outcome = ledger.judged(ledger.file(ROWS), category_map=names)
        assert (outcome.decision.exit, outcome.decision.reasons) == (Exit.BAD_INPUT, ["category_map_malformed"])


@pytest.mark.once
def test_two_currencies_without_a_column_for_them_are_ambiguous(ledger: Ledger):
    """V8: blocked; with the column the totals are told per currency."""
    ledger.recorded(ROWS, "EUR USD")

    outcome = ledger.judged(ledger.file(ROWS))

    assert (outcome.decision.exit, outcome.decision.reasons) == (Exit.BLOCKED, ["currency_ambiguous"])
    rows = [f"{row},{code}" for row, code in zip(ROWS, ("EUR", "USD", "EUR", "USD", "EUR"), strict=True)]
    outcome = ledger.judged(ledger.file(rows, f"{HEADER},currency"))
    assert outcome.decision.exit == Exit.VERIFIED
    assert [pair["currency"] for pair in result_of(outcome)["totals"]] == ["EUR", "USD"]
    assert outcome.bundle["scope"]["currencies"] == ["EUR", "USD"]


@pytest.mark.parametrize(
    "asked",
    [
        {"user": "nobody@example.org"},
        {"user": "987654321"},
        {"user": "9" * 30},
        {"user": "no name"},
        {"month": "2090-01"},
    ],
    ids=["email", "number", "huge", "words", "future"],
)
def test_a_scope_without_rows_agrees_on_nothing(ledger: Ledger, asked: dict[str, str]):
    """V9: an unknown person and a month in the future."""
    ledger.recorded(ROWS)

    outcome = ledger.judged(ledger.file(ROWS), **asked)

    assert (outcome.decision.exit, outcome.decision.reasons[0]) == (Exit.BLOCKED, "empty_scope")


def test_two_empty_sides_agree_on_nothing(ledger: Ledger):
    """V9: a file without rows of the month, and no books."""
    outcome = ledger.judged(ledger.file(ROWS), month="2026-11")

    assert (outcome.decision.exit, outcome.decision.reasons) == (Exit.BLOCKED, ["empty_scope"])


@pytest.mark.once
@pytest.mark.parametrize(
    ("content", "reason", "told"),
    [
        (None, "raw_ledger_missing", "There is no file bank.csv."),
        ("", "raw_ledger_empty", ""),
        (f"{HEADER}\n", "raw_ledger_empty", ""),
        ("user_id,category\n1,Rent\n", "raw_ledger_missing_columns", "amount, date"),
    ],
    ids=["missing", "empty", "header only", "columns"],
)
def test_a_ledger_that_is_not_there_is_bad_input(ledger: Ledger, content: str | None, reason: str, told: str):
    """V4, R000-20: exit 4, every missing column named in order."""
    file = ledger.folder / "bank.csv"
    if content is not None:
        file.write_text(content, encoding="utf-8")

    outcome = ledger.judged(file)

    assert (outcome.decision.exit, outcome.decision.reasons) == (Exit.BAD_INPUT, [reason])
    assert told in str(outcome.bundle)


@pytest.mark.once
def test_a_ledger_that_cannot_be_opened_or_read_is_bad_input(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    """V4: by its rights before anything runs, and by a device that fails while it is read."""
    file = ledger.file(ROWS)
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, mode: path != file)
        outcome = ledger.judged(file)
    assert (outcome.decision.exit, outcome.decision.reasons) == (Exit.BAD_INPUT, ["raw_ledger_unreadable"])
    assert outcome.bundle["gates"][0]["status"] == "not_run"


@pytest.mark.once
@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"1,2026-10-01,Rent,12.345678\n", "amount"),
        (b"1,2026-02-30,Rent,1.00\n", "date"),
        (b"nobody,2026-10-01,Rent,1.00\n", "user_id"),
        (b"1,2026-10-01,Rent\n", "row"),
        (b"1,2026-10-01,Re\x00nt,1.00\n", "line 2"),
        (b"1,2026-10-01,Rent,1.00\n1,2026-10-01,\xff\xfe,1.00\n", "line 3"),
        (b'1,2026-10-01,"' + b"x" * 140_000 + b"\n", "line 2"),
    ],
    ids=["amount", "date", "user", "short", "NUL", "encoding", "quote"],
)
def test_a_malformed_ledger_is_told_by_line_and_column_never_by_value(ledger: Ledger, content: bytes, kind: str):
    """V5, R000-21: exit 4."""
    ledger.recorded(ROWS)
    file = ledger.folder / "bank.csv"
    file.write_bytes(f"{HEADER}\n".encode() + content)

    outcome = ledger.judged(file)

    assert (outcome.decision.exit, outcome.decision.reasons) == (Exit.BAD_INPUT, ["raw_ledger_malformed"])
    check = check_of(outcome)
    assert 1 <= len(check["failing_examples"]) <= 20
    assert kind in " ".join(check["failing_examples"])
    assert "12.345678" not in str(outcome.bundle)


@pytest.mark.once
def test_secrets_in_a_ledger_are_not_shown(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    """V15: as the name of a category, in the file and in the database."""
    monkeypatch.setenv("BANK_TOKEN", "planted-word-46")
    ledger.recorded([row.replace("Rent", "planted-word-46") for row in ROWS])

    outcome = ledger.judged(ledger.file([row.replace("Rent", "AKIAIOSFODNN7EXAMPLE") for row in ROWS]))

    told = "\n".join([*(f.read_text(encoding="utf-8") for f in outcome.place.iterdir()), *ledger.stage.told.lines])
    assert outcome.decision.exit == Exit.BLOCKED
    assert ("planted-word-46" in told, "AKIAIOSFODNN7EXAMPLE" in told, "[redacted]" in told) == (False, False, True)


def test_a_cent_changed_behind_the_program_names_the_row(ledger: Ledger):
    """R000-37, V2: with plain SQL, as a hand would do it; the text of the row is told to nobody."""
    ledger.recorded(ROWS)
    row = Transaction.objects.order_by("pk")[1]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_transaction SET amount = amount + 10 WHERE id = %s", [row.pk])

    outcome = ledger.judged(None)

    assert (outcome.decision.exit, outcome.decision.reasons[0]) == (Exit.BLOCKED, "rows_altered")
    named = f"transaction {row.pk} differs from the history in its amount"
    assert any(named in line for line in ledger.stage.told.lines)
    assert named in (outcome.place / "summary.txt").read_text(encoding="utf-8")


def test_an_altered_history_is_told_without_what_people_called_it(ledger: Ledger):
    ledger.recorded(ROWS)
    book = Book.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_book SET head = %s WHERE id = %s", ["0" * len(book.head), book.pk])

    outcome = ledger.judged(None)

    assert outcome.decision.reasons[0] == "history_altered"
    assert check_of(outcome, "history")["failing_total"] == 1


def test_an_account_s_balance_that_its_history_does_not_make_is_named(ledger: Ledger):
    ledger.recorded(ROWS)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE budget_account SET opening_balance = 10")

    outcome = ledger.judged(None)

    assert outcome.decision.reasons[0] == "rows_altered"
    assert "the balance of account" in " ".join(check_of(outcome, "rows")["failing_examples"])


def test_a_known_answer_that_is_a_row_short_blocks(ledger: Ledger, known: GateResult):
    """R000-13: the product's SQL against the fixture's file."""
    short = GateResult("verification", known.checks, details={"sql": known.details["sql"][1:]})
    ledger.stage.answers["known-answer"] = lambda: short

    outcome = ledger.judged(None)

    assert (outcome.decision.exit, outcome.decision.reasons) == (Exit.BLOCKED, ["verification_mismatch"])


def test_no_books_at_all_is_no_comparison(ledger: Ledger):
    """A release phase before anybody signed up: the known answer decides."""
    outcome = ledger.judged(None)

    assert outcome.decision.exit == Exit.VERIFIED
    assert check_of(outcome, "live_books")["status"] == "not_applicable"


def test_a_counter_that_ends_without_an_answer_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("verification.recounting.PROGRAM", "verification.nothing_of_that_name")

    with pytest.raises(CounterFailed, match="ended with 1 and no answer"):
        count_ledger(known_answer.FIXTURE)


def test_run_again_names_what_was_asked_for():
    asked = Asked(Profile.PRODUCTION, user="12", month="2026-10", alias="other")

    assert asked.again() == (
        "python3 manage.py release_check --profile production --user 12 --month 2026-10 --database other"
    )


REFUSED = {
    "status": "blocked",
    "reason": "raw_ledger_malformed",
    "message": "It cannot.",
    "places": [],
    "places_total": 0,
}


def test_known_answer_that_cannot_be_counted_blocks(known: GateResult, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(summary, "count_ledger", lambda file: REFUSED)
    found = summary.Found()

    summary.compare_known_answer(found, known)

    assert (found.reasons, found.inputs, found.details) == (["raw_ledger_malformed"], [], {})
    assert [(check.id, check.message) for check in found.checks[1:]] == [("verification.known_answer", "It cannot.")]


def test_history_that_cannot_be_counted_blocks(ledger: Ledger, monkeypatch: pytest.MonkeyPatch):
    ledger.recorded(ROWS)
    monkeypatch.setattr(summary, "count_history", lambda lines: {**REFUSED, "reason": "history_malformed"})

    found = summary.judge_books(list(Book.objects.all()))

    assert (found.status, found.reason) == (Status.FAIL, "verification_mismatch")
    assert "live_books" not in found.details


@pytest.mark.once
def test_pages_that_say_something_else_than_the_rows_block(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(known_answer, "plan_line", lambda book, category, month: SimpleNamespace(available=Decimal(1)))

    found = known_answer.run()

    assert found.status is Status.FAIL
    assert {example for check in found.checks for example in check.failing_examples} == {
        f"what Groceries has left in {known_answer.PLANNED}",
        f"what Rent has left in {known_answer.PLANNED}",
    }
