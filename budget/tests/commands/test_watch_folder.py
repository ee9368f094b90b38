"""`watch_folder`: each file once, whatever comes between, and put away with what became of it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from budget.books.models import Book
from budget.history import Change
from budget.ledger.models import Account, Transaction
from budget.management.dropfolder import DropFolder
from budget.statements import bringing, choices, recording
from budget.statements.errors import BookChanged
from budget.statements.models import Stage, StatementImport
from budget.tests import factories
from budget.tests.statements.bringing import csv

pytestmark = pytest.mark.django_db

TWO = csv("2026-11-02,Bakery,-4.50", "2026-11-14,Employer,2150.00")
BROKEN = csv("2026-11-02,Bakery,-4.50", "2026-11-03,Power,-63.x0")


class Crash(BaseException):
    """The power goes out."""


def drop(folder: Path, name: str = "nov.csv", content: bytes = TWO, age: float = 60) -> Path:
    """A file that was written to `age` seconds ago."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def look(folder: Path, *options: str) -> tuple[str, str, int]:
    """What one look printed, complained of, and ended with."""
    out, err, status = StringIO(), StringIO(), 0
    try:
        call_command("watch_folder", str(folder), "--once", *options, stdout=out, stderr=err)
    except SystemExit as end:
        status = int(str(end.code))
    return out.getvalue(), err.getvalue(), status


def names(folder: Path) -> list[str]:
    """Every file below a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_file_is_imported_and_put_away_with_its_receipt(book: Book, account: Account, tmp_path: Path) -> None:
    drop(tmp_path)

    out, _, status = look(tmp_path)

    assert (out, status) == ("nov.csv: 2 new, 0 already here.\n", 0)
    assert names(tmp_path) == ["done/nov.csv", "done/nov.csv.json"]
    told = json.loads((tmp_path / "done/nov.csv.json").read_text())
    assert (told["rows"], told["recorded"], told["refused"], told["problem"]) == (2, 2, 0, "")
    assert Transaction.objects.filter(account=account).count() == 2


def test_folder_of_an_account_names_it_and_opens_it_where_it_is_new(
    book: Book, account: Account, tmp_path: Path
) -> None:
    drop(tmp_path, "Savings/nov.csv")
    drop(tmp_path, "everyday/dec.csv", csv("2026-12-02,Bakery,-5.50"))

    look(tmp_path)

    assert Account.objects.get(name="Savings").transactions.count() == 2
    assert account.transactions.count() == 1
    assert names(tmp_path)[0] == "done/Savings/nov.csv"


def test_account_of_the_command_line_holds_for_the_folder_itself(book: Book, account: Account, tmp_path: Path) -> None:
    other = factories.make_account(book, "Savings")
    drop(tmp_path)

    look(tmp_path, "--account", "Savings")

    assert other.transactions.count() == 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BROKEN, "1 line cannot be read, so nothing was imported."),
        (b"", "empty"),
        (b"\x7fELF" + b"\0" * 99, "a program"),
    ],
)
def test_file_that_cannot_be_read_is_put_aside_with_the_reason(
    book: Book, account: Account, tmp_path: Path, content: bytes, reason: str
) -> None:
    drop(tmp_path, content=content)

    _, err, status = look(tmp_path)

    assert status == 4
    assert reason in err
    assert names(tmp_path) == ["refused/nov.csv", "refused/nov.csv.json"]
    assert json.loads((tmp_path / "refused/nov.csv.json").read_text())["problem"]
    assert not Transaction.objects.exists()


def test_partial_takes_the_rows_that_can_be_read(book: Book, account: Account, tmp_path: Path) -> None:
    drop(tmp_path, content=BROKEN)

    out, _, status = look(tmp_path, "--partial")

    assert (out, status) == ("nov.csv: 1 new, 0 already here, 1 refused.\n", 0)


def test_account_of_another_currency_is_a_refusal(book: Book, tmp_path: Path) -> None:
    factories.make_account(book, "Dollars", currency="USD")
    drop(tmp_path, "Dollars/nov.csv", b"Date,Payee,Amount,Currency\n2026-11-02,Bakery,-4.50,EUR\n")

    _, err, status = look(tmp_path)

    assert (status, "is in USD" in err) == (4, True)


def test_what_is_not_finished_or_no_file_of_the_folder_is_left(book: Book, account: Account, tmp_path: Path) -> None:
    outside = drop(tmp_path.parent / f"{tmp_path.name}-outside", "other.csv")
    for name in ("nov.csv.part", ".hidden.csv", "nov.csv~"):
        drop(tmp_path, name)
    drop(tmp_path, "new.csv", age=0)
    (tmp_path / "link.csv").symlink_to(outside)
    (tmp_path / "away").symlink_to(outside.parent)

    assert look(tmp_path) == ("", "", 0)
    assert not StatementImport.objects.exists()


def test_same_statement_dropped_again_adds_nothing(book: Book, account: Account, tmp_path: Path) -> None:
    drop(tmp_path)
    look(tmp_path)
    drop(tmp_path)

    out, _, _ = look(tmp_path)

    assert out == "nov.csv: 0 new, 2 already here.\n"
    assert names(tmp_path / "done") == ["nov (2).csv", "nov (2).csv.json", "nov.csv", "nov.csv.json"]


@pytest.mark.parametrize("place", ["bring", "read", "record", "recorded", "receipt"])
def test_crash_anywhere_leaves_a_file_that_is_imported_once(
    book: Book, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """C13."""
    drop(tmp_path)
    module, name, after = {
        "bring": (bringing, "bring_once", True),
        "read": (bringing, "read", False),
        "record": (recording, "confirm", False),
        "recorded": (recording, "confirm", True),
        "receipt": (Path, "rename", False),
    }[place]
    original: Callable[..., object] = getattr(module, name)

    def crash(*args: object, **kwargs: object) -> None:
        if after:
            original(*args, **kwargs)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(module, name, crash)
        with pytest.raises(Crash):
            look(tmp_path)
    StatementImport.objects.filter(stage=Stage.READING).update(beat_at="2026-01-01T00:00Z")  # a while later
    look(tmp_path)

    assert Transaction.objects.count() == 2
    assert Change.objects.filter(kind="statement.import").count() == 1
    assert names(tmp_path) == ["done/nov.csv", "done/nov.csv.json"]


def test_refusal_is_known_after_a_crash(
    book: Book, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tmp_path, content=BROKEN)

    def crash(*args: object) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", crash)
        with pytest.raises(Crash):
            look(tmp_path)
    _, err, status = look(tmp_path)

    assert (status, "1 line cannot be read" in err) == (4, True)
    assert StatementImport.objects.count() == 1


def test_file_that_another_program_took_is_no_matter(
    book: Book, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = drop(tmp_path)
    folder = DropFolder(tmp_path, book, "")
    path.unlink()

    assert folder.deal_with(path) is None


def test_book_that_changes_meanwhile_is_compared_anew(
    book: Book, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(tmp_path)
    original, calls = recording.confirm, []

    def confirm(*args: object, **kwargs: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise BookChanged
        return original(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(recording, "confirm", confirm)
    compared: list[object] = []
    monkeypatch.setattr(choices, "compare_again", compared.append)

    out, _, _ = look(tmp_path)

    assert (out, len(compared)) == ("nov.csv: 2 new, 0 already here.\n", 1)


def test_watching_goes_on_until_it_is_stopped(
    book: Book, account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) > 1:
            raise KeyboardInterrupt
        drop(tmp_path)

    monkeypatch.setattr(time, "sleep", sleep)
    out = StringIO()
    call_command("watch_folder", str(tmp_path), "--every", "3", stdout=out)

    assert (out.getvalue(), slept) == ("nov.csv: 2 new, 0 already here.\n", [3, 3])


def test_folder_that_is_not_there_is_an_error(book: Book, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="is no folder"):
        call_command("watch_folder", str(tmp_path / "nowhere"), "--once")


def test_folder_named_by_a_number_that_no_account_has_is_refused_and_the_others_go_on(
    book: Book, account: Account, tmp_path: Path
) -> None:
    """One folder with a slip in its name must not end the watch."""
    drop(tmp_path, "99000/oct.csv", age=90)
    drop(tmp_path)

    out, err, status = look(tmp_path)

    assert "There is no account number 99000. Give a name to open one." in err
    assert (out, status) == ("nov.csv: 2 new, 0 already here.\n", 4)
    assert names(tmp_path) == [
        *("done/nov.csv", "done/nov.csv.json"),
        *("refused/99000/oct.csv", "refused/99000/oct.csv.json"),
    ]
    assert account.transactions.count() == 2


def test_file_whose_dates_read_both_ways_says_what_would_help(book: Book, account: Account, tmp_path: Path) -> None:
    drop(tmp_path, content=csv("03/04/2026,Kiosk,-1.50", "05/06/2026,Cafe,-2.50"))

    _, complaint, status = look(tmp_path)

    assert status == 4
    assert "could be day first or month first" in complaint
    assert "say it with --date-order, --decimal-mark or --mapping" in complaint
