"""Which months a report is about, what it is compared with and of which account: read from its address, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from budget.envelopes.facts import FIRST_MONTH
from budget.errors import BudgetError
from budget.ledger.directory import AccountName, Directory
from budget.months import FIRST_YEAR, LAST_YEAR, Month
from budget.reports.links import LAST_MONTH

USUAL = "12"
RANGES = {"3": "3 months", "6": "6 months", "12": "12 months", "24": "24 months", "year": "This year", "all": "All"}
PREVIOUS, YEAR_BEFORE = "previous", "year"
COMPARISONS = {"": "Nothing", PREVIOUS: "The period before", YEAR_BEFORE: "The year before"}
YEAR = re.compile(r"[0-9]{4}")
ID = re.compile(r"[0-9]{1,18}")


class NoSuchPeriod(BudgetError, ValueError):
    """What was asked for is no period, comparison or account of this report."""


@dataclass(frozen=True, slots=True)
class Span:
    """Months in a row, both ends included."""

    first: Month
    last: Month

    @property
    def months(self) -> list[Month]:
        """The months, oldest first."""
        return [*self.first.until(self.last), self.last]

    @property
    def length(self) -> int:
        """How many months."""
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1

    @property
    def title(self) -> str:
        """``December 2025 to November 2026``; a whole year is ``2026``."""
        if self.first == self.last:
            return self.first.title
        if self.first.year == self.last.year and self.length == 12:
            return str(self.first.year)
        return f"{self.first.title} to {self.last.title}"

    def back(self, months: int) -> Span | None:
        """The same number of months, so many earlier; as much of it as there is, None where time had not begun."""
        if self.last < FIRST_MONTH + months:
            return None
        return Span(max(self.first, FIRST_MONTH + months) - months, self.last - months)

    def __contains__(self, month: Month) -> bool:
        return self.first <= month <= self.last


@dataclass(frozen=True, slots=True)
class Asked:
    """A report's address, understood."""

    path: str
    range: str
    span: Span
    compare: str = ""
    compared: Span | None = None
    account: AccountName | None = None

    @property
    def reach(self) -> Span:
        """From the first month that is looked at to the last, those that are compared among them."""
        return Span(min(self.span.first, self.compared.first), self.span.last) if self.compared else self.span

    @property
    def query(self) -> str:
        """What differs from the usual, as the address has it; empty where nothing does."""
        return self._query({})

    def url(self, **changes: str) -> str:
        """The address with some of it changed."""
        return f"{self.path}{self._query(changes)}"

    def _query(self, changes: Mapping[str, str]) -> str:
        account = str(self.account.pk) if self.account else ""
        given = {"range": self.range, "compare": self.compare, "account": account, **changes}
        if given["range"] == "all":
            given["compare"] = ""
        query = urlencode({name: value for name, value in given.items() if value and (name, value) != ("range", USUAL)})
        return f"?{query}" if query else ""


def read_asked(
    params: Mapping[str, str], names: Directory, *, path: str, now: Month, ranges: Mapping[str, str] = RANGES
) -> Asked:
    """Understand an address.

    Args:
        params: its parameters, the last of each.
        now: the current month; a book whose last row is older is shown up to that row's month.
        ranges: those that the report has, besides years such as 2026.

    Raises:
        NoSuchPeriod: it names a range, comparison or account that there is not.
    """
    asked = params.get("range", "").strip() or USUAL
    span = _span(asked, names, now, ranges)
    compare = params.get("compare", "").strip()
    if compare not in COMPARISONS:
        raise NoSuchPeriod(f"There is no comparison “{compare:.20}”. Choose the period before or the year before.")
    if compare and asked == "all":
        raise NoSuchPeriod("Nothing lies before all months. Choose a shorter range to compare it.")
    compared = span.back(span.length if compare == PREVIOUS else 12) if compare else None
    typed = params.get("account", "").strip()
    account = names.accounts.get(int(typed)) if ID.fullmatch(typed) else None
    if typed and account is None:
        raise NoSuchPeriod("Account not found. Choose one of this book's accounts.")
    return Asked(path, asked, span, compare, compared, account)


def _span(asked: str, names: Directory, now: Month, ranges: Mapping[str, str]) -> Span:
    last = names.last if names.last and names.last < now else now
    if YEAR.fullmatch(asked) and FIRST_YEAR <= int(asked) <= LAST_YEAR:
        return year_span(int(asked))
    if asked not in ranges:
        *several, most = [text.removesuffix(" months") for key, text in ranges.items() if key.isdigit()]
        words = f"{', '.join(several)} or {most} months, a year such as {now.year}"
        raise NoSuchPeriod(f"There is no range “{asked:.20}”. Choose {words}{', or all' if 'all' in ranges else ''}.")
    if asked == "year":
        return Span(Month(now.year, 1), now)
    if asked == "all":
        end = max(last, names.last) if names.last else last
        return Span(min(names.first or last, last), min(end, LAST_MONTH))
    return Span(last - (int(asked) - 1) if last >= FIRST_MONTH + int(asked) else FIRST_MONTH, last)


def year_span(year: int) -> Span:
    """The twelve months of a year."""
    return Span(Month(year, 1), Month(year, 12))
