"""Asking once more before a certified period loses or gets rows; all else is done at once and has an Undo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.http import HttpResponse
from django.shortcuts import render

from budget.http import HtmxRequest, new_request_key
from budget.ledger.forms.transactions import TransactionForm
from budget.ledger.models import Transaction, TransactionQuerySet
from budget.ledger.views.answers import done_before, where_from
from budget.statements.warning import Place, before_deleting, before_placing

SURE = "certified"
"""The field of a form that was shown the warning."""
_OWN = ("csrfmiddlewaretoken", "request_key", "page_book", SURE)


def warning(request: HtmxRequest, rows: TransactionQuerySet) -> str:
    """What to say before these rows are deleted; empty where it was said, or where nothing is certified."""
    return "" if request.POST.get(SURE) else before_deleting(request.book.pk, rows)


def warning_of(request: HtmxRequest, places: Iterable[Place], was: Sequence[Place] = ()) -> str:
    """What a form says before rows come to be there; empty where it said so, or where nothing is certified."""
    if request.POST.get(SURE) or done_before(request):
        return ""
    warned = before_placing(request.book.pk, places, was)
    return f"{warned} Save again to have it there all the same." if warned else ""


def warning_of_move(request: HtmxRequest, txn: Transaction, form: TransactionForm) -> str:
    """The same before a row moves to another day or account."""
    was = (txn.account_id, txn.date)
    place = (int(form.cleaned_data.get("account") or txn.account_id), form.cleaned_data["date"])
    return warning_of(request, [place], [was]) if place != was else ""


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
