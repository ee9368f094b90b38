"""What comes again: the list, the calendar, one series with its rows, and what one may do with it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from budget.dates import spell_date
from budget.errors import BudgetError
from budget.history import AlreadyDone, ChangedMeanwhile
from budget.history.answers import ALREADY, say
from budget.http import HtmxRequest, idempotent_request, require_writer
from budget.ledger.directory import directory
from budget.ledger.models import Account, Category, today
from budget.ledger.views.answers import done_before, refused
from budget.money import format_in_book
from budget.months import LAST_YEAR, Month, NotAMonth
from budget.recurring import operations, searching, showing
from budget.recurring.forms import SeriesForm
from budget.recurring.models import RecurringSeries, SeriesSearch, State
from budget.recurring.queries import (
    fixed_costs,
    paid_in,
    paid_rows,
    price_history,
    series_of,
    settled_of,
    standings,
)
from budget.reports.links import month_switch

LIST = "recurring:series-list"
SUGGESTED_AT_ONCE = 50
ROWS = 200
LARGEST_ID = 2**63 - 1


@require_GET
def series_list(request: HtmxRequest) -> HttpResponse:
    """The series of the book by next date, or the calendar of a month (`view=calendar`)."""
    if request.GET.get("view") == "calendar":
        return _calendar(request)
    book, now = request.book, today()
    found = standings(book, now, series_of(book))
    confirmed = [each for each in found if each.series.state == State.CONFIRMED]
    suggested = sorted(
        (each for each in found if each.series.state == State.SUGGESTED),
        key=lambda each: (not each.series.is_sure, -abs(each.yearly), each.series.pk),
    )
    others = [each for each in found if each.series.state in (State.PAUSED, State.ENDED, State.DISMISSED)]
    month = Month.of(now).next
    context = {
        "lines": [showing.line(each, book.currency) for each in confirmed],
        "suggested": [showing.line(each, book.currency) for each in suggested[:SUGGESTED_AT_ONCE]],
        "more": max(len(suggested) - SUGGESTED_AT_ONCE, 0),
        "sure": sum(each.series.is_sure for each in suggested),
        "others": [showing.line(each, book.currency) for each in others],
        "figures": showing.figures(confirmed, fixed_costs(book, month, confirmed, now), book.currency),
        "searched": SeriesSearch.objects.filter(book=book).first(),
    }
    return render(request, "recurring/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def series_create(request: HtmxRequest) -> HttpResponse:
    """Enter a series by hand."""
    require_writer(request)
    names = directory(request.book)
    given = {name: request.GET[name][:100] for name in ("name", "amount", "account", "category") if name in request.GET}
    form = SeriesForm(request.POST if request.method == "POST" else None, names=names, initial=given)
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form)
    book, since = request.book, request.book.version
    try:
        series = operations.add_series(
            book=book, by=request.user, content=_said(request, form), request=idempotent_request(request)
        )
    except AlreadyDone:
        say(request, ALREADY)
        return redirect(LIST)
    except BudgetError as error:
        form.add_error(None, str(error))
        return _form_page(request, form)
    say(request, f"Added {series}.", since)
    return redirect("recurring:series-detail", series.pk)


@require_GET
def series_detail(request: HtmxRequest, pk: int) -> HttpResponse:
    """One series: how it stands, its rows, its prices."""
    series, book = _series(request, pk), request.book
    standing = standings(book, today(), [series])[0]
    rows = paid_rows(series, ROWS)
    prices = [] if series.varies else price_history(rows[::-1])
    context = {
        "series": series,
        "standing": standing,
        "line": showing.line(standing, book.currency),
        "state": State(series.state),
        "rows": [
            (row, format_in_book(row.amount, standing.currency, own=book.currency, sign="income")) for row in rows
        ],
        "prices": showing.price_lines(prices[::-1], standing) if len(prices) > 1 else [],
        "settled": settled_of(series),
        "missed": standing.missed,
    }
    return render(request, "recurring/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def series_change(request: HtmxRequest, pk: int) -> HttpResponse:
    """Change what is said of a series."""
    require_writer(request)
    series, since = _series(request, pk), request.book.version
    amount = standings(request.book, today(), [series])[0].amount
    names = directory(request.book)
    initial = SeriesForm.initial_of(series, amount)
    form = SeriesForm(request.POST if request.method == "POST" else None, names=names, series=series, initial=initial)
    if request.method != "POST" or not form.is_valid():
        return _form_page(request, form)
    try:
        operations.change_series(
            series,
            by=request.user,
            content=_said(request, form),
            seen=form.cleaned_data["seen"],
            request=idempotent_request(request),
        )
    except AlreadyDone:
        say(request, ALREADY)
    except ChangedMeanwhile as theirs:
        form.seeing(series.version)
        form.add_error(None, str(theirs))
        return _form_page(request, form)
    except BudgetError as error:
        form.add_error(None, str(error))
        return _form_page(request, form)
    else:
        say(request, f"Saved {series}.", since)
    return redirect("recurring:series-detail", pk)


@require_POST
def series_state(request: HtmxRequest, pk: int) -> HttpResponse:
    """Confirm, dismiss, pause, resume or end a series (`state`)."""
    require_writer(request)
    if done_before(request):
        return _done_already(request)
    wanted = request.POST.get("state", "")
    if wanted not in State.values:
        return refused(request, "Choose what becomes of it.")
    series, since = _series(request, pk), request.book.version
    try:
        made = operations.set_state(series, by=request.user, state=State(wanted), request=idempotent_request(request))
    except AlreadyDone:
        return _done_already(request)
    except BudgetError as error:
        return refused(request, error)
    say(request, f"{made.summary}." if made else "Nothing changed.", since)
    return _back(request, series)


@require_POST
def series_confirm(request: HtmxRequest) -> HttpResponse:
    """Confirm every suggestion that is sure."""
    require_writer(request)
    if done_before(request):
        return _done_already(request)
    since = request.book.version
    try:
        made = operations.confirm_sure(book=request.book, by=request.user, request=idempotent_request(request))
    except AlreadyDone:
        return _done_already(request)
    except BudgetError as error:
        return refused(request, error)
    say(request, f"{made.summary}." if made else "Nothing is left to confirm.", since)
    return redirect(LIST)


@require_POST
def series_skip(request: HtmxRequest, pk: int) -> HttpResponse:
    """Expect nothing on one due date (`due`)."""
    require_writer(request)
    if done_before(request):
        return _done_already(request)
    series, since = _series(request, pk), request.book.version
    try:
        day = date.fromisoformat(request.POST.get("due", ""))
    except ValueError:
        return refused(request, "Choose one of its dates.")
    try:
        operations.skip(series, by=request.user, due=day, request=idempotent_request(request))
    except AlreadyDone:
        return _done_already(request)
    except BudgetError as error:
        return refused(request, error)
    say(request, f"Skipped {series} of {spell_date(day, today())}.", since)
    return _back(request, series)


@require_POST
def series_delete(request: HtmxRequest, pk: int) -> HttpResponse:
    """Delete a series; its transactions stay."""
    require_writer(request)
    if done_before(request):
        return _done_already(request)
    series, since = _series(request, pk), request.book.version
    try:
        operations.delete_series(series, by=request.user, request=idempotent_request(request))
    except AlreadyDone:
        return _done_already(request)
    except BudgetError as error:
        return refused(request, error)
    say(request, f"Deleted {series}. Its transactions stay.", since)
    return redirect(LIST)


@require_POST
def series_search(request: HtmxRequest) -> HttpResponse:
    """Look through the history for what comes again; a very large book is left to the next scheduled run."""
    require_writer(request)
    if done_before(request):
        return _done_already(request)
    since = request.book.version
    if searching.is_large(request.book):
        searching.ask_for_search(request.book)
        say(request, "This book is large. The next scheduled run looks through it.")
        return redirect(LIST)
    try:
        count = searching.search(request.book, request.user, request=idempotent_request(request))
    except AlreadyDone:
        return _done_already(request)
    except BudgetError as error:
        return refused(request, error)
    say(request, f"Found {count} new." if count else "Nothing new comes again.", since)
    return redirect(LIST)


def _calendar(request: HtmxRequest) -> HttpResponse:
    book, now = request.book, today()
    try:
        month = Month.parse(request.GET.get("month", "") or str(Month.of(now)))
    except NotAMonth:
        month = Month.of(now)
    last = Month.of(now) + 120
    if not Month.of(now) - 600 <= month <= min(last, Month(LAST_YEAR, 11)):
        month = Month.of(now)
    found = standings(book, now)
    weeks = showing.calendar(month, now, found, paid_in(book, month), book.currency)
    address = reverse(LIST) + "?view=calendar&month={}"
    context = {
        "month": month,
        "weeks": weeks,
        "is_empty": not any(day.items for week in weeks for day in week if day.in_month),
    } | month_switch(address.format(month.previous), address.format(month.next), month)
    return render(request, "recurring/calendar.html", context)


def _series(request: HtmxRequest, pk: int) -> RecurringSeries:
    rows = RecurringSeries.objects.of(request.book).select_related("account", "category")
    series = get_object_or_404(rows, pk=min(pk, LARGEST_ID))
    series.book = request.book
    return series


def _said(request: HtmxRequest, form: SeriesForm) -> operations.Content:
    cleaned = form.cleaned_data
    accounts = Account.objects.of(request.book).in_bulk([cleaned["account"]])
    categories = Category.objects.of(request.book).in_bulk([cleaned["category"]] if cleaned["category"] else [])
    return form.said(accounts, categories)


def _back(request: HtmxRequest, series: RecurringSeries) -> HttpResponse:
    """To the page that the button was on: the list, unless it says otherwise."""
    if request.POST.get("at") == "detail":
        return redirect("recurring:series-detail", series.pk)
    return redirect(LIST)


def _done_already(request: HtmxRequest) -> HttpResponse:
    say(request, ALREADY)
    return redirect(LIST)


def _form_page(request: HtmxRequest, form: SeriesForm) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "series": form.series}
    return render(request, "recurring/form.html", context, status=422 if form.errors else 200)
