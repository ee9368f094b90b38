"""The merchants that a book knows: adding, changing in place, deleting."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from budget.categorization import operations, queries
from budget.categorization.errors import MerchantTaken, NoMerchant
from budget.categorization.forms import MappingForm
from budget.categorization.models import MerchantMapping
from budget.categorization.views.rules import LIST, answer_item, is_in_place
from budget.errors import BudgetError
from budget.history import AlreadyDone, ChangedMeanwhile
from budget.history.answers import ALREADY, say
from budget.http import HtmxRequest, idempotent_request, require_writer
from budget.ledger.views.answers import done_before, refused


@require_http_methods(["GET", "HEAD", "POST"])
def mapping_create(request: HtmxRequest) -> HttpResponse:
    """File a merchant under a category from now on."""
    require_writer(request)
    since = request.book.version
    form = MappingForm(request.POST or None, categories=queries.open_categories(request.book))
    if request.method != "POST" or not form.is_valid():
        return _page(request, form)
    merchant, category = form.cleaned_data["merchant"], form.cleaned_data["category"]
    try:
        made = operations.add_mapping(
            book=request.book,
            by=request.user,
            merchant=merchant,
            category=category,
            request=idempotent_request(request),
        )
    except AlreadyDone:
        say(request, ALREADY)
    except BudgetError as error:
        return _refused(request, form, error)
    else:
        say(request, f"Added {made}.", since)
    return redirect(LIST)


@require_http_methods(["GET", "HEAD", "POST"])
def mapping_change(request: HtmxRequest, pk: int) -> HttpResponse:
    """Change a merchant, in its place in the list or on a page of its own."""
    require_writer(request)
    mapping, since = _mapping(request, pk), request.book.version
    form = MappingForm(
        request.POST or None,
        row=mapping,
        categories=queries.open_categories(request.book),
        initial=MappingForm.initial_of(mapping),
    )
    if request.method != "POST" or not form.is_valid():
        return _page(request, form)
    content = {name: form.cleaned_data[name] for name in ("merchant", "category", "is_active")}
    try:
        operations.change_mapping(
            mapping,
            by=request.user,
            seen=form.cleaned_data["seen"],
            request=idempotent_request(request),
            **content,
        )
    except AlreadyDone:
        say(request, ALREADY)
    except ChangedMeanwhile as theirs:
        form.seeing(mapping.version)
        return _refused(request, form, theirs)
    except BudgetError as error:
        return _refused(request, form, error)
    else:
        say(request, f"Saved {mapping}.", since)
    return redirect(LIST)


@require_POST
def mapping_delete(request: HtmxRequest, pk: int) -> HttpResponse:
    """Forget a merchant; what was filed by it stays."""
    require_writer(request)
    if done_before(request):
        say(request, ALREADY)
        return redirect(LIST)
    mapping, since = _mapping(request, pk), request.book.version
    try:
        operations.delete_mapping(mapping, by=request.user, request=idempotent_request(request))
    except AlreadyDone:
        say(request, ALREADY)
    except BudgetError as error:
        return refused(request, error)
    else:
        say(request, f"Deleted {mapping}.", since)
    return redirect(LIST)


def _mapping(request: HtmxRequest, pk: int) -> MerchantMapping:
    mapping = get_object_or_404(MerchantMapping.objects.of(request.book).select_related("category"), pk=pk)
    mapping.book = request.book
    return mapping


def _refused(request: HtmxRequest, form: MappingForm, error: BudgetError) -> HttpResponse:
    form.add_error("merchant" if isinstance(error, (MerchantTaken, NoMerchant)) else None, str(error))
    return _page(request, form)


def _page(request: HtmxRequest, form: MappingForm) -> HttpResponse:
    """The form: in the list where it was opened there, else as a page."""
    status = 422 if form.errors else 200
    context: dict[str, Any] = {"form": form, "mapping": form.row}
    if form.row is not None and is_in_place(request):
        return answer_item(request, "categorization/mapping_form.html", f"#merchant-{form.row.pk}", context, status)
    return render(request, "categorization/mapping_form.html", context, status=status)
