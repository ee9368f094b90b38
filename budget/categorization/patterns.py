"""The patterns of people's rules: plain text, or with `*` for any characters and `?` for one. No regular expressions.

A pattern is looked for anywhere in a text, whatever its capitals and blanks. Each piece between two `*` is found at its
first place behind the one before and never looked for again, so no pattern takes more than length of text times length
of pattern.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from budget.errors import BudgetError

LONGEST = 100
LONGEST_TEXT = 2000
WILD = re.compile(r"[*?]")


class PatternTooWide(BudgetError):
    """A pattern that would be found nearly everywhere."""

    def __init__(self, pattern: str) -> None:
        super().__init__(f"“{pattern}” fits almost any text. Write at least two letters or digits of it.")


def fold(text: str) -> str:
    """The text as patterns see it: upper case, one blank between words, at most 2,000 characters."""
    if text.isascii():
        return " ".join(text[:LONGEST_TEXT].upper().split())
    return " ".join(unicodedata.normalize("NFKC", text[:LONGEST_TEXT]).upper()[:LONGEST_TEXT].split())


def require_narrow(pattern: str) -> str:
    """The pattern itself.

    Raises:
        PatternTooWide: it has fewer than two letters or digits.
    """
    if sum(character.isalnum() for character in pattern) < 2:
        raise PatternTooWide(pattern)
    return pattern


def plain_pattern(pattern: str) -> str:
    """What a folded text must contain, where the pattern is nothing but that; else nothing."""
    folded = fold(pattern)[:LONGEST]
    return "" if WILD.search(folded) else folded


@lru_cache(maxsize=10_000)
def matcher(pattern: str) -> Callable[[str], bool]:
    """Says of a folded text whether the pattern is in it.

    S17: a text of 2,000 characters takes less than 10 ms, whatever the pattern.
    """
    folded = fold(pattern)[:LONGEST]
    if plain := plain_pattern(pattern):
        return lambda text: plain in text
    pieces = [piece for piece in folded.split("*") if piece]
    find = [_finder(piece) for piece in pieces]
    needed, least = max(WILD.split(folded), key=len), sum(map(len, pieces))

    def matches(text: str) -> bool:
        if needed not in text or len(text) < least:
            return False
        end = 0
        for each in find:
            end = each(text, end)
            if end < 0:
                return False
        return bool(find)

    return matches


def _finder(piece: str) -> Callable[[str, int], int]:
    """Where the first place of a piece ends, from a place on; below zero where it is not there."""
    length = len(piece)
    if "?" not in piece:

        def find(text: str, start: int) -> int:
            place = text.find(piece, start)
            return place + length if place >= 0 else -1

        return find
    # Made of single characters only: without repetition there is nothing that could be tried twice.
    expression = re.compile(
        "".join("." if character == "?" else re.escape(character) for character in piece), re.DOTALL
    )

    def search(text: str, start: int) -> int:
        found = expression.search(text, start)
        return found.end() if found else -1

    return search
