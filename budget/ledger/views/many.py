"""Many transactions at once: chosen ones, or all that match a filter; filed or deleted in one change."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from budget import history
from budget.errors import BudgetError
from budget.history import Change
from budget.http import HtmxRequest, idempotent_request
from budget.ledger import operations, search
from budget.ledger.directory import Directory, directory
from budget.ledger.filters import Search
from budget.ledger.models import Transaction, TransactionQuerySet
from budget.ledger.views import deleting
from budget.ledger.views.answers import (
    answer_list,
    answer_plain,
    category_of,
    list_search,
    refused,
    undo_url,
    where_from,
    writers_only,
)

MOST_CHOSEN = 1000


@require_POST
@writers_only
def transactions_change(request: HtmxRequest) -> HttpResponse:
    """File or delete the chosen rows, or all that match the filter; one change, one Undo."""
    names = directory(request.book)
    at = where_from(request)
    found = list_search(at, names, request.book.currency)
    if found is None or found.errors:
        return refused(request, "This list is no longer there. Open the transactions again.")
    rows, refusal = _chosen(request, found, names)
    if refusal:
        return refused(request, refusal)
    if request.POST.get("action") == "delete" and (warned := deleting.warning(request, rows)):
        return deleting.ask_in_place(request, warned, rows.count()) if request.htmx else deleting.ask(request, warned)
    try:
        change = _carry_out(request, rows)
    except history.AlreadyDone as done:
        return _answer_many(request, found, names, str(done), None)
    except BudgetError as error:
        return refused(request, error)
    return _answer_many(request, found, names, f"{change.summary}." if change else "Nothing to change.", change)


def _chosen(request: HtmxRequest, found: Search, names: Directory) -> tuple[TransactionQuerySet, str]:
    """The rows that a bulk form means, or why it means none."""
    own = Transaction.objects.of(request.book)
    if request.POST.get("all"):
        rows = found.of(request.book, names)
        count, seen = rows.count(), request.POST.get("count", "")
        if str(count) != seen:
            return rows, f"{count:,} transactions match now, not {seen:.9}. Look at the list, then choose again."
        return rows, ""
    chosen = request.POST.getlist("txn")
    if not chosen:
        return own.none(), "Choose one or more transactions first."
    if len(chosen) > MOST_CHOSEN or not all(re.fullmatch("[0-9]{1,18}", pk, re.ASCII) for pk in chosen):
        return own.none(), "We could not read which transactions were chosen. Choose them again."
    return own.filter(pk__in=[int(pk) for pk in chosen]), ""


def _carry_out(request: HtmxRequest, rows: TransactionQuerySet) -> Change | None:
    key = idempotent_request(request)
    action = request.POST.get("action")
    if action == "delete":
        return operations.delete_transactions(book=request.book, by=request.user, rows=rows, request=key)
    if action != "categorize":
        raise BudgetError("Choose what to do with them: a category, or delete.")
    typed = request.POST.get("category", "")
    category = category_of(request, typed)
    if category is None and typed != search.NO_CATEGORY:
        raise BudgetError("Choose a category of this book first.")
    return operations.categorize_transactions(
        book=request.book, by=request.user, rows=rows, category=category, request=key
    )


def _answer_many(
    request: HtmxRequest, found: Search, names: Directory, told: str, change: Change | None
) -> HttpResponse:
    if not request.htmx:
        return answer_plain(request, told, undo_url(change))
    return answer_list(request, found, names, told, undo_url(change))
