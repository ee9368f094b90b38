"""Always do this: a rule made of one row, with the rows that it would change shown before it does."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from budget.categorization import operations
from budget.categorization.forms import RuleForm
from budget.categorization.merchants import merchant_of
from budget.categorization.models import AmountRule
from budget.categorization.operations import RulePreview
from budget.categorization.patterns import LONGEST, fold, matcher
from budget.categorization.queries import open_categories, touched_rows
from budget.errors import BudgetError
from budget.history import AlreadyDone, Change
from budget.http import HtmxRequest, idempotent_request, require_writer
from budget.ledger.models import Transaction
from budget.ledger.views.answers import change_of, undo_url, writers_only
from budget.review.views.page import number, region, where_from

PAGE = "review/rule.html"
BODY = f"{PAGE}#body"
SHOWN = 8


@require_http_methods(["GET", "HEAD", "POST"])
def rule_offer(request: HtmxRequest) -> HttpResponse:
    """The rule that would do the same again, with what it would change; a POST makes it and files these rows."""
    require_writer(request)
    if request.method == "POST":
        return _create(request)
    data = request.GET if "pattern" in request.GET else None
    initial = RuleForm.blank(request.book, **_proposed(request))
    return _page(request, _form(request, data, initial))


@writers_only
def _create(request: HtmxRequest) -> HttpResponse:
    form = _form(request, request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        rule, _ = operations.add_rule_and_run(
            book=request.book, by=request.user, request=idempotent_request(request), **form.content
        )
        change: Change = change_of(rule)
    except AlreadyDone as done:
        change = done.change
    except BudgetError as error:
        form.add_error(None, str(error))
        return _page(request, form, status=422)
    told = f"{change.summary}."
    if not request.htmx:
        messages.info(request, told, extra_tags=undo_url(change))
        return redirect(where_from(request))
    response = region(request, toast=told, undo=undo_url(change))
    response["HX-Trigger"] = "app:close"
    return response


def _form(request: HtmxRequest, data: Any, initial: dict[str, Any] | None = None) -> RuleForm:
    return RuleForm(
        data, book=request.book, categories=open_categories(request.book), initial=initial, auto_id="id_rule_%s"
    )


def _page(request: HtmxRequest, form: RuleForm, status: int = 200) -> HttpResponse:
    """The form with what it would change; without a category nothing can be said yet."""
    preview, touched = _preview(request, form)
    if preview is None:
        form.fields["category"].widget.attrs["autofocus"] = True
    context = {
        "form": form,
        "preview": preview,
        "touched": touched,
        "more": max(preview.count - SHOWN, 0) if preview else 0,
        "back": where_from(request),
    }
    is_fragment = request.htmx and not request.htmx.boosted
    return render(request, BODY if is_fragment else PAGE, context, status=status)


def _preview(request: HtmxRequest, form: RuleForm) -> tuple[RulePreview | None, list[Transaction]]:
    values: dict[str, Any] = {}
    if form.is_bound:
        if not form.is_valid():
            return None, []
        values = form.content
    else:
        tried = _form(request, {name: str(value) for name, value in form.initial.items()})
        if not tried.is_valid():
            return None, []
        values = tried.content
    try:
        preview = operations.preview_rule(request.book, AmountRule(book=request.book, **values))
    except BudgetError as error:
        form.add_error(None, str(error)) if form.is_bound else None
        return None, []
    return preview, touched_rows(request.book, preview.shown[:SHOWN])


def _proposed(request: HtmxRequest) -> dict[str, str]:
    """The text and category of a rule that the row at hand would fall under."""
    txn = Transaction.objects.of(request.book).filter(pk=number(request.GET.get("txn"))).first()
    if txn is None:
        return {}
    category = number(request.GET.get("category"))
    return {"pattern": pattern_of(txn)} | ({"category": str(category)} if category else {})


def pattern_of(txn: Transaction) -> str:
    """The merchant as the bank prints it, so that the rule finds this row again."""
    texts = [fold(txn.payee), fold(txn.description)]
    merchant = merchant_of(txn.payee, txn.description)
    if merchant and any(matcher(merchant)(text) for text in texts):
        return merchant[:LONGEST]
    words = merchant.split()
    for word in words[:1]:
        if len(word) > 3 and any(matcher(word)(text) for text in texts):
            return word
    return txn.title[:LONGEST]
