"""What a self-test concludes from its steps."""

import sys
import time
import tomllib

import pytest

from config import selftest
from config.bootstrap import ROOT, CannotInstall
from config.selftest import CLOSING_LINE, Outcome, Step, closing_counts, conclude, perform, perform_all

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("line", "passed", "failed"),
    [
        ("12 passed in 1.02s", 12, 0),
        ("======= 2 failed, 10 passed, 3 warnings in 61.00s (0:01:01) =======", 10, 2),
        ("= 1 passed, 3 deselected, 2 errors in 0.51s =", 1, 2),
        ("no tests ran in 0.02s", 0, 0),
    ],
)
def test_closing_line_of_pytest_is_counted(line, passed, failed):
    assert CLOSING_LINE.match(line)
    assert closing_counts(line) == {"passed": passed, "failed": failed}


def test_last_line_is_the_totals(capsys):
    code = conclude([Outcome("Lint", 0.5), Outcome("Tests", 2.0, passed=40), Outcome("More", 1.0, passed=2)], 3.5)

    assert code == 0
    assert capsys.readouterr().out.endswith("\n42 passed, 0 failed\n")


def test_failed_step_is_named_and_counted(capsys):
    code = conclude([Outcome("Lint", 0.5, "ended with code 1", failed=1), Outcome("Tests", 2.0, passed=40)], 2.5)

    assert code == 1
    assert capsys.readouterr().out.endswith("Not fine: Lint.\n40 passed, 1 failed\n")


def test_tests_that_were_not_found_are_a_failure(tmp_path, capsys):
    """R002-19: no test is no proof."""
    command = [sys.executable, "-c", "print('no tests ran in 0.01s'); raise SystemExit(5)"]

    assert perform(Step("Tests", command, is_pytest=True), str(tmp_path)).problem == "no test was found"
    assert perform(Step("Long", command, is_pytest=True, may_be_empty=True), str(tmp_path)).problem == ""


def test_skipped_test_is_a_failure(tmp_path, capsys):
    """R002-19, R004-30: nothing is left out in silence."""
    step = Step("Tests", [sys.executable, "-c", "print('3 passed, 1 skipped in 0.01s')"], is_pytest=True)

    outcome = perform(step, str(tmp_path))

    assert (outcome.problem, outcome.passed, outcome.failed) == ("a test was skipped", 3, 1)


def test_missing_browser_is_a_failure_with_its_remedy(monkeypatch, capsys):
    monkeypatch.setattr(selftest, "find_chromium", lambda: None)
    monkeypatch.setattr(selftest, "find_pgbouncer", lambda: "/usr/sbin/pgbouncer")
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    outcome = selftest.provide_programs()

    assert (outcome.problem, outcome.failed) == ("not installed: sudo apt-get install chromium", 1)


def test_browser_without_windows_is_installed_or_else_the_whole_one(monkeypatch, capsys):
    asked = []

    def apt_install(package):
        asked.append(package)
        if package == "chromium-headless-shell":
            raise CannotInstall("no such package")

    monkeypatch.setattr(selftest, "find_chromium", lambda: None)
    monkeypatch.setattr(selftest, "find_pgbouncer", lambda: "/usr/sbin/pgbouncer")
    monkeypatch.setattr(selftest, "apt_install", apt_install)
    monkeypatch.setattr("os.geteuid", lambda: 0)

    outcome = selftest.provide_programs()

    assert (asked, outcome.problem) == (["chromium-headless-shell", "chromium"], "")


TALK = "import time; print({0!r}, 1, flush=True); time.sleep(0.3); print({0!r}, 2)"


def talking(name, *, is_alone):
    return Step(name, [sys.executable, "-c", TALK.format(name)], is_alone=is_alone)


def test_steps_beside_the_long_ones_are_shown_in_one_piece(tmp_path, capsys):
    steps = [talking(name, is_alone=False) for name in ("a", "b")] + [talking("long", is_alone=True)]

    outcomes = perform_all(steps, str(tmp_path))

    assert [(outcome.title, outcome.problem) for outcome in outcomes] == [("a", ""), ("b", ""), ("long", "")]
    said = capsys.readouterr().out
    assert all(f"== {name}\n{name} 1\n{name} 2\n-- fine" in said for name in ("a", "b"))
    assert [line for line in said.splitlines() if line.startswith("long")] == ["long 1", "long 2"]


def test_steps_run_beside_the_long_ones(tmp_path, capsys):
    meeting = "import pathlib, time\nhere, other = map(pathlib.Path, {0!r})\nhere.touch()\n"
    meeting += "while not other.exists():\n    time.sleep(0.02)"
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    long = Step("Long", [sys.executable, "-c", meeting.format((one, two))])
    beside = Step("Beside", [sys.executable, "-c", meeting.format((two, one))], is_alone=False)

    assert [outcome.problem for outcome in perform_all([beside, long], str(tmp_path))] == ["", ""]


@pytest.mark.parametrize("is_alone", [True, False])
def test_run_that_is_ended_ends_what_runs_beside(tmp_path, is_alone):
    sleepy = [Step(name, [sys.executable, "-c", "import time; time.sleep(60)"], is_alone=False) for name in "ab"]
    broken = Step("Broken", ["a program that is not there"], is_alone=is_alone)
    began = time.monotonic()

    with pytest.raises(FileNotFoundError):
        perform_all([broken, *sleepy] if is_alone else [broken, sleepy[0]], str(tmp_path))

    assert time.monotonic() - began < 30


def test_modules_are_compiled_once_but_not_beside_the_sources_where_that_is_not_wanted(monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    environment = selftest.environment_in("folder")

    assert environment["PYTHONPYCACHEPREFIX"].startswith("folder")
    assert "PYTHONDONTWRITEBYTECODE" not in environment


def test_types_are_checked_strictly_and_in_every_model():
    """R000-46: a step of every self-test, which leaves out no module but migrations."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]

    (types,) = [step for step in selftest.steps(deep=False, pytest_arguments=[]) if step.title == "Types"]

    assert types.command[1:] == ["-m", "mypy", "."]
    assert (settings["strict"], settings["exclude"]) == (True, ["^staticfiles/", "/migrations/"])
    assert "mypy_django_plugin.main" in settings["plugins"]


@pytest.mark.parametrize(("marker", "folders"), [("pooled", selftest.POOLED_IN), ("browser", selftest.BROWSER_IN)])
def test_tests_of_a_step_lie_where_the_step_looks(marker, folders):
    words = (f"mark.{marker}\n", f"mark.{marker},", f"mark.{marker}]", f"mark.{marker})")
    marked = [
        file.relative_to(ROOT).as_posix()
        for top in ("budget", "config", "verification")
        for file in sorted((ROOT / top).rglob("tests/**/*.py"))
        if any(word in file.read_text(encoding="utf-8") for word in words)
    ]

    assert marked
    assert [file for file in marked if not file.startswith(tuple(f"{folder}/" for folder in folders))] == []
