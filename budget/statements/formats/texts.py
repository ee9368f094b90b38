"""Texts as banks print them, made fit to be stored and shown: one line, no control characters."""

from __future__ import annotations

import re
import unicodedata

BLANKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]+")
ORIGINAL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
LONGEST_ORIGINAL = 8_000


def tidy(text: str) -> str:
    """The text on one line: runs of blanks, line ends and control characters become one blank; composed as NFC."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return unicodedata.normalize("NFC", BLANKS.sub(" ", text).strip())


def exact(text: str, *, lines: bool = False) -> str:
    """The text with every blank that it has, but without control characters and without blanks around it.

    Args:
        lines: whether its line ends and tabs stay; else they become blanks.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    text = text.replace("\r\n", "\n")
    parted = CONTROLS.sub(" ", text) if lines else ORIGINAL.sub(" ", text).replace("\n", " ")
    return unicodedata.normalize("NFC", parted).strip()


def keep(text: str) -> str:
    """A row for the record: as it came, but for control characters; cut where it is longer than a record needs."""
    kept = text if text.isprintable() else ORIGINAL.sub("\N{REPLACEMENT CHARACTER}", text)
    return kept if len(kept) <= LONGEST_ORIGINAL else f"{kept[: LONGEST_ORIGINAL - 1]}…"


def shorten(text: str, most: int = 60) -> str:
    """The beginning of a text, for a sentence about it."""
    text = tidy(text[: most * 4])
    return text if len(text) <= most else f"{text[: most - 1]}…"
