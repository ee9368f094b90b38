"""Adding a transaction: the one line, the few fields of a phone, and the full form."""

from __future__ import annotations

import json

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from budget import history
from budget.errors import BudgetError
from budget.history import Change, IdempotentRequest
from budget.http import HtmxRequest, idempotent_request, new_request_key
from budget.ledger import drafts, habits, operations
from budget.ledger.directory import Directory, directory
from budget.ledger.drafts import Draft
from budget.ledger.forms.transactions import IN, OUT, TransactionForm
from budget.ledger.models import Account, Category, Transaction, today
from budget.ledger.rows import short_day
from budget.ledger.views import deleting
from budget.ledger.views.answers import change_of, undo_url, writers_only
from budget.ledger.views.effects import effect
from budget.money import format_amount, format_in_book

QUICK = "ledger/_transaction_quick.html"
PREVIEW = "ledger/_transaction_preview.html"
PAGE = "ledger/transaction_new.html"
CHIPS = 6
PREFILLED = ("amount", "payee", "category", "date", "account")


@require_http_methods(["GET", "HEAD", "POST"])
@writers_only
def transaction_create(request: HtmxRequest) -> HttpResponse:
    """Record a transaction; over HTMX the form of the dialog answers itself, empty again or with what is wrong."""
    names = directory(request.book)
    if request.method != "POST":
        return _show(request, names)
    if "line" in request.POST:
        return _record_quick(request, names)
    return _record_form(request, names)


def _show(request: HtmxRequest, names: Directory) -> HttpResponse:
    target = request.htmx.target or ""
    if request.htmx and target.endswith("-preview"):
        return render(request, PREVIEW, _preview(request, names, _draft(request, names, request.GET)))
    if request.htmx and target == "quick-chips":
        return render(request, "ledger/_transaction_chips.html", _quick(request, names))
    initial: dict[str, object] = {name: request.GET[name] for name in PREFILLED if request.GET.get(name)}
    line = request.GET.get("line", "")[:500]
    if line.strip():
        initial |= _initial(drafts.of_line(request.book, names, line))
    account = habits.last_account(request.book)
    return _page(request, names, TransactionForm.blank(names, **({"account": account} | initial)), line=line)


def _page(
    request: HtmxRequest, names: Directory, form: TransactionForm, status: int = 200, **more: object
) -> HttpResponse:
    context = {"form": form, "quick": _quick(request, names), **more}
    return render(request, PAGE, context, status=status)


def _quick(request: HtmxRequest, names: Directory, /, **more: object) -> dict[str, object]:
    """The quick form, empty unless `more` fills it."""
    chips = names.likely(is_income=False)[:CHIPS]
    return {"at": "quick", "request_key": new_request_key(), "chips": chips, **more}


def _initial(draft: Draft) -> dict[str, object]:
    """A draft as the full form's content."""
    found: dict[str, object] = {
        "direction": IN if draft.amount is not None and draft.amount < 0 else OUT,
        "payee": draft.payee,
        "date": draft.date.isoformat(),
        "note": draft.note,
    }
    if draft.amount is not None and draft.currency:
        found["amount"] = format_amount(abs(draft.amount), draft.currency, sign="none")
    if draft.category:
        found["category"] = draft.category.pk
    if draft.account:
        found["account"] = draft.account.pk
    return found


def _draft(request: HtmxRequest, names: Directory, typed: object) -> Draft | None:
    """What the quick form says so far; None while it is empty."""
    said = {name: typed.get(name, "").strip() for name in ("line", "amount", "payee", "category")}  # type: ignore[attr-defined]
    if said["line"]:
        return drafts.of_line(request.book, names, said["line"])
    if said["amount"] or said["payee"] or said["category"]:
        return drafts.of_fields(request.book, names, said["amount"], said["payee"], said["category"])
    return None


def _preview(request: HtmxRequest, names: Directory, draft: Draft | None) -> dict[str, object]:
    told, effect_is = effect(request.book, draft) if draft else ("", "")
    return {"draft": draft, "effect": told, "effect_is": effect_is, "names": names}


def _record_quick(request: HtmxRequest, names: Directory) -> HttpResponse:
    draft = _draft(request, names, request.POST)
    key = request.POST.get("request_key", "")
    if draft is None:
        return _refuse_quick(request, names, ["Enter an amount, such as 12.50."], key, None)
    if draft.problems:
        return _refuse_quick(request, names, draft.problems, key, draft)
    places = [(each.pk, draft.date) for each in (draft.source, draft.target, draft.account) if each]
    if warned := deleting.warning_of(request, places):
        return _refuse_quick(request, names, [warned], key, draft, is_warned=True)
    try:
        text, change = _record(request, draft, idempotent_request(request))
    except history.AlreadyDone as done:
        text, change = str(done), None
    except history.KeyReused as error:
        return _refuse_quick(request, names, [str(error)], new_request_key(), draft)
    except BudgetError as error:
        return _refuse_quick(request, names, [str(error)], key, draft)
    if not request.htmx:
        messages.info(request, text, extra_tags=undo_url(change))
        return redirect("ledger:transaction-list")
    again = bool(request.POST.get("again"))
    context = _quick(request, names) | {"toast": text, "undo_url": undo_url(change)}
    response = render(request, QUICK, context)
    events: dict[str, object] = {"ledger:changed": {}}
    if not again:
        events["app:close"] = {"target": "#quick"}
    response["HX-Trigger-After-Swap"] = json.dumps(events)
    return response


def _refuse_quick(
    request: HtmxRequest, names: Directory, errors: list[str], key: str, draft: Draft | None, **said: object
) -> HttpResponse:
    """The quick form as it was typed, with what is wrong in it."""
    typed: dict[str, object] = {name: request.POST.get(name, "") for name in ("line", "amount", "payee", "category")}
    more: dict[str, object] = typed | {"request_key": key, "errors": errors, "chosen": typed["category"]}
    more |= _preview(request, names, draft) | said
    if request.htmx:
        return render(request, QUICK, _quick(request, names, **more), status=422)
    form = TransactionForm.blank(names, **(_initial(draft) if draft else {}))
    context = {"form": form, "quick": _quick(request, names, **more), "line": typed["line"]}
    return render(request, PAGE, context, status=422)


def _record(request: HtmxRequest, draft: Draft, key: IdempotentRequest | None) -> tuple[str, Change]:
    """Write it; answers what to tell, and the change that its Undo takes back."""
    book = request.book
    if draft.amount is None:
        raise BudgetError("Enter an amount, such as 12.50.")
    if draft.source and draft.target:
        pair = operations.transfer_between_accounts(
            book=book,
            by=request.user,
            source=Account.objects.of(book).get(pk=draft.source.pk),
            target=Account.objects.of(book).get(pk=draft.target.pk),
            amount=draft.amount,
            date=draft.date,
            note=draft.note,
            request=key,
        )
        change = change_of(pair)
        return f"{change.summary}.", change
    account = draft.account
    if account is None:
        raise BudgetError("There is no account yet. Open one under Accounts first.")
    txn = operations.record_transaction(
        book=book,
        by=request.user,
        account=Account.objects.of(book).get(pk=account.pk),
        amount=draft.amount,
        description=draft.description,
        category=Category.objects.of(book).get(pk=draft.category.pk) if draft.category else None,
        date=draft.date,
        payee=draft.payee,
        note=draft.note,
        request=key,
    )
    return saved(txn), change_of(txn)


def saved(txn: Transaction) -> str:
    """What to tell about a new row; gently, where there is one like it already."""
    amount = format_in_book(txn.amount, txn.account.currency, own=txn.book.currency, sign="income")
    told = f"Saved {txn.title}, {amount}."
    twin = habits.twin_of(txn)
    if twin is None:
        return told
    ago = (today() - twin.date).days
    when = {0: "today", 1: "yesterday"}.get(ago, short_day(twin.date))
    return f"{told} Looks like one from {when}. Keep both, or remove this one."


def _record_form(request: HtmxRequest, names: Directory) -> HttpResponse:
    form = TransactionForm(request.POST, names=names)
    if not form.is_valid():
        return _page(request, names, form, status=422)
    if warned := deleting.warning_of(request, [(int(form.cleaned_data["account"]), form.cleaned_data["date"])]):
        form.add_error(None, warned)
        return _page(request, names, form, status=422, is_warned=True)
    try:
        txn = operations.record_transaction(
            book=request.book, by=request.user, request=idempotent_request(request), **form.values
        )
    except history.AlreadyDone as done:
        messages.info(request, str(done))
        return redirect("ledger:transaction-list")
    except history.KeyReused as error:
        form = form.again()
        form.add_error(None, str(error))
        return _page(request, names, form, status=422)
    except BudgetError as error:
        form.add_error(None, str(error))
        return _page(request, names, form, status=422)
    messages.info(request, saved(txn), extra_tags=undo_url(change_of(txn)))
    if request.POST.get("again"):
        return redirect(reverse("ledger:transaction-create"))
    return redirect("ledger:transaction-list")
