"""`import_statement`: one receipt for each file, whatever is wrong with another; accounts by name or number."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from budget.books.models import Book
from budget.ledger.models import Account, Transaction
from budget.management.commands import import_statement
from budget.statements import bringing, takingback
from budget.statements.models import Stage, StatementImport, StatementLine
from budget.tests.factories import make_account, make_book, make_txn, make_user
from budget.tests.statements.bringing import csv, ofx

pytestmark = pytest.mark.django_db

TWO = csv("2026-11-02,Bakery,-4.50", "2026-11-14,Employer,2150.00")
BROKEN = csv("2026-11-02,Bakery,-4.50", "2026-11-03,Power,-63.x0")


@pytest.fixture
def put(tmp_path: Path) -> Any:
    """Writes a file and answers its path."""

    def write(content: bytes = TWO, name: str = "nov.csv") -> str:
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write


def run(*arguments: str) -> tuple[str, str, int]:
    """What the command printed, complained of, and ended with."""
    out, err, status = StringIO(), StringIO(), 0
    try:
        call_command("import_statement", *arguments, stdout=out, stderr=err)
    except SystemExit as end:
        status = int(str(end.code))
    return out.getvalue(), err.getvalue(), status


def told(*arguments: str) -> tuple[dict[str, Any], int]:
    """The receipt for programs, and the exit code."""
    out, _, status = run(*arguments, "--json")
    return json.loads(out), status


def stages() -> list[str]:
    return list(StatementImport.objects.order_by("pk").values_list("stage", flat=True))


def test_receipt_says_all_that_is_promised(book: Book, account: Account, put: Any) -> None:
    """The one object of `--json`: files and totals, money as text with the file's sign."""
    found, status = told(put())

    (file,) = found["files"]
    assert status == 0
    assert {name: file[name] for name in ("file", "format", "account", "currency", "first", "last")} == {
        "file": "nov.csv",
        "format": "csv",
        "account": "Everyday",
        "currency": "EUR",
        "first": "2026-11-02",
        "last": "2026-11-14",
    }
    assert file["sums"] == found["totals"]["sums"] == {"EUR": "2145.50"}
    assert file["balance"].items() >= {"opening": None, "closing": None, "difference": None}.items()
    assert (file["errors"], file["more_errors"], file["doubtful"], file["problem"]) == ([], 0, 0, "")
    assert found["totals"] == {
        "files": 1,
        "rows": 2,
        "recorded": 2,
        "already_there": 0,
        "skipped": 0,
        "refused": 0,
        "sums": {"EUR": "2145.50"},
    }


def test_same_file_again_brings_nothing(book: Book, account: Account, put: Any) -> None:
    """I2: in one run and in two."""
    found, status = told(put(), put(name="copy.csv"))
    again, _ = told(put(name="third.csv"))

    assert status == 0
    assert [(file["recorded"], file["already_there"]) for file in found["files"]] == [(2, 0), (0, 2)]
    assert (again["totals"]["recorded"], again["totals"]["already_there"]) == (0, 2)
    assert Transaction.objects.of(book).count() == 2


def test_file_that_is_refused_leaves_the_receipts_of_the_others(
    book: Book, account: Account, put: Any, tmp_path: Path
) -> None:
    """Exit code 4, and every file is in the answer, in the order given."""
    missing = str(tmp_path / "missing.csv")

    found, status = told(put(b"\x89PNG\r\n\x1a\n" + b"0" * 300, "photo.csv"), missing, put(BROKEN, "oct.csv"), put())

    assert status == 4
    photo, lost, broken, good = found["files"]
    assert [file["recorded"] for file in found["files"]] == [0, 0, 0, 2]
    assert photo["errors"] == [{"row": None, "place": "", "column": "", "reason": photo["problem"]}]
    assert lost["errors"][0]["reason"] == f"{missing} cannot be opened: No such file or directory."
    assert set(lost) == set(photo) == set(good)
    assert (broken["skipped"], broken["refused"]) == (1, 1)
    assert broken["problem"] == "1 of 2 rows cannot be read, so nothing was stored."
    assert [(error["row"], error["place"], error["column"]) for error in broken["errors"]] == [
        (2, "row 2 (line 3)", "Amount")
    ]
    assert found["totals"]["rows"] == 4
    assert stages() == [Stage.DISCARDED, Stage.RECORDED]


def test_refusals_are_said_in_words_and_the_others_go_in(book: Book, account: Account, put: Any) -> None:
    out, err, status = run("--yes", put(b"", "empty.csv"), put())

    assert status == 4
    assert err.startswith("empty.csv: ")
    refused, _, _ = run("--yes", put(csv("2026-10-02,Power,-4.50", "2026-10-03,Power,-63.x0"), "oct.csv"))
    assert "Rows in file    2\nRecorded        0\nAlready here    0\nLeft out        1\nRefused         1\n" in refused
    assert "Recorded        2\n" in out


def test_partial_takes_what_can_be_read(book: Book, account: Account, put: Any) -> None:
    found, status = told("--partial", put(BROKEN))

    assert status == 4
    assert (found["totals"]["recorded"], found["totals"]["refused"]) == (1, 1)
    assert Transaction.objects.of(book).count() == 1


def test_dry_run_says_what_would_be_recorded_and_stores_nothing(book: Book, account: Account, put: Any) -> None:
    found, status = told("--dry-run", put())

    assert (status, found["totals"]["recorded"], found["totals"]["skipped"]) == (0, 2, 0)
    assert (Transaction.objects.of(book).count(), StatementLine.objects.count(), stages()) == (0, 0, [Stage.DISCARDED])


def test_what_is_perhaps_there_is_joined_where_that_is_said(book: Book, account: Account, put: Any) -> None:
    by_hand = make_txn(account, "4.50", None, "2026-11-01", "bread")

    found, _ = told("--join", put())

    by_hand.refresh_from_db()
    assert (found["totals"]["recorded"], found["totals"]["already_there"]) == (1, 1)
    assert by_hand.line_id is not None


@pytest.mark.parametrize("wanted", ["everyday", "  Everyday ", "number"])
def test_account_is_found_by_its_name_in_any_case_or_its_number(
    book: Book, account: Account, put: Any, wanted: str
) -> None:
    make_account(book, "Savings")

    found, status = told("--account", str(account.pk) if wanted == "number" else wanted, put())

    assert (status, found["files"][0]["account"]) == (0, "Everyday")
    assert account.transactions.count() == 2


def test_account_that_is_not_there_is_opened_once(book: Book, account: Account, put: Any) -> None:
    """The second file finds the one that the first opened, in whatever case it is named."""
    found, _ = told("--account", " Holiday fund ", put(), put(name="copy.csv"))
    again, _ = told("--account", "HOLIDAY FUND", put(name="third.csv"))

    assert [file["account"] for file in (*found["files"], *again["files"])] == ["Holiday fund"] * 3
    assert [file["recorded"] for file in (*found["files"], *again["files"])] == [2, 0, 0]
    assert list(Account.objects.of(book).values_list("name", flat=True)) == ["Everyday", "Holiday fund"]


def test_number_that_no_account_has_opens_none(book: Book, account: Account, put: Any) -> None:
    """A slip of the fingers must not become an account called 99."""
    found, status = told("--account", "99000", put())

    assert status == 4
    assert found["files"][0]["problem"] == "There is no account number 99000. Give a name to open one."
    assert Account.objects.of(book).count() == 1
    assert (stages(), StatementLine.objects.count()) == ([Stage.DISCARDED], 0)


def test_account_of_another_currency_is_refused_and_nothing_is_left(book: Book, put: Any) -> None:
    make_account(book, "Dollars", currency="USD")

    found, status = told("--account", "Dollars", put(ofx("20261102 -4.50 a1 Bakery"), "nov.ofx"))

    assert status == 4
    assert found["files"][0]["problem"] == "Dollars is in USD, but nov.ofx is in EUR."
    assert (stages(), StatementLine.objects.count()) == ([Stage.DISCARDED], 0)


def test_book_is_the_only_one_or_has_to_be_said(book: Book, account: Account, put: Any) -> None:
    make_book(make_user(), "Other")

    with pytest.raises(CommandError, match="Say --book: there are several"):
        run(put())
    with pytest.raises(CommandError, match="There is no book “Third”"):
        run("--book", "Third", put())
    found, _ = told("--book", "Household", put())

    assert found["totals"]["recorded"] == 2


def test_nobody_s_book_is_said(put: Any) -> None:
    with pytest.raises(CommandError, match="There is no book yet"):
        run(put())


@pytest.mark.parametrize(("answer", "recorded"), [("y", 2), ("n", 0)])
def test_person_is_asked_before_anything_is_stored(
    book: Book, account: Account, put: Any, monkeypatch: pytest.MonkeyPatch, answer: str, recorded: int
) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: answer)

    out, _, status = run(put())

    assert "nov.csv: 2 new, 0 already here." in out
    assert (Transaction.objects.of(book).count(), status) == (recorded, 0 if recorded else 4)


def test_nobody_there_to_answer_is_no_yes(
    book: Book, account: Account, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", nobody)

    _, err, status = run(put())

    assert (err, status) == ("nov.csv: Nobody answered. Say --yes to import without being asked.\n", 4)
    assert Transaction.objects.of(book).count() == 0


def test_question_of_a_file_is_answered_on_the_command_line(book: Book, account: Account, put: Any) -> None:
    """T5: `1.234` is asked about, never guessed."""
    table = put(b"Date;Payee;Amount\n2026-11-02;Bakery;1.234\n")

    found, status = told(table)
    assert status == 4
    assert found["files"][0]["problem"].endswith("Say it with --date-order, --decimal-mark or --mapping.")
    answered, status = told("--decimal-mark", ",", table)

    assert (status, answered["files"][0]["sums"]) == (0, {"EUR": "1234"})


@pytest.mark.parametrize(
    ("option", "said"),
    [(["--currency", "EURO"], "EURO"), (["--mapping", "nowhere.json"], "cannot be read as a mapping")],
)
def test_what_cannot_be_meant_is_refused_before_a_file_is_opened(
    book: Book, account: Account, put: Any, option: list[str], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        run(*option, put())

    assert stages() == []


def test_file_that_is_too_large_is_said_in_its_receipt(
    book: Book, account: Account, put: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bringing, "LARGEST", 10)

    found, status = told(put())

    assert (status, found["files"][0]["problem"]) == (4, "The file has 0 MB; 512 MB is the most. Bring it in parts.")


def test_receipt_of_nothing_has_every_count() -> None:
    assert set(import_statement.COUNTS) <= set(import_statement.unread(Path("a.csv"), "Why"))


def test_second_currency_of_a_file_goes_to_the_account_that_has_its_name(
    book: Book, account: Account, put: Any
) -> None:
    """Named on the command line is the first one's; the other's follows from it, and may be there already."""
    there = make_account(book, "Trip USD", currency="USD")
    table = b"Date,Payee,Amount,Currency\n2026-11-02,Bakery,-4.50,EUR\n2026-11-03,Diner,-9.00,USD\n"

    told("--account", "Trip", put(table))

    assert list(there.transactions.values_list("payee", flat=True)) == ["Diner"]
    names = Account.objects.of(book).order_by("name").values_list("name", flat=True)
    assert list(names) == ["Everyday", "Trip", "Trip USD"]


def test_very_same_file_is_said_as_on_its_page(book: Book, account: Account, put: Any) -> None:
    """Not the first time, not for programs, not of another file, not once that import is undone."""
    said = "This very file was imported on "
    first, _, _ = run(put(), "--yes")
    again, _, status = run(put(), "--yes")

    assert said not in first
    assert said in again
    assert "Its rows that came in then are already here" in again
    assert "undo that import first" in again
    assert status == 0
    assert told(put())[0]["totals"]["already_there"] == 2
    assert said not in run(put(TWO + b"2026-11-20,Shop,-1.00\n", "more.csv"), "--yes")[0]
    for found in StatementImport.objects.filter(change__isnull=False).order_by("-pk"):
        takingback.take_back(found, by=None, keep_edited=False)
    assert said not in run(put(), "--yes")[0]
