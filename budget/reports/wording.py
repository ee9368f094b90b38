"""A month in words and figures: its sentence, the overview's four figures, and the summary as CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO

from budget.envelopes.facts import earlier
from budget.ledger.exporting import Money, guard
from budget.ledger.workbook import xlsx_pieces
from budget.money import format_amount, plain_amount
from budget.reports.accounts import Balances
from budget.reports.dashboard import Dashboard
from budget.reports.links import month_url, side_url
from budget.reports.monthly import MonthReport
from budget.reports.queries import CategoryTotal
from budget.reports.showing import fraction, signed
from budget.reports.worth import worth_change, worths_of


@dataclass(frozen=True, slots=True)
class Figure:
    """One of the overview's four figures; `tone` is a class of the stylesheet."""

    label: str
    href: str
    value: str
    tone: str
    note: str


def figure_rows(report: MonthReport, held: Balances, read: Dashboard) -> list[Figure]:
    """Income, Spent, Kept and Net worth at the end of the month; each opens what it is made of."""
    month, currency, figures = report.month, report.currency, report.figures
    more = figures.spent - report.previous.spent
    before = earlier(month)
    compared = counted(report.count, "expense")
    if before and more and report.previous.spent > 0:
        compared = f"{_more_or_less(more, currency)} than in {before.name}"
    kept_note = "more spent than earned" if figures.kept < 0 else ""
    if figures.kept > 0 and figures.income > 0:
        kept_note = f"{fraction(figures.kept, figures.income)} of income"
    return [
        Figure(
            "Income",
            side_url(month, "income", is_mixed=report.is_mixed),
            signed(figures.income, currency),
            "pos" if figures.income > 0 else "",
            counted(report.income_count, "deposit"),
        ),
        Figure(
            "Spent",
            side_url(month, "expense", is_mixed=report.is_mixed),
            format_amount(figures.spent, currency),
            "",
            compared,
        ),
        Figure(
            "Kept",
            month_url(month),
            signed(figures.kept, currency),
            "pos" if figures.kept > 0 else "neg" if figures.kept < 0 else "",
            kept_note,
        ),
        _net_worth(report, held, read),
    ]


def _net_worth(report: MonthReport, held: Balances, read: Dashboard) -> Figure:
    """What all accounts together had at the end of the month, from which a month held back keeps no figure."""
    month, currency = report.month, report.currency
    worth = worths_of(read, held)[-1]
    if worth is None:
        worth = held.total if read.first is None or not read.held else None
    note = f"and {', '.join(held.others)}" if held.others else ""
    if change := worth_change(read, currency):
        note = f"{change} in {month.name}{f', {note}' if note else ''}"
    if worth is None:
        return Figure("Net worth", "/accounts/", "Held back", "neg", "until both counts agree")
    note = note or f"in {counted(held.open_count, 'account')}"
    return Figure("Net worth", "/accounts/", format_amount(worth, currency), "neg" if worth < 0 else "", note)


def counted(number: int, noun: str, plural: str = "") -> str:
    """``1 expense``, ``32 expenses``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def how_many(report: MonthReport) -> str:
    """``9 categories, 32 expenses``: what the spending is made of."""
    used = sum(1 for line in report.spending if line.tally.count and line.category)
    return f"{counted(used, 'category', 'categories')}, {counted(report.count, 'expense')}"


def sentence(report: MonthReport) -> str:
    """The month in one sentence, and how it compares with the one before."""
    figures, currency, month = report.figures, report.currency, report.month
    spent = f"spent {format_amount(figures.spent, currency)}"
    if figures.spent < 0:
        spent = f"got back {format_amount(-figures.spent, currency)} more than you spent"
    if not report.count and not report.income_count:
        return f"Nothing is recorded for {month.title} in {currency}."
    if figures.income <= 0:
        text = f"In {month.title} you {spent}."
    elif figures.kept >= 0:
        share = f", {fraction(figures.kept, figures.income)} of it" if figures.spent >= 0 else ""
        text = (
            f"In {month.title} you earned {format_amount(figures.income, currency)} and {spent}, "
            f"so you kept {format_amount(figures.kept, currency)}{share}."
        )
    else:
        short = format_amount(-figures.kept, currency)
        text = (
            f"In {month.title} you earned {format_amount(figures.income, currency)} and {spent}, "
            f"which is {short} more than came in."
        )
    before, change = earlier(month), figures.spent - report.previous.spent
    if before and report.previous.spent > 0 and figures.spent >= 0:
        compared = f"{_more_or_less(change, currency)} than" if change else "as much as"
        text += f" {'That is' if figures.income <= 0 else 'You spent'} {compared} in {before.name}."
    return text


def _more_or_less(change: Decimal, currency: str) -> str:
    return f"{format_amount(change, currency, sign='none')} {'more' if change > 0 else 'less'}"


SUMMARY = ("category", "count", "total", "currency")


def summary_csv(totals: Sequence[CategoryTotal]) -> str:
    """Spending per category as CSV, largest first; amounts with the currency's decimals and a point, never grouped.

    A name that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    text = StringIO()
    writer = csv.writer(text)
    writer.writerow(SUMMARY)
    for each in totals:
        amount = plain_amount(each.total, each.currency)
        writer.writerow([guard(each.name or "No category"), each.count, amount, each.currency])
    return text.getvalue()


def summary_xlsx(totals: Sequence[CategoryTotal]) -> bytes:
    """The same as a workbook."""
    rows = [
        (each.name or "No category", each.count, Money(each.total, each.currency), each.currency) for each in totals
    ]
    return b"".join(xlsx_pieces("Summary", SUMMARY, [rows]))
