"""Reads a bundle whose shape may be that of another version: what is missing or of another kind reads as nothing."""

from __future__ import annotations

from collections.abc import Iterator

from verification.gates.base import Json

LONGEST = 2_000
"""Characters of one text that a page shows; the file has the rest."""

LARGEST = 10**15


class Soft:
    """One value of a bundle. ``soft["decision"]["status"].text`` is empty where there is no such thing."""

    def __init__(self, value: Json = None) -> None:
        self.value = value

    def __getitem__(self, name: str) -> Soft:
        return Soft(self.value.get(name)) if isinstance(self.value, dict) else Soft()

    def __iter__(self) -> Iterator[Soft]:
        """The items of a list."""
        return iter([Soft(item) for item in self.value] if isinstance(self.value, list) else [])

    def __len__(self) -> int:
        """Of a list or an object."""
        return len(self.value) if isinstance(self.value, list | dict) else 0

    def __bool__(self) -> bool:
        """Whether there is anything at all; an empty list is something."""
        return self.value is not None

    @property
    def text(self) -> str:
        """A text, or a number as text."""
        if isinstance(self.value, str):
            return self.value if len(self.value) <= LONGEST else f"{self.value[:LONGEST]}…"
        return str(self.value) if self.number is not None else ""

    @property
    def number(self) -> int | None:
        """A whole number; one beyond all measure is none."""
        is_number = isinstance(self.value, int) and not isinstance(self.value, bool)
        return self.value if is_number and abs(self.value) < LARGEST else None

    @property
    def is_true(self) -> bool:
        """Whether it is exactly `true`."""
        return self.value is True

    @property
    def texts(self) -> list[str]:
        """The texts of a list."""
        return [item.text for item in self if item.text]

    @property
    def pairs(self) -> list[tuple[str, Soft]]:
        """The names and values of an object."""
        return [(str(name), Soft(value)) for name, value in self.value.items()] if isinstance(self.value, dict) else []
