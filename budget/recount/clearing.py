"""Lets rows out month by month: none before its month was counted twice and agreed."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import date

from django.db.models import Q
from django.http import HttpResponse

from budget.books.models import Book
from budget.http import HtmxRequest
from budget.ledger.models import MonthlyTotal
from budget.months import Month
from budget.recount.examining import Examined, examine
from budget.recount.exporting import answer, reason
from budget.recount.models import MonthRecount, Standing

PATIENCE = 10.0
"""So many seconds a history that was never counted is read before the answer says to come again."""

AT_ONCE = 0.25
"""So many seconds months are counted before the answer begins; the others are as it comes to their rows."""


class HeldBack(RuntimeError):
    """The answer has begun, and a month of it must not go out: it ends here, broken off, so that nobody takes it."""


class Clearance:
    """Which months of a book may go out, during one answer."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._cleared: set[date] = set()
        self._before: Examined | None = None

    def refusal(self, request: HtmxRequest, first: date | None, end: date | None) -> HttpResponse | None:
        """The answer in place of rows from `first` up to, without, `end`; None where they may begin to go out.

        Months that are held back are asked first. Where the history is long, what cannot be counted at once is counted
        by `require`.
        """
        until = time.monotonic() + AT_ONCE
        for month in self._months(first, end):
            if said := reason(self._look(month, PATIENCE)):
                return answer(request, month, *said)
            self._cleared.add(month.first)
            if time.monotonic() > until:
                break
        return None

    def require(self, days: Iterable[date]) -> None:
        """Let rows of these days out.

        Raises:
            HeldBack: a month of theirs does not agree.
        """
        for first in sorted({day.replace(day=1) for day in days} - self._cleared):
            if said := reason(self._look(Month.of(first))):
                raise HeldBack(said[1])
            self._cleared.add(first)

    def _look(self, month: Month, seconds: float | None = None) -> Examined:
        """Count a month twice, here and now; nothing is kept, but the history is read once for all of them."""
        self._before = examine(self.book, month, seconds=seconds, before=self._before)
        return self._before

    def _months(self, first: date | None, end: date | None) -> list[Month]:
        """The months with rows, oldest first; in front of them those that were held back when they were counted."""
        within = Q(book=self.book)
        if first:
            within &= Q(month__gte=first.replace(day=1))
        if end:
            within &= Q(month__lt=end)
        held = set(MonthRecount.objects.filter(within, status=Standing.BLOCKED).values_list("month", flat=True))
        filled = set(MonthlyTotal.objects.filter(within).values_list("month", flat=True).distinct())
        return [Month.of(day) for day in [*sorted(held), *sorted(filled - held)]]
