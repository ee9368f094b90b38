"""Sentences about what a reader leaves out, for the end of a statement."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class LeftOut:
    """How often something was left out, and where first."""

    count: int = 0
    first: str = ""

    def add(self, place: str) -> None:
        """One more, at this place."""
        self.count += 1
        self.first = self.first or place

    def told(self, one: str, many: str, why: str) -> tuple[str, ...]:
        """One sentence: what was left out (`one` or `many` of it) and why; none where nothing was."""
        if not self.count:
            return ()
        begin = f"1 {one} is left out" if self.count == 1 else f"{self.count:,} {many} are left out"
        where = f" ({self.first})" if self.count == 1 else f" (first {self.first})"
        return (f"{begin}{where if self.first else ''}: {why}",)
