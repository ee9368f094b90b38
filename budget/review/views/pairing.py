"""Possible transfers between own accounts: linked, or remembered as none."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from budget.history import AlreadyDone
from budget.http import HtmxRequest, idempotent_request
from budget.ledger.views.answers import done_before, undo_url
from budget.review import operations
from budget.review.views.answering import deciding
from budget.review.views.page import number, region, where_from


@require_POST
@deciding
def transfer_decide(request: HtmxRequest) -> HttpResponse:
    """Link two rows as one transfer, or remember that they are none."""
    outgoing, incoming = number(request.POST.get("outgoing")), number(request.POST.get("incoming"))
    if request.POST.get("answer") == "link":
        change = done_before(request)  # by then the two rows wait no longer
        try:
            change = change or operations.link_transfer(
                book=request.book,
                by=request.user,
                outgoing=outgoing,
                incoming=incoming,
                request=idempotent_request(request),
            )
        except AlreadyDone as done:
            change = done.change
        return _answer(request, f"{change.summary}.", undo_url(change))
    operations.reject_transfer(book=request.book, by=request.user, outgoing=outgoing, incoming=incoming)
    again = urlencode({"outgoing": outgoing, "incoming": incoming})
    return _answer(request, "Remembered: this is no transfer.", f"{reverse('review:transfer-ask-again')}?{again}")


@require_POST
@deciding
def transfer_ask_again(request: HtmxRequest) -> HttpResponse:
    """Ask again about one pair, or about all that were said to be no transfer."""
    outgoing, incoming = number(request.GET.get("outgoing")), number(request.GET.get("incoming"))
    count = operations.ask_again(book=request.book, by=request.user, outgoing=outgoing, incoming=incoming)
    return _answer(request, f"Asking again about {count:,} pair{'' if count == 1 else 's'}.")


def _answer(request: HtmxRequest, told: str, undo: str = "") -> HttpResponse:
    if not request.htmx:
        messages.info(request, told, extra_tags=undo)
        return redirect(where_from(request))
    return region(request, toast=told, undo=undo)
