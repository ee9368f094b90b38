"""What needs the person: what waits, what is held back, what is overspent. Each is one line with the way to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from django.urls import reverse

from budget.envelopes.facts import Facts
from budget.money import format_amount
from budget.months import Month
from budget.recount.showing import url_of
from budget.reports.dashboard import Dashboard
from budget.reports.links import budgets_url

IMPORTS = {
    "refused": ("neg", "alert", "could not be read"),
    "asking": ("warn", "help", "waits for an answer"),
    "ready": ("acc", "inbox", "is ready to import"),
}
"""Per stage of an import: tone, icon, what is the matter."""
MOST_OF_A_KIND = 3


class Need(NamedTuple):
    """One line: `tone` is a class of the stylesheet, `note` stands below, `action` is what the link does."""

    tone: str
    icon: str
    text: str
    note: str
    href: str
    action: str


def needs(read: Dashboard, facts: Facts) -> list[Need]:
    """All of them, the most urgent first. No query. Whoever knows of more, such as bills due, adds an iterator here."""
    return [*_held_back(read), *_imports(read), *_overspent(facts, read.shown), *_waiting(facts)]


def _held_back(read: Dashboard) -> Iterator[Need]:
    for month in read.held[:MOST_OF_A_KIND]:
        note = "Rows, totals and history do not say the same."
        yield Need("neg", "alert", f"{month.title} is held back", note, url_of(month), "See both counts")
    if more := read.held[MOST_OF_A_KIND:]:
        text = f"{len(more)} more month{'s are' if len(more) > 1 else ' is'} held back"
        yield Need("neg", "alert", text, f"The next is {more[0].title}.", url_of(more[0]), "See both counts")


def _imports(read: Dashboard) -> Iterator[Need]:
    for each in read.imports[:MOST_OF_A_KIND]:
        tone, icon, matter = IMPORTS[each.stage]
        yield Need(
            tone, icon, f"{each.file_name} {matter}", "", reverse("statements:import-detail", args=[each.pk]), "Open"
        )
    if len(read.imports) > MOST_OF_A_KIND:
        yield Need("warn", "inbox", "More files wait", "", reverse("statements:import-list"), "Open Import")


def _overspent(facts: Facts, month: Month) -> Iterator[Need]:
    """Categories that have less than nothing left, in a month that has a plan; the largest gap first."""
    lines = [(str(each), facts.plan_line(each, month)) for each in facts.categories.values() if not each.is_income]
    if not any(line.is_planned for _, line in lines):
        return
    over = sorted((line.available, name, line.is_planned) for name, line in lines if line.available < 0)
    for available, name, is_planned in over[:MOST_OF_A_KIND]:
        gap = format_amount(-available, facts.book.currency)
        text = f"{name} is {gap} over" if is_planned else f"{name} has {gap} and no budget"
        yield Need("neg", "pie", text, f"In {month.title}.", budgets_url(month), "Cover")
    if more := over[MOST_OF_A_KIND:]:
        yield Need("neg", "pie", f"{len(more)} more over budget", "", budgets_url(month), "Open budgets")


def _waiting(facts: Facts) -> Iterator[Need]:
    if facts.waiting:
        rows = f"{facts.waiting:,} row{'s' if facts.waiting != 1 else ''}"
        yield Need(
            "acc", "inbox", f"{rows} to review", "Guessed, and nobody has said yes.", reverse("review:queue"), "Review"
        )
