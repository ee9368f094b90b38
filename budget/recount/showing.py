"""The badge and the page of both counts, as the templates need them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.urls import reverse
from django.utils import timezone

from budget.books.models import Book
from budget.dates import spell_date, today
from budget.ledger.models import Transaction
from budget.months import Month, address
from budget.recount import wording
from budget.recount.comparing import Altered, Finding
from budget.recount.examining import Examined
from budget.recount.models import Standing
from budget.recount.queries import Known, known

SENTENCES_IN_BADGE = 3


@dataclass(frozen=True)
class Badge:
    """What stands beside a month's heading.

    `status` is empty (nothing is shown), `checking`, `verified` or `blocked`. `asks` makes the page have the month
    counted as soon as it is there.
    """

    month: Month
    status: str
    url: str
    asks: bool
    headline: str = ""
    when: str = ""
    rows: str = ""
    totals: Sequence[tuple[str, str]] = ()
    """What was spent and earned; nothing where that is held back."""

    sentences: Sequence[str] = ()
    percent: int = 0
    seen: str = ""
    """What is shown, in short: an answer that would show the same again is left out, so that nothing open closes."""

    has_focus: bool = False
    """The one who pressed "Count again" stands here when the answer comes."""

    @property
    def is_checking(self) -> bool:
        """Whether the history is still being read."""
        return self.status == "checking"


@dataclass(frozen=True)
class Named:
    """A row that differs, in words, with the way to it where it is there."""

    text: str
    url: str


def url_of(month: Month) -> str:
    """Where both counts of a month are shown, and where it is counted."""
    return address("recount:month", month)


def badge(book: Book, month: Month) -> Badge:
    """The badge of a page that opens: what is kept, and the page asks for it to be counted. One query."""
    return _badge(book, known(book, month), asks=True)


def badge_after(book: Book, found: Examined, *, has_focus: bool) -> Badge:
    """The badge once the month was counted, or as far as the counting came."""
    if found.finding is None:
        return Badge(found.month, "checking", url_of(found.month), asks=True, percent=found.percent)
    seen = Known(found.month, found.status, found.finding, found.at)
    return replace(_badge(book, seen, asks=False), has_focus=has_focus)


def _badge(book: Book, seen: Known, *, asks: bool) -> Badge:
    finding, now = seen.finding, today()
    if seen.status == Standing.NOT_COUNTED:
        return Badge(seen.month, "", url_of(seen.month), asks)
    sentences = [wording.sentence(altered, now) for altered in finding.altered] + finding.problems
    return Badge(
        month=seen.month,
        status=str(seen.status),
        url=url_of(seen.month),
        asks=asks,
        headline=wording.headline(finding) if seen.is_blocked else "",
        seen=sha256(f"{seen.status} {finding.write()}".encode()).hexdigest()[:16],
        when=moment(seen.counted_at),
        rows=f"{finding.rows:,}",
        totals=() if seen.is_blocked else wording.totals(finding, book.currency),
        sentences=sentences[:SENTENCES_IN_BADGE],
    )


def counts(book: Book, month: Month) -> dict[str, Any]:
    """The page of both counts. Two queries at most."""
    seen = known(book, month)
    finding = seen.finding
    return {
        "badge": _badge(book, seen, asks=False),
        "lines": [wording.line_texts(line) for line in finding.lines],
        "named": _named(book, finding),
        "unnamed": max(0, finding.altered_rows - len({a.pk for a in finding.altered if a.model == "transaction"})),
        "problems": finding.problems,
        "only_totals": seen.is_blocked and not (finding.altered or finding.problems),
    }


def _named(book: Book, finding: Finding) -> list[Named]:
    ids = {altered.pk for altered in finding.altered if altered.model == "transaction"}
    there = set(Transaction.objects.of(book).filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
    now = today()

    def way(altered: Altered) -> str:
        is_there = altered.model == "transaction" and altered.pk in there
        return reverse("ledger:transaction-change", args=[altered.pk]) if is_there else ""

    return [Named(wording.sentence(altered, now), way(altered)) for altered in finding.altered]


def moment(at: datetime | None) -> str:
    """``Fri 20 Nov, 14:05``."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    return f"{spell_date(local.date(), today())}, {local:%H:%M}"
