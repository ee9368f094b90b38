"""Where the figures of a report lead: the list of exactly the rows that they add up."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlencode

from django.urls import reverse

from budget.dates import today
from budget.envelopes.facts import earlier
from budget.ledger.shapes import AnyCategory
from budget.months import LAST_YEAR, Month, address

LAST_MONTH = Month(LAST_YEAR, 12)
NO_CATEGORY = "none"


def transactions_url(month: Month | None = None, **filters: str | int) -> str:
    """The list of transactions with these filters."""
    asked = ({"month": str(month)} if month else {}) | {name: str(value) for name, value in filters.items()}
    return f"/transactions/?{urlencode(asked)}" if asked else "/transactions/"


def category_url(month: Month | None, category: AnyCategory | None) -> str:
    """The rows of a category and those below it; those without a category for None."""
    asked = f"category={category.pk if category else NO_CATEGORY}"
    return f"/transactions/?month={month}&{asked}" if month else f"/transactions/?{asked}"


def side_url(month: Month, kind: str, *, is_mixed: bool) -> str:
    """The rows of `kind` (expense, income) in a month; where no one list has just those, its part of the report."""
    if not is_mixed:
        return transactions_url(month, type=kind)
    return f"{month_url(month)}#h-{'income' if kind == 'income' else 'spending'}"


def budgets_url(month: Month) -> str:
    """The month's budgets."""
    return f"/budgets/{month}/"


def overview_url(month: Month, *, parts: bool = False) -> str:
    """The overview of a month, with its subcategories or without."""
    asked = {"month": str(month)} | ({"parts": "1"} if parts else {})
    return f"{page_url('overview')}?{urlencode(asked)}"


def month_url(month: Month) -> str:
    """The report of a month."""
    return address("reports:month", month)


def category_page(pk: int | None, **asked: str) -> str:
    """The report of a category, or of what has none; a range of 12 months is its usual one."""
    query = urlencode({name: value for name, value in asked.items() if value and (name, value) != ("range", "12")})
    path = _category_path().format(pk if pk is not None else NO_CATEGORY)
    return f"{path}?{query}" if query else path


@cache
def _category_path() -> str:
    return reverse("reports:category", args=["0"]).replace("/0/", "/{}/")


def calendar_url(month: Month) -> str:
    """The days of a month."""
    return address("reports:calendar", month)


@cache
def page_url(name: str) -> str:
    """Where the report of this name is that has one address for all months."""
    return reverse(f"reports:{name}")


def sections(at: str, month: Month | None) -> dict[str, str]:
    """The reports beside one another, each for the same month or its year."""
    shown, asked = month or Month.of(today()), f"?month={month}" if month else ""
    return {
        "at": at,
        "month_report_url": month_url(shown),
        "calendar_url": calendar_url(shown),
        "year_url": reverse("reports:year", args=[str(shown.year)]),
        "top_expenses_url": page_url("top") + asked,
        "all_categories_url": page_url("categories") + asked,
    }


def later(month: Month) -> Month | None:
    """The month after, or None after the last there is."""
    return month.next if month < LAST_MONTH else None


def month_switch(previous: str, following: str, month: Month) -> dict[str, str]:
    """What `components/_month_switch.html` shows; an address is empty where there is no such month."""
    before, after = earlier(month), later(month)
    return {
        "previous_url": previous if before else "",
        "previous_label": before.title if before else "",
        "next_url": following if after else "",
        "next_label": after.title if after else "",
    }
