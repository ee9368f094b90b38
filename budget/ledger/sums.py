"""What a filter adds up to: rows, spent, income and net, per currency; from the monthly totals where they know it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Sum

from budget.books.models import Book
from budget.ledger.directory import Directory
from budget.ledger.filters import Search
from budget.money import format_amount

ZERO = Decimal("0.00")
Grouped = Iterable[tuple[int, bool, int | None, int, Decimal]]


@dataclass(frozen=True, slots=True)
class Sums:
    """What rows of one currency add up to, as texts; `net_is` is pos, neg, or empty for zero."""

    currency: str
    spent: str
    income: str
    net: str
    net_is: str


@dataclass(frozen=True)
class Totals:
    """How many rows a filter has and what they add up to, per currency; transfers are counted, not summed."""

    count: int
    sums: Sequence[Sums]

    @property
    def shown(self) -> str:
        """The count as people read it."""
        return f"{self.count:,} shown"


def totals(book: Book, names: Directory, search: Search) -> Totals:
    """What the whole filter adds up to. One query: of the monthly totals where they know, else of the rows."""
    if search.errors:
        return Totals(0, ())
    per = ("account_id", "is_transfer", "category_id")
    if search.is_in_months:
        kept = search.totals_of(book, names).values_list(*per).annotate(n=Sum("count"), sum=Sum("total")).order_by()
        return _summed(kept, names, book)
    counted = search.of(book, names).values_list(*per).annotate(n=Count("pk"), sum=Sum("amount")).order_by()
    return _summed(counted, names, book)


def _summed(grouped: Grouped, names: Directory, book: Book) -> Totals:
    count = 0
    spent: dict[str, Decimal] = defaultdict(lambda: ZERO)
    income: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for account, is_transfer, category, rows, total in grouped:
        count += rows
        currency = names.accounts[account].currency
        if is_transfer:
            continue
        if category is not None and names.categories[category].is_income:
            income[currency] -= total
        else:
            spent[currency] += total
    currencies = sorted(spent.keys() | income.keys(), key=lambda code: (code != book.currency, code))
    return Totals(count, [_sums(spent[code], income[code], code) for code in currencies or [book.currency]])


def _sums(spent: Decimal, income: Decimal, currency: str) -> Sums:
    return Sums(
        currency,
        format_amount(spent, currency),
        format_amount(-income, currency, sign="income"),
        _signed(income - spent, currency),
        "neg" if income < spent else "pos" if income > spent else "",
    )


def _signed(net: Decimal, currency: str) -> str:
    """A result with its sign, plus included."""
    return ("+" if net > 0 else "") + format_amount(net, currency)
