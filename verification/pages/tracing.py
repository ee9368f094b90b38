"""Requirement line, code, tests and gates, as a bundle recorded them; and the audit of critical paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verification.pages import words
from verification.pages.soft import Soft
from verification.traceability import requirements

SYSTEMS = {
    "R000": "Release gate and evidence",
    "R001": "Budget tracker",
    "R002": "Finance tracker",
    "R003": "Budget app",
    "R004": "Retry-safe expenses",
}
"""The systems whose requirements this product took over."""


@dataclass(frozen=True)
class Place:
    """A function or a test: the file or module that it is in, and its name there."""

    where: str
    name: str


@dataclass(frozen=True)
class Line:
    """One requirement with what shows it."""

    id: str
    text: str
    mark: words.Mark
    code: list[Place]
    tests: list[Place]
    more_tests: int
    gates: list[str]


@dataclass(frozen=True)
class System:
    """How much of one system is shown."""

    code: str
    name: str
    shown: int
    total: int


@dataclass(frozen=True)
class Path:
    """One critical path and what keeps it right."""

    path: Place
    does: str
    mark: words.Mark
    guaranteed_by: list[str]
    rules: int
    fix: str


def lines(bundle: Soft) -> list[Line]:
    """Every requirement in order, shown or not."""
    found = {row["id"].text: row for row in bundle["traceability"]["lines"]}
    return [_line(name, text, found.get(name, Soft())) for name, text in requirements().items()]


def _line(name: str, text: str, row: Soft) -> Line:
    tests = row["tests"].texts
    return Line(
        id=name,
        text=text,
        mark=words.mark("shown" if tests or row["gates"].texts else "not_shown"),
        code=[_dotted(place) for place in row["code"].texts],
        tests=[_test(test) for test in tests],
        more_tests=max(0, (row["tests_total"].number or 0) - len(tests)),
        gates=row["gates"].texts,
    )


def _dotted(text: str) -> Place:
    """A place of the code: `budget.money.parse`."""
    where, _, name = text.rpartition(".")
    return Place("", text) if " " in text else Place(where, name)


def _test(text: str) -> Place:
    """A test by its file and, in words, by what it shows."""
    file, _, name = text.partition("::")
    return Place(file, name.removeprefix("test_").replace("_", " "))


def systems(found: Sequence[Line]) -> list[System]:
    """How many lines of each system are shown."""
    return [
        System(
            code,
            name,
            sum(line.id.startswith(f"{code}-") and line.mark.word == "shown" for line in found),
            sum(line.id.startswith(f"{code}-") for line in found),
        )
        for code, name in SYSTEMS.items()
    ]


def chosen(found: Sequence[Line], shown: str, system: str) -> list[Line]:
    """The lines that a filter leaves; `shown` is yes, no or empty for both."""
    return [
        line
        for line in found
        if (not shown or (shown == "yes") == (line.mark.word == "shown"))
        and (not system or line.id.startswith(f"{system}-"))
    ]


def paths(bundle: Soft) -> list[Path]:
    """The critical paths, the vulnerable ones first, those that write before those that tell."""
    found = [_path(path) for path in bundle["traceability"]["critical_paths"]]
    return sorted(found, key=lambda path: (path.mark.word != "vulnerable", path.does != "writes", path.path.where))


def _path(path: Soft) -> Path:
    return Path(
        path=_dotted(path["path"].text),
        does=path["does"].text,
        mark=words.mark("vulnerable" if path["vulnerable"].is_true else "guaranteed"),
        guaranteed_by=[guarantee for guarantee in path["guaranteed_by"].texts if guarantee != "nothing"],
        rules=path["rules_of_the_schema"].number or 0,
        fix=path["fix"].text,
    )
