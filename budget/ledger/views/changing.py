"""Changing one transaction, in place or on its page, its category in one press, and deleting it."""

from __future__ import annotations

from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_POST

from budget import history
from budget.envelopes.queries import plan
from budget.errors import BudgetError
from budget.history import Change
from budget.http import HtmxRequest, idempotent_request, new_request_key
from budget.ledger import habits, operations, story, sums
from budget.ledger.conflicts import Conflict, conflict_of
from budget.ledger.days import day_total
from budget.ledger.directory import CategoryName, Directory, directory
from budget.ledger.filters import NEWEST_FIRST
from budget.ledger.forms.transactions import TransactionForm
from budget.ledger.models import Transaction, TransactionQuerySet
from budget.ledger.rows import Row, one_row
from budget.ledger.rows_html import row_html
from budget.ledger.search import NO_CATEGORY
from budget.ledger.views import deleting
from budget.ledger.views.answers import (
    LISTS,
    answer_list,
    answer_plain,
    category_of,
    change_of,
    done_before,
    list_search,
    refused,
    undo_url,
    where_from,
    writers_only,
)
from budget.ledger.why import why
from budget.money import format_amount
from budget.months import Month
from budget.statements.warning import before_changing

PAGE = "ledger/transaction_page.html"
FORM = "ledger/_transaction_edit.html"
MENU = "ledger/_transaction_categories.html"
LIKELY = 5


def _found(request: HtmxRequest, pk: int) -> Transaction:
    rows = Transaction.objects.of(request.book).select_related("account", "category", "book", "predicted_category")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def transaction_change(request: HtmxRequest, pk: int) -> HttpResponse:
    """One transaction: its form in the row or on a page of its own; a POST changes it."""
    txn = _found(request, pk)
    names = directory(request.book)
    if request.method == "POST":
        return _change(request, txn, names)
    if request.htmx and not request.htmx.boosted:
        if request.GET.get("field") == "category":
            return render(request, MENU, _menu(request, txn, names))
        if request.GET.get("show") == "row":
            return HttpResponse(_drawn(request, one_row(request.book, names, pk)))
        if request.htmx.target == f"txn-{pk}":
            return _form_row(request, txn, TransactionForm.of(txn, names))
    return _page(request, txn, names, TransactionForm.of(txn, names))


@writers_only
def _change(request: HtmxRequest, txn: Transaction, names: Directory) -> HttpResponse:
    form = TransactionForm(request.POST, names=names, txn=txn, auto_id=f"id_{txn.pk}_%s")
    day, before = txn.date, txn.version
    if not form.is_valid():
        return _refuse(request, txn, names, form)
    if warned := deleting.warning_of_move(request, txn, form):
        form.add_error(None, warned)
        return _refuse(request, txn, names, form, is_warned=True)
    change: Change | None = None
    told = "Already saved."
    try:
        operations.change_transaction(
            txn, by=request.user, seen=form.cleaned_data["seen"], request=idempotent_request(request), **form.values
        )
    except history.AlreadyDone:
        txn.refresh_from_db()
    except history.ChangedMeanwhile:
        now = _found(request, txn.pk)
        conflict = conflict_of(now, form, names)
        if conflict.differences:
            return _show_conflict(request, now, conflict)
        txn = now
    except BudgetError as error:
        form = form.again() if isinstance(error, history.KeyReused) else form
        form.add_error(None, str(error))
        return _refuse(request, txn, names, form)
    else:
        change = change_of(txn) if txn.version != before else None
        told = f"{change.summary}." if change else "Nothing to change."
    return _answer(request, txn, names, told, change, day)


def _page(
    request: HtmxRequest, txn: Transaction, names: Directory, form: TransactionForm, status: int = 200, **more: object
) -> HttpResponse:
    context: dict[str, object] = {
        "txn": txn,
        "row": one_row(request.book, names, txn.pk),
        "form": form,
        "story": story.story_of(txn),
        "why": why(txn),
        "delete_key": new_request_key(),
        "writes": request.membership.may_write,
        "certified": before_changing(txn) if request.membership.may_write else "",
        **more,
    }
    if request.GET.get("field") == "category" and request.membership.may_write:
        context |= {"menu": _menu(request, txn, names)}
    return render(request, PAGE, context, status=status)


def _refuse(
    request: HtmxRequest, txn: Transaction, names: Directory, form: TransactionForm, **more: object
) -> HttpResponse:
    if request.htmx:
        return _form_row(request, txn, form, status=422, **more)
    return _page(request, txn, names, form, status=422, **more)


def _form_row(
    request: HtmxRequest, txn: Transaction, form: TransactionForm, status: int = 200, **more: object
) -> HttpResponse:
    """The row as a form in its place."""
    context = {"form": form, "txn": txn, "next": where_from(request), **_list_of(request)}
    context |= {"certified": before_changing(txn), "why": why(txn), **more}
    return render(request, FORM, context, status=status)


def _show_conflict(request: HtmxRequest, txn: Transaction, conflict: Conflict) -> HttpResponse:
    """Both versions side by side: one button sends mine again over theirs, the other leaves theirs."""
    context = {"txn": txn, "conflict": conflict, "request_key": new_request_key(), "next": where_from(request)}
    context |= _list_of(request)
    if request.htmx:
        return render(request, "ledger/_transaction_conflict.html", context, status=422)
    return render(request, "ledger/transaction_conflict.html", context, status=422)


def _list_of(request: HtmxRequest) -> dict[str, object]:
    """What drawing a single row needs to know about the list that it is in."""
    address = request.htmx.current_url_abs_path or ""
    by = QueryDict(address.partition("?")[2]).get("sort", NEWEST_FIRST).removeprefix("-")
    by_date = by == "date"
    return {"by_date": by_date, "writes": request.membership.may_write, "columns": 5 if by_date else 6}


def _drawn(request: HtmxRequest, row: Row, *, in_place: bool = False) -> SafeString:
    """A row as its list shows it."""
    of = _list_of(request)
    return row_html(row, writes=bool(of["writes"]), by_date=bool(of["by_date"]), in_place=in_place)


def _answer(
    request: HtmxRequest, txn: Transaction, names: Directory, told: str, change: Change | None, day: object
) -> HttpResponse:
    """The row as it is now with all that depends on it; without HTMX, back to the list."""
    if not request.htmx:
        return answer_plain(request, told, undo_url(change))
    found = list_search(where_from(request), names, request.book.currency)
    if found is None or found.errors:
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    if txn.date != day:
        return answer_list(request, found, names, told, undo_url(change))
    row = one_row(request.book, names, txn.pk)
    if not found.of(request.book, names).filter(pk=txn.pk).exists():
        row.past = "No longer in this list"
    context = {
        "row": row,
        "drawn": _drawn(request, row, in_place=True),
        "totals": sums.totals(request.book, names, found),
        "toast": told,
        "undo_url": undo_url(change),
        "day": day_total(request.book, names, found, txn.date) if found.sort_by == "date" else None,
        **_list_of(request),
    }
    response = render(request, "ledger/_transaction_answer.html", context)
    response["HX-Reswap"] = "none"  # everything finds its place by its id
    return response


# --- The category, in one press ---


def _menu(request: HtmxRequest, txn: Transaction, names: Directory) -> dict[str, object]:
    """The likely categories with what is left in each this month, then all the others."""
    is_income = txn.category.is_income if txn.category else txn.amount < 0
    habit = habits.habit_of(request.book, txn.title)
    first = [habit.category] if habit.category else []
    ranked = names.likely(is_income=is_income, first=first)
    left: dict[int, tuple[str, bool]] = {}
    if not is_income:
        for line in plan(request.book, Month.of(txn.date)):
            if line.is_planned:
                over = line.available < 0
                amount = format_amount(abs(line.available), request.book.currency)
                left[line.category.pk] = (f"{amount} over" if over else amount, over)
    others = [c for c in names.open_categories if c not in ranked[:LIKELY]]
    return {
        "txn": txn,
        "why": why(txn),
        "likely": [(c, *left.get(c.pk, ("", False))) for c in ranked[:LIKELY]],
        "others": [(c, _group(names, c)) for c in others],
        "next": where_from(request) if request.htmx else reverse("ledger:transaction-list"),
    }


def _group(names: Directory, category: CategoryName) -> str:
    return names.categories[category.parent].label if category.parent else ""


@require_POST
@writers_only
def category_choose(request: HtmxRequest, pk: int) -> HttpResponse:
    """File one transaction; pressing the category that it has already confirms a guess."""
    txn = _found(request, pk)
    before = txn.version
    names = directory(request.book)
    typed = request.POST.get("category", "")
    category = category_of(request, typed)
    if category is None and typed != NO_CATEGORY:
        return refused(request, "Category not found. Choose one of this book's categories.")
    try:
        operations.change_transaction(txn, by=request.user, category=category)
    except BudgetError as error:
        return refused(request, error)
    change = change_of(txn) if txn.version != before else None
    told = f"{change.summary}." if change else "Already saved."
    return _answer(request, txn, names, told, change, txn.date)


# --- Deleting ---


@require_POST
@writers_only
def transaction_delete(request: HtmxRequest, pk: int) -> HttpResponse:
    """Delete at once; of a transfer both sides go. Undo brings them back."""
    if done_before(request):
        return _back_to_a_list(request, "Already deleted.", None)
    txn = _found(request, pk)
    names = directory(request.book)
    rows = Transaction.objects.of(request.book).filter(pk=pk)
    if warned := deleting.warning(request, rows | _other_side(request, txn)):
        if not request.htmx:
            return deleting.ask(request, warned)
        context = {"txn": txn, "warned": warned, "request_key": new_request_key(), "next": where_from(request)}
        return render(request, "ledger/_transaction_certified.html", context | _list_of(request))
    try:
        change = operations.delete_transactions(
            book=request.book, by=request.user, rows=rows, request=idempotent_request(request)
        )
    except history.AlreadyDone as done:
        change = done.change
    except BudgetError as error:
        return refused(request, error)
    told = f"{change.summary}." if change else "Already deleted."
    if not request.htmx:
        return _back_to_a_list(request, told, change)
    found = list_search(where_from(request), names, request.book.currency)
    if found is None or found.errors:
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("ledger:transaction-list")})
    totals = sums.totals(request.book, names, found)
    if txn.is_transfer or not totals.count:
        return answer_list(request, found, names, told, undo_url(change))
    by_date = found.sort_by == "date"
    is_last = by_date and not found.of(request.book, names).filter(date=txn.date).exists()
    context = {
        "gone": pk,
        "totals": totals,
        "toast": told,
        "undo_url": undo_url(change),
        "day": day_total(request.book, names, found, txn.date) if by_date and not is_last else None,
        "day_key": txn.date.isoformat() if is_last else "",
    }
    return render(request, "ledger/_transaction_answer.html", context)


def _other_side(request: HtmxRequest, txn: Transaction) -> TransactionQuerySet:
    """The other leg of a transfer, which is deleted along."""
    own = Transaction.objects.of(request.book)
    if not txn.is_transfer:
        return own.none()
    return own.filter(Q(transfer_out__incoming=txn) | Q(transfer_in__outgoing=txn))


def _back_to_a_list(request: HtmxRequest, told: str, change: Change | None) -> HttpResponse:
    """The list that the form was on; the page of a deleted row is no longer there."""
    response = answer_plain(request, told, undo_url(change))
    if response.url.partition("?")[0] not in LISTS:
        response["Location"] = reverse("ledger:transaction-list")
    return response
