"""What the views of transactions share: the list that a person is on, the answer to a write, refusals in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote, urlsplit

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString

from budget.books.rows import BookRow
from budget.errors import BudgetError
from budget.history import Change
from budget.http import HtmxRequest, idempotent_request, new_request_key, own_path, require_writer
from budget.ledger import listing, rows_html, search, sums
from budget.ledger.directory import Directory
from budget.ledger.filters import Search
from budget.ledger.forms.transactions import category_choices
from budget.ledger.models import Category
from budget.ledger.options import as_choices, grouped_options

LISTS = {"/transactions/": "", "/expenses/": "expense", "/income/": "income"}
LIST = "ledger/transaction_list.html"


def writers_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuse whoever may only view the book, in words: a toast over HTMX, a page without."""

    @wraps(view)
    def guarded(request: HtmxRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.htmx and not request.membership.may_write:
            return refused(request, "You can view this book, not change it.", 403)
        require_writer(request)
        return view(request, *args, **kwargs)

    return guarded


def list_search(address: str, names: Directory, currency: str) -> Search | None:
    """The search of the list at `address`; None where it is no list."""
    split = urlsplit(address)
    if split.path not in LISTS:
        return None
    return search.read(QueryDict(split.query).dict(), names, currency=currency, path=split.path, kind=LISTS[split.path])


def where_from(request: HtmxRequest) -> str:
    """The page that a write was made on, as a path of this site."""
    at = request.htmx.current_url_abs_path if request.htmx else request.POST.get("next")
    return own_path(at, reverse("ledger:transaction-list"))


def undo_url(change: Change | None) -> str:
    """Where a change is taken back; empty where nothing was written."""
    return reverse("history:undo", args=[change.number]) if change else ""


def change_of(row: BookRow) -> Change:
    """The change that wrote a row last, whatever else was written to its book since."""
    return Change.objects.get(book_id=row.book_id, number=row.version)


def done_before(request: HtmxRequest) -> Change | None:
    """What this very request did when it came before; asked before its rows are looked up, which may be gone now."""
    asked = idempotent_request(request)
    if asked is None:
        return None
    return Change.objects.filter(book=request.book, by=request.user, key=asked.key, key_digest=asked.digest).first()


def answer_list(request: HtmxRequest, found: Search, names: Directory, text: str, undo: str) -> HttpResponse:
    """The whole list as it is now, with a toast."""
    context = list_context(request, found, names) | {"toast": text, "undo_url": undo, "with_totals": True}
    response = render(request, f"{LIST}#results", context)
    response["HX-Retarget"] = "#results"
    response["HX-Reswap"] = "outerHTML"
    return response


def list_context(request: HtmxRequest, found: Search, names: Directory) -> dict[str, object]:
    """What the list's template shows. Two queries."""
    page = listing.page(request.book, names, found)
    writes, by_date = request.membership.may_write, found.sort_by == "date"
    return {
        "search": found,
        "page": page,
        "rows": rows_html.body(page.days, writes=writes, by_date=by_date),
        "totals": sums.totals(request.book, names, found),
        "headings": listing.headings(found),
        "writes": writes,
        "names": names,
        "by_date": by_date,
        "bulk_key": new_request_key(),
        "bulk_categories": category_options(names) if writes else "",
    }


def category_options(names: Directory, chosen: str = "") -> SafeString:
    """The categories that a menu offers."""
    return grouped_options(tuple([(group, as_choices(held)) for group, held in category_choices(names)]), chosen)


def category_of(request: HtmxRequest, typed: str) -> Category | None:
    """The category of the book that a form names by its id."""
    if not re.fullmatch("[0-9]{1,18}", typed, re.ASCII):
        return None
    return Category.objects.of(request.book).filter(pk=int(typed)).first()


def answer_plain(request: HtmxRequest, text: str, undo: str = "") -> HttpResponseRedirect:
    """Back to the page that the form was on, with a toast there."""
    messages.info(request, text, extra_tags=undo)
    return redirect(where_from(request))


def refused(request: HtmxRequest, error: BudgetError | str, status: int = 422) -> HttpResponse:
    """A refusal outside of a form: a toast over HTMX, a page of its own without."""
    if request.htmx:
        # 422 would be swapped in; 409 is shown as a toast and leaves the page as it is.
        code = 409 if status == 422 else status
        return HttpResponse(
            str(error), content_type="text/plain", status=code, headers={"X-Message": quote(str(error))}
        )
    context = {"error": str(error), "back": where_from(request)}
    return render(request, "ledger/transaction_refused.html", context, status=status)
