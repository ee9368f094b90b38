"""Asking once more before rows of a certified period are deleted; all else goes at once and has an Undo."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from budget.http import HtmxRequest, new_request_key
from budget.ledger.models import TransactionQuerySet
from budget.ledger.views.answers import where_from
from budget.statements.warning import before_deleting

SURE = "certified"
"""The field of a form that was shown the warning."""
_OWN = ("csrfmiddlewaretoken", "request_key", "page_book", SURE)


def warning(request: HtmxRequest, rows: TransactionQuerySet) -> str:
    """What to say before these rows are deleted; empty where it was said, or where nothing is certified."""
    return "" if request.POST.get(SURE) else before_deleting(request.book.pk, rows)


def ask(request: HtmxRequest, warned: str) -> HttpResponse:
    """A page that says it and sends the same form again."""
    fields = [(name, value) for name, values in request.POST.lists() if name not in _OWN for value in values]
    context = {"warned": warned, "fields": fields, "back": where_from(request), "request_key": new_request_key()}
    return render(request, "ledger/transaction_certified.html", context)


def ask_in_place(request: HtmxRequest, warned: str, count: int) -> HttpResponse:
    """The bar of the chosen rows, asking instead of offering; the ticks in the list stay with it."""
    kept = [(name, value) for name in ("next", "count", "all") for value in request.POST.getlist(name)]
    context = {"warned": warned, "fields": kept, "chosen": count, "request_key": new_request_key()}
    response = render(request, "ledger/_bulk_certified.html", context | {"back": where_from(request)})
    response["HX-Retarget"] = "#bulk"
    response["HX-Reswap"] = "outerHTML"
    return response
