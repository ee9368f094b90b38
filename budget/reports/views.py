"""The overview and the reports: they read and never write."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from budget.dates import spell_date, today
from budget.envelopes.facts import Facts, earlier, month_facts
from budget.http import HtmxRequest
from budget.ledger.directory import in_sidebar
from budget.money import format_amount
from budget.months import Month, NotAMonth, address
from budget.recount.showing import url_of
from budget.reports import links
from budget.reports.accounts import Balances, balances
from budget.reports.dashboard import Dashboard, dashboard
from budget.reports.drawing import (
    figures_html,
    income_html,
    largest_html,
    needs_html,
    newest_html,
    other_lines_html,
    others_html,
    rank_html,
    report_html,
    total_html,
)
from budget.reports.groups import NEWEST, category_groups
from budget.reports.hero import hero
from budget.reports.monthly import MonthReport, month_report
from budget.reports.needs import needs
from budget.reports.queries import largest
from budget.reports.showing import other_rows, rank_rows, report_rows, txn_rows
from budget.reports.standing import pace_picture, worth_picture, year_picture
from budget.reports.wording import figure_rows, how_many, sentence

LARGEST_ROWS = 5
TOP, MOST = 10, 100


@require_safe
def overview(request: HtmxRequest) -> HttpResponse:
    """Where one stands in a month: what is left, four figures, and where it went."""
    now = today()
    try:
        asked = Month.parse(request.GET["month"]) if request.GET.get("month") else Month.of(now)
    except NotAMonth as error:
        return _no_month(request, error)
    book, with_parts = request.book, request.GET.get("parts") == "1"
    facts = month_facts(book, asked)
    report = month_report(facts, asked)
    shown = _shown(report, facts, is_now=now in asked)
    held = Balances(book, facts.accounts, facts.waiting)
    read = dashboard(book, facts, shown=shown.month, until=asked)
    rows = read.newest
    return render(
        request,
        "reports/overview.html",
        {
            **_pictures(read, shown, held, now),
            "needs": needs_html(needs(read, facts)),
            **links.month_switch(
                _overview_of(earlier(asked), with_parts), _overview_of(links.later(asked), with_parts), asked
            ),
            "month": asked,
            "shown": shown.month,
            "is_now": now in asked,
            "day": now.day,
            "has_rows": bool(rows),
            "last_month": Month.of(rows[0].date) if rows else None,
            "hero": hero(report, now),
            "figures": figures_html(figure_rows(shown, held, read)),
            "ranked": rank_html(rank_rows(shown, parts=with_parts), only_views=not request.membership.may_write),
            "income": income_html(report_rows(shown, shown.income, is_income=True)),
            "others": others_html(other_rows(shown)),
            "report": shown,
            "counts": how_many(shown),
            "spent_text": format_amount(shown.figures.spent, book.currency),
            "newest": newest_html(txn_rows(rows, now), book.currency),
            "with_parts": with_parts,
            "has_parts": any(line.parts for line in shown.spending),
            "parts_url": links.overview_url(asked, parts=not with_parts),
            "month_url": links.month_url(shown.month),
            "rows_url": links.transactions_url(shown.month),
            "spent_url": links.side_url(shown.month, "expense", is_mixed=shown.is_mixed),
            "budgets_url": links.budgets_url(asked),
            **_accounts(held),
        },
    )


@require_safe
def month(request: HtmxRequest, month: str) -> HttpResponse:
    """The printable summary of one month."""
    try:
        asked = Month.parse(month)
    except NotAMonth as error:
        return _no_month(request, error)
    before, after = earlier(asked), links.later(asked)
    book = request.book
    facts = month_facts(book, asked)
    report = month_report(facts, asked)
    now = today()
    return render(
        request,
        "reports/month.html",
        {
            **links.month_switch(
                links.month_url(before) if before else "", links.month_url(after) if after else "", asked
            ),
            "month": asked,
            "before": before,
            "report": report,
            "sentence": sentence(report),
            "spending": report_html(report_rows(report, report.spending)),
            "income": report_html(report_rows(report, report.income, is_income=True), is_income=True),
            "spent_total": total_html(
                report_rows(report, [report.all_spending])[0],
                "" if report.is_mixed else links.transactions_url(asked, type="expense"),
            ),
            "income_total": total_html(
                report_rows(report, [report.all_income], is_income=True)[0],
                "" if report.is_mixed else links.transactions_url(asked, type="income"),
                is_income=True,
            ),
            "others": other_lines_html(other_rows(report)),
            "largest": largest_html(txn_rows(largest(book, LARGEST_ROWS, asked), now), book.currency),
            "made_at": f"{spell_date(now, now)} {now.year}, {timezone.localtime():%H:%M}",
            "top_url": f"{links.page_url('top')}?month={asked}",
            "csv_url": address("reports:month-csv", asked),
            "xlsx_url": address("reports:month-xlsx", asked),
            **_accounts(Balances(book, facts.accounts, facts.waiting)),
            **links.sections("month", asked),
        },
    )


@require_safe
def top(request: HtmxRequest) -> HttpResponse:
    """The largest expenses, of one month or of all."""
    try:
        asked = Month.parse(request.GET["month"]) if request.GET.get("month") else None
    except NotAMonth as error:
        return _no_month(request, error)
    typed = request.GET.get("limit", str(TOP)).strip()
    limit = int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= 3 else 0
    is_wrong = not 1 <= limit <= MOST
    rows = [] if is_wrong else txn_rows(largest(request.book, limit, asked), today())
    return render(
        request,
        "reports/top.html",
        {
            **_around(links.page_url("top"), asked),
            "month": asked,
            "typed": typed[:20],
            "limit": limit,
            "is_wrong": is_wrong,
            "most": MOST,
            "rows": largest_html(rows, request.book.currency),
            **links.sections("top", asked),
        },
        status=422 if is_wrong else 200,
    )


@require_safe
def categories(request: HtmxRequest) -> HttpResponse:
    """Every category with its newest rows, also those without any."""
    try:
        asked = Month.parse(request.GET["month"]) if request.GET.get("month") else None
    except NotAMonth as error:
        return _no_month(request, error)
    held = balances(request.book)
    groups = category_groups(request.book, asked, today(), held.accounts)
    return render(
        request,
        "reports/categories.html",
        {
            **_around(links.page_url("categories"), asked),
            "month": asked,
            "used": [group for group in groups if group.count],
            "unused": [group for group in groups if not group.count],
            "most": NEWEST,
            **_accounts(held),
            **links.sections("categories", asked),
        },
    )


def _accounts(held: Balances) -> dict[str, Any]:
    """The sidebar's accounts, of a page that has read them anyway."""
    return {
        "nav_accounts": in_sidebar(held.accounts),
        "nav_total": format_amount(held.total, held.book.currency),
        "nav_waiting": held.waiting,
    }


def _no_month(request: HtmxRequest, error: NotAMonth) -> HttpResponse:
    return render(request, "reports/no_month.html", {"message": str(error)}, status=404)


def _pictures(read: Dashboard, shown: MonthReport, held: Balances, now: date) -> dict[str, object]:
    """The overview's three pictures; a month that is held back has none of its days."""
    is_held = shown.month in read.held
    return {
        "held_url": url_of(shown.month) if is_held else "",
        "pace": "" if is_held else pace_picture(read, shown, now),
        "year": year_picture(read, shown.currency),
        "worth": worth_picture(read, held),
        "year_title": f"{len(read.months)} months to {shown.month.title}",
    }


def _shown(report: MonthReport, facts: Facts, *, is_now: bool) -> MonthReport:
    """The month asked for; before the first row of the current one, the one before."""
    before = earlier(report.month)
    if not is_now or not report.is_empty or before is None:
        return report
    previous = month_report(facts, before)
    return report if previous.is_empty else previous


def _overview_of(month: Month | None, with_parts: bool) -> str:
    return links.overview_url(month, parts=with_parts) if month else ""


def _around(url: str, month: Month | None) -> dict[str, Any]:
    """The month switch of a page that may also show all months; from there it leads to the current one."""
    if month is None:
        return {"now": Month.of(today()), "all_url": url}
    before, after = earlier(month), links.later(month)
    switch = links.month_switch(f"{url}?month={before}", f"{url}?month={after}", month)
    return {**switch, "now": Month.of(today()), "all_url": url}
