"""The trend: income against spending, the savings rate, and each category, month by month."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from budget.dates import today
from budget.http import HtmxRequest
from budget.ledger.directory import directory
from budget.ledger.exporting import Cell, Money
from budget.money import amount_writer, format_amount
from budget.months import Month
from budget.reports import links
from budget.reports.charts import Series, Stop, few, line_chart, pair_chart
from budget.reports.drawing import figures_html
from budget.reports.flows import flows
from budget.reports.pages import shared
from budget.reports.pages.shared import one, plus, rate_text, rows_url
from budget.reports.pictures import Frame, line_picture, pair_picture
from budget.reports.spans import RANGES, Asked, NoSuchPeriod, read_asked
from budget.reports.tables import Line, Text, csv_answer, refused, table_html
from budget.reports.trend import CategoryLine, MonthLine, Sums, Trend, savings_rate, trend
from budget.reports.wording import Figure

HELD = "held back"
NONE = Text("")


@require_safe
def trend_page(request: HtmxRequest) -> HttpResponse:
    """Income, spending and categories over months; the range, comparison and account are in the address."""
    names = directory(request.book, balances=True)
    try:
        asked = read_asked(request.GET.dict(), names, path=links.page_url("trend"), now=Month.of(today()))
    except NoSuchPeriod as error:
        return shared.cannot(request, str(error), "trend")
    read = flows(request.book, names, asked)
    found = trend(read, asked)
    return render(
        request,
        "reports/trend.html",
        {
            **shared.frame(request, names, "trend"),
            "asked": asked,
            "found": found,
            "sentence": sentence(found, asked),
            "proof": shared.proof(read, asked.span.months),
            "ranges": shared.range_choices(asked, RANGES),
            "comparisons": shared.compare_choices(asked),
            "accounts": shared.account_choices(asked, names, request.book.currency),
            "figures": figures_html(figures(found, asked)),
            "flows": flows_picture(found, asked),
            "spent": spent_picture(found, asked) if asked.compared else "",
            "lines": lines_picture(found, asked) if found.spending else "",
            "months": months_table(found, asked),
            "spending": categories_table(found, found.spending, asked, is_income=False) if found.spending else "",
            "income": categories_table(found, found.income, asked, is_income=True) if found.income else "",
            "csv_url": f"{links.page_url('trend-csv')}{asked.query}",
        },
    )


@require_safe
def trend_csv(request: HtmxRequest) -> HttpResponseBase:
    """The same months for machines: a row for each month, then one for each month of each category."""
    names = directory(request.book)
    try:
        asked = read_asked(request.GET.dict(), names, path=links.page_url("trend"), now=Month.of(today()))
    except NoSuchPeriod as error:
        return refused(request, str(error))
    read = flows(request.book, names, asked)
    found = trend(read, asked)
    header = ("Month", "Line", "Amount", "Currency")
    return csv_answer(request, f"Trend {asked.span.title}", header, _csv_rows(found), asked.span, read.held)


def _csv_rows(found: Trend) -> Iterator[Sequence[Cell]]:
    for line in found.months:
        if line.flow is None:
            continue
        month, flow, currency = str(line.month), line.flow, found.currency
        for name, amount in (("Income", flow.came), ("Spending", flow.went), ("Kept", flow.came - flow.went)):
            yield month, name, Money(amount, currency), currency
        for side, lines in (("Income", found.income), ("Spending", found.spending)):
            for each in lines:
                name = f"{side}: {each.category or 'No category'}"
                if line.month in each.amounts:
                    yield month, name, Money(each.amounts[line.month], currency), currency


def sentence(found: Trend, asked: Asked) -> str:
    """The range in words: what was earned, spent and kept, and how that compares."""
    sums, currency, title = found.sums, found.currency, asked.span.title
    if found.is_empty:
        return f"Nothing is recorded from {title}." if " to " in title else f"Nothing is recorded in {title}."
    when = f"From {title}" if " to " in title else f"In {title}"
    spent = _spent(sums.spent, currency)
    if sums.income <= 0:
        text = f"{when} you {spent}."
    elif sums.kept >= 0:
        text = (
            f"{when} you earned {format_amount(sums.income, currency)} and {spent}, "
            f"so you kept {format_amount(sums.kept, currency)}, {rate_text(sums.rate)} of it."
        )
    else:
        short = format_amount(-sums.kept, currency)
        text = (
            f"{when} you earned {format_amount(sums.income, currency)} and {spent}, which is {short} more than came in."
        )
    if found.before is not None and asked.compared is not None:
        gap = sums.spent - found.before.spent
        than = "as much as" if not gap else f"{format_amount(abs(gap), currency)} {'more' if gap > 0 else 'less'} than"
        text += f" You spent {than} in the {_months(asked.compared.length)} to {asked.compared.last.title}."
    if found.held:
        text += f" Without {_named(found.held)}, held back until both counts agree."
    return text


def _spent(spent: Decimal, currency: str) -> str:
    if spent < 0:
        return f"got back {format_amount(-spent, currency)} more than you spent"
    return f"spent {format_amount(spent, currency)}"


def _months(number: int) -> str:
    return "month" if number == 1 else f"{number} months"


def _named(months: Sequence[Month]) -> str:
    return months[0].title if len(months) == 1 else f"{len(months)} months"


def figures(found: Trend, asked: Asked) -> list[Figure]:
    """Income, Spent, Kept and the savings rate; the first two open their rows."""
    sums, currency = found.sums, found.currency
    rows = {"expense": "#h-months", "income": "#h-months"}
    if not (found.is_mixed or found.held):
        rows = {kind: rows_url(asked, asked.span, type=kind) for kind in rows}
    tone = "pos" if sums.kept > 0 else "neg" if sums.kept < 0 else ""
    return [
        Figure(
            "Income",
            rows["income"],
            plus(sums.income, currency),
            "pos" if sums.income > 0 else "",
            _each_month(sums.income, sums, currency),
        ),
        Figure(
            "Spent",
            rows["expense"],
            format_amount(sums.spent, currency),
            "",
            _each_month(sums.spent, sums, currency),
        ),
        Figure("Kept", "#h-months", plus(sums.kept, currency), tone, _each_month(sums.kept, sums, currency)),
        Figure(
            "Savings rate",
            "#h-months",
            rate_text(sums.rate) or "None",
            tone if sums.rate is not None else "",
            "kept of the income" if sums.rate is not None else "nothing came in",
        ),
    ]


def _each_month(amount: Decimal, sums: Sums, currency: str) -> str:
    """What that is per month; no amount for no month."""
    return f"{format_amount(amount / sums.months, currency)} a month" if sums.months else ""


def _stop(line: MonthLine, asked: Asked) -> Stop:
    label = shared.label(line.month, asked.span)
    return Stop(label, line.month.title, rows_url(asked, one(line.month)), line.flow is None)


def flows_picture(found: Trend, asked: Asked) -> SafeString:
    """Two bars for each month."""
    stops = [_stop(line, asked) for line in found.months]
    chart = pair_chart(
        stops,
        [line.flow and line.flow.came for line in found.months],
        [line.flow and line.flow.went for line in found.months],
    )
    known = [line.flow for line in found.months if line.flow and (line.flow.came or line.flow.went)]
    good = sum(1 for flow in known if flow.came > flow.went)
    told = f"More came in than went out in {good} of {_months(len(known))} with rows."
    if not known:
        told = "Nothing came in or went out in these months."
    return pair_picture(chart, Frame("c-flows", told, found.currency))


def spent_picture(found: Trend, asked: Asked) -> SafeString:
    """Spending as a line, beside the months it is compared with."""
    stops = [_stop(line, asked) for line in found.months]
    here = tuple(line.flow.went if line.flow else None for line in found.months)
    before = tuple(line.flow_before.went if line.flow_before else None for line in found.months)
    name = asked.compared.title if asked.compared else ""
    series = [Series(asked.span.title, here, "own"), Series(name, before, "before")]
    told = f"Spending of each month, and of {name} at the same place."
    return line_picture(line_chart(stops, series), Frame("c-spent", told, found.currency))


def lines_picture(found: Trend, asked: Asked) -> SafeString:
    """The six largest categories, the others as one line."""
    stops = [_stop(line, asked) for line in found.months]
    series = []
    for each in found.spending:
        values = tuple(None if line.flow is None else each.amounts.get(line.month, Decimal(0)) for line in found.months)
        series.append(Series(str(each.category or "No category"), values))
    largest = found.spending[0]
    told = f"Most went to {largest.category or 'No category'}: {format_amount(largest.total, found.currency)}."
    return line_picture(line_chart(stops, few(series)), Frame("c-lines", told, found.currency), labels=True)


def months_table(found: Trend, asked: Asked) -> SafeString:
    """Each month with what was kept of it, newest last."""
    write, currency = amount_writer(found.currency), found.currency
    heads = ["Month", "Income", "Spending", "Kept", "Savings rate"]
    if asked.compared:
        heads += ["Compared with", "Spending then", "Change"]
    lines = [_month_line(line, asked, currency) for line in found.months]
    sums = found.sums
    cells = [
        Text(plus(sums.income, currency)),
        Text(write(sums.spent)),
        Text(plus(sums.kept, currency)),
        Text(rate_text(sums.rate)),
    ]
    if asked.compared and found.before:
        cells += [NONE, Text(write(found.before.spent)), Text(plus(sums.spent - found.before.spent, currency))]
    return table_html(heads, lines, Line(Text("All"), cells))


def _month_line(line: MonthLine, asked: Asked, currency: str) -> Line:
    write, month = amount_writer(currency), line.month
    name = Text(month.title, "" if asked.account else links.month_url(month))
    if line.flow is None:
        cells = [Text(HELD, tone="neg")] * 3 + [NONE]
    else:
        came, went = line.flow.came, line.flow.went
        is_mixed = line.flow.unfiled < 0
        rows = {kind: "" if is_mixed else rows_url(asked, one(month), type=kind) for kind in ("income", "expense")}
        cells = [
            Text(plus(came, currency), rows["income"] if came else "", "pos" if came > 0 else ""),
            Text(write(went), rows["expense"] if went else ""),
            Text(plus(came - went, currency), tone="pos" if came > went else "neg" if came < went else ""),
            Text(rate_text(savings_rate(came, went))),
        ]
    if asked.compared:
        cells += _then(line, currency, asked)
    return Line(name, cells)


def _then(line: MonthLine, currency: str, asked: Asked) -> list[Text]:
    if line.before is None:
        return [NONE] * 3
    name = Text(line.before.title)
    if line.flow_before is None:
        return [name, Text(HELD, tone="neg"), NONE]
    went = line.flow_before.went
    href = "" if line.flow_before.unfiled < 0 or not went else rows_url(asked, one(line.before), type="expense")
    change = Text(plus(line.flow.went - went, currency)) if line.flow else NONE
    return [name, Text(amount_writer(currency)(went), href), change]


def categories_table(found: Trend, lines: Sequence[CategoryLine], asked: Asked, *, is_income: bool) -> SafeString:
    """The top level of one side: total, average and spread of the months."""
    heads = ["Category", "Count", "Total", "Average", "Lowest", "Highest"]
    if asked.compared:
        heads += ["Then", "Change"]
    rows = [_category_line(found, line, asked, is_income=is_income) for line in lines]
    return table_html(heads, rows)


def _category_line(found: Trend, line: CategoryLine, asked: Asked, *, is_income: bool) -> Line:
    write = amount_writer(found.currency)
    href = ""
    if line.is_exact and not found.held and line.count:
        pk = str(line.category.pk) if line.category else links.NO_CATEGORY
        kind = {"type": "income" if is_income else "expense"} if line.category else {}
        href = rows_url(asked, asked.span, category=pk, **kind)
    cells = [
        Text(f"{line.count:,}"),
        Text(write(line.total), href, "b"),
        Text(write(line.average)),
        Text(write(line.lowest)),
        Text(write(line.highest)),
    ]
    if asked.compared:
        cells += [Text(write(line.before)), Text(plus(line.total - line.before, found.currency))]
    return Line(shared.category_text(line.category, asked), cells, shared.tile(line.category))
