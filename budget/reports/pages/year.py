"""The year in review: what was earned and spent per category, printable, each line with its rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from budget.dates import today
from budget.http import HtmxRequest
from budget.ledger.directory import Directory, directory
from budget.ledger.exporting import Cell, Money
from budget.money import amount_writer
from budget.months import FIRST_YEAR, LAST_YEAR
from budget.reports import links
from budget.reports.drawing import figures_html, largest_html
from budget.reports.flows import ZERO, Flows, flows
from budget.reports.pages import shared
from budget.reports.pages.shared import plus, rows_url
from budget.reports.pages.trend import figures, flows_picture, sentence
from budget.reports.queries import largest_between
from budget.reports.showing import percent, txn_rows
from budget.reports.spans import YEAR_BEFORE, Asked, year_span
from budget.reports.tables import NOTHING, Line, Text, csv_answer, refused, table_html
from budget.reports.trend import trend
from budget.reports.yearly import Year, YearLine, year

LARGEST_ROWS = 5
NO_YEAR = f"There is no such year. Use one from {FIRST_YEAR} to {LAST_YEAR}."
HEADS = ("Side", "Category", "Subcategory", "Count", "Total", "Year before", "Currency")


@require_safe
def year_page(request: HtmxRequest, number: str) -> HttpResponse:
    """One year: income, spending and net, every category with its subcategories, each amount with its rows."""
    asked = _asked(number)
    if asked is None:
        return render(request, "reports/no_month.html", {"message": NO_YEAR}, status=404)
    book, now = request.book, today()
    names = directory(book, balances=True)
    read = flows(book, names, asked)
    found, review = year(read, asked.span, asked.compared), trend(read, asked)
    alone = Asked(asked.path, asked.range, asked.span)
    is_whole = not any(month in read.held for month in asked.span.months)
    shown = asked.span.first.year
    is_over = shown < now.year  # what is left of a year is not compared with a whole one
    return render(
        request,
        "reports/year.html",
        {
            **shared.frame(request, names, "year"),
            "year": shown,
            "found": found,
            "sentence": sentence(review, asked if is_over else alone),
            "proof": shared.proof(read, asked.span.months),
            "previous_url": _address(shown - 1) if shown > FIRST_YEAR else "",
            "previous_label": shown - 1,
            "next_url": _address(shown + 1) if shown < LAST_YEAR else "",
            "next_label": shown + 1,
            "figures": figures_html(figures(review, alone)),
            "picture": flows_picture(review, alone),
            "income": side_table(found, found.income, alone, is_income=True, is_whole=is_whole),
            "spending": side_table(found, found.spending, alone, is_income=False, is_whole=is_whole),
            "net": plus(found.net, found.currency),
            "others": _others(names, book.currency),
            "largest": largest_html(
                txn_rows(largest_between(book, LARGEST_ROWS, asked.span.first, asked.span.last), now), book.currency
            )
            if is_whole
            else "",
            "csv_url": reverse("reports:year-csv", args=[number]),
            "rows_url": f"{reverse('reports:transactions-csv')}?from={shown}-01-01&to={shown}-12-31",
        },
    )


@require_safe
def year_csv(request: HtmxRequest, number: str) -> HttpResponseBase:
    """The year's lines for machines."""
    asked = _asked(number)
    if asked is None:
        answer = refused(request, NO_YEAR)
        answer.status_code = 404
        return answer
    read: Flows = flows(request.book, directory(request.book), asked)
    found = year(read, asked.span, asked.compared)
    return csv_answer(request, f"Year {number}", HEADS, _csv_rows(found), asked.reach, read.held)


def _csv_rows(found: Year) -> Iterator[Sequence[Cell]]:
    for side, lines in (("Income", found.income), ("Spending", found.spending)):
        for line in lines:
            top = str(line.category or "No category")
            for each in line.parts or (line,):
                below = "" if each is line or each.is_rest else str(each.category)
                total, before = Money(each.total, found.currency), Money(each.before, found.currency)
                yield side, top, below, each.count, total, before, found.currency


def _asked(number: str) -> Asked | None:
    if not re.fullmatch("[0-9]{4}", number) or not FIRST_YEAR <= int(number) <= LAST_YEAR:
        return None
    span = year_span(int(number))
    return Asked(_address(int(number)), number, span, YEAR_BEFORE, span.back(12))


def _address(number: int) -> str:
    return reverse("reports:year", args=[str(number)])


def _others(names: Directory, currency: str) -> list[Text]:
    """Accounts in other currencies, which are in none of the sums: each with its own trend."""
    return [
        Text(f"{account.name}, {account.currency}", f"{links.page_url('trend')}?account={account.pk}")
        for account in names.accounts.values()
        if account.currency != currency
    ]


def side_table(
    found: Year, lines: Sequence[YearLine], asked: Asked, *, is_income: bool, is_whole: bool
) -> SafeString | str:
    """One side of the year, subcategories below their parents; nothing where there is nothing."""
    if not lines:
        return ""
    write = amount_writer(found.currency)
    whole = found.earned if is_income else found.spent
    before = sum((line.before for line in lines), ZERO)
    rows = []
    for line in lines:
        rows.append(_row(line, found, asked, 1, is_income=is_income, is_whole=is_whole))
        rows += [_row(part, found, asked, 2, is_income=is_income, is_whole=is_whole) for part in line.parts]
    every = ""
    if is_whole and all(line.is_exact for line in lines) and _is_one_list(lines, is_income=is_income):
        every = rows_url(asked, asked.span, type="income" if is_income else "expense")
    cells = [
        Text(f"{sum(line.count for line in lines):,}"),
        Text(write(whole), every),
        Text(""),
        Text(write(before)),
        Text(plus(whole - before, found.currency)),
    ]
    heads = ["Category", "Count", "Earned" if is_income else "Spent", "Share", str(asked.span.first.year - 1), "Change"]
    return table_html(heads, rows, Line(Text("All"), cells))


def _is_one_list(lines: Sequence[YearLine], *, is_income: bool) -> bool:
    """Rows without a category are among the expenses of every list, so income with some of them has no list."""
    return not is_income or all(line.category is not None for line in lines)


def _row(line: YearLine, found: Year, asked: Asked, level: int, *, is_income: bool, is_whole: bool) -> Line:
    write = amount_writer(found.currency)
    name = str(line.category or "No category") + (", not divided" if line.is_rest else "")
    href = ""
    if is_whole and line.count and line.is_exact and not line.is_rest:
        pk = str(line.category.pk) if line.category else links.NO_CATEGORY
        kind = {"type": "income" if is_income else "expense"} if line.category else {}
        href = rows_url(asked, asked.span, category=pk, **kind)
    cells = [
        Text(f"{line.count:,}"),
        Text(write(line.total), href, "b" if level == 1 else ""),
        Text(percent(line.total, found.earned if is_income else found.spent)),
        Text(write(line.before)),
        Text(plus(line.total - line.before, found.currency)),
    ]
    linked = Text(name) if line.is_rest else shared.category_text(line.category, asked)
    sign = shared.tile(line.category) if level == 1 else NOTHING
    return Line(linked, cells, sign, level)
