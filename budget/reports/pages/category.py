"""A category: its months, what is below it, its payees and its newest rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from budget.dates import spell_date, today
from budget.envelopes.facts import Tally
from budget.http import HtmxRequest
from budget.ledger.directory import Directory, directory
from budget.ledger.exporting import Cell, Money
from budget.money import amount_writer, format_amount
from budget.months import Month
from budget.reports import charts, links
from budget.reports.categories import Part, Subject, find, months_of, newest_of, parts_of
from budget.reports.charts import Series, Stop, line_chart, rank_chart
from budget.reports.drawing import newest_html
from budget.reports.flows import Flows, flows, summed
from budget.reports.pages import shared
from budget.reports.pages.shared import one, rows_url
from budget.reports.payees import Payees, payees
from budget.reports.pictures import Frame, line_picture, rank_picture
from budget.reports.showing import txn_rows
from budget.reports.spans import RANGES, Asked, NoSuchPeriod, read_asked
from budget.reports.tables import Line, Text, csv_answer, refused, table_html
from budget.reports.trend import average
from budget.reports.wording import counted

MOST_PAYEES = 20
MOST_BARS = 20
PAYEE_MONTHS = 24
"""For a longer range payees are not counted: their rows are, one by one."""


@require_safe
def category_page(request: HtmxRequest, key: str) -> HttpResponse:
    """One category over a range of months; the range and account are in the address."""
    book, now = request.book, today()
    names = directory(book, balances=True)
    subject = _find(names, key)
    path = reverse("reports:category", args=[key])
    try:
        asked = read_asked(request.GET.dict(), names, path=path, now=Month.of(now))
    except NoSuchPeriod as error:
        return shared.cannot(request, str(error), "trend", path)
    read = flows(book, names, asked)
    months = months_of(read, subject, asked.span.months)
    parts = parts_of(read, subject, asked.span.months)
    sums = summed(months.values())
    called = None
    if len(months) <= PAYEE_MONTHS:
        called = payees(
            book,
            asked,
            list(months),
            within=None if subject.category is None else subject.ids,
            is_unfiled=subject.category is None,
            is_income=subject.is_income,
            sure=sums.total,
        )
    is_whole = not any(month in read.held for month in asked.span.months)
    parent = names.categories.get(subject.category.parent or 0) if subject.category else None
    kind = _kind(subject)
    return render(
        request,
        "reports/category.html",
        {
            **shared.frame(request, names, "trend"),
            "asked": asked,
            "subject": subject,
            "currency": read.currency,
            "parent": parent and shared.category_text(parent, asked),
            "tile": shared.tile(subject.category),
            "sentence": sentence(read, subject, asked, months),
            "proof": shared.proof(read, asked.span.months),
            "ranges": shared.range_choices(asked, RANGES),
            "accounts": shared.account_choices(asked, names, book.currency),
            "count": sums.count,
            "picture": months_picture(read, subject, asked, months),
            "ranking": parts_picture(parts, asked, read.currency, is_whole=is_whole) if len(parts) > 1 else "",
            "parts": parts_table(parts, asked, read.currency, is_whole=is_whole) if len(parts) > 1 else "",
            "payees": payees_table(called, asked, subject, read.currency, is_whole=is_whole) if called else "",
            "payee_note": _payee_note(called),
            "newest": newest_html(txn_rows(newest_of(book, asked, subject), now), book.currency) if is_whole else "",
            "all_url": rows_url(asked, asked.span, **kind),
            "csv_url": f"{reverse('reports:category-csv', args=[key])}{asked.query}",
        },
    )


@require_safe
def category_csv(request: HtmxRequest, key: str) -> HttpResponseBase:
    """Its months for machines."""
    names = directory(request.book)
    subject = _find(names, key)
    try:
        asked = read_asked(request.GET.dict(), names, path="", now=Month.of(today()))
    except NoSuchPeriod as error:
        return refused(request, str(error))
    read = flows(request.book, names, asked)
    months = months_of(read, subject, asked.span.months)

    def rows() -> Iterator[Sequence[Cell]]:
        for month, tally in months.items():
            amount = Money(subject.sign * tally.total, read.currency)
            yield str(month), subject.name, tally.count, amount, read.currency

    header = ("Month", "Category", "Count", "Amount", "Currency")
    return csv_answer(request, f"Category {asked.span.title}", header, rows(), asked.span, read.held)


def _find(names: Directory, key: str) -> Subject:
    subject = find(names, key)
    if subject is None:
        raise Http404
    return subject


def _kind(subject: Subject) -> dict[str, str]:
    """The filter of the list that has exactly its rows."""
    if subject.category is None:
        return {"category": links.NO_CATEGORY}
    return {"category": str(subject.category.pk), "type": "income" if subject.is_income else "expense"}


def sentence(read: Flows, subject: Subject, asked: Asked, months: Mapping[Month, Tally]) -> str:
    """What went there in these months, and what that is a month."""
    currency, title = read.currency, asked.span.title
    when = f"From {title}" if " to " in title else f"In {title}"
    total = subject.sign * summed(months.values()).total
    lived = [month for month in months if read.names.first is None or month >= read.names.first]
    amounts = [subject.sign * months[month].total for month in lived]
    held = [month for month in asked.span.months if month in read.held]
    text = f"{when} {subject.name} has no rows."
    if any(tally.count for tally in months.values()):
        verb = "brought in" if subject.is_income else "cost"
        text = f"{when} {subject.name} {verb} {format_amount(total, currency)}"
        if len(lived) > 1:
            text += (
                f": {format_amount(average(amounts, currency), currency)} a month, "
                f"from {format_amount(min(amounts), currency)} to {format_amount(max(amounts), currency)}"
            )
        text += "."
    if held:
        named = held[0].title if len(held) == 1 else f"{len(held)} months"
        text += f" Without {named}, held back until both counts agree."
    return text


def months_picture(read: Flows, subject: Subject, asked: Asked, months: Mapping[Month, Tally]) -> SafeString:
    """The months as a line; each leads to its rows."""
    kind = _kind(subject)
    stops = [
        Stop(
            shared.label(month, asked.span),
            month.title,
            rows_url(asked, one(month), **kind),
            month in read.held,
        )
        for month in asked.span.months
    ]
    values = tuple(subject.sign * months[month].total if month in months else None for month in asked.span.months)
    used = [(value, month) for value, month in zip(values, asked.span.months, strict=True) if value]
    told = "No month has rows."
    if used:
        most, month = max(used)
        told = f"The most was {format_amount(most, read.currency)} in {month.title}."
    chart = line_chart(stops, [Series(subject.name, values, "own")])
    return line_picture(chart, Frame("c-months", told, read.currency))


def _part_rows(part: Part, asked: Asked, *, is_whole: bool) -> str:
    if part.is_rest or not is_whole:
        return ""
    return rows_url(
        asked, asked.span, category=part.category.pk, type="income" if part.category.is_income else "expense"
    )


def _part_name(part: Part) -> str:
    return f"{part.category}, not divided" if part.is_rest else str(part.category)


def parts_picture(parts: Sequence[Part], asked: Asked, currency: str, *, is_whole: bool) -> SafeString:
    """What is below it, largest first; the smallest as one bar where there are too many."""
    shown = [charts.Part(_part_name(part), part.total, _part_rows(part, asked, is_whole=is_whole)) for part in parts]
    if len(shown) > MOST_BARS:
        rest = shown[MOST_BARS - 1 :]
        total = sum((part.amount for part in rest), Decimal(0))
        shown = [*shown[: MOST_BARS - 1], charts.Part(f"Other, {len(rest)}", total, "", "other")]
    told = f"Most of it is {_part_name(parts[0])}: {format_amount(parts[0].total, currency)}."
    return rank_picture(rank_chart(shown), Frame("c-parts", told, currency, "Category"))


def parts_table(parts: Sequence[Part], asked: Asked, currency: str, *, is_whole: bool) -> SafeString:
    """The same with their counts, each leading to its own report."""
    write = amount_writer(currency)
    lines = []
    for part in parts:
        name = Text(_part_name(part)) if part.is_rest else shared.category_text(part.category, asked)
        rows = _part_rows(part, asked, is_whole=is_whole)
        cells = [Text(f"{part.tally.count:,}"), Text(write(part.total), rows, "b")]
        lines.append(Line(name, cells, shared.tile(part.category)))
    return table_html(["Subcategory", "Count", "Total"], lines)


def payees_table(found: Payees, asked: Asked, subject: Subject, currency: str, *, is_whole: bool) -> SafeString:
    """Who it went to, or who it came from."""
    now = today()
    write, kind = amount_writer(currency), _kind(subject)
    lines = []
    for payee in found.rows[:MOST_PAYEES]:
        total = subject.sign * payee.total
        rows = rows_url(asked, asked.span, payee=payee.title, **kind) if is_whole else ""
        cells = [
            Text(f"{payee.many:,}"),
            Text(write(total), rows, "b"),
            Text(write(total / payee.many)),
            Text(spell_date(payee.last, now)),
        ]
        lines.append(Line(Text(payee.title), cells))
    return table_html(["Payee", "Count", "Total", "Average", "Last"], lines)


def _payee_note(found: Payees | None) -> str:
    if found is None:
        return f"Payees are counted for up to {PAYEE_MONTHS} months. Choose a shorter range to see them."
    if found.payees > MOST_PAYEES:
        return f"The {MOST_PAYEES} largest of {counted(found.payees, 'payee')}."
    return ""
