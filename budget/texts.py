"""Text that people and banks give us: one spelling, no control characters, never silently cut."""

from __future__ import annotations

import unicodedata

from budget.errors import BudgetError


class TextTooLong(BudgetError):
    """More characters than the field keeps."""

    def __init__(self, what: str, length: int, limit: int) -> None:
        super().__init__(f"{what} has {length:,} characters; {limit:,} is the most. Shorten it.")


class TextUnreadable(BudgetError):
    """A character that no page can show, such as NUL."""

    def __init__(self, what: str, place: int) -> None:
        super().__init__(f"{what} has a control character at position {place}. Remove it.")


class TextMissing(BudgetError):
    """Nothing where something is needed."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is missing. Write a few words.")


def clean_text(text: str, what: str, limit: int, *, required: bool = False, lines: bool = False) -> str:
    """The text in NFC, without blanks around it.

    Args:
        what: the field's name at the start of a sentence, such as "Description".
        limit: the most characters that are kept.
        lines: whether line ends and tabs are allowed.

    Raises:
        TextTooLong, TextUnreadable, TextMissing: nothing is cut or replaced.
    """
    if len(text) > limit * 4:
        raise TextTooLong(what, len(text), limit)
    clean = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
    for place, character in enumerate(clean, start=1):
        if unicodedata.category(character) in ("Cc", "Cs") and not (lines and character in "\n\t"):
            raise TextUnreadable(what, place)
    if len(clean) > limit:
        raise TextTooLong(what, len(clean), limit)
    if required and not clean:
        raise TextMissing(what)
    return clean
