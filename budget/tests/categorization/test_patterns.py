"""The patterns of rules: plain text and globs, in bounded time."""

from __future__ import annotations

import random
import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from budget.categorization.patterns import LONGEST_TEXT, PatternTooWide, fold, matcher, require_narrow

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("netflix", "NETFLIX.COM LOS GATOS", True),
        ("NETFLIX", "Netflux", False),
        ("sq *blue", "SQ *BLUE BOTTLE 4412", True),
        ("SQ *BOTTLE", "SQ *BLUE BOTTLE 4412", True),
        ("apple*bill", "APPLE.COM/BILL 866", True),
        ("bill*apple", "APPLE.COM/BILL 866", False),
        ("store ???12", "STARBUCKS STORE 04412 SEATTLE", True),
        ("store ??12", "STARBUCKS STORE 04412 SEATTLE", False),
        ("caf?", "CAFÉ", True),
        ("cafe\u0301", "CAFÉ NOIR", True),
        ("blue  bottle", "Blue Bottle", True),
        (".*", "anything", False),
        ("(a+)+$", "aaaaaaaaaa", False),
        ("[a-z]", "b", False),
        ("*", "anything", False),
    ],
)
def test_pattern_is_found_in_a_text(pattern: str, text: str, found: bool) -> None:
    """S17: plain text or globs; what a regular expression would mean is plain text here."""
    assert matcher(pattern)(fold(text)) is found


@given(st.text("AB*?", min_size=1, max_size=8).filter(lambda p: p.strip("*")), st.text("AB", max_size=12))
@settings(max_examples=500, deadline=None)
def test_pattern_agrees_with_the_standard_librarys_glob(pattern: str, text: str) -> None:
    assert matcher(pattern)(text) is fnmatchcase(text, f"*{pattern}*")


@pytest.mark.parametrize("pattern", ["", "*", "?", "a", "*a*", "??", "- -"])
def test_pattern_that_fits_almost_anything_is_refused(pattern: str) -> None:
    with pytest.raises(PatternTooWide, match="at least two letters"):
        require_narrow(pattern)


def _hostile(count: int) -> list[str]:
    dice = random.Random(17)
    fixed = ["A*" * 50, "A?" * 50, "?" * 99 + "B", "*A" * 50, "?A" * 49 + "B", "A" * 99 + "B", "*?" * 50, "(A+)+" * 20]
    return fixed + [
        "".join(dice.choices("AB*?", (8, 1, 4, 4), k=dice.randint(2, 100))) for _ in range(count - len(fixed))
    ]


def _slowest(patterns: list[str], texts: list[str]) -> float:
    slowest = 0.0
    for pattern in patterns:
        matches = matcher(pattern)
        for text in texts:
            start = time.perf_counter()
            matches(text)
            slowest = max(slowest, time.perf_counter() - start)
    return slowest


def test_hostile_patterns_take_no_longer_than_10_ms_a_row() -> None:
    """S17: of a thousand hostile patterns none is slow, on the longest and worst of texts."""
    texts = ["A" * LONGEST_TEXT, "AB" * (LONGEST_TEXT // 2), "A" * (LONGEST_TEXT - 1) + "B", "?*" * (LONGEST_TEXT // 2)]
    patterns = _hostile(1000)
    again = [p for p in patterns if _slowest([p], texts) >= 0.01]

    assert [p for p in again if min(_slowest([p], texts) for _ in range(5)) >= 0.01] == []


@pytest.mark.nightly
def test_a_thousand_hostile_patterns_on_ten_thousand_rows() -> None:
    """S17: on rows as long as banks print them."""
    dice = random.Random(18)
    texts = ["".join(dice.choices("AB ", (8, 1, 1), k=dice.randint(20, 140))) for _ in range(10_000)]
    patterns, start = _hostile(1000), time.perf_counter()

    matching = sum(matcher(pattern)(text) for pattern in patterns for text in texts)

    assert matching > 0
    assert (time.perf_counter() - start) / (len(patterns) * len(texts)) < 0.0001
