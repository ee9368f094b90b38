"""What makes two lines of one account likely the same movement: day, amount and plain text."""

from __future__ import annotations

import datetime as dt
import hashlib
import unicodedata

LENGTH = 32
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
    """32 hexadecimal digits of a line.

    Args:
        units: the amount in thousandths, money out positive.
    """
    content = f"{day.isoformat()}\n{units}\n{currency}\n{plain(f'{payee} {text}')}"
    return hashlib.sha256(content.encode()).hexdigest()[:LENGTH]
