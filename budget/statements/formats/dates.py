"""Dates as banks print them, in one order per file; a time or a zone behind a date never moves the day.

A date says its order itself (`2026-01-31`, `20260131`, `31 Jan 2026`), or it is three numbers whose order is a matter
of the whole file: `find_order` looks for rows that are a date in one order only. Where none is, a person is asked.

Years of two digits are 1970 to 2069, those behind an apostrophe 2000 to 2099 (Quicken: `1/ 1'00`). Months have their
names in the languages of `LANGUAGES`, from CLDR by way of Babel. Linear in the length of the text.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import combinations

from babel import Locale

from budget.errors import BudgetError
from budget.statements.formats.base import DateOrder, UnclearDates, UnreadableFile
from budget.statements.formats.texts import shorten

FIRST_YEAR = 1900
LAST_YEAR = 2200
LONGEST = 60
PIVOT = 70
LANGUAGES = ("en", "de", "de_AT", "fr", "fr_CA", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "en_CA")

DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th|er|º|°|\.)?"
NAME = r"(?P<name>[^\W\d_]{3,12})\.?"
YEAR = r"(?P<year>[0-9]{4}|'? ?[0-9]{2})(?![0-9])"
GAP = r"[ ,/.-]{0,3}"
OF = r"(?:de |del |of )?"
TIME = r"[t ,]{1,3}[0-9]{1,2}(?:[:.h]?[0-9]{2}){1,2}(?:[.,:][0-9]{1,9})? ?(?:[ap]\.?m\.?|uhr)?"
ZONE = r" ?(?:\[[^\]]{0,20}\]?|(?:z|utc|gmt)?(?:[+-][0-9]{1,2}(?::?[0-9]{2})?)?)"
REST = rf"(?:{TIME}(?:{ZONE}| ?[a-z]{{3,5}})|{ZONE})"
NUMBERS = re.compile(
    rf"([0-9]{{1,4}})( ?[/.-] ?| )([0-9]{{1,2}})( ?[/.-] ?| ?' ?| )([0-9]{{1,4}})(?![0-9])\.?{REST}", re.ASCII
)
COMPACT = re.compile(rf"([0-9]{{8}})(?:(?:[0-9]{{2}}){{0,3}}(?:[.,][0-9]{{0,9}})?{ZONE}|{REST})", re.ASCII)
NAMED = (
    re.compile(rf"{DAY}{GAP}{OF}{NAME}{GAP}{OF}{YEAR}{REST}"),
    re.compile(rf"{NAME}{GAP}{DAY}{GAP}{YEAR}{REST}"),
    re.compile(rf"(?P<year>[0-9]{{4}}){GAP}{NAME}{GAP}{DAY}(?![0-9]){REST}"),
)
DOTTED = re.compile(r"[0-9]{1,2}\. ?[0-9]{1,2}\. ?(?:[0-9]{4}|[0-9]{2})(?: .*)?", re.ASCII)
WEEKDAY = re.compile(r"[^\W\d_]{2,12}(?:-feira)?[.,]{0,2} ?(?=[^\W_])")
SPELLINGS = str.maketrans(
    dict.fromkeys("\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\t", " ")
    | {"’": "'", "年": "-", "月": "-", "日": "", "‐": "-", "‑": "-", "–": "-", "−": "-"}
)
IN_WORDS = {
    DateOrder.DAY_FIRST: "day first",
    DateOrder.MONTH_FIRST: "month first",
    DateOrder.YEAR_FIRST: "year first",
}


class BadDate(BudgetError, ValueError):
    """A text that is no date; the sentence says why."""


@dataclass(frozen=True, slots=True)
class OrderEvidence:
    """What the dates of a file prove about their order.

    Attributes:
        order: the one order in which all are dates; None where several fit, or where every date says its order itself.
        example: a date that reads differently in the orders that fit; empty where there is none, so that no order is
            needed.
    """

    order: DateOrder | None
    example: str = ""


@dataclass(frozen=True, slots=True)
class _Spelled:
    """Year, month and day that a text says, per order; `sure` where the text itself says its order."""

    sure: tuple[int, int, int] | None
    ways: tuple[tuple[DateOrder, tuple[int, int, int]], ...] = ()


def read_date(text: str, order: DateOrder | None) -> dt.date:
    """The day that a text says.

    Args:
        text: one cell.
        order: of the file; without it only dates that read one way are read.

    Raises:
        BadDate: the text is no date of the years 1900 to 2200, or reads both ways without an order.
    """
    return _read_date(text[: LONGEST + 1], order)


@lru_cache(maxsize=4096)
def _read_date(text: str, order: DateOrder | None) -> dt.date:
    spelled = _spelled(text)
    if spelled.sure:
        return _date(text, spelled.sure)
    ways = dict(spelled.ways)
    if order in ways:
        return _date(text, ways[order], f", read {IN_WORDS[order]}")
    found = {day for way in ways.values() if (day := _date_or_none(way))}
    if len(found) > 1:
        raise BadDate(f"“{_cut(text)}” could be day first or month first.")
    if not found:
        raise BadDate(f"“{_cut(text)}” is no date in any order.")
    return found.pop()


def find_order(texts: Iterable[str]) -> OrderEvidence:
    """The order of a file's dates, from all its rows. What is no date proves nothing.

    Where no row proves it and all are written with dots and a year at the end, the day is first: no country that
    writes dots writes the month before it (CLDR).

    Raises:
        BadDate: no order makes dates of all of them; the sentence has an example of each.
    """
    fitting: set[DateOrder] | None = None
    excluding: list[str] = []
    differing: dict[frozenset[DateOrder], str] = {}
    is_year_first, are_dotted = False, True
    for text in texts:
        year_first, days = _days(text[: LONGEST + 1])
        is_year_first = is_year_first or year_first
        if not days:
            continue
        left = set(days) if fitting is None else fitting & set(days)
        if left != fitting:
            excluding.append(_cut(text.strip()))
        if not left:
            raise BadDate(f"The dates are in different orders: “{_cut(excluding[0])}”, “{_cut(excluding[-1])}”.")
        fitting = left
        are_dotted = are_dotted and DOTTED.fullmatch(text.strip()) is not None
        for pair in combinations(days, 2):
            if days[pair[0]] != days[pair[1]]:
                differing.setdefault(frozenset(pair), text)
    if fitting is None:
        return OrderEvidence(DateOrder.YEAR_FIRST if is_year_first else None)
    if len(fitting) == 1:
        return OrderEvidence(next(iter(fitting)))
    if are_dotted and DateOrder.DAY_FIRST in fitting:
        return OrderEvidence(DateOrder.DAY_FIRST)
    return OrderEvidence(None, next((text.strip() for pair, text in differing.items() if pair <= fitting), ""))


def decide_order(texts: Iterable[str], answer: DateOrder | None = None) -> DateOrder | None:
    """The order of a file's dates: the person's answer, else what the dates prove; None where none is needed.

    Raises:
        UnclearDates: a date reads both ways, and no other proves which one is meant.
        UnreadableFile: the dates prove two orders, and nobody said which one holds.
    """
    if answer is not None:
        return answer
    try:
        evidence = find_order(texts)
    except BadDate as error:
        raise UnreadableFile(f"{error} Choose the order.") from error
    if evidence.order is None and evidence.example:
        raise UnclearDates(shorten(evidence.example, 20))
    return evidence.order


@lru_cache(maxsize=4096)
def _days(text: str) -> tuple[bool, dict[DateOrder, dt.date]]:
    """Whether a text begins with a year of four digits, and the day it says in each order in which it is a date."""
    try:
        spelled = _spelled(text)
    except BadDate:
        return False, {}
    if spelled.sure:
        return text.strip()[:4].isdigit(), {}
    return False, {order: day for order, way in spelled.ways if (day := _date_or_none(way))}


def _spelled(text: str) -> _Spelled:
    if len(text) > LONGEST:
        raise BadDate(f"“{_cut(text)}” is too long for a date.")
    plain = _plain(text)
    if not plain:
        raise BadDate("There is no date.")
    rest = _without_weekday(plain)
    for body in dict.fromkeys((plain, rest)):
        if found := NUMBERS.fullmatch(body):
            return _numbers(text, *found.groups())
        if found := COMPACT.fullmatch(body):
            return _compact(found[1], is_alone=found[0] == found[1])
        for pattern in NAMED:
            if (found := pattern.fullmatch(body)) and (month := month_names().get(found["name"])):
                return _Spelled((_year(found["year"]), month, int(found["day"])))
    raise BadDate(f"“{_cut(text)}” is no date.")


def _plain(text: str) -> str:
    """In lower case, without accents, with one kind of blank, hyphen and apostrophe."""
    if text.isascii():
        return text.translate(SPELLINGS).strip().lower()
    bare = (char for char in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(char))
    return "".join(bare).translate(SPELLINGS).strip()


def _without_weekday(plain: str) -> str:
    found = WEEKDAY.match(plain)
    return plain[found.end() :] if found and found[0].rstrip(" .,") in weekday_names() else plain


def _numbers(text: str, first: str, gap: str, second: str, last_gap: str, third: str) -> _Spelled:
    one, two, three = int(first), int(second), int(third)
    if len(first) == 4 and len(third) <= 2:
        return _Spelled((one, two, three))
    if "'" in last_gap and len(third) <= 2:
        year = 2000 + three
    elif len(third) in (2, 4):
        year = _year(third)
    else:
        raise BadDate(f"“{_cut(text)}” has no year of two or four digits.")
    if len(first) > 2:
        raise BadDate(f"“{_cut(text)}” is no date.")
    ways = ((DateOrder.DAY_FIRST, (year, two, one)), (DateOrder.MONTH_FIRST, (year, one, two)))
    may_be_year = len(first) == 2 == len(third) and "'" not in last_gap and (gap.strip() == "-" or not 0 < one <= 31)
    return _Spelled(None, (*ways, (DateOrder.YEAR_FIRST, (_year(first), two, three))) if may_be_year else ways)


def _compact(digits: str, *, is_alone: bool) -> _Spelled:
    """`20260131`; alone, digits that no calendar has as year, month, day may be `31012026`."""
    year_first = (int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    if not is_alone or (FIRST_YEAR <= year_first[0] <= LAST_YEAR and not FIRST_YEAR <= int(digits[4:]) <= LAST_YEAR):
        return _Spelled(year_first)
    year, one, two = int(digits[4:]), int(digits[:2]), int(digits[2:4])
    return _Spelled(None, ((DateOrder.DAY_FIRST, (year, two, one)), (DateOrder.MONTH_FIRST, (year, one, two))))


def _year(digits: str) -> int:
    number = int(digits.lstrip("' "))
    if len(digits) == 4 and "'" not in digits:
        return number
    return 2000 + number if number < PIVOT or "'" in digits else 1900 + number


def _date_or_none(parts: tuple[int, int, int]) -> dt.date | None:
    year, month, day = parts
    is_day = FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]
    return dt.date(year, month, day) if is_day else None


def _date(text: str, parts: tuple[int, int, int], manner: str = "") -> dt.date:
    if day := _date_or_none(parts):
        return day
    year, month, number = parts
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise BadDate(f"“{_cut(text)}” is in the year {year}{manner}; {FIRST_YEAR} to {LAST_YEAR} are read.")
    if not 1 <= month <= 12:
        raise BadDate(f"“{_cut(text)}” is in month {month}{manner}, which does not exist.")
    name = f"{calendar.month_name[month]} {year}"
    raise BadDate(f"“{_cut(text)}” is day {number} of {name}{manner}, which does not exist.")


@cache
def month_names() -> dict[str, int]:
    """The number of a month by its name in any of the languages, in lower case and without accents."""
    return {_plain(name).strip("."): number for number, name in _names("months")}


@cache
def weekday_names() -> frozenset[str]:
    """The days of the week in all the languages, in lower case and without accents."""
    return frozenset(_plain(name).strip(".") for _, name in _names("days"))


def _names(what: str) -> Iterable[tuple[int, str]]:
    for language in LANGUAGES:
        for forms in getattr(Locale.parse(language), what).values():
            for width in ("wide", "abbreviated"):
                yield from forms[width].items()


def _cut(text: str) -> str:
    return shorten(text, 40)
