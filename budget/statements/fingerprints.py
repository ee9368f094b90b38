"""What makes two lines of one account likely the same movement: day, amount and plain text."""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata
from functools import lru_cache

LENGTH = 32
DAY_DIGITS = 5
"""The first digits of a fingerprint are its day, so that lines of one time stand together in every index of it."""

ASCII_SIGNS = {code: None for code in range(128) if not chr(code).isalnum()}


def plain(text: str) -> str:
    """A text without case, blanks, signs and accents, so that two exports of one bank agree.

    What no alphabet has (only signs, say) is kept as it is.
    """
    if text.isascii():
        return text.lower().translate(ASCII_SIGNS) or text.strip()
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(character for character in decomposed if character.isalnum())
    return kept or text.strip()


def fingerprint(day: dt.date, units: int, currency: str, payee: str, text: str) -> str:
    """32 hexadecimal digits of a line, the first five of its day.

    Args:
        units: the amount in thousandths, money out positive.
    """
    said = hashlib.sha256(f"{units}\n{currency}\n{plain(f'{payee} {text}')}".encode()).hexdigest()
    return day_digits(day) + said[: LENGTH - DAY_DIGITS]


@lru_cache(maxsize=4096)
def day_digits(day: dt.date) -> str:
    """What the fingerprints of a day begin with; later days are larger."""
    return f"{day.toordinal():0{DAY_DIGITS}x}"


def day_number(mark: str) -> int:
    """The day of a fingerprint, or of its beginning, as `date.toordinal` counts."""
    return int(mark[:DAY_DIGITS], 16)
