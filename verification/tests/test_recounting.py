"""The independent program, asked from here: what it is given, and that it is bounded in memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from verification.recounting import ISOLATED, PROGRAM, CounterFailed, count_history, count_ledger

MIB = 1 << 20


def test_a_history_that_is_none_is_refused_where_it_starts():
    """R000-15: it stops reading, and says which line."""
    found = count_history([b"{}\n", *[b"x" * 1_000_000 + b"\n"] * 3])

    assert (found["status"], found["reason"]) == ("blocked", "history_altered")
    assert found["places"][0]["line"] == 1


def test_an_error_while_the_history_is_read_ends_the_program():
    def lines():
        yield b'{"book": 1, "model": "book", "action": "create", "payload": "{}"}\n'
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        count_history(lines())


def test_a_program_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("verification.recounting.PROGRAM", "verification.nothing_of_that_name")

    with pytest.raises(CounterFailed, match="ended with 1 and no answer"):
        count_history([])


def test_a_month_and_people_are_counted_alone(tmp_path: Path):
    file = tmp_path / "ledger.csv"
    rows = [f"{user},2026-{month}-01,Rent,1.00" for user in (1, 2, 3) for month in ("09", "10")]
    file.write_text("\n".join(["user_id,date,category,amount", *rows]) + "\n", encoding="utf-8")

    found = count_ledger(file, users=["1", "3"], month="2026-10")

    assert [(total["user"], total["month"]) for total in found["totals"]] == [("1", "2026-10"), ("3", "2026-10")]


@pytest.mark.nightly
def test_ten_million_rows_are_counted_in_bounded_memory(tmp_path: Path):
    """V6: a gigabyte, streamed, in at most 150 MiB; how fast is for `bench` to say."""
    file, block = tmp_path / "ledger.csv", 10_000
    with file.open("wb") as out:
        out.write(b"user_id,date,category,amount,description\n")
        for number in range(10_000_000 // block):
            row = f"{number % 7},2026-{number % 12 + 1:02}-01,Category {number % 30},12.34,{'x' * 65}\n".encode()
            out.write(row * block)
    assert file.stat().st_size > 0.9e9

    process = subprocess.Popen(
        [sys.executable, *ISOLATED, "-m", PROGRAM, "--ledger", str(file)],
        cwd=settings.BASE_DIR,
        env={},
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    answer = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)

    assert process.returncode == 0
    assert b'"rows":10000000' in answer
    assert used.ru_maxrss * 1024 < 150 * MIB
