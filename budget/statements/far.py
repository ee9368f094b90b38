"""How far the reading of a file is: by its bytes, and what its rows will come to if the rest is like it."""

from __future__ import annotations

from dataclasses import dataclass

from budget.statements.models import StatementImport


@dataclass(frozen=True)
class Far:
    """Bytes `done` of `total`, 0 where that is not known; `about` as many lines in all, empty where nobody can say."""

    done: int = 0
    total: int = 0
    about: str = ""
    is_read: bool = False

    @property
    def percent(self) -> str:
        """The share that is read, for what shows no bar."""
        return f"{self.done * 100 // self.total} %" if self.total else ""


def how_far(found: StatementImport) -> Far:
    """How far an import is whose file is being read."""
    total = found.kept.size
    done = min(found.bytes_read, total)
    if not done or not found.lines_read:
        return Far()
    if done == total:
        return Far(done, total, is_read=True)
    return Far(done, total, f"{_rounded(found.lines_read * total // done):,}")


def _rounded(lines: int) -> int:
    """To two digits: it is a guess, and should look like one."""
    step = int("1".ljust(max(len(str(lines)) - 1, 1), "0"))
    return -(-lines // step) * step
