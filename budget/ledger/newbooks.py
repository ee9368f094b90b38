"""What other packages lay into a new book, in the change that opens it.

The ledger knows none of them; each registers itself when the program starts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from budget.history import Recorder
from budget.ledger.models import Category

Layer = Callable[[Recorder, Mapping[str, Category]], None]
"""Given the change that opens a book, and the standard categories that the book has, by name."""

_layers: list[Layer] = []


def register(layer: Layer) -> None:
    """Have `layer` called for every new book that begins with standard categories."""
    if layer not in _layers:
        _layers.append(layer)


def lay(change: Recorder, categories: Mapping[str, Category]) -> None:
    """Let everybody add to a new book."""
    for layer in _layers:
        layer(change, categories)
