"""What the reports of several months have in common: switches, the sidebar's accounts, what is held back."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString

from budget.dates import spell_date, today
from budget.http import HtmxRequest
from budget.ledger.directory import CategoryName, Directory, in_sidebar, total_held
from budget.markup import format_html
from budget.money import amount_writer
from budget.money.display import MINUS
from budget.months import Month
from budget.recount.showing import url_of
from budget.reports import links
from budget.reports.flows import Flows
from budget.reports.spans import COMPARISONS, Asked, Span
from budget.reports.tables import Text
from budget.reports.trend import Sums
from budget.templatetags.icons import shape


class Choice(NamedTuple):
    """A link of a switch."""

    text: str
    href: str
    is_current: bool
    key: str


class Proof(NamedTuple):
    """What the recount says of several months; `status` is empty, verified or blocked."""

    status: str
    text: str
    held: Sequence[tuple[str, str]]
    """Months that are held back, each with where both counts are."""

    uncounted: Sequence[tuple[str, str]]
    """Months with rows that were not counted since the last change, newest first, a few of them."""


MOST_NAMED = 12


def proof(read: Flows, months: Iterable[Month]) -> Proof:
    """The recount's word on months that were read. No query."""
    filled = {month for month, tallies in read.tallies.items() if tallies} | set(read.moved)
    return proof_of(months, read.held, read.verified, filled)


def proof_of(
    months: Iterable[Month], held: Collection[Month], verified: Collection[Month], filled: Collection[Month]
) -> Proof:
    """The same, given which of all months are held back, were counted twice, and have rows."""
    wanted = list(months)
    blocked = [month for month in wanted if month in held]
    counted = [month for month in wanted if month in filled and month not in held]
    left = [month for month in counted if month not in verified]
    status, text = "", f"{len(counted) - len(left)} of {len(counted)} months counted twice" if counted else ""
    if blocked:
        text = f"{blocked[0].title} is held back" if len(blocked) == 1 else f"{len(blocked)} months are held back"
        status = "blocked"
    elif counted and not left:
        status, text = "verified", "Counted twice"
    named = [(month.title, url_of(month)) for month in reversed(left)][:MOST_NAMED]
    return Proof(status, text, [(month.title, url_of(month)) for month in blocked], named)


def frame(request: HtmxRequest, names: Directory, at: str, month: Month | None = None) -> dict[str, Any]:
    """The sidebar's accounts, the reports beside one another, and when and of what this was printed."""
    now = today()
    return {
        "nav_accounts": in_sidebar(names.accounts.values()),
        "nav_total": total_held(names.accounts.values(), request.book.currency),
        "nav_waiting": names.waiting,
        "made_at": f"{spell_date(now, now)} {now.year}, {timezone.localtime():%H:%M}",
        **links.sections(at, month),
    }


def range_choices(asked: Asked, ranges: Mapping[str, str]) -> list[Choice]:
    """The switch of the range; a year of the address that is no usual choice is one more."""
    found = [Choice(text, asked.url(range=key), asked.range == key, f"range-{key}") for key, text in ranges.items()]
    if asked.range not in ranges:
        found.append(Choice(asked.range, asked.url(), True, f"range-{asked.range}"))
    return found


def compare_choices(asked: Asked) -> list[Choice]:
    """The switch of the comparison; nothing lies before all months."""
    if asked.range == "all":
        return []
    return [
        Choice(text, asked.url(compare=key), asked.compare == key, f"compare-{key or 'nothing'}")
        for key, text in COMPARISONS.items()
    ]


def account_choices(asked: Asked, names: Directory, currency: str) -> list[Choice]:
    """The switch of the account; those in other currencies say so."""
    if len(names.accounts) < 2:
        return []
    several = "All accounts" if not names.has_currencies else f"All in {currency}"
    found = [Choice(several, asked.url(account=""), asked.account is None, "account-all")]
    for pk, account in names.accounts.items():
        text = account.name if account.currency == currency else f"{account.name}, {account.currency}"
        is_current = asked.account is not None and asked.account.pk == pk
        found.append(Choice(text, asked.url(account=str(pk)), is_current, f"account-{pk}"))
    return found


def rows_url(asked: Asked, span: Span, **filters: str | int) -> str:
    """The list of exactly the rows of these months with these filters, of the account that was asked for."""
    account = {"account": str(asked.account.pk)} if asked.account else {}
    if span.first == span.last:
        return links.transactions_url(span.first, **account, **filters)
    days = {"from": span.first.first.isoformat(), "to": span.last.day(31).isoformat()}
    return links.transactions_url(None, **days, **account, **filters)


def label(month: Month, span: Span) -> str:
    """What stands below a month of a picture: ``Nov``, or its year in January; ``Nov 26`` where there are several."""
    if span.length > 12:
        return f"{month.name[:3]} {month.year % 100:02}"
    return str(month.year) if month.month == 1 else month.name[:3]


def one(month: Month) -> Span:
    """A month as a span."""
    return Span(month, month)


def plus(amount: Decimal, currency: str) -> str:
    """A result with its sign, plus or minus; nothing before zero."""
    return f"{'+' if amount > 0 else ''}{amount_writer(currency)(amount)}"


def rate_text(rate: Decimal | None) -> str:
    """``12.3%``, with a minus below zero; empty where there is none."""
    if rate is None:
        return ""
    return f"{MINUS if rate < 0 else ''}{abs(rate):,}%"


def over_text(sums: Sums) -> str:
    """``over 12 months``: what averages are of."""
    return "in one month" if sums.months == 1 else f"over {sums.months} months"


def tile(category: CategoryName | None) -> SafeString:
    """A category's shape in the colour of the stylesheet that is nearest to its own."""
    key, icon = (category.tint, category.icon or "tag") if category else ("k0", "tag")
    return format_html('<span class="cat {}">{}</span>', key, shape(icon))


def category_text(category: CategoryName | None, asked: Asked) -> Text:
    """A category's name, leading to its page for the same range and account."""
    kept = {"range": asked.range, "account": str(asked.account.pk) if asked.account else ""}
    return Text(
        str(category) if category else "No category", links.category_page(category.pk if category else None, **kept)
    )


def cannot(request: HtmxRequest, sentence: str, page: str, path: str = "") -> HttpResponse:
    """The page of a report whose address means nothing: what is wrong with it, and the way to the usual one."""
    return render(
        request,
        "reports/refused.html",
        {"message": sentence, "usual_url": path or links.page_url(page), **links.sections(page, None)},
        status=422,
    )
