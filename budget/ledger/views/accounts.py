"""The accounts: what is on them, opening, changing, closing, deleting, moving money between two."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from budget.errors import BudgetError
from budget.history import AlreadyDone, ChangedMeanwhile, Vanished
from budget.history.answers import ALREADY, say
from budget.http import HtmxRequest, idempotent_request, new_request_key, require_writer
from budget.ledger import operations, standing
from budget.ledger.errors import CurrencyFixed, NameTaken
from budget.ledger.forms.accounts import AccountForm, AccountTransferForm
from budget.ledger.models import Account, Transaction, today
from budget.ledger.views import deleting
from budget.ledger.views.answers import done_before, refused
from budget.money import format_with_currency
from budget.statements import coverage, filed
from budget.statements.breaches import breaches
from budget.statements.standing import undone_imports


@require_GET
def account_list(request: HtmxRequest) -> HttpResponse:
    """Every account with its balance, by kind, what they add up to, and how far the bank's files reach."""
    context = {"standing": standing.standing(request.book), "coverage": coverage.coverage(request.book, today())}
    return render(request, "ledger/account_list.html", context)


@require_GET
def account_detail(request: HtmxRequest, pk: int) -> HttpResponse:
    """One account: its balance, why it is that, what of it the bank agrees with, and its newest transactions."""
    account = _account(request, pk)
    certificates = filed.closed(account)
    broken = [each.certificate for each in certificates if each.is_broken]
    undone = undone_imports(account.book_id)
    statements, more = filed.filed(account, [each.certificate for each in certificates], undone)
    context = {
        "known": coverage.coverage(request.book, today(), [account.pk], undone)[account.pk],
        "certificates": certificates,
        "first_broken": broken[-1] if broken else None,
        "found": breaches(broken[-1]) if broken else None,
        "statements": statements,
        "more_statements": more,
        "account": account,
        "statement": standing.statement(account),
        "newest": standing.newest(account),
        "list_url": f"{reverse('ledger:transaction-list')}?account={account.pk}",
    }
    return render(request, "ledger/account_detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def account_create(request: HtmxRequest) -> HttpResponse:
    """Open an account."""
    require_writer(request)
    if request.method != "POST":
        return _form_page(request, AccountForm.blank(request.book))
    form, since = AccountForm(request.POST), request.book.version
    if not form.is_valid():
        return _form_page(request, form)
    try:
        account = operations.open_account(
            book=request.book, by=request.user, request=idempotent_request(request), **form.content
        )
    except AlreadyDone:
        return _done(request, ALREADY, "ledger:account-list")
    except BudgetError as error:
        return _refused(request, form, error)
    return _done(request, f"Opened {account}.", "ledger:account-list", since=since)


@require_http_methods(["GET", "HEAD", "POST"])
def account_change(request: HtmxRequest, pk: int) -> HttpResponse:
    """Change an account's name, kind, bank, opening balance and, while it has no transactions, its currency."""
    require_writer(request)
    account, since = _account(request, pk), request.book.version
    initial = AccountForm.initial_of(account)
    has_rows = Transaction.objects.of(request.book).filter(account=account).exists()
    form = AccountForm(request.POST or None, account=account, has_rows=has_rows, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form)
    seen, asked = form.cleaned_data["seen"], idempotent_request(request)
    try:
        operations.change_account(account, by=request.user, seen=seen, request=asked, **form.content)
    except AlreadyDone:
        return _done(request, ALREADY, "ledger:account-detail", pk)
    except ChangedMeanwhile as theirs:
        form.seeing(account.version)
        return _refused(request, form, theirs, {"theirs": AccountForm.initial_of(account)})
    except BudgetError as error:
        return _refused(request, form, error)
    return _done(request, f"Saved {account}.", "ledger:account-detail", pk, since=since)


@require_POST
def account_close(request: HtmxRequest, pk: int) -> HttpResponse:
    """Close an account, or open it again (`reopen`); what is on it stays."""
    require_writer(request)
    account, since = _account(request, pk), request.book.version
    reopen = "reopen" in request.POST
    try:
        operations.change_account(account, by=request.user, is_archived=not reopen)
    except BudgetError as error:
        return refused(request, error)
    return _done(request, f"{'Reopened' if reopen else 'Closed'} {account}.", "ledger:account-detail", pk, since=since)


@require_http_methods(["GET", "HEAD", "POST"])
def account_delete(request: HtmxRequest, pk: int) -> HttpResponse:
    """Delete an empty account at once; one with transactions after its name was typed."""
    require_writer(request)
    if request.method == "POST" and done_before(request):
        return _done(request, ALREADY, "ledger:account-list")
    account, since = _account(request, pk), request.book.version
    statement = standing.statement(account)
    if request.method != "POST" or (statement.count and "typed_name" not in request.POST):
        return _deletion_page(request, account)
    asked, typed = idempotent_request(request), request.POST.get("typed_name", "")
    try:
        if statement.count:
            operations.delete_account_with_history(account, by=request.user, typed_name=typed, request=asked)
        else:
            operations.delete_account(account, by=request.user, request=asked)
    except AlreadyDone:
        return _done(request, ALREADY, "ledger:account-list")
    except Vanished as gone:
        return refused(request, gone)
    except BudgetError as error:
        return _deletion_page(request, account, str(error))
    return _done(request, f"Deleted {account}.", "ledger:account-list", since=since)


@require_http_methods(["GET", "HEAD", "POST"])
def account_transfer_create(request: HtmxRequest) -> HttpResponse:
    """Move money from one account to another."""
    require_writer(request)
    accounts = Account.objects.of(request.book).filter(is_archived=False).order_by("type", "name")
    initial = {"source": request.GET.get("from", ""), "target": request.GET.get("to", "")}
    form = AccountTransferForm(request.POST or None, accounts=accounts, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return _transfer_page(request, form)
    asked, since = idempotent_request(request), request.book.version
    places = [(form.cleaned_data[side].pk, form.cleaned_data["date"]) for side in ("source", "target")]
    if warned := deleting.warning_of(request, places):
        form.add_error(None, warned)
        return _transfer_page(request, form, is_warned=True)
    try:
        made = operations.transfer_between_accounts(book=request.book, by=request.user, request=asked, **form.content)
    except AlreadyDone:
        return _done(request, ALREADY, "ledger:account-list")
    except BudgetError as error:
        form.add_error(None, str(error))
        return _transfer_page(request, form)
    source, target = form.cleaned_data["source"], form.cleaned_data["target"]
    moved = format_with_currency(made.outgoing.amount, source.currency)
    return _done(request, f"Moved {moved} from {source} to {target}.", "ledger:account-list", since=since)


def _deletion_page(request: HtmxRequest, account: Account, error: str = "") -> HttpResponse:
    context = {
        "account": account,
        "statement": standing.statement(account),
        "transfers": standing.transfer_count(account),
        "request_key": new_request_key(),
        "error": error,
    }
    return render(request, "ledger/account_delete.html", context, status=422 if error else 200)


def _account(request: HtmxRequest, pk: int) -> Account:
    account = get_object_or_404(Account.objects.of(request.book), pk=pk)
    account.book = request.book
    return account


def _done(request: HtmxRequest, text: str, name: str, *args: int, since: int | None = None) -> HttpResponse:
    """Lead on with a toast; with `since`, the book's version before, it has an Undo."""
    say(request, text, since)
    return redirect(reverse(name, args=args))


def _refused(
    request: HtmxRequest, form: AccountForm, error: BudgetError, more: dict[str, Any] | None = None
) -> HttpResponse:
    field = {NameTaken: "name", CurrencyFixed: "currency"}.get(type(error))
    form.add_error(field, str(error))
    return _form_page(request, form, more)


def _form_page(request: HtmxRequest, form: AccountForm, more: dict[str, Any] | None = None) -> HttpResponse:
    context = {"form": form, "account": form.account, **(more or {})}
    return render(request, "ledger/account_form.html", context, status=422 if form.errors else 200)


def _transfer_page(request: HtmxRequest, form: AccountTransferForm, *, is_warned: bool = False) -> HttpResponse:
    context = {"form": form, "is_warned": is_warned}
    return render(request, "ledger/account_transfer.html", context, status=422 if form.errors else 200)
