"""The categories of a book: a tree that is changed in place."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from budget.errors import BudgetError
from budget.history import AlreadyDone, ChangedMeanwhile
from budget.history.answers import ALREADY, say
from budget.http import HtmxRequest, idempotent_request, require_writer
from budget.ledger import operations, tree
from budget.ledger.errors import NameTaken, TooDeep
from budget.ledger.forms.categories import CategoryForm, MergeForm
from budget.ledger.models import Category
from budget.ledger.views.answers import done_before, refused

LIST = "ledger:category-list"
ITEM = "ledger/category_form.html#item"


@require_GET
def category_list(request: HtmxRequest) -> HttpResponse:
    """All categories of the book."""
    return render(request, "ledger/category_list.html", {"branches": tree.tree(request.book)})


@require_http_methods(["GET", "HEAD", "POST"])
def category_create(request: HtmxRequest) -> HttpResponse:
    """Add a category; `?parent=` says where."""
    require_writer(request)
    since, parents = request.book.version, tree.parents(request.book)
    above = next((p for p in parents if str(p.pk) == request.GET.get("parent")), None)
    initial: dict[str, Any] = {"color": above.color if above else "#0E5E73", "icon": above.icon if above else "tag"}
    initial |= {"parent": above.pk if above else "", "is_income": bool(above and above.is_income)}
    form = CategoryForm(request.POST or None, parents=parents, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form)
    try:
        asked = idempotent_request(request)
        made = operations.add_category(book=request.book, by=request.user, request=asked, **form.content)
    except AlreadyDone:
        say(request, ALREADY)
    except BudgetError as error:
        return _refused(request, form, error)
    else:
        say(request, f"Added {made}.", since)
    return redirect(LIST)


@require_http_methods(["GET", "HEAD", "POST"])
def category_change(request: HtmxRequest, pk: int) -> HttpResponse:
    """Change a category, in its place in the tree or on a page of its own."""
    require_writer(request)
    category, since = _category(request, pk), request.book.version
    initial = CategoryForm.initial_of(category)
    parents = tree.parents(request.book)
    form = CategoryForm(request.POST or None, parents=parents, category=category, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form)
    seen, asked = form.cleaned_data["seen"], idempotent_request(request)
    try:
        operations.change_category(category, by=request.user, seen=seen, request=asked, **form.content)
    except AlreadyDone:
        say(request, ALREADY)
    except ChangedMeanwhile as theirs:
        form.seeing(category.version)
        return _refused(request, form, theirs, theirs=category)
    except BudgetError as error:
        return _refused(request, form, error)
    else:
        say(request, f"Saved {category}.", since)
    return redirect(LIST)


@require_POST
def category_archive(request: HtmxRequest, pk: int) -> HttpResponse:
    """Take a category out of use, or back into it (`restore`); its rows keep it."""
    require_writer(request)
    category, since = _category(request, pk), request.book.version
    restore = "restore" in request.POST
    try:
        operations.change_category(category, by=request.user, is_archived=not restore)
    except BudgetError as error:
        return refused(request, error)
    say(request, f"{'Restored' if restore else 'Archived'} {category}.", since)
    return redirect(LIST)


@require_POST
def category_delete(request: HtmxRequest, pk: int) -> HttpResponse:
    """Delete a category that nothing uses; what uses it is said."""
    require_writer(request)
    if done_before(request):
        return _done_already(request)
    category, since = _category(request, pk), request.book.version
    try:
        operations.delete_category(category, by=request.user, request=idempotent_request(request))
    except AlreadyDone:
        say(request, ALREADY)
    except BudgetError as error:
        initial = CategoryForm.initial_of(category)
        form = CategoryForm(parents=tree.parents(request.book), category=category, initial=initial)
        return _page(request, form, refusal=str(error))
    else:
        say(request, f"Deleted {category}.", since)
    return redirect(LIST)


@require_http_methods(["GET", "HEAD", "POST"])
def category_merge(request: HtmxRequest, pk: int) -> HttpResponse:
    """Move a category's transactions to another one and delete it."""
    require_writer(request)
    if request.method == "POST" and done_before(request):
        return _done_already(request)
    category, since = _category(request, pk), request.book.version
    others = Category.objects.of(request.book).exclude(pk=pk).filter(is_income=category.is_income)
    targets = others.select_related("parent").order_by("parent__position", "position", "name")
    form = MergeForm(request.POST or None, targets=targets)
    if request.method == "POST" and form.is_valid():
        target, asked = form.cleaned_data["target"], idempotent_request(request)
        try:
            moved = operations.merge_categories(source=category, target=target, by=request.user, request=asked)
        except AlreadyDone:
            return _done_already(request)
        except BudgetError as error:
            form.add_error(None, str(error))
        else:
            rows = f"{moved:,} transaction" if moved == 1 else f"{moved:,} transactions"
            say(request, f"Merged {category} into {target}: {rows} moved.", since)
            return redirect(LIST)
    context = {"form": form, "category": category, "count": tree.transaction_count(category)}
    return render(request, "ledger/category_merge.html", context, status=422 if form.errors else 200)


def _done_already(request: HtmxRequest) -> HttpResponse:
    say(request, ALREADY)
    return redirect(LIST)


def _category(request: HtmxRequest, pk: int) -> Category:
    category = get_object_or_404(Category.objects.of(request.book).select_related("parent"), pk=pk)
    category.book = request.book
    return category


def _refused(
    request: HtmxRequest, form: CategoryForm, error: BudgetError, theirs: Category | None = None
) -> HttpResponse:
    field = {NameTaken: "name", TooDeep: "parent"}.get(type(error))
    form.add_error(field, str(error))
    return _page(request, form, theirs=theirs)


def _page(
    request: HtmxRequest, form: CategoryForm, *, refusal: str = "", theirs: Category | None = None
) -> HttpResponse:
    """The form: in the tree where it was opened there, else as a page."""
    status = 422 if form.errors or refusal else 200
    context = {"form": form, "category": form.category, "refusal": refusal, "theirs": theirs}
    is_fragment = request.htmx and not (request.htmx.boosted or request.htmx.history_restore_request)
    in_place = form.category is not None and is_fragment
    if not in_place or form.category is None:
        return render(request, "ledger/category_form.html", context, status=status)
    item = f"#category-{form.category.pk}"
    answer = render(request, ITEM, context | {"in_place": True}, status=status)
    for name, value in {"HX-Retarget": item, "HX-Reswap": "outerHTML", "HX-Reselect": item}.items():
        answer.headers[name] = value
    return answer
