"""How the pages of evidence say things: statuses with sign, word and colour; moments, durations, sizes, figures."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from budget.money.display import MINUS
from verification.wording import TITLES

KNOWN_VERSIONS = ("1.0",)
"""Versions of the bundle whose every field these pages know."""

COMMAND = "python3 manage.py release_check"
"""What makes a bundle."""

FIGURE = re.compile(r"-?[0-9]{1,24}(\.[0-9]{1,6})?")


@dataclass(frozen=True)
class Mark:
    """A status for people: never a colour alone."""

    word: str
    icon: str
    colour: str


MARKS: Mapping[str, Mark] = {
    "verified": Mark("verified", "check", "pos"),
    "blocked": Mark("blocked", "x", "neg"),
    "pass": Mark("pass", "check", "pos"),
    "warn": Mark("warning", "alert", "warn"),
    "fail": Mark("fail", "x", "neg"),
    "not_run": Mark("not run", "dots", "mute"),
    "not_applicable": Mark("not applicable", "info", "mute"),
    "match": Mark("match", "check", "pos"),
    "differs": Mark("differs", "x", "neg"),
    "within": Mark("within tolerance", "alert", "warn"),
    "detected": Mark("detected", "check", "pos"),
    "missed": Mark("not detected", "x", "neg"),
    "shown": Mark("shown", "check", "pos"),
    "not_shown": Mark("not shown", "info", "mute"),
    "guaranteed": Mark("guaranteed", "check", "pos"),
    "vulnerable": Mark("vulnerable", "alert", "neg"),
}


def mark(status: str) -> Mark:
    """How a status is shown; one that is not known is shown as it stands, in no colour."""
    return MARKS.get(status) or Mark(status.replace("_", " ") or "unknown", "info", "mute")


def title(gate: str) -> str:
    """What people call a gate."""
    return TITLES.get(gate, gate)


def moment(text: str) -> datetime | None:
    """A moment of a bundle, such as 2026-11-21T09:14:00.000000Z."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def moment_text(text: str) -> str:
    """The same for people, in UTC: 21 November 2026, 09:14 UTC."""
    at = moment(text)
    return f"{at.day} {at:%B %Y, %H:%M} UTC" if at else "time unknown"


def duration(milliseconds: int | None) -> str:
    """Such as 0.4 s or 2 min 05 s; nothing where it is not known."""
    if not milliseconds:
        return ""
    if milliseconds < 100:
        return f"{milliseconds} ms"
    seconds = Decimal(milliseconds) / 1000
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds) // 60} min {int(seconds) % 60:02} s"


def size(count: int) -> str:
    """A file's size."""
    return f"{Decimal(count) / 1000:,.1f} kB" if count >= 1000 else f"{count} bytes"


def amount(text: str) -> Decimal | None:
    """A figure of a bundle."""
    return Decimal(text) if FIGURE.fullmatch(text) else None


def amount_text(figure: Decimal | None) -> str:
    """A figure with thousands and its own digits; a minus below zero."""
    return "" if figure is None else f"{figure:,f}".replace("-", MINUS)


def short(digest: str, length: int = 12) -> str:
    """The beginning of a digest or commit, enough to tell it from others."""
    return digest[:length]


def count(number: int, one: str, many: str = "") -> str:
    """Such as "1 check" or "2,400 checks"."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
