import io
import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from verification.independent import count
from verification.independent.refusal import Refused

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[3]
HEAD = "user_id,date,category,amount\n"
ROWS = HEAD + "1,2024-01-31,Food,1.00\n1,2024-02-01,Food,2.00\n2,2024-02-01,Old,3.00\nA@b.org,2024-02-02,New,4.00\n"


@pytest.fixture
def answer(capsys):
    def run(*arguments):
        code = count.main([str(argument) for argument in arguments])
        return code, json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def ledger(tmp_path):
    file = tmp_path / "ledger.csv"
    file.write_text(ROWS, encoding="utf-8")
    return file


def totals(found):
    return [(t["user"], t["month"], t["category"], t["currency"], t["count"], t["total"]) for t in found["totals"]]


def test_ledger_is_counted(answer, ledger):
    code, found = answer("--ledger", ledger)

    assert (code, found["status"], found["rows"], found["rows_in_scope"]) == (0, "ok", 4, 4)
    assert totals(found) == [
        ("1", "2024-01", "Food", "", 1, "1.00"),
        ("1", "2024-02", "Food", "", 1, "2.00"),
        ("2", "2024-02", "Old", "", 1, "3.00"),
        ("a@b.org", "2024-02", "New", "", 1, "4.00"),
    ]


def test_people_and_months_are_chosen(answer, ledger):
    """R000-22: by person and month."""
    _, found = answer("--ledger", ledger, "--user", "1", "--user", "a@B.org", "--month", "2024-02")

    assert (found["rows"], found["rows_in_scope"]) == (4, 2)
    assert totals(found) == [("1", "2024-02", "Food", "", 1, "2.00"), ("a@b.org", "2024-02", "New", "", 1, "4.00")]


def test_categories_are_renamed_by_the_map(answer, ledger, tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("old,new\nOld, Food\n", encoding="utf-8-sig")

    _, found = answer("--ledger", ledger, "--user", "2", "--category-map", names)

    assert (found["mapped"], totals(found)) == (["Old"], [("2", "2024-02", "Food", "", 1, "3.00")])


def test_two_names_that_become_one_are_added_up(answer, ledger, tmp_path):
    names = tmp_path / "names.csv"
    names.write_text("old,new\nFood,All\nOld,All\n\n", encoding="utf-8")
    ledger.write_text(HEAD + "1,2024-02-01,Food,2.00\n1,2024-02-01,Old,3.00\n", encoding="utf-8")

    _, found = answer("--ledger", ledger, "--category-map", names)

    assert totals(found) == [("1", "2024-02", "All", "", 2, "5.00")]


@pytest.mark.parametrize(
    ("content", "places"),
    [
        ("", [(1, "", "missing_header")]),
        ("a,b\nx,y\n", [(1, "", "missing_header")]),
        ("old,new\nx\n\nx,y,z\n", [(2, "new", "short_row"), (4, "", "long_row")]),
        ("old,new\n,y\nx, \n", [(2, "old", "empty_name"), (3, "new", "empty_name")]),
        ("old,new\nx,y\nx,y\nx,z\n", [(4, "old", "repeated_name")]),
        ("old,new\nx\0,y\n", [(2, "old", "nul")]),
        ('old,new\nx,"y\n', [(2, "", "unbalanced_quote")]),
    ],
)
def test_faults_of_the_map_are_named(answer, ledger, tmp_path, content, places):
    names = tmp_path / "names.csv"
    names.write_text(content, encoding="utf-8")

    code, found = answer("--ledger", ledger, "--category-map", names)

    assert (code, found["reason"]) == (4, "category_map_malformed")
    assert [(p["line"], p["column"], p["kind"]) for p in found["places"]] == places


def test_map_that_is_no_text_is_named(answer, ledger, tmp_path):
    names = tmp_path / "names.csv"
    names.write_bytes(b"old,new\nCaf\xe9,y\n")

    assert answer("--ledger", ledger, "--category-map", names)[1]["places"] == [
        {"line": 2, "column": "old", "kind": "wrong_encoding"}
    ]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["--ledger", "absent.csv"], "raw_ledger_missing"),
        (["--ledger", "."], "raw_ledger_unreadable"),
        (["--history", "absent.json"], "history_missing"),
        (["--ledger", "ledger.csv", "--category-map", "absent.csv"], "category_map_missing"),
        (["--ledger", "ledger.csv", "--category-map", "."], "category_map_unreadable"),
    ],
)
def test_files_that_cannot_be_opened_are_named(answer, ledger, monkeypatch, words, reason):
    monkeypatch.chdir(ledger.parent)

    code, found = answer(*words)

    assert (code, found["status"], found["reason"]) == (4, "blocked", reason)


def test_file_that_fails_while_it_is_read_is_unreadable():
    class Broken(io.BytesIO):
        def read(self, size=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(Refused, match="The raw ledger cannot be read: Input/output error") as caught:
        count.count_ledger(Broken())
    assert caught.value.reason == "raw_ledger_unreadable"


@pytest.mark.parametrize(
    "words",
    [[], ["--ledger", "x", "--history", "y"], ["--ledger", "x", "--user", "?"], ["--ledger", "x", "--month", "2024"]],
)
def test_wrong_arguments_are_bad_input(words, capsys):
    with pytest.raises(SystemExit) as ended:
        count.main(words)
    assert ended.value.code == 4


def isolated(*words, given=b""):
    return subprocess.run(
        [sys.executable, "-S", "-E", "-s", "-B", *words],
        input=given,
        capture_output=True,
        cwd=ROOT,
        env={},
        check=False,
    )


def test_program_counts_standard_input_in_a_process_of_its_own():
    """R000-19: another process."""
    done = isolated("-m", "verification.independent.count", "--ledger", "-", given=ROWS.encode())

    assert (done.returncode, json.loads(done.stdout)["rows"], done.stderr) == (0, 4, b"")


def test_program_loads_the_standard_library_and_itself_alone():
    """R000-5, R000-19: no line of the product is in it."""
    names = sorted(
        f"verification.independent.{file.stem}"
        for file in (ROOT / "verification" / "independent").glob("*.py")
        if file.stem != "__init__"
    )
    code = f"import {', '.join(names)}, sys, json; print(json.dumps(sorted(sys.modules)))"

    done = isolated("-c", code)
    loaded = {name for name in json.loads(done.stdout) if name.split(".")[0] not in sys.stdlib_module_names}

    assert loaded - {"__main__"} == {"verification", "verification.independent", *names}


def test_program_reads_a_hundred_thousand_rows_in_little_memory(tmp_path):
    file = tmp_path / "large.csv"
    file.write_text(HEAD + "1,2024-01-31,Food,1.25\n" * 100_000, encoding="utf-8")
    code = (
        "import tracemalloc, sys; from verification.independent import count; tracemalloc.start(); "
        f"code = count.main(['--ledger', {os.fspath(file)!r}]); "
        "print(tracemalloc.get_traced_memory()[1]); sys.exit(code)"
    )

    done = isolated("-c", code)
    answer, peak = done.stdout.splitlines()

    assert json.loads(answer)["totals"][0]["total"] == "125000.00"
    assert int(peak) < 4 * 1024 * 1024


def test_module_runs_as_a_program(monkeypatch, ledger, capsys):
    monkeypatch.setattr("sys.argv", ["count", "--ledger", str(ledger)])
    monkeypatch.delitem(sys.modules, "verification.independent.count")

    with pytest.raises(SystemExit) as ended:
        runpy.run_module("verification.independent.count", run_name="__main__")

    assert (ended.value.code, json.loads(capsys.readouterr().out)["rows"]) == (0, 4)
