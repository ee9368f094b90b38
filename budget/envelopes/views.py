"""The budgets page, its budgets, and moving plan between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from budget.envelopes import operations
from budget.envelopes.answers import (
    after_write,
    around,
    cover_list,
    is_fragment,
    month_page,
    move_page,
    refused_cell,
)
from budget.envelopes.board import Mistake
from budget.envelopes.details import allocation_rows, previous_line, suggestions
from budget.envelopes.forms import BUDGET, MoveForm, RolloverForm, read_changed_budgets
from budget.envelopes.queries import plan, plan_line
from budget.errors import BudgetError
from budget.history import AlreadyDone, Change
from budget.http import HtmxRequest, idempotent_request, new_request_key, require_writer
from budget.ledger.models import Category, today
from budget.ledger.operations import change_category
from budget.money import format_amount, read_sum
from budget.months import FIRST_YEAR, Month

ALREADY = "Already saved."
NOTHING_CHANGED = "Nothing changed."
ONE_YEAR = 11
MOVES_PER_PAGE = 100
LARGEST_ID = 2**63 - 1


@require_GET
def budget_current(request: HtmxRequest) -> HttpResponse:
    """Lead to this month's budgets."""
    return redirect("envelopes:budget-month", Month.of(today()))


@require_http_methods(["GET", "HEAD", "POST"])
def budget_month(request: HtmxRequest, month: Month) -> HttpResponse:
    """The month's plan; as a form, without scripts, it saves every budget that was changed, in one change."""
    if request.method != "POST":
        return month_page(request, month)
    require_writer(request)
    currency = request.book.currency
    amounts, mistakes = read_changed_budgets(request.POST, request.POST.get("seen", ""), currency)
    problem = ""
    if not mistakes:
        try:
            made = operations.set_budgets(
                book=request.book, by=request.user, month=month, amounts=amounts, request=idempotent_request(request)
            )
        except AlreadyDone as done:
            return after_write(request, month, ALREADY, done.change.number)
        except BudgetError as error:
            problem = str(error)
        else:
            return _saved(request, month, made)
    if problem:
        mistakes = {pk: Mistake(request.POST[f"{BUDGET}{pk}"], problem) for pk in amounts}
    return month_page(request, month, mistakes=mistakes, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
def envelope_detail(request: HtmxRequest, month: Month, pk: int) -> HttpResponse:
    """One category's month with all its allocations; a POST gives it a new budget."""
    category = _plannable(request, pk)
    if request.method == "POST":
        require_writer(request)
        return _set_budget(request, month, category)
    if is_fragment(request):
        menu = render(request, "envelopes/_menu.html", _menu(request, month, category))
        menu.headers["HX-Trigger-After-Swap"] = "app:show"
        return menu
    return _detail_page(request, month, category)


@require_POST
def envelope_rollover(request: HtmxRequest, month: Month, pk: int) -> HttpResponse:
    """Say what the category's months carry over."""
    require_writer(request)
    category = _plannable(request, pk)
    form = RolloverForm(request.POST)
    if not form.is_valid():
        return _detail_page(request, month, category, rollover=form, status=422)
    before = Change.objects.filter(book=request.book).latest("number").number
    try:
        change_category(
            category, by=request.user, request=idempotent_request(request), rollover=form.cleaned_data["rollover"]
        )
    except AlreadyDone:
        messages.info(request, ALREADY)
    except BudgetError as error:
        form.add_error(None, str(error))
        return _detail_page(request, month, category, rollover=form, status=422)
    else:
        number = request.book.version
        undo = reverse("history:undo", args=[number]) if category.version == number and number > before else ""
        messages.info(request, f"{category} now carries over: {category.get_rollover_display().lower()}.", undo)
    return redirect("envelopes:envelope-detail", month, pk)


@require_POST
def budget_copy(request: HtmxRequest, month: Month) -> HttpResponse:
    """Begin the month with last month's budgets."""
    return _begin(request, month, operations.copy_month)


@require_POST
def budget_start(request: HtmxRequest, month: Month) -> HttpResponse:
    """Begin the month with what was spent in the last one."""
    return _begin(request, month, operations.plan_from_spending)


@require_http_methods(["GET", "HEAD", "POST"])
def budget_move(request: HtmxRequest, month: Month) -> HttpResponse:
    """Move plan from one category to another; without scripts a page of its own."""
    if request.method == "POST":
        require_writer(request)
        return _move(request, month)
    if is_fragment(request) and (target := request.GET.get("to", "")):
        return cover_list(request, month, target)
    return move_page(request, month)


@require_GET
def move_list(request: HtmxRequest) -> HttpResponse:
    """Every move there was, newest first, also those that were undone."""
    made = Change.objects.filter(book=request.book, kind="envelope.transfer").order_by("-number")
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        made = made.filter(number__lt=int(before))
    moves = list(made.select_related("undone_by")[: MOVES_PER_PAGE + 1])
    older = f"?before={moves[MOVES_PER_PAGE - 1].number}" if len(moves) > MOVES_PER_PAGE else ""
    context = {"moves": moves[:MOVES_PER_PAGE], "older_url": older, "newer_url": "?" if before else ""}
    return render(request, "envelopes/moves.html", context | {"current": Month.of(today())})


@require_GET
def allocation_list(request: HtmxRequest, month: Month) -> HttpResponse:
    """Every allocation of the month: what its budgets are made of."""
    rows = allocation_rows(request.book, month)
    total = sum((row.amount for row in rows), operations.ZERO)
    return render(request, "envelopes/allocations.html", around(month) | {"rows": rows, "total": total})


def _plannable(request: HtmxRequest, pk: int) -> Category:
    found = Category.objects.of(request.book).filter(is_income=False).select_related("parent")
    return get_object_or_404(found, pk=min(pk, LARGEST_ID))


def _set_budget(request: HtmxRequest, month: Month, category: Category) -> HttpResponse:
    book = request.book
    typed = request.POST.get(f"{BUDGET}{category.pk}", "")
    later = ONE_YEAR if request.POST.get("later") else 0
    was_hidden = plan_line(book, category, month).is_quiet
    try:
        made = operations.set_budget(
            book=book,
            by=request.user,
            category=category,
            month=month,
            amount=read_sum(typed, currency=book.currency),
            later=later,
            request=idempotent_request(request),
        )
    except AlreadyDone as done:
        return after_write(request, month, ALREADY, done.change.number, [category.pk])
    except BudgetError as error:
        mistake = Mistake(typed, str(error))
        if is_fragment(request):
            return refused_cell(request, month, category.pk, mistake)
        return _detail_page(request, month, category, mistake=mistake, status=422)
    return _saved(request, month, made, [category.pk], was_hidden=was_hidden)


def _saved(
    request: HtmxRequest,
    month: Month,
    made: Change | None,
    touched: list[int] | None = None,
    *,
    was_hidden: bool = False,
) -> HttpResponse:
    if made is None:
        return after_write(request, month, NOTHING_CHANGED, None, touched)
    return after_write(request, month, f"{made.summary}.", made.number, touched, was_hidden=was_hidden)


def _begin(request: HtmxRequest, month: Month, operation: Callable[..., Change | None]) -> HttpResponse:
    require_writer(request)
    if (month.year, month.month) == (FIRST_YEAR, 1):
        return after_write(request, month, f"There is no month before {month.title}.", None)
    try:
        made = operation(
            book=request.book,
            by=request.user,
            source=month.previous,
            target=month,
            request=idempotent_request(request),
        )
    except AlreadyDone as done:
        return after_write(request, month, ALREADY, done.change.number)
    except BudgetError as error:
        messages.error(request, str(error))
        return month_page(request, month, status=422)
    return _saved(request, month, made)


def _move(request: HtmxRequest, month: Month) -> HttpResponse:
    book = request.book
    lines = plan(book, month)
    form = MoveForm(request.POST, plans=lines, currency=book.currency)
    if not form.is_valid():
        return move_page(request, month, form, status=422)
    categories = (
        Category.objects.of(book).select_related("parent").in_bulk([form.cleaned_data["from"], form.cleaned_data["to"]])
    )
    source, target = categories[form.cleaned_data["from"]], categories[form.cleaned_data["to"]]
    touched = [source.pk, target.pk]
    try:
        made = operations.transfer(
            book=book,
            by=request.user,
            source=source,
            target=target,
            month=month,
            amount=form.cleaned_data["amount"],
            request=idempotent_request(request),
        )
    except AlreadyDone as done:
        return after_write(request, month, ALREADY, done.change.number, touched)
    except BudgetError as error:
        form.add_error(None, str(error))
        return move_page(request, month, form, status=422)
    was_hidden = any(line.is_quiet for line in lines if line.category.pk in touched)
    shown = format_amount(form.cleaned_data["amount"], book.currency)
    text = f"Moved {shown} from {source} to {target}."
    return after_write(request, month, text, made.version, touched, was_hidden=was_hidden)


def _menu(request: HtmxRequest, month: Month, category: Category) -> dict[str, Any]:
    return around(month) | {
        "category": category,
        "line": plan_line(request.book, category, month),
        "suggestions": suggestions(request.book, category, month),
        "field": f"{BUDGET}{category.pk}",
        "later": ONE_YEAR,
        "request_key": new_request_key(),
        "later_key": new_request_key(),
    }


def _detail_page(
    request: HtmxRequest,
    month: Month,
    category: Category,
    *,
    mistake: Mistake | None = None,
    rollover: RolloverForm | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _menu(request, month, category) | {
        "rows": allocation_rows(request.book, month, category),
        "before": previous_line(request.book, category, month),
        "mistake": mistake,
        "rollover": rollover or RolloverForm(initial={"rollover": category.rollover}),
        "rollover_key": new_request_key(),
    }
    return render(request, "envelopes/envelope.html", context, status=status)
