"""How income, spending and each category went from month to month: plain figures, made of the months' flows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from budget.envelopes.facts import Tally
from budget.ledger.directory import CategoryName
from budget.money import decimals
from budget.months import Month
from budget.reports.dashboard import Flow
from budget.reports.flows import ZERO, Flows, summed
from budget.reports.spans import Asked, Span

HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Sums:
    """Months added up, in one currency; earned and spent both positive, held months left out."""

    income: Decimal
    spent: Decimal
    months: int
    """How many months were added up: those from the first row of the book on that are not held back."""

    @property
    def kept(self) -> Decimal:
        """What is left of the income; below zero where more was spent."""
        return self.income - self.spent

    @property
    def rate(self) -> Decimal | None:
        """What was kept of the income, in percent."""
        return savings_rate(self.income, self.spent)


@dataclass(frozen=True, slots=True)
class MonthLine:
    """A month, and the one it is compared with; no flow where it is held back."""

    month: Month
    flow: Flow | None
    before: Month | None = None
    flow_before: Flow | None = None


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """A top category of one side over the months; amounts as shown: spent positive, or earned positive."""

    category: CategoryName | None
    amounts: Mapping[Month, Decimal]
    count: int
    total: Decimal
    before: Decimal
    average: Decimal
    lowest: Decimal
    highest: Decimal
    is_exact: bool
    """Whether one list of transactions has exactly its rows."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Everything the trend shows, in one currency."""

    currency: str
    months: Sequence[MonthLine]
    sums: Sums
    before: Sums | None
    spending: Sequence[CategoryLine]
    income: Sequence[CategoryLine]
    held: Sequence[Month]
    """Months of the range that are held back, and those compared."""

    is_mixed: bool

    @property
    def is_empty(self) -> bool:
        """Whether no month has rows on either side."""
        return not (self.spending or self.income)


def savings_rate(income: Decimal, spent: Decimal) -> Decimal | None:
    """What was kept of the income in percent, with one decimal, half to even; None where nothing came in."""
    if income <= 0:
        return None
    return ((income - spent) / income * HUNDRED).quantize(Decimal("0.1"), ROUND_HALF_EVEN)


def trend(read: Flows, asked: Asked) -> Trend:
    """The figures of a span. No query."""
    shown = read.shown(asked.span.months)
    compared = read.shown(asked.compared.months) if asked.compared else []
    lived = _lived(read, shown)
    return Trend(
        currency=read.currency,
        months=_months(read, asked),
        sums=_sums(read, shown),
        before=_sums(read, compared) if asked.compared else None,
        spending=_categories(read, shown, compared, lived, is_income=False),
        income=_categories(read, shown, compared, lived, is_income=True),
        held=sorted(month for month in asked.reach.months if month in read.held and _is_of(month, asked)),
        is_mixed=read.is_mixed(shown),
    )


def _is_of(month: Month, asked: Asked) -> bool:
    return month in asked.span or (asked.compared is not None and month in asked.compared)


def _lived(read: Flows, shown: Iterable[Month]) -> list[Month]:
    """The months that averages are over: none before the book's first row."""
    first = read.names.first
    return [month for month in shown if first is None or month >= first]


def _sums(read: Flows, months: Sequence[Month]) -> Sums:
    found = [read.flow(month) for month in months]
    return Sums(
        sum((flow.came for flow in found), ZERO), sum((flow.went for flow in found), ZERO), len(_lived(read, months))
    )


def _months(read: Flows, asked: Asked) -> list[MonthLine]:
    lines = []
    earlier = _paired(asked.span, asked.compared)
    for month, before in zip(asked.span.months, earlier, strict=True):
        lines.append(MonthLine(month, _flow(read, month), before, _flow(read, before) if before else None))
    return lines


def _paired(span: Span, compared: Span | None) -> list[Month | None]:
    """The compared month of each month; None where there is none."""
    if compared is None:
        return [None] * span.length
    return [*[None] * (span.length - compared.length), *compared.months]


def _flow(read: Flows, month: Month) -> Flow | None:
    return None if month in read.held else read.flow(month)


def _categories(
    read: Flows, shown: Sequence[Month], compared: Sequence[Month], lived: Sequence[Month], *, is_income: bool
) -> list[CategoryLine]:
    """The top level of one side, largest first; also what only the compared months have."""
    here, before = read.groups(shown, is_income=is_income), read.groups(compared, is_income=is_income)
    lines = [
        _line(read, pk, here.get(pk, {}), before.get(pk, {}), shown, lived, is_income=is_income)
        for pk in dict.fromkeys([*here, *before])
    ]
    return sorted(lines, key=lambda line: (-line.total, -line.before, str(line.category or "")))


def _line(
    read: Flows,
    pk: int | None,
    here: Mapping[Month, Tally],
    before: Mapping[Month, Tally],
    shown: Sequence[Month],
    lived: Sequence[Month],
    *,
    is_income: bool,
) -> CategoryLine:
    sign = -1 if is_income else 1
    amounts = {month: sign * tally.total for month, tally in here.items()}
    all_here = summed(here.values())
    each = [amounts.get(month, ZERO) for month in lived] or [ZERO]
    return CategoryLine(
        category=read.names.categories[pk] if pk is not None else None,
        amounts=amounts,
        count=all_here.count,
        total=sign * all_here.total,
        before=sign * summed(before.values()).total,
        average=average(each, read.currency),
        lowest=min(each),
        highest=max(each),
        is_exact=pk is not None or not any(read.tally(None, month).count and month not in here for month in shown),
    )


def average(amounts: Sequence[Decimal], currency: str) -> Decimal:
    """The mean, rounded half to even to the decimals of the currency; zero of nothing."""
    if not amounts:
        return ZERO
    return (sum(amounts, ZERO) / len(amounts)).quantize(Decimal(1).scaleb(-decimals(currency)), ROUND_HALF_EVEN)
