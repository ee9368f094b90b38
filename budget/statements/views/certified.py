"""The page of a certificate: what was agreed, by whom, whether it still holds; and taking it back."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from budget.errors import BudgetError
from budget.history import AlreadyDone, Change, Entry, rows_of
from budget.history.answers import ALREADY, say
from budget.history.rows import shape_of
from budget.http import HtmxRequest, idempotent_request, new_request_key
from budget.ledger.models import Account
from budget.ledger.views.answers import done_before, refused, writers_only
from budget.money import plain_amount
from budget.statements.breaches import breaches, drift, is_broken, sealed_at
from budget.statements.certificates import period, withdraw
from budget.statements.models import Certificate
from budget.statements.views.page import LARGEST_ID

MOST_ROWS = 500


@require_GET
def certificate_detail(request: HtmxRequest, pk: int) -> HttpResponse:
    """What was agreed with the bank, to be read and printed; where it broke, which rows did it."""
    if account_id := _was_withdrawn(request, pk):
        return redirect("ledger:account-detail", account_id)
    certificate = _certificate(request, pk)
    account = certificate.account
    rows = list(period(account, certificate.first, certificate.last)[: MOST_ROWS + 1])
    broken = is_broken(certificate)
    sealed = Certificate.objects.filter(pk=certificate.pk).annotate(sealed=sealed_at()).values_list("sealed", flat=True)
    context = {
        "certificate": certificate,
        "account": account,
        "made": Change.objects.filter(book=request.book, number=sealed[0]).first(),
        "moved": certificate.closing - certificate.opening,
        "is_broken": broken,
        "found": breaches(certificate) if broken else None,
        "drift": drift(account, certificate),
        "rows": rows if len(rows) <= MOST_ROWS else [],
        "printed": timezone.localdate(),
        "list_url": _list_url(certificate),
        "again_url": _again_url(certificate),
        "request_key": new_request_key(),
        "writes": request.membership.may_write,
    }
    return render(request, "statements/certificate.html", context)


@require_POST
@writers_only
def certificate_withdraw(request: HtmxRequest, pk: int) -> HttpResponse:
    """Take a certificate back; its Undo brings it again."""
    if done_before(request):
        say(request, ALREADY)
        return redirect("ledger:account-list")
    certificate = _certificate(request, pk)
    account, since = certificate.account, request.book.version
    try:
        withdraw(certificate, by=request.user, request=idempotent_request(request))
    except AlreadyDone:
        say(request, ALREADY)
    except BudgetError as error:
        return refused(request, error)
    else:
        say(request, f"Withdrew a certificate of {account}.", since)
    return redirect("ledger:account-detail", account.pk)


def _was_withdrawn(request: HtmxRequest, pk: int) -> int | None:
    """The account of a certificate that was undone on its own page, or withdrawn: where one is led instead."""
    if Certificate.objects.of(request.book).filter(pk=min(pk, LARGEST_ID)).exists():
        return None
    told = Entry.objects.filter(
        book=request.book, model="certificate", first_id__lte=min(pk, LARGEST_ID), last_id__gte=min(pk, LARGEST_ID)
    )
    place = shape_of(Certificate).names.index("account_id")
    for entry in told.order_by("change__number")[:1]:
        for row, before, after in rows_of(entry):
            values = after or before
            if row == pk and values is not None:
                own = Account.objects.of(request.book).filter(pk=int(str(values[place])))
                return own.values_list("pk", flat=True).first()
    return None


def _certificate(request: HtmxRequest, pk: int) -> Certificate:
    rows = Certificate.objects.of(request.book).select_related("account")
    found = get_object_or_404(rows, pk=min(pk, LARGEST_ID))
    found.book = found.account.book = request.book
    return found


def _list_url(certificate: Certificate) -> str:
    days = {"from": certificate.first.isoformat(), "to": certificate.last.isoformat()}
    return f"{reverse('ledger:transaction-list')}?{urlencode({'account': certificate.account_id} | days)}"


def _again_url(certificate: Certificate) -> str:
    currency = certificate.account.currency
    told = {
        "first": certificate.first.isoformat(),
        "last": certificate.last.isoformat(),
        "opening": plain_amount(certificate.opening, currency),
        "closing": plain_amount(certificate.closing, currency),
    }
    return f"{reverse('reconcile:account', args=[certificate.account_id])}?{urlencode(told)}"
