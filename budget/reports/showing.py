"""A report as text: every amount, share and bar of its tables is made here once, so that templates only place them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from django.utils.safestring import SafeString

from budget.dates import spell_date
from budget.ledger.shapes import AnyCategory
from budget.money import amount_writer, format_amount
from budget.reports.links import category_url
from budget.reports.monthly import Line, MonthReport
from budget.reports.queries import ListedTxn
from budget.templatetags.icons import category_sign

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class RankRow:
    """One row of "Where it went". `bar`, `tick` and `over` are widths in percent of the table's widest figure."""

    category: AnyCategory | None
    name: str
    href: str
    amount: str
    is_in: bool
    share: str
    bar: str
    tick: str
    over: str
    budget: str
    is_over: bool
    level: int
    pronoun: str
    """What "file" asks to file: it, or them."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row of the month report."""

    category: AnyCategory | None
    name: str
    href: str
    count: str
    amount: str
    is_in: bool
    share: str
    budget: str
    left: str
    is_over: bool
    previous: str
    change: str
    level: int


@dataclass(frozen=True, slots=True)
class TxnRow:
    """One transaction in a short list."""

    pk: int
    title: str
    day: str
    iso: str
    category: int | None
    sign: SafeString
    category_name: str
    account: str
    amount: str
    currency: str
    is_in: bool


@dataclass(frozen=True, slots=True)
class OtherRow:
    """A category's month in another currency than the book's."""

    category: AnyCategory | None
    name: str
    href: str
    count: str
    amount: str
    currency: str
    is_in: bool


def percent(part: Decimal, whole: Decimal) -> str:
    """A share in whole percent, half to even; each share is rounded by itself, so they may not add up to 100.

    Empty where there is no share: of nothing, or of a part that came back. A share that would round to 0 is "<1%".
    """
    if whole <= 0 or part <= 0:
        return ""
    share = (part / whole * HUNDRED).quantize(Decimal(1), ROUND_HALF_EVEN)
    return f"{share}%" if share else "<1%"


def fraction(part: Decimal, whole: Decimal) -> str:
    """A share with one decimal, half to even, such as ``35.9%``; empty of nothing."""
    return "" if whole <= 0 else f"{(part / whole * HUNDRED).quantize(Decimal('0.1'), ROUND_HALF_EVEN)}%"


def name_of(line: Line) -> str:
    """The category's name; of a parent's own rows, what they are."""
    if line.category is None:
        return "No category"
    return f"{line.category}, not divided" if line.is_rest else str(line.category)


def rank_rows(report: MonthReport, *, parts: bool) -> list[RankRow]:
    """The spending of the month, largest first; with `parts`, subcategories below their parents."""
    lines = [(line, level) for line, level in _levels(report.spending, parts=parts) if line.tally.count]
    widest = max((max(line.tally.total, line.budget or 0) for line, _ in lines), default=Decimal(0))
    write = amount_writer(report.currency)
    return [_rank_row(report, line, level, Decimal(widest), write) for line, level in lines]


def _rank_row(report: MonthReport, line: Line, level: int, widest: Decimal, write: Callable[..., str]) -> RankRow:
    spent, left = line.tally.total, line.left
    is_over = left is not None and left < 0
    budget = max(line.budget or Decimal(0), Decimal(0))
    return RankRow(
        category=line.category,
        name=name_of(line),
        href="" if line.is_rest else category_url(report.month, line.category),
        amount=write(spent, sign="income"),
        is_in=spent < 0,
        share=percent(spent, report.figures.spent),
        bar=_width(min(spent, budget) if is_over else spent, widest),
        tick=_width(budget, widest) if line.budget is not None else "",
        over=_width(spent - budget, widest) if is_over else "",
        budget=_left(left, write),
        is_over=is_over,
        level=level,
        pronoun="it" if line.tally.count == 1 else "them",
    )


def _width(amount: Decimal, widest: Decimal) -> str:
    return "" if amount <= 0 or widest <= 0 else f"{(amount / widest * HUNDRED).quantize(Decimal('0.1'))}%"


def _left(left: Decimal | None, write: Callable[..., str]) -> str:
    if left is None:
        return ""
    return f"{write(left, sign='none')} {'over' if left < 0 else 'left'}"


def report_rows(report: MonthReport, lines: Sequence[Line], *, is_income: bool = False) -> list[ReportRow]:
    """Rows of the month report, subcategories below their parents; income is shown with a plus."""
    whole = report.figures.income if is_income else report.figures.spent
    write = amount_writer(report.currency)
    return [_report_row(report, line, level, whole, is_income, write) for line, level in _levels(lines, parts=True)]


def _report_row(
    report: MonthReport, line: Line, level: int, whole: Decimal, is_income: bool, write: Callable[..., str]
) -> ReportRow:
    total, left = line.tally.total, line.left
    if left is None and report.budget is not None and not line.is_rest:
        left = -total  # so that the column adds up
    change = -line.change if is_income else line.change
    return ReportRow(
        category=line.category,
        name=name_of(line),
        href="" if line.is_rest or not line.tally.count else category_url(report.month, line.category),
        count=f"{line.tally.count:,}",
        amount=write(total, sign="income"),
        is_in=total < 0,
        share=percent(-total if is_income else total, whole),
        budget="" if line.budget is None else write(line.budget),
        left="" if left is None else write(left),
        is_over=line.left is not None and line.left < 0,
        previous=write(line.previous.total, sign="income"),
        change=f"{'+' if change > 0 else ''}{write(change)}",
        level=level,
    )


def signed(amount: Decimal, currency: str) -> str:
    """A difference: plus or minus before it, nothing before zero."""
    return f"+{format_amount(amount, currency)}" if amount > 0 else format_amount(amount, currency)


def txn_rows(rows: Iterable[ListedTxn], today: date) -> list[TxnRow]:
    """Transactions as text."""
    return [
        TxnRow(
            pk=txn.pk,
            title=txn.payee or txn.description,
            day=spell_date(txn.date, today),
            iso=txn.date.isoformat(),
            category=txn.category,
            sign=category_sign(txn if txn.category else None),
            category_name=txn.label or txn.name or ("Transfer" if txn.is_transfer else "No category"),
            account=txn.account,
            amount=format_amount(txn.amount, txn.currency, sign="income"),
            currency=txn.currency,
            is_in=txn.amount < 0,
        )
        for txn in rows
    ]


def _levels(lines: Iterable[Line], *, parts: bool) -> Iterator[tuple[Line, int]]:
    for line in lines:
        yield line, 1
        if parts:
            yield from ((part, 2) for part in line.parts)


def other_rows(report: MonthReport) -> list[OtherRow]:
    """What the month has in other currencies; none of it is in the report's sums."""
    return [
        OtherRow(
            category=category,
            name=str(category) if category else "No category",
            href=category_url(report.month, category),
            count=f"{tally.count:,}",
            amount=format_amount(tally.total, currency, sign="income"),
            currency=currency,
            is_in=tally.total < 0,
        )
        for currency, category, tally in report.others
    ]
