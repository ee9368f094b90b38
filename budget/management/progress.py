"""A bar on a terminal for commands that take a while; silent anywhere else."""

from __future__ import annotations

import sys
import time
from typing import TextIO

WIDTH, EVERY = 30, 0.1


class Bar:
    """Shows how much is done, at most ten times a second, and leaves no trace."""

    def __init__(self, what: str, out: TextIO | None = None) -> None:
        self.what, self.out = what, out or sys.stderr
        self._next = 0.0
        self._shown = 0

    def __call__(self, done: int, size: int) -> None:
        """Show `done` of `size`."""
        if not self.out.isatty() or time.monotonic() < self._next or not size:
            return
        self._next = time.monotonic() + EVERY
        share = min(done / size, 1)
        line = f"{self.what} [{'#' * round(share * WIDTH):<{WIDTH}}] {share:4.0%}"
        self.out.write("\r" + line)
        self.out.flush()
        self._shown = len(line)

    def clear(self) -> None:
        """Take the bar off the screen."""
        if self._shown:
            self.out.write("\r" + " " * self._shown + "\r")
            self.out.flush()
            self._shown = 0
