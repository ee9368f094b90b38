"""The proofs inside the gates: the matrix of writing and reading, the forced failures, the planted faults."""

from __future__ import annotations

from dataclasses import dataclass

from verification.pages import words
from verification.pages.soft import Soft

ACTIONS = {
    "create": "Create",
    "read": "Read",
    "update": "Change",
    "delete": "Delete",
    "list": "List",
    "foreign": "Somebody else's",
}
"""The columns of the matrix in words."""


@dataclass(frozen=True)
class Cell:
    """One model and one action."""

    action: str
    word: str
    mark: words.Mark
    output: str
    problem: str


@dataclass(frozen=True)
class Matrix:
    """Models down, actions across; a cell that the bundle lacks is shown as empty, never as passed."""

    actions: list[str]
    rows: list[tuple[str, list[Cell]]]
    good: int
    total: int


@dataclass(frozen=True)
class Drill:
    """One forced failure: what the tables held before, inside and after."""

    title: str
    ended: str
    mark: words.Mark
    partial_rows: str
    problems: list[str]
    rows: list[tuple[str, str, str, str, str]]
    """Table or sum; before; inside, as the failing connection saw it; inside, from outside; after."""


@dataclass(frozen=True)
class Fault:
    """One planted fault."""

    title: str
    gate: str
    mark: words.Mark
    how: str


EMPTY = Cell("", "empty", words.mark("fail"), "", "Nothing was tried.")


def matrix(bundle: Soft) -> Matrix | None:
    """The matrix of the second gate, if it ran."""
    details = _details(bundle, "crud")
    if not len(details["cells"]):
        return None
    cells: dict[str, dict[str, Cell]] = {}
    for cell in details["cells"]:
        action = cell["action"].text
        shown = Cell(action, _word(cell), words.mark(cell["status"].text), cell["output"].text, cell["problem"].text)
        cells.setdefault(cell["row"].text or cell["model"].text, {})[action] = shown
    actions = details["actions"].texts or list(dict.fromkeys(action for row in cells.values() for action in row))
    rows = [
        (name[:1].upper() + name[1:], [row.get(action, EMPTY) for action in actions]) for name, row in cells.items()
    ]
    every = [cell for _, row in rows for cell in row]
    good = sum(cell.mark.word == "pass" for cell in every)
    return Matrix([ACTIONS.get(action, action) for action in actions], rows, good, len(every))


def _word(cell: Soft) -> str:
    if cell["status"].text != "pass":
        return words.mark(cell["status"].text).word
    return {"done": "done", "refused_by_design": "refused"}.get(cell["outcome"].text, cell["outcome"].text)


def drills(bundle: Soft) -> list[Drill]:
    """The forced failures of the third gate."""
    return [_drill(drill) for drill in _details(bundle, "rollback")["drills"]]


def _drill(drill: Soft) -> Drill:
    inside = drill["inside"]
    places = (drill["before"], inside["first_connection"], inside["second_connection"], drill["after"])
    rows = []
    for part in ("counts", "sums"):
        names = dict.fromkeys(name for place in places for name, _ in place[part].pairs)
        for name in names:
            told = [place[part][name].text or "0" for place in places]
            if part == "counts" or any(words.amount(figure) for figure in told):
                rows.append((_table(name, part), *(words.amount_text(words.amount(figure)) for figure in told)))
    rows.append(("digest of all rows", *(words.short(place["digest"].text, 8) for place in places)))
    is_clean = drill["partial_rows"].number == 0 and not drill["problems"].texts
    return Drill(
        title=drill["title"].text or drill["id"].text,
        ended=drill["ended"].text,
        mark=words.mark("pass" if is_clean else "fail"),
        partial_rows=drill["partial_rows"].text,
        problems=drill["problems"].texts,
        rows=[(row[0], row[1], row[2], row[3], row[4]) for row in rows],
    )


def _table(name: str, part: str) -> str:
    plain = name.removeprefix("budget_")
    return f"rows of {plain}" if part == "counts" else f"sum of {plain}"


def faults(bundle: Soft) -> list[Fault]:
    """The planted faults, those that were missed first."""
    found = [
        Fault(
            fault["title"].text or fault["id"].text,
            words.title(fault["gate"].text),
            words.mark("detected" if fault["detected"].is_true else "missed"),
            fault["how"].text,
        )
        for fault in bundle["controls"]
    ]
    return sorted(found, key=lambda fault: fault.mark.word == "detected")


def _details(bundle: Soft, gate: str) -> Soft:
    return next((found["details"] for found in bundle["gates"] if found["id"].text == gate), Soft())
