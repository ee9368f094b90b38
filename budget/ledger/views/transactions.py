"""Lists of transactions: all, expenses, income; one filter, one address."""

from __future__ import annotations

from functools import lru_cache

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from budget.http import HtmxRequest
from budget.ledger import search
from budget.ledger.directory import Directory, directory, in_sidebar, total_held
from budget.ledger.filters import Search
from budget.ledger.forms.transactions import account_choices
from budget.ledger.models import Status, today
from budget.ledger.options import Choices, as_choices, options
from budget.ledger.search import KINDS
from budget.ledger.views.answers import LIST, LISTS, category_options, list_context
from budget.months import Month

TITLES = {"": "Transactions", "expense": "Expenses", "income": "Income"}
MOST_MONTHS = 240


@require_safe
def transaction_list(request: HtmxRequest) -> HttpResponse:
    """The transactions that the address names, with what they add up to; over HTMX the list alone."""
    kind = LISTS[request.path]
    is_fragment = bool(request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request)
    names = directory(request.book, balances=not is_fragment)
    found = search.read(request.GET.dict(), names, currency=request.book.currency, path=request.path, kind=kind)
    status = 422 if found.errors else 200
    context = list_context(request, found, names)
    if is_fragment:
        response = render(request, f"{LIST}#results", context | {"with_totals": True}, status=status)
        if status == 200:
            response["HX-Push-Url"] = found.address
        return response
    context |= {"title": TITLES[kind], **_sidebar(request, names), **_choices(found, names)}
    return render(request, LIST, context, status=status)


def _sidebar(request: HtmxRequest, names: Directory) -> dict[str, object]:
    """The accounts with their balances, which came with the names, so that the frame need not ask again."""
    accounts = names.accounts.values()
    total = total_held(accounts, request.book.currency)
    return {"nav_accounts": in_sidebar(accounts), "nav_total": total, "nav_waiting": names.waiting}


def _choices(found: Search, names: Directory) -> dict[str, object]:
    """What the filter's menus offer."""
    given = found.given
    return {
        "months": options(_months(found, names), given.get("month", "")),
        "categories": category_options(names, given.get("category", "")),
        "accounts": options(as_choices(account_choices(names)), given.get("account", "")),
        "kinds": options(as_choices(KINDS.items()), given.get("type", "")),
        "statuses": options(as_choices(Status.choices), given.get("status", "")),
        "given": {name.replace("from", "since"): value for name, value in given.items()},
    }


def _months(found: Search, names: Directory) -> Choices:
    """From this month, or the last one with rows, back to the first one with rows."""
    now = Month.of(today())
    offered = _between(names.first or now, max(names.last or now, now))
    if found.month and (str(found.month), found.month.title) not in offered:
        return (*offered, (str(found.month), found.month.title))
    return offered


@lru_cache(maxsize=64)
def _between(first: Month, last: Month) -> Choices:
    """The newest first; both are in."""
    months = list(first.until(last.next if str(last) < "2200-12" else last))[-MOST_MONTHS:]
    return tuple([(str(month), month.title) for month in reversed(months)])
