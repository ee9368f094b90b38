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
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from config.bootstrap import ROOT, CannotInstall, apt_install
from config.testing.browsers import PACKAGES, find_chromium
from config.testing.servers import find_pgbouncer

CLOSING_LINE = re.compile(r"^=*\s*((?:\d+ \w+,? ?)+|no tests ran )(?: ?in [\d.]+s.*)$")
NO_TESTS_COLLECTED = 5
ORDINARY = "not browser and not pooled and not nightly and not gate"
RELEASE = "verification/tests/test_release_pooled.py"
POOLED_IN = ("config", "verification", "budget/tests/users")
GATE = "verification/tests/test_release_whole.py"
BROWSER_IN = ("budget/tests/browser",)
"""Where tests of these kinds lie: collecting all others takes seconds in each process."""
SCANNED = ("config", "budget", "verification", "manage.py")
NOT_PASSED = ("failed", "error", "skipped", "xfailed", "xpassed")
SIDE_LANES = 1
"""How many steps of one process run beside the long ones, whose workers often wait for a server or a browser."""


@dataclass
class Step:
    """One program that must end well."""

    title: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    is_pytest: bool = False
    may_be_empty: bool = False
    is_alone: bool = True


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
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="budget-selftest-") as folder:
        outcomes = [provide_programs()]
        wanted = steps(deep, pytest_arguments)
        outcomes += perform_all(wanted, folder)
    return conclude(outcomes, time.monotonic() - began)


def steps(deep: bool, pytest_arguments: list[str]) -> list[Step]:
    """What is checked; first what runs beside the long steps, the longest of it at the front."""
    manage = [sys.executable, "manage.py"]
    pooled, not_whole = ("-m", "pooled and not nightly"), (f"--ignore={RELEASE}",)
    # A worker that has nothing left takes over half of what waits for the other.
    two_workers = ("-n", "2", "--dist", "worksteal")
    # A browser waits for its server and the server for its browser, so two of three are at work.
    three_workers = ("-n", "3", "--dist", "worksteal")

    def pytest(title: str, *arguments: str, may_be_empty: bool = False, is_alone: bool = True) -> Step:
        command = [sys.executable, "-m", "pytest", "--durations=5", *arguments, *pytest_arguments]
        may_be_empty = may_be_empty or bool(pytest_arguments)
        return Step(title, command, is_pytest=True, may_be_empty=may_be_empty, is_alone=is_alone)

    def quick(title: str, command: list[str], environment: dict[str, str] | None = None) -> Step:
        return Step(title, command, environment or {}, is_alone=False)

    ordinary = [
        # A whole release is judged behind the pooler only, as it would be deployed.
        pytest("Connection pool through PgBouncer", "--engine", "pgbouncer", *pooled, *POOLED_IN, is_alone=False),
        pytest("Release gate on the sample book", "-m", "gate and not nightly", GATE, is_alone=False),
        pytest(
            "Connection pool on PostgreSQL", "--engine", "postgresql", *pooled, *POOLED_IN, *not_whole, is_alone=False
        ),
        quick("Types", [sys.executable, "-m", "mypy", "."]),
        quick("Security scan", tool("bandit", "-q", "-c", "pyproject.toml", "-r", *SCANNED)),
        quick("Templates", tool("djlint", "templates", "--lint", "--quiet")),
        quick("Safe to deploy", [*manage, "check", "--deploy", "--fail-level", "WARNING"], like_production()),
        quick("Migrations match the models", [*manage, "makemigrations", "--check", "--dry-run"]),
        quick("Lint", tool("ruff", "check", ".")),
        quick("Format", tool("ruff", "format", "--check", ".")),
        pytest("Tests on SQLite", *two_workers),
        pytest("Tests on PostgreSQL", "--engine", "postgresql", "-m", ORDINARY + " and not once", *two_workers),
        pytest("Journeys in a browser", "-m", "browser and not nightly", *BROWSER_IN, *three_workers),
    ]
    if not deep:
        return ordinary
    return [
        *ordinary,
        pytest("Long tests on SQLite", "-m", "nightly and not pooled", may_be_empty=True),
        pytest("Long tests through PgBouncer", "--engine", "pgbouncer", "-m", "nightly and pooled", may_be_empty=True),
        pytest(
            "Long tests on PostgreSQL", "--engine", "postgresql", "-m", "nightly and not browser", may_be_empty=True
        ),
        # Without the drills, which clone databases and cut server processes: work for a direct connection.
        pytest("Tests through PgBouncer", "--engine", "pgbouncer", *two_workers, "--ignore=budget/tests/reliability"),
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
    wanted = ((find_chromium, PACKAGES), (find_pgbouncer, ("pgbouncer",)))
    missing = [packages for find, packages in wanted if find() is None]
    problem = ""
    if missing and os.geteuid() == 0:
        problem = "; ".join(filter(None, map(install_first, missing)))
    elif missing:
        problem = f"not installed: sudo apt-get install {' '.join(packages[-1] for packages in missing)}"
    return end(Outcome("Browser and PgBouncer", time.monotonic() - began, problem, failed=bool(problem)))


def install_first(packages: Sequence[str]) -> str:
    """Install the first of several packages that this system has; why not, or nothing when it is done."""
    problem = ""
    for package in packages:
        print(f"apt-get install {package} ...", flush=True)
        try:
            apt_install(package)
        except CannotInstall as error:
            problem = str(error)
        else:
            return ""
    return problem


def show(text: str) -> None:
    """Print at once."""
    print(text, end="", flush=True)


def environment_in(folder: str) -> dict[str, str]:
    """What every step sees: no setting of a deployment, and Python compiles a module once, not in each process."""
    environment = {name: value for name, value in os.environ.items() if name not in like_production()}
    environment |= {"BUDGET_DATA_DIR": folder, "BUDGET_READ_ENV_FILES": "no", "PYTHONUNBUFFERED": "1"}
    environment["BUDGET_TESTS_MIGRATED"] = folder
    if environment.pop("PYTHONDONTWRITEBYTECODE", ""):
        environment["PYTHONPYCACHEPREFIX"] = os.path.join(folder, "bytecode")  # nothing beside the sources, as asked
    return environment


def perform_all(steps: Sequence[Step], folder: str) -> list[Outcome]:
    """Run the long steps one after the other, and beside them the others; what one of these prints is shown at its end.

    The outcomes are in the order of the steps.
    """

    def perform_and_tell(step: Step) -> Outcome:
        said: list[str] = []
        try:
            return perform(step, folder, said.append, running)
        finally:
            show("".join(said))

    running: list[subprocess.Popen[str]] = []
    with ThreadPoolExecutor(SIDE_LANES) as lanes:
        beside = {step.title: lanes.submit(perform_and_tell, step) for step in steps if not step.is_alone}
        try:
            alone = {step.title: perform(step, folder) for step in steps if step.is_alone}
            return [alone[step.title] if step.is_alone else beside[step.title].result() for step in steps]
        finally:  # nothing to do unless this run is being ended
            while not all(outcome.cancel() or outcome.done() for outcome in beside.values()):
                for process in running:
                    process.terminate()
                time.sleep(0.05)


def perform(
    step: Step, folder: str, say: Callable[[str], None] = show, running: list[subprocess.Popen[str]] | None = None
) -> Outcome:
    """Run one step, saying what it prints; for pytest also count what its closing line says."""
    begin(step.title, say)
    began = time.monotonic()
    process = subprocess.Popen(
        step.command,
        cwd=ROOT,
        env=environment_in(folder) | step.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if running is not None:
        running.append(process)
    counts = {"passed": 0, "failed": 0}
    assert process.stdout is not None
    try:
        for line in process.stdout:
            say(line)
            if step.is_pytest and CLOSING_LINE.match(line):
                counts = closing_counts(line)
        code = process.wait()
    finally:
        process.terminate()  # nothing to do unless this run is being ended
    seconds = time.monotonic() - began
    is_empty = step.is_pytest and code == NO_TESTS_COLLECTED
    if not counts["failed"] and (code == 0 or (is_empty and step.may_be_empty)):
        return end(Outcome(step.title, seconds, passed=counts["passed"]), say)
    problem = "no test was found" if is_empty else "a test was skipped" if code == 0 else f"ended with code {code}"
    return end(Outcome(step.title, seconds, problem, counts["passed"], max(1, counts["failed"])), say)


def closing_counts(line: str) -> dict[str, int]:
    """What pytest's last line says; errors count as failures, and so does a skipped test: nothing may be skipped."""
    found = {word.rstrip("s"): int(number) for number, word in re.findall(r"(\d+) (\w+)", line)}
    return {"passed": found.get("passed", 0), "failed": sum(found.get(word, 0) for word in NOT_PASSED)}


def begin(title: str, say: Callable[[str], None] = show) -> None:
    """The header of a step."""
    say(f"\n== {title}\n")


def end(outcome: Outcome, say: Callable[[str], None] = show) -> Outcome:
    """The last line of a step."""
    say(f"-- {outcome.problem or 'fine'} ({outcome.seconds:.1f} s)\n")
    return outcome


def conclude(outcomes: list[Outcome], seconds: float) -> int:
    """A table of all steps and, as the last line, the totals."""
    print("\n== Summary")
    for outcome in outcomes:
        tests = f"{outcome.passed} passed" if outcome.passed else ""
        print(f"{outcome.seconds:7.1f} s  {outcome.title:36}{tests:14}{outcome.problem or 'fine'}")
    print(f"{seconds:7.1f} s  in all, some of it side by side\n")
    passed, failed = sum(outcome.passed for outcome in outcomes), sum(outcome.failed for outcome in outcomes)
    if failed:
        print(f"Not fine: {', '.join(outcome.title for outcome in outcomes if outcome.failed)}.")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0
