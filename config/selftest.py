"""`manage.py selftest`: everything a change must pass, on this machine, with nothing skipped in silence.

Every step runs, also after a failure, so that one run shows all there is to mend. A step that cannot run has failed.
"""

import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field

from config.bootstrap import ROOT, CannotInstall, apt_install
from config.testing.browsers import find_chromium
from config.testing.servers import find_pgbouncer

CLOSING_LINE = re.compile(r"^=*\s*((?:\d+ \w+,? ?)+|no tests ran )(?: ?in [\d.]+s.*)$")
NO_TESTS_COLLECTED = 5
NOT_PASSED = ("failed", "error", "skipped", "xfailed", "xpassed")


@dataclass
class Step:
    """One program that must end well."""

    title: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    is_pytest: bool = False
    may_be_empty: bool = False


@dataclass
class Outcome:
    """How a step ended: tests that passed and failed; a step without tests counts as one failure when it fails."""

    title: str
    seconds: float
    problem: str = ""
    passed: int = 0
    failed: int = 0


def run(*, deep: bool, pytest_arguments: list[str]) -> int:
    """Run every step and print what came of it. The exit code: 0 only when nothing failed."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="budget-selftest-") as folder:
        outcomes = [provide_programs()]
        outcomes += [perform(step, folder) for step in steps(deep, pytest_arguments)]
    return conclude(outcomes)


def steps(deep: bool, pytest_arguments: list[str]) -> list[Step]:
    """What is checked, quick things first."""
    manage = [sys.executable, "manage.py"]

    def pytest(title: str, *arguments: str, may_be_empty: bool = False) -> Step:
        command = [sys.executable, "-m", "pytest", "--durations=5", *arguments, *pytest_arguments]
        return Step(title, command, is_pytest=True, may_be_empty=may_be_empty or bool(pytest_arguments))

    ordinary = [
        Step("Lint", tool("ruff", "check", ".")),
        Step("Format", tool("ruff", "format", "--check", ".")),
        Step("Types", [sys.executable, "-m", "mypy", "."]),
        Step("Templates", tool("djlint", "templates", "--lint", "--quiet")),
        Step("Migrations match the models", [*manage, "makemigrations", "--check", "--dry-run"]),
        Step(
            "Safe to deploy", [*manage, "check", "--deploy", "--fail-level", "WARNING"], environment=like_production()
        ),
        pytest("Tests on SQLite", "-n", "2"),
        pytest("Tests on PostgreSQL", "--engine", "postgresql", "-n", "2"),
        pytest("Connection pool on PostgreSQL", "--engine", "postgresql", "-m", "pooled and not nightly"),
        pytest("Connection pool through PgBouncer", "--engine", "pgbouncer", "-m", "pooled and not nightly"),
        pytest("Journeys in a browser", "-m", "browser and not nightly", "-n", "2"),
    ]
    if not deep:
        return ordinary
    return [
        *ordinary,
        pytest("Long tests on SQLite", "-m", "nightly and not pooled", may_be_empty=True),
        pytest(
            "Long tests on PostgreSQL", "--engine", "postgresql", "-m", "nightly and not browser", may_be_empty=True
        ),
        # Without the drills, which clone databases and cut server processes: work for a direct connection.
        pytest("Tests through PgBouncer", "--engine", "pgbouncer", "-n", "2", "--ignore=budget/tests/reliability"),
    ]


def tool(name: str, *arguments: str) -> list[str]:
    """A program of the virtual environment."""
    return [os.path.join(os.path.dirname(sys.executable), name), *arguments]


def like_production() -> dict[str, str]:
    """The settings of a deployment; nothing connects to the database they name."""
    return {
        "BUDGET_PRODUCTION": "yes",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": "postgresql://budget@localhost/budget",
        "EMAIL_URL": "dummymail://",
        "ALLOWED_HOSTS": "budget.example",
    }


def provide_programs() -> Outcome:
    """Make sure that a browser and PgBouncer are there; PostgreSQL comes with the development packages."""
    begin("Browser and PgBouncer")
    began = time.monotonic()
    missing = [
        package for package, find in {"chromium": find_chromium, "pgbouncer": find_pgbouncer}.items() if find() is None
    ]
    problem = ""
    if missing and os.geteuid() == 0:
        print(f"apt-get install {' '.join(missing)} ...", flush=True)
        try:
            apt_install(*missing)
        except CannotInstall as error:
            problem = str(error)
    elif missing:
        problem = f"not installed: sudo apt-get install {' '.join(missing)}"
    return end(Outcome("Browser and PgBouncer", time.monotonic() - began, problem, failed=bool(problem)))


def perform(step: Step, folder: str) -> Outcome:
    """Run one step, showing what it prints; for pytest also count what its closing line says."""
    begin(step.title)
    began = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if name not in like_production()}
    environment |= {"BUDGET_DATA_DIR": folder, "BUDGET_READ_ENV_FILES": "no", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        step.command,
        cwd=ROOT,
        env=environment | step.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    counts = {"passed": 0, "failed": 0}
    assert process.stdout is not None
    try:
        for line in process.stdout:
            print(line, end="", flush=True)
            if step.is_pytest and CLOSING_LINE.match(line):
                counts = closing_counts(line)
        code = process.wait()
    finally:
        process.terminate()  # nothing to do unless this run is being ended
    seconds = time.monotonic() - began
    is_empty = step.is_pytest and code == NO_TESTS_COLLECTED
    if not counts["failed"] and (code == 0 or (is_empty and step.may_be_empty)):
        return end(Outcome(step.title, seconds, passed=counts["passed"]))
    problem = "no test was found" if is_empty else "a test was skipped" if code == 0 else f"ended with code {code}"
    return end(Outcome(step.title, seconds, problem, counts["passed"], max(1, counts["failed"])))


def closing_counts(line: str) -> dict[str, int]:
    """What pytest's last line says; errors count as failures, and so does a skipped test: nothing may be skipped."""
    found = {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) (\w+)", line)}
    return {"passed": found.get("passed", 0), "failed": sum(found.get(word, 0) for word in NOT_PASSED)}


def begin(title: str) -> None:
    """The header of a step."""
    print(f"\n== {title}", flush=True)


def end(outcome: Outcome) -> Outcome:
    """The last line of a step."""
    print(f"-- {outcome.problem or 'fine'} ({outcome.seconds:.1f} s)", flush=True)
    return outcome


def conclude(outcomes: list[Outcome]) -> int:
    """A table of all steps and, as the last line, the totals."""
    print("\n== Summary")
    for outcome in outcomes:
        tests = f"{outcome.passed} passed" if outcome.passed else ""
        print(f"{outcome.seconds:7.1f} s  {outcome.title:36}{tests:14}{outcome.problem or 'fine'}")
    print(f"{sum(outcome.seconds for outcome in outcomes):7.1f} s  in all\n")
    passed, failed = sum(outcome.passed for outcome in outcomes), sum(outcome.failed for outcome in outcomes)
    if failed:
        print(f"Not fine: {', '.join(outcome.title for outcome in outcomes if outcome.failed)}.")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0
