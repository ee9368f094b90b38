"""Holding an account against its bank: the period, its rows with their ticks, the gap, closing it as right."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from budget.errors import BudgetError
from budget.history import AlreadyDone
from budget.history.answers import ALREADY, say
from budget.http import HtmxRequest, idempotent_request, new_request_key
from budget.ledger import operations
from budget.ledger.models import Account, today
from budget.ledger.views.answers import done_before, writers_only
from budget.ledger.views.deleting import warning_of
from budget.statements.balances import period_of
from budget.statements.certificates import certify
from budget.statements.models import Certificate, Stage, Statement
from budget.statements.period_form import NAMES, PeriodForm
from budget.statements.sheets import Sheet, next_period, sheet
from budget.statements.views.page import LARGEST_ID, number

PAGE = "statements/reconcile.html"
CLOSE, CLOSE_LATER, OPENING = "close", "later", "opening"


@require_GET
@writers_only
def statement_reconcile(request: HtmxRequest, pk: int) -> HttpResponse:
    """A statement of an import, held against its account: its days and balances are those of the file."""
    statement = _statement(request, pk)
    told = period_of(statement) if statement else None
    if statement is None or statement.account is None or told is None:
        return redirect("ledger:account-list")
    query = PeriodForm.initial_of(statement.account, told) | {"statement": statement.pk}
    return redirect(f"{reverse('reconcile:account', args=[statement.account.pk])}?{urlencode(query)}")


@require_http_methods(["GET", "HEAD", "POST"])
@writers_only
def account_reconcile(request: HtmxRequest, pk: int) -> HttpResponse:
    """The page of a period; a POST counts the ticks anew, or closes the period as right."""
    account = get_object_or_404(Account.objects.of(request.book), pk=min(pk, LARGEST_ID))
    account.book = request.book
    if request.method == "POST" and (done := done_before(request)):
        return _done_before(request, account, done.number)
    asked = request.POST if request.method == "POST" else request.GET
    statement = _chosen(asked, account)
    if not any(asked.get(name) for name in NAMES):
        told = next_period(account, today())
        return _page(request, account, PeriodForm(None, account=account, initial=PeriodForm.initial_of(account, told)))
    form = PeriodForm(asked, account=account)
    if not form.is_valid():
        return _page(request, account, form, statement=statement)
    ticked = None
    if request.method == "POST" or "row" in asked:
        ticked = {found for text in asked.getlist("row") if (found := number(text))}
    shown = sheet(account, form.period, ticked)
    action = request.POST.get("action", "")
    if action in (CLOSE, CLOSE_LATER):
        return _close(request, form, shown, statement, is_later=action == CLOSE_LATER)
    if action == OPENING:
        return _set_opening(request, form, shown, statement)
    return _page(request, account, form, shown, statement)


def _close(
    request: HtmxRequest, form: PeriodForm, shown: Sheet, statement: Statement | None, *, is_later: bool
) -> HttpResponse:
    since = request.book.version
    unticked = [row.pk for row in shown.unticked]
    if unticked and not is_later:
        few = "1 row is" if len(unticked) == 1 else f"{len(unticked)} rows are"
        error = f"{few} not ticked. Tick all that the statement has; what the bank books later is dated after it."
        return _page(request, shown.account, form, shown, statement, error=error)
    if unticked and (warned := warning_of(request, [(shown.account.pk, shown.next_day)])):
        return _page(request, shown.account, form, shown, statement, error=warned, is_warned=True)
    try:
        made = certify(
            account=shown.account,
            by=request.user,
            first=shown.first,
            last=shown.last,
            opening=shown.opening,
            closing=shown.closing,
            statement=statement,
            later=unticked,
            request=idempotent_request(request),
        )
    except AlreadyDone as done:
        return _done_before(request, shown.account, done.change.number)
    except BudgetError as error:
        return _page(request, shown.account, form, shown, statement, error=str(error))
    say(request, f"Certified {shown.account}.", since)
    return redirect("reconcile:certificate", made.pk)


def _done_before(request: HtmxRequest, account: Account, change: int) -> HttpResponse:
    say(request, ALREADY)
    made = Certificate.objects.filter(account=account, version=change).first()
    return redirect("reconcile:certificate", made.pk) if made else redirect("ledger:account-detail", account.pk)


def _set_opening(request: HtmxRequest, form: PeriodForm, shown: Sheet, statement: Statement | None) -> HttpResponse:
    """Begin the account with what the bank begins with; offered where nothing was recorded before the period."""
    if shown.has_rows_before:
        error = "There are rows before this period, so its opening balance follows from them."
        return _page(request, shown.account, form, shown, statement, error=error)
    since, opening = request.book.version, shown.account.opening_balance - shown.gap_before
    try:
        asked = idempotent_request(request)
        operations.change_account(shown.account, by=request.user, opening_balance=opening, request=asked)
    except BudgetError as error:
        return _page(request, shown.account, form, shown, statement, error=str(error))
    say(request, "Set the opening balance.", since)
    return redirect(f"{request.path}?{_query(form, statement)}")


def _page(
    request: HtmxRequest,
    account: Account,
    form: PeriodForm,
    shown: Sheet | None = None,
    statement: Statement | None = None,
    *,
    error: str = "",
    is_warned: bool = False,
) -> HttpResponse:
    status = 422 if error or (form.is_bound and not form.is_valid()) else 200
    context: dict[str, Any] = {
        "account": account,
        "form": form,
        "sheet": shown,
        "statement": statement,
        "error": error,
        "is_warned": is_warned,
        "request_key": new_request_key(),
    }
    if shown and request.htmx and not request.htmx.boosted:
        return render(request, f"{PAGE}#gap", context, status=status)
    if shown:
        same = Certificate.objects.filter(account=account, first=shown.first, last=shown.last).first()
        context |= {
            "clues": shown.clues(statement),
            "clues_before": shown.clues_before(),
            "has_rows_before": bool(shown.gap_before) and shown.has_rows_before,
            "same": same,
        }
    return render(request, PAGE, context, status=status)


def _query(form: PeriodForm, statement: Statement | None) -> str:
    query = PeriodForm.initial_of(form.account, form.period)
    return urlencode(query | ({"statement": str(statement.pk)} if statement else {}))


def _chosen(asked: QueryDict, account: Account) -> Statement | None:
    """The statement that the form was opened from, if it is one of the account's."""
    found = Statement.objects.filter(account=account, pk=number(asked.get("statement")), source__stage=Stage.RECORDED)
    return found.select_related("source__file").first() if asked.get("statement") else None


def _statement(request: HtmxRequest, pk: int) -> Statement | None:
    rows = Statement.objects.filter(book=request.book).select_related("account", "source")
    found = get_object_or_404(rows, pk=min(pk, LARGEST_ID))
    return found if found.source.stage == Stage.RECORDED else None
